package events

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// Type names an event and the version of its data.
type Type string

// The types. A change that an old reader would misread gets a new version; a
// new optional field does not.
const (
	TypeRepoSubmitted    Type = "leat.repo.submitted.v1"
	TypeDocumentChunked  Type = "leat.document.chunked.v1"
	TypeDocumentRemoved  Type = "leat.document.removed.v1"
	TypeDocumentEmbedded Type = "leat.document.embedded.v1"
	TypeDocumentIndexed  Type = "leat.document.indexed.v1"
	TypeRepoIndexed      Type = "leat.repo.indexed.v1"
)

// MaxBytes bounds an event's payload. A larger one is refused unread.
const MaxBytes = 64 << 10

// Event is one CloudEvent with its data still encoded.
type Event struct {
	ID      string    // unique within Source
	Source  string    // URI reference of the producer, for example /leat/ingestor
	Type    Type      // what Data is
	Subject string    // what it is about, for people: a path or a URL; may be empty
	Time    time.Time // when it was produced; may be zero
	Data    json.RawMessage

	TraceParent string // W3C trace context, may be empty
	TraceState  string
}

// New makes an event of data, one of this package's data types. The id is
// random; the time is now.
func New(source, subject string, data any) (Event, error) {
	typ, err := typeOf(data)
	if err != nil {
		return Event{}, err
	}
	body, err := json.Marshal(data)
	if err != nil {
		return Event{}, fmt.Errorf("encode %s: %w", typ, err)
	}
	return Event{ID: rand.Text(), Source: source, Type: typ, Subject: subject, Time: time.Now().UTC(), Data: body}, nil
}

func typeOf(data any) (Type, error) {
	switch data.(type) {
	case RepoSubmitted:
		return TypeRepoSubmitted, nil
	case DocumentChunked:
		return TypeDocumentChunked, nil
	case DocumentRemoved:
		return TypeDocumentRemoved, nil
	case DocumentEmbedded:
		return TypeDocumentEmbedded, nil
	case DocumentIndexed:
		return TypeDocumentIndexed, nil
	case RepoIndexed:
		return TypeRepoIndexed, nil
	}
	return "", fmt.Errorf("%T is not the data of an event", data)
}

// ErrInvalid marks an event that can never be understood.
var ErrInvalid = errors.New("invalid event")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// check says whether the attributes that CloudEvents requires are there, and
// whether the data is JSON of a bearable size.
func (e Event) check() error {
	for _, a := range []struct {
		name, value string
		required    bool
	}{
		{"id", e.ID, true},
		{"source", e.Source, true},
		{"type", string(e.Type), true},
		{"subject", e.Subject, false},
	} {
		if a.required && a.value == "" {
			return invalid("%s is missing; send it in the header ce-%s or, in structured mode, the member %s", a.name, a.name, a.name)
		}
		if err := checkAttribute(a.value); err != nil {
			return invalid("%s: %v", a.name, err)
		}
	}
	switch {
	case e.Time.UTC().Year() < 0 || e.Time.UTC().Year() > 9999:
		return invalid("time: the year %d cannot be written in RFC 3339", e.Time.UTC().Year())
	case len(e.Data) == 0:
		return invalid("data is missing; send a JSON object")
	case len(e.Data) > MaxBytes:
		return invalid("data of %d bytes; at most %d are accepted", len(e.Data), MaxBytes)
	case !utf8.Valid(e.Data) || !json.Valid(e.Data):
		return invalid("the data is not JSON in UTF-8")
	}
	return nil
}
