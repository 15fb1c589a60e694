package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/webhook"
)

const (
	// deliveryBytes bounds the bodies of deliveries in memory together. It has room for two of the
	// largest size, or for thousands of usual ones.
	deliveryBytes = 64 << 20
	// deliveryTimeout is below the ten seconds after which GitHub, Bitbucket and GitLab give up, so
	// that they get an answer.
	deliveryTimeout = 9 * time.Second
)

// serveDeliveries adds the door for git hosts. It takes no token, because deliveries are signed.
func (d deps) serveDeliveries(mux *http.ServeMux) {
	held := semaphore.NewWeighted(deliveryBytes)
	mux.HandleFunc("POST /hooks/{provider}/{hook}", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), min(deliveryTimeout, d.cfg.Timeout))
		defer cancel()
		answer, err := d.deliver(ctx, w, r, held)
		if err != nil {
			serveProblem(w, d.explainDelivery(ctx, err))
			return
		}
		status := http.StatusAccepted
		if answer.Duplicate || answer.State == "ignored" {
			status = http.StatusOK
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = jsonFormat.Marshal(w, answer) // it fails only if the client has gone
	})
}

// deliver handles a delivery. It reads the body only if the hook exists.
func (d deps) deliver(ctx context.Context, w http.ResponseWriter, r *http.Request, held *semaphore.Weighted) (a service.DeliverAnswer, err error) {
	provider, hook := r.PathValue("provider"), r.PathValue("hook")
	if err := d.KnowsHook(ctx, provider, hook); err != nil {
		return a, err
	}
	if r.ContentLength > webhook.MaxBody {
		return a, errTooLarge
	}
	size := r.ContentLength
	if size < 0 { // the length is unknown
		size = webhook.MaxBody
	}
	if err := held.Acquire(ctx, size); err != nil {
		p := newProblem(ctx, http.StatusServiceUnavailable, "This gateway is busy with other deliveries: send this one again.")
		p.header.Set("Retry-After", "1")
		return a, p
	}
	defer held.Release(size)
	deadline, _ := ctx.Deadline()
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(deadline) // only the writer of a test has no deadlines
	_ = control.SetWriteDeadline(deadline.Add(slack))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webhook.MaxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return a, errTooLarge
	}
	if err != nil {
		return a, newProblem(ctx, http.StatusBadRequest, "The body could not be read to its end.")
	}
	return d.Deliver(ctx, service.DeliverRequest{Provider: provider, Hook: hook, Header: r.Header, Body: body})
}

var errTooLarge = errors.New("the body is too large")

// explainDelivery is explain with statuses that git hosts show as failures.
func (d deps) explainDelivery(ctx context.Context, err error) *Problem {
	if errors.Is(err, errTooLarge) {
		return newProblem(ctx, http.StatusRequestEntityTooLarge, "The body is larger than 25 MiB.")
	}
	p := explain(ctx, err, d.log)
	switch {
	case errors.Is(err, webhook.ErrContentType):
		p.Status = http.StatusUnsupportedMediaType
	case errors.Is(err, webhook.ErrPayload):
		p.Status = http.StatusBadRequest
	}
	p.Title = http.StatusText(p.Status)
	p.header.Del("WWW-Authenticate") // a token would not help
	return p
}
