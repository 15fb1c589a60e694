package httpapi

import (
	"encoding/base64"
	"encoding/json"

	"github.com/leatworks/leat/internal/service"
)

// Page is the part of a list that is asked for. Its name is exported because huma sees
// no fields of an embedded struct otherwise.
type Page struct {
	Cursor string `query:"cursor" maxLength:"4096" doc:"Goes on with a list: next of the answer before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Most rows of the answer."`
}

// cursor makes a place in a list opaque: clients hand it back, and do not make their
// own. kind names the list, so that a cursor of another one is refused. The zero value
// of a place stands for the end, and gives no cursor.
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

// place reads a cursor. No cursor stands for the beginning.
func place[T comparable](kind, cursor string) (after T, err error) {
	if cursor == "" {
		return after, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil && len(text) > len(kind) && string(text[:len(kind)+1]) == kind+":" && json.Unmarshal(text[len(kind)+1:], &after) == nil {
		return after, nil
	}
	return after, &service.Error{Kind: service.Invalid, Field: service.FieldCursor, Reason: "this cursor is not of this list: begin without one"}
}
