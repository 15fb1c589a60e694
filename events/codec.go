package events

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"mime"
	"strings"
	"time"
	"unicode/utf8"
)

// Header holds the headers of a NATS message, each with its first value.
type Header map[string]string

// The headers of the NATS protocol binding for CloudEvents, version 1.0.3-wip
// (github.com/cloudevents/spec, cloudevents/bindings/nats-protocol-binding.md).
// Unlike in HTTP, the content type of the data is an attribute like the others, and
// the header Content-Type is there in structured mode alone.
const (
	headerContentType     = "content-type"
	headerSpecVersion     = "ce-specversion"
	headerID              = "ce-id"
	headerSource          = "ce-source"
	headerType            = "ce-type"
	headerSubject         = "ce-subject"
	headerTime            = "ce-time"
	headerDataContentType = "ce-datacontenttype"
)

const (
	specVersion         = "1.0"
	contentTypeJSON     = "application/json"
	contentTypeEnvelope = "application/cloudevents"
)

// Encode writes an event in binary mode: the attributes become headers and the
// data becomes the payload, which shares e.Data's memory. It refuses, with
// [ErrInvalid], every event that Decode would refuse. Only the subject is
// repaired, because it may be any path that git holds: U+FFFD replaces
// unprintable characters, and the text is cut off after 4,096 bytes. Both
// Encode and Decode remove user and password from a URL there.
func Encode(e Event) (Header, []byte, error) {
	e.Subject = cleanSubject(e.Subject)
	if err := e.check(); err != nil {
		return nil, nil, err
	}
	h := Header{
		headerSpecVersion:     specVersion,
		headerID:              escape(e.ID),
		headerSource:          escape(e.Source),
		headerType:            escape(string(e.Type)),
		headerDataContentType: contentTypeJSON,
	}
	if e.Subject != "" {
		h[headerSubject] = escape(e.Subject)
	}
	if !e.Time.IsZero() {
		h[headerTime] = e.Time.UTC().Format(time.RFC3339Nano)
	}
	if isTraceParent(e.TraceParent) {
		h[headerTraceParent] = e.TraceParent
		if isTraceState(e.TraceState) {
			h[headerTraceState] = e.TraceState
		}
	}
	return h, e.Data, nil
}

// Decode reads an event in binary mode. A [TypeRepoSubmitted] may also come in
// structured mode, which the header Content-Type tells: only the intake hears from
// programs that have a reason to use it. Decode ignores the case of headers' names,
// attributes that this package does not know, and a malformed trace context. Every
// error wraps [ErrInvalid]. It says what to change, and repeats no more than a few
// bytes of the input. In binary mode Event.Data shares body's memory.
func Decode(h Header, body []byte) (Event, error) {
	if len(body) > MaxBytes {
		return Event{}, invalid("payload of %d bytes; at most %d are accepted", len(body), MaxBytes)
	}
	if !utf8.Valid(body) {
		return Event{}, invalid("the payload is not UTF-8; send JSON in UTF-8")
	}
	folded := h.fold()
	decode := decodeBinary
	if len(folded[headerContentType]) >= len(contentTypeEnvelope) &&
		strings.EqualFold(folded[headerContentType][:len(contentTypeEnvelope)], contentTypeEnvelope) {
		decode = decodeStructured
	}
	e, err := decode(folded, body)
	if err != nil {
		return Event{}, err
	}
	e.TraceParent, e.TraceState = traceContext(folded, e)
	if err := e.check(); err != nil {
		return Event{}, err
	}
	return e, nil
}

func decodeBinary(h Header, body []byte) (Event, error) {
	var a attributes
	for name, into := range map[string]*string{
		headerSpecVersion:     &a.SpecVersion,
		headerID:              &a.ID,
		headerSource:          &a.Source,
		headerType:            &a.Type,
		headerSubject:         &a.Subject,
		headerTime:            &a.Time,
		headerDataContentType: &a.DataContentType,
	} {
		value, err := unescape(h[name])
		if err != nil {
			return Event{}, invalid("header %s: %v", name, err)
		}
		*into = value
	}
	e, err := a.event()
	e.Data = body
	return e, err
}

