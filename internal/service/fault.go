package service

import (
	"errors"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// Fault is an Error in a form from which another process makes the same Error again.
type Fault struct {
	Kind    Kind     `json:"kind,omitempty" doc:"The sort of the error: not found, invalid, refused, unavailable, unauthenticated, denied or limited."`
	Field   string   `json:"field,omitempty" doc:"The field of the request that is at fault."`
	Value   string   `json:"value,omitempty" doc:"The value of this field."`
	Reason  string   `json:"reason,omitempty" doc:"The fault without its field and its value."`
	Choices []string `json:"choices,omitempty" doc:"The values from which the request has to choose one."`
	Cause   string   `json:"cause,omitempty" doc:"Why this leat cannot answer such a request: no schema, no index, no stream, other model or no collection."`
}

// causes are the reasons of Unavailable that name no hosts or addresses.
var causes = map[string]error{
	"no schema":     ErrNoSchema,
	"no index":      ErrNoIndex,
	"no stream":     ErrNoStream,
	"other model":   catalog.ErrOtherModel,
	"no collection": vector.ErrNoCollection,
}

// FaultOf describes an error. It leaves out why a store does not answer, because that may name
// hosts.
func FaultOf(e *Error) Fault {
	f := Fault{Kind: e.Kind, Field: string(e.Field), Value: e.Value}
	if e.Kind == Unavailable {
		for name, cause := range causes {
			if errors.Is(e, cause) {
				f.Cause = name
			}
		}
		return f
	}
	f.Reason = e.Reason
	if f.Reason == "" && e.Err != nil {
		f.Reason = e.Err.Error()
	}
	var choices Choices
	if errors.As(e.Err, &choices) {
		f.Choices = choices
	}
	return f
}

// Error makes the error again. text is the reason if the fault has none.
func (f Fault) Error(text string) *Error {
	e := &Error{Kind: f.Kind, Field: Field(f.Field), Value: f.Value, Reason: f.Reason}
	if len(f.Choices) > 0 {
		e.Err = Choices(f.Choices)
	}
	if cause := causes[f.Cause]; cause != nil {
		e.Err = cause
	}
	if e.Reason == "" && e.Err == nil {
		e.Reason = text
	}
	return e
}
