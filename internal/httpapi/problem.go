package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// Problem is the body of an error, as application/problem+json (RFC 9457).
type Problem struct {
	Status    int      `json:"status" doc:"HTTP status of the answer."`
	Title     string   `json:"title" doc:"The status in words."`
	Detail    string   `json:"detail" doc:"What happened, and what to do."`
	RequestID string   `json:"request_id" doc:"Identifies the request in the gateway's log and traces."`
	Errors    []Detail `json:"errors,omitempty" nullable:"false" doc:"Each fault of a request that does not have the described form."`
	service.Fault

	header http.Header
}

// Detail is one fault of a request's form.
type Detail struct {
	Location string `json:"location" doc:"Place of the fault: path, query, header or body, and the field."`
	Message  string `json:"message" doc:"What is wrong in this place."`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func newProblem(ctx context.Context, status int, detail string) *Problem {
	return &Problem{Status: status, Title: http.StatusText(status), Detail: detail, RequestID: requestOf(ctx).id, header: http.Header{}}
}

// statuses holds the HTTP status of each kind of error.
var statuses = map[service.Kind]int{
	service.Unauthenticated: http.StatusUnauthorized,
	service.Denied:          http.StatusForbidden,
	service.NotFound:        http.StatusNotFound,
	service.Refused:         http.StatusConflict,
	service.Invalid:         http.StatusUnprocessableEntity,
	service.Limited:         http.StatusTooManyRequests,
	service.Unavailable:     http.StatusServiceUnavailable,
}

// unavailableSeconds is the pause that a client is told to make while a store does not answer.
const unavailableSeconds = 5

// explain turns any error of a handler into the answer. The causes of a store's failure stay in the
// log, because they may name hosts.
func explain(ctx context.Context, err error, log *slog.Logger) *Problem {
	var known *Problem
	var failed *service.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded):
		return newProblem(ctx, http.StatusGatewayTimeout, "The request took too long: ask for less, or try again later.")
	case errors.Is(err, context.Canceled):
		return newProblem(ctx, http.StatusServiceUnavailable, "The request was cancelled.")
	case !errors.As(err, &failed):
		log.ErrorContext(ctx, "request failed", "request", requestOf(ctx).id, "error", err)
		return newProblem(ctx, http.StatusInternalServerError, "The request failed for a reason that this gateway does not know; find the details in its log under the request's id.")
	}
	p := newProblem(ctx, statuses[failed.Kind], service.Sentence(failed.Error()))
	p.Fault = service.FaultOf(failed)
	switch failed.Kind {
	case service.Unauthenticated:
		p.header.Set("WWW-Authenticate", `Bearer realm="leat", error="invalid_token"`)
	case service.Limited:
		p.header.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(failed.RetryAfter.Seconds())))))
	case service.Unavailable:
		p.header.Set("Retry-After", strconv.Itoa(unavailableSeconds))
		if p.Detail = unavailable(err); p.Detail == "" {
			log.ErrorContext(ctx, "a store failed", "request", requestOf(ctx).id, "error", err)
			p.Detail = "A store of this leat does not answer: try again in a few seconds."
		}
	}
	return p
}

// unavailable describes the failures that can be told without naming hosts and addresses.
func unavailable(err error) string {
	switch {
	case errors.Is(err, service.ErrNoSchema):
		return "The catalog lacks steps of its schema: start a worker, or run 'leat migrate up'."
	case errors.Is(err, service.ErrNoIndex):
		return "There is no index yet: start a worker, which makes it."
	case errors.Is(err, service.ErrNoStream):
		return "The streams do not exist yet: start a worker, which makes them."
	case errors.Is(err, catalog.ErrOtherModel):
		return "The index has another embedding model than this gateway is configured for: give the gateway the settings of the workers."
	case errors.Is(err, seal.ErrNoKey):
		return "This gateway has no key for secrets: set LEAT_SECRET_KEY or LEAT_SECRET_KEY_FILE."
	case errors.Is(err, seal.ErrCannotOpen):
		return "The secret was sealed with another LEAT_SECRET_KEY than this gateway's: give the gateway that key too."
	case errors.Is(err, vector.ErrNoCollection):
		return "The vector store has lost the index: run 'leat verify --repair', which writes it again."
	}
	return ""
}

var ownErrors sync.Once

// useProblems makes huma write its own errors about malformed requests as problems. huma keeps the
// constructors of errors in global variables, but no other package of leat imports it.
func useProblems() {
	ownErrors.Do(func() {
		huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
			return formProblem(context.Background(), status, message, errs)
		}
		huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
			return formProblem(ctx.Context(), status, message, errs)
		}
	})
}

// formProblem describes the faults in the form of a request.
func formProblem(ctx context.Context, status int, message string, errs []error) *Problem {
	if status >= http.StatusInternalServerError { // huma could not read the whole body
		status, message = http.StatusBadRequest, "the body could not be read"
	}
	p := newProblem(ctx, status, service.Sentence(message))
	for _, err := range errs {
		var detail *huma.ErrorDetail
		if errors.As(err, &detail) {
			p.Errors = append(p.Errors, Detail{detail.Location, detail.Message})
		} else if err != nil {
			p.Errors = append(p.Errors, Detail{"body", err.Error()})
		}
	}
	if len(p.Errors) > 0 {
		first := p.Errors[0]
		p.Detail = service.Sentence(fmt.Sprintf("in %s: %s", first.Location, first.Message))
		p.Field = first.Location[strings.LastIndexByte(first.Location, '.')+1:]
	}
	return p
}
