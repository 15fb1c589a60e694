package service

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Kind is the sort of an error. It is an error itself, so that callers can write
// errors.Is(err, service.NotFound).
type Kind string

// The kinds of errors.
const (
	NotFound    Kind = "not found"   // the request names a thing that does not exist, or not for this tenant
	Invalid     Kind = "invalid"     // no such request can be answered
	Refused     Kind = "refused"     // the request is valid, but the present state forbids it
	Unavailable Kind = "unavailable" // a store does not answer, or lacks the schema or the index

	Unauthenticated Kind = "unauthenticated" // the token is missing, unknown, expired or revoked
	Denied          Kind = "denied"          // the token does not allow the request
	Limited         Kind = "limited"         // there were too many requests: try again after Error.RetryAfter
)

func (k Kind) Error() string { return string(k) }

// Field is a field of a request.
type Field string

// The fields that errors name.
const (
	FieldTenant     Field = "tenant"
	FieldRepository Field = "repository"
	FieldRef        Field = "ref"
	FieldPath       Field = "path"
	FieldLines      Field = "lines"
	FieldQuery      Field = "query"
	FieldPattern    Field = "pattern"
	FieldLanguage   Field = "language"
	FieldKind       Field = "kind"
	FieldLimit      Field = "limit"
	FieldAge        Field = "age"
	FieldLetter     Field = "letter"
	FieldToken      Field = "token"
	FieldName       Field = "name"
	FieldScope      Field = "scope"
	FieldHook       Field = "hook"
	FieldProvider   Field = "provider"
	FieldAllowed    Field = "allowed"
	FieldSecret     Field = "secret"
	FieldPayload    Field = "payload"
	FieldDelivery   Field = "delivery"
	FieldState      Field = "state"
	FieldHost       Field = "host"
	FieldCommit     Field = "commit"
	FieldCursor     Field = "cursor"
	FieldDays       Field = "days"
	FieldStage      Field = "stage"
	FieldEmbedder   Field = "embedder"
	FieldBody       Field = "body"
	FieldSymbol     Field = "symbol"
	FieldRole       Field = "role"
	FieldDepth      Field = "depth"
	FieldDirection  Field = "direction"
	FieldDiff       Field = "diff"
	FieldFormat     Field = "format"
	FieldLink       Field = "link"
	FieldKey        Field = "idempotency_key"
)

// Reasons why a leat cannot answer any request.
var (
	ErrNoSchema = errors.New("the catalog lacks steps of its schema")
	ErrNoIndex  = errors.New("there is no index yet")
)

// Error is a failure of a request.
type Error struct {
	Kind   Kind
	Field  Field  // the field of the request that is at fault; "": none
	Value  string // the field's value; "": Reason holds it
	Reason string // the fault, in a sentence; "": Err says it
	Err    error  // the cause; nil: there is none

	RetryAfter time.Duration // for Limited: time to wait
}

func (e *Error) Error() string {
	switch {
	case e.Reason == "":
		return e.Err.Error()
	case e.Value != "":
		return string(e.Field) + " " + e.Value + ": " + e.Reason
	}
	return e.Reason
}

func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the error's kind.
func (e *Error) Is(target error) bool { return target == e.Kind }

// mark gives the error of a method a kind, unless it has one.
func mark(err *error) {
	var known *Error
	if *err == nil || errors.As(*err, &known) || errors.Is(*err, context.Canceled) || errors.Is(*err, context.DeadlineExceeded) {
		return
	}
	kind := Unavailable
	switch reject, _ := fault.Of(*err); {
	case errors.Is(*err, catalog.ErrGeneration), errors.Is(*err, blob.ErrDestroyed):
		kind = Refused
	case errors.Is(*err, catalog.ErrNotFound):
		kind = NotFound
	case reject == fault.KindReject:
		kind = Invalid
	}
	*err = &Error{Kind: kind, Err: *err}
}

func isNotFound(err error) bool { return errors.Is(err, catalog.ErrNotFound) }

// Sentence makes a sentence of a reason, because skins show the text of an error as one.
func Sentence(reason string) string {
	if reason == "" {
		return ""
	}
	reason = strings.ToUpper(reason[:1]) + reason[1:]
	if last := reason[len(reason)-1]; last != '.' && last != '?' && last != '!' {
		reason += "."
	}
	return reason
}
