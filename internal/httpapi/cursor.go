package httpapi

import (
	"encoding/base64"
	"encoding/json"

	"github.com/leatworks/leat/internal/service"
)

// Page is the part of a list that a request asks for. Its name is exported because huma ignores the
// fields of unexported embedded structs.
type Page struct {
	Cursor string `query:"cursor" maxLength:"4096" doc:"Continues a list: next of the previous answer."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Largest number of rows in the answer."`
}

// cursor makes an opaque text of a place in a list. Clients hand it back, and do not make their
// own. kind names the list, so that the cursor of another list is refused. The zero value of a
// place stands for the end, and gives no cursor.
func cursor[T comparable](kind string, after T) string {
	if after == *new(T) {
		return ""
	}
	text, err := json.Marshal(after)
	if err != nil {
		panic(err) // a place is a number or a text
	}
	return base64.RawURLEncoding.EncodeToString(append([]byte(kind+":"), text...))
}

// place parses a cursor. An empty one stands for the beginning.
func place[T comparable](kind, cursor string) (after T, err error) {
	if cursor == "" {
		return after, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil && len(text) > len(kind) && string(text[:len(kind)+1]) == kind+":" && json.Unmarshal(text[len(kind)+1:], &after) == nil {
		return after, nil
	}
	return after, &service.Error{Kind: service.Invalid, Field: service.FieldCursor, Reason: "this cursor does not belong to this list: begin without one"}
}
