package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leatworks/leat/internal/service"
)

const (
	// HeaderOnce is the header by which a client marks a request, so that the gateway recognises it
	// when it is sent again (draft-ietf-httpapi-idempotency-key-header).
	HeaderOnce = "Idempotency-Key"
	// HeaderReplayed marks an answer that was given before.
	HeaderReplayed = "Idempotency-Replayed"

	maxOnce = 255
	// maxKept is the largest answer that is kept, in bytes.
	maxKept = 512 << 10
	// settleTimeout bounds the time to store an answer, even after the client has gone.
	settleTimeout = 5 * time.Second
)

// kept is the stored form of an answer.
type kept struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"` // nil: the body was too large
}

// once handles a request with an Idempotency-Key only once, however often it is sent. Later
// requests get the first answer. An answer that is not a success has changed nothing, and is not
// kept.
func (d deps) once(r route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		key := ctx.Header(HeaderOnce)
		if key == "" {
			next(ctx)
			return
		}
		req, w := humago.Unwrap(ctx)
		asked, body, err := onceRequest(ctx, req, key, d.cfg.MaxBody)
		if err != nil {
			writeProblem(ctx, explain(ctx.Context(), err, d.log))
			return
		}
		lease := d.cfg.Timeout + 2*slack
		if r.slow {
			lease += d.cfg.Timeout * (slowFactor - 1)
		}
		before, found, err := d.BeginOnce(ctx.Context(), asked, lease)
		switch {
		case err != nil:
			writeProblem(ctx, explain(ctx.Context(), err, d.log))
		case found:
			d.repeat(ctx, before)
		default:
			again := req.WithContext(ctx.Context())
			again.Body = io.NopCloser(bytes.NewReader(body))
			out := &keptWriter{ResponseWriter: w}
			defer func() { d.settle(ctx.Context(), asked, out) }() // also after a panic
			next(humago.NewContext(ctx.Operation(), again, out))
			out.ended = true
		}
	}
}

// onceRequest reads a whole request, and identifies it by everything that it asks for.
func onceRequest(ctx huma.Context, r *http.Request, key string, most int64) (asked service.OnceRequest, body []byte, err error) {
	if len(key) > maxOnce || !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		return asked, nil, &service.Error{Kind: service.Invalid, Field: service.FieldKey, Reason: fmt.Sprintf("the header Idempotency-Key must be a text of 1 to %d bytes", maxOnce)}
	}
	body, err = io.ReadAll(http.MaxBytesReader(nil, r.Body, most))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return asked, nil, newProblem(ctx.Context(), http.StatusRequestEntityTooLarge, fmt.Sprintf("The body is larger than %d bytes.", most))
	}
	if err != nil {
		return asked, nil, newProblem(ctx.Context(), http.StatusBadRequest, "The body could not be read to its end.")
	}
	sum := sha256.Sum256(body)
	text := strings.Join([]string{r.Method, r.URL.EscapedPath(), r.URL.Query().Encode(), hex.EncodeToString(sum[:])}, "\n")
	return service.OnceRequest{Key: key, Request: sha256.Sum256([]byte(text))}, body, nil
}

// repeat gives the first answer again.
func (d deps) repeat(ctx huma.Context, before []byte) {
	var k kept
	if err := json.Unmarshal(before, &k); err != nil {
		writeProblem(ctx, explain(ctx.Context(), fmt.Errorf("read an answer that was kept: %w", err), d.log))
		return
	}
	if k.Body == nil {
		writeProblem(ctx, newProblem(ctx.Context(), http.StatusConflict, "The request succeeded before; its answer was too large to be kept."))
		return
	}
	for name, values := range k.Header {
		for _, value := range values {
			ctx.AppendHeader(name, value)
		}
	}
	ctx.SetHeader(HeaderReplayed, "true")
	ctx.SetStatus(k.Status)
	_, _ = ctx.BodyWriter().Write(k.Body) // it fails only if the client has gone
}

// settle stores the answer to a request that has ended.
func (d deps) settle(ctx context.Context, asked service.OnceRequest, out *keptWriter) {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	err := d.settled(bounded, asked, out)
	if err != nil {
		d.log.WarnContext(ctx, "could not keep an answer: if the request is sent again, it is done again", "request", requestOf(ctx).id, "error", err)
	}
}

func (d deps) settled(ctx context.Context, asked service.OnceRequest, out *keptWriter) error {
	if !out.ended || out.status >= http.StatusMultipleChoices || out.status == 0 {
		return d.AbandonOnce(ctx, asked)
	}
	k := kept{out.status, http.Header{}, out.body.Bytes()}
	if k.Body == nil {
		k.Body = []byte{}
	}
	if out.body.Len() > maxKept {
		k.Body = nil
	}
	for _, name := range []string{"Content-Type", "Cache-Control", "Location"} {
		if values := out.Header().Values(name); len(values) > 0 {
			k.Header[name] = values
		}
	}
	encoded, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return d.FinishOnce(ctx, asked, encoded)
}

// keptWriter copies an answer while it is written.
type keptWriter struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	ended  bool // the handler has returned
}

func (w *keptWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *keptWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.body.Len() <= maxKept {
		w.body.Write(b)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *keptWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
