package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Letters are the dead letters.
type Letters struct{ *store }

// DeadLetter is a message that could not be handled and is not tried again by
// itself.
type DeadLetter struct {
	Worker   string
	Message  string     // names it, so that a second delivery makes no second letter; "": each delivery makes one
	Tenant   string     // "" if the message does not tell
	Document *uuid.UUID // nil if it is about no document, or about one that does not exist
	Source   string     // of the event, with its id; "" if they could not be read
	Event    string
	Subject  string
	Headers  map[string]string // the first 32 by name, cut to 1 KiB each, of 8 KiB in all
	Payload  []byte            // cut to 4 KiB; if it was longer, its length and its SHA-256 follow
	Reason   string
	Attempts int
}

// A letter is small, because a publisher of bad messages makes a letter with each. A
// submission that can be published again fits.
const (
	maxPayload     = 4 << 10
	maxHeaders     = 32
	maxHeaderBytes = 8 << 10
)

// Bury stores a dead letter. Credentials do not reach the row: Bury takes out the user
// information of URLs, even inside JSON, percent-encoding or base64, and the values of
// headers whose names stand for secrets. The letter replaces one of the same message,
// and an older one of the same worker about the same document or submission.
func (ls *Letters) Bury(ctx context.Context, d DeadLetter) error {
	kept := cleanHeaders(d.Headers)
	headers, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("encode headers of dead letter: %w", err)
	}
	payload := hide(string(d.Payload))
	if len(payload) > maxPayload {
		payload = fmt.Sprintf("%s… (%d bytes in all, SHA-256 %x)", payload[:maxPayload-100], len(payload), sha256.Sum256([]byte(payload)))
	}
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
	kept, room := make(map[string]string), maxHeaderBytes
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if len(kept) == maxHeaders {
			break
		}
		value := clean(headers[name], 1024)
		if secretName.MatchString(name) {
			value = "[hidden]"
		}
		name = clean(name, 256)
		if room -= len(name) + len(value); room < 0 {
			break
		}
		kept[name] = value
	}
	return kept
}
