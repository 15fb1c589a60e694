package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// DeadLetter is a message that could not be handled and will not be tried
// again by itself.
type DeadLetter struct {
	Worker   string
	Tenant   string     // "" if the message does not tell
	Document *uuid.UUID // nil if it is not about a document, or about none that exists
	Subject  string
	Headers  map[string]string
	Payload  []byte // cut to 64 KiB
	Reason   string
	Attempts int
}

const (
	maxPayload = 64 << 10
	maxReason  = 2 << 10
	maxHeaders = 32
)

// userInfo finds credentials in URLs: what came from outside may hold one.
var userInfo = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*:(?://|\\/\\/))[^/\s"'@\\]+@`)

// Bury stores a dead letter. Credentials in URLs do not reach the row.
func (c *Catalog) Bury(ctx context.Context, d DeadLetter) error {
	headers := make(map[string]string)
	for k, v := range d.Headers {
		if len(headers) == maxHeaders {
			break
		}
		headers[clean(k, 256)] = clean(v, 1024)
	}
	encoded, err := json.Marshal(headers)
	if err != nil {
		return fmt.Errorf("encode headers of dead letter: %w", err)
	}
	payload := userInfo.ReplaceAll(d.Payload[:min(len(d.Payload), maxPayload)], []byte("${1}"))
	err = c.query.AddDeadLetter(ctx, query.AddDeadLetterParams{
		Worker: d.Worker, Tenant: clean(d.Tenant, 64), Document: d.Document, Subject: clean(d.Subject, 1024),
		Headers: encoded, Payload: payload, Reason: clean(d.Reason, maxReason), Attempts: int32(max(d.Attempts, 1)),
	})
	if err != nil {
		return fmt.Errorf("store dead letter: %w", err)
	}
	return nil
}

// clean makes foreign text storable: valid UTF-8 without NUL, bounded, and
// without credentials.
func clean(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s[:min(len(s), most)], "\uFFFD"), "\x00", "\uFFFD")
	return userInfo.ReplaceAllString(s, "${1}")
}
