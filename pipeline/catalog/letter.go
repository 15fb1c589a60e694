package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Letters are the dead letters.
type Letters struct{ *store }

// DeadLetter is a message that could not be handled and will not be tried
// again by itself.
type DeadLetter struct {
	Worker   string
	Message  string     // names it among all messages, so that delivered twice it is one letter; "": each is one
	Tenant   string     // "" if the message does not tell
	Document *uuid.UUID // nil if it is not about a document, or about none that exists
	Source   string     // of the event, with its id; "" if it could not be read
	Event    string
	Subject  string
	Headers  map[string]string // the first 32 by name, cut to 1 KiB each
	Payload  []byte            // cut to 64 KiB
	Reason   string
	Attempts int
}

const (
	maxPayload = 64 << 10
	maxHeaders = 32
)

// Bury stores a dead letter. Credentials do not reach the row: the user
// information of URLs is taken out, also where JSON, percent-encoding or base64
// wraps it, and so are the values of headers whose names tell of secrets. A
// letter of the same message, or an older one of the same worker about the same
// document or submission, is replaced.
func (ls *Letters) Bury(ctx context.Context, d DeadLetter) error {
	kept := cleanHeaders(d.Headers)
	headers, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("encode headers of dead letter: %w", err)
	}
	payload := hide(string(d.Payload))
	payload = payload[:min(len(payload), maxPayload)]
	subject := clean(d.Subject, 1024)
	p := query.AddDeadLetterParams{
		Worker: d.Worker, Message: clean(d.Message, 256), Tenant: clean(d.Tenant, 64), Document: d.Document, Subject: subject,
		Headers: headers, Payload: []byte(payload),
		Whole:  payload == string(d.Payload) && subject == d.Subject && maps.Equal(kept, d.Headers),
		Reason: reasonOf(d.Reason), Attempts: int32(max(d.Attempts, 1)),
	}
	if key := (SubmissionKey{Source: d.Source, Event: d.Event}).clean(); key.Event != "" {
		p.Source, p.Event = &key.Source, &key.Event
	}
	err = ls.query.AddDeadLetter(ctx, p)
	if err != nil {
		return fmt.Errorf("store dead letter: %w", err)
	}
	return nil
}

func cleanHeaders(headers map[string]string) map[string]string {
	kept := make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if len(kept) == maxHeaders {
			break
		}
		value := clean(headers[name], 1024)
		if secretName.MatchString(name) {
			value = "[hidden]"
		}
		kept[clean(name, 256)] = value
	}
	return kept
}