// attributes holds the attributes of an event as text. The tags are the names of the
// members in the JSON event format.
type attributes struct {
	SpecVersion     string `json:"specversion"`
	ID              string `json:"id"`
	Source          string `json:"source"`
	Type            string `json:"type"`
	Subject         string `json:"subject"`
	Time            string `json:"time"`
	DataContentType string `json:"datacontenttype"`
	TraceParent     string `json:"traceparent"` // the distributed tracing extension
	TraceState      string `json:"tracestate"`
}

func (a attributes) event() (Event, error) {
	if a.SpecVersion != specVersion {
		return Event{}, invalid("specversion %s; send 1.0, in the header %s or, in structured mode, the member specversion", quote(a.SpecVersion), headerSpecVersion)
	}
	if err := checkContentType(a.DataContentType); err != nil {
		return Event{}, err
	}
	e := Event{ID: a.ID, Source: a.Source, Type: Type(a.Type), Subject: hideCredential(a.Subject), TraceParent: a.TraceParent, TraceState: a.TraceState}
	if a.Time == "" {
		return e, nil
	}
	// RFC 3339 allows t and z in lower case; package time does not.
	at, err := time.Parse(time.RFC3339, strings.ToUpper(a.Time))
	if err != nil {
		return Event{}, invalid("time %s; write it as RFC 3339, for example 2026-01-31T12:00:00Z", quote(a.Time))
	}
	e.Time = at.UTC()
	return e, nil
}

// checkContentType accepts JSON. An absent type means JSON too.
func checkContentType(value string) error {
	if value == "" {
		return nil
	}
	media, params, err := mime.ParseMediaType(value)
	charset, named := params["charset"]
	if err != nil || media != contentTypeJSON && !strings.HasSuffix(media, "+json") || named && !strings.EqualFold(charset, "utf-8") {
		return invalid("datacontenttype %s; send %s, or leave it out", quote(value), contentTypeJSON)
	}
	return nil
}

// decodeStructured reads the JSON event format: an object that holds the
// attributes and, as data or data_base64, the data.
func decodeStructured(h Header, body []byte) (Event, error) {
	media, _, err := mime.ParseMediaType(h[headerContentType])
	if err != nil || media != contentTypeEnvelope && media != contentTypeEnvelope+"+json" {
		return Event{}, invalid("content type %s; send one event as %s+json, or in binary mode", quote(h[headerContentType]), contentTypeEnvelope)
	}
	var envelope struct {
		attributes
		Data   json.RawMessage `json:"data"`
		Base64 *string         `json:"data_base64"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return Event{}, invalid("structured event: %s", explain(err))
	}
	e, err := envelope.event()
	if err != nil {
		return Event{}, err
	}
	if e.Type != TypeRepoSubmitted {
		return Event{}, invalid("type %s in structured mode, which is for %s; send it in binary mode", quote(string(e.Type)), TypeRepoSubmitted)
	}
	switch {
	case envelope.Base64 == nil:
		e.Data = envelope.Data
	case envelope.Data != nil:
		return Event{}, invalid("structured event: both data and data_base64; send one of them")
	default:
		e.Data, err = base64.StdEncoding.DecodeString(*envelope.Base64)
		if err != nil {
			return Event{}, invalid("data_base64: not base64 (RFC 4648, section 4)")
		}
	}
	return e, nil
}

// explain describes an error in JSON in few words: the errors of package json may
// repeat the input at any length.
func explain(err error) string {
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		kind, _, _ := strings.Cut(mismatch.Value, " ")
		if mismatch.Field == "" {
			return "a JSON " + kind + " where an object belongs"
		}
		// The name before a dot may be that of an embedded struct, which JSON
		// does not have.
		member := mismatch.Field[strings.LastIndex(mismatch.Field, ".")+1:]
		return "member " + quote(member) + " is a JSON " + kind + " that does not fit " + mismatch.Type.String()
	}
	return "not JSON"
}
