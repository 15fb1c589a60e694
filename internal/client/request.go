package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/service"
)

// A request that may be sent again is sent up to attempts times. The pauses between them double
// from leastPause. The client gives up on a gateway that asks for a longer pause than mostPause.
const (
	attempts   = 3
	leastPause = 200 * time.Millisecond
	mostPause  = 10 * time.Second
)

// request is one request below /api/v1.
type request struct {
	method  string
	path    []string // segments, not escaped
	query   url.Values
	body    any       // sent as JSON; nil: none
	content io.Reader // sent as it is; nil: none
	key     string    // Idempotency-Key: the request may be sent again
	again   bool      // the request may be sent again without a key
	slow    bool      // the answer may take longer than the timeout
}

func post(body any, query values, path ...string) request {
	if body == nil {
		body = struct{}{}
	}
	return request{method: http.MethodPost, path: path, query: url.Values(query), body: body}
}

func get(query values, path ...string) request {
	return request{method: http.MethodGet, path: path, query: url.Values(query), again: true}
}

func (c *Client) client(r request) *http.Client {
	if r.slow {
		return c.slow
	}
	return c.http
}

// ask sends a request and reads its answer as JSON into out, which may be nil.
func (c *Client) ask(ctx context.Context, r request, out any) error {
	content, err := c.try(ctx, r)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(content, out); err != nil {
		return c.failed(fmt.Errorf("read the answer to %s %s: %w; is %s a gateway of leat of this version?", r.method, c.url(r).Path, err, c.base))
	}
	return nil
}

func (c *Client) try(ctx context.Context, r request) (content []byte, err error) {
	for n, pause := 1, leastPause; ; n, pause = n+1, 2*pause {
		var wait time.Duration
		content, wait, err = c.send(ctx, r)
		wait = max(wait, pause+rand.N(pause))
		if err == nil || wait > mostPause || n == attempts || !r.again && r.key == "" || !passing(err) || ctx.Err() != nil {
			return content, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// passing reports whether another attempt may succeed after an error.
func passing(err error) bool {
	var failed *service.Error
	return errors.As(err, &failed) && (failed.Kind == service.Limited || failed.Kind == service.Unavailable && !known(failed))
}

// known reports whether a gateway has said why it cannot answer. It will not be able to in a moment
// either.
func known(e *service.Error) bool { return service.FaultOf(e).Cause != "" }

// send sends a request once. It returns the pause that the gateway asks for.
func (c *Client) send(ctx context.Context, r request) ([]byte, time.Duration, error) {
	sent, err := c.request(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	answer, err := c.client(r).Do(sent)
	if err != nil {
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		return nil, 0, c.failed(fmt.Errorf("ask %s: %w", c.base, bare(err)))
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusMultipleChoices {
		return nil, retryAfter(answer), c.problem(answer)
	}
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, 0, c.failed(fmt.Errorf("read the answer of %s: %w", c.base, err))
	}
	if len(content) > maxAnswer {
		return nil, 0, fmt.Errorf("the answer of %s is larger than %d MiB: ask for less", c.base, maxAnswer>>20)
	}
	return content, 0, nil
}

func (c *Client) request(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		content, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("write the request: %w", err)
		}
		body = bytes.NewReader(content)
	}
	kind := "application/json"
	if r.content != nil {
		body, kind = io.NopCloser(r.content), "application/octet-stream"
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, c.url(r).String(), body)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	sent.Header.Set("Authorization", "Bearer "+c.cfg.Token)
	sent.Header.Set("Accept", "application/json")
	sent.Header.Set("User-Agent", c.cfg.Agent)
	if body != nil {
		sent.Header.Set("Content-Type", kind)
	}
	if r.key != "" {
		sent.Header.Set("Idempotency-Key", r.key)
	}
	return sent, nil
}

func (c *Client) url(r request) *url.URL {
	escaped := make([]string, len(r.path))
	for i, segment := range r.path {
		escaped[i] = url.PathEscape(segment)
	}
	u := *c.base
	u.Path = c.base.Path + "/api/v1/" + strings.Join(r.path, "/")
	u.RawPath = c.base.EscapedPath() + "/api/v1/" + strings.Join(escaped, "/")
	u.RawQuery = r.query.Encode()
	return &u
}

// problem returns the error that an answer holds.
func (c *Client) problem(answer *http.Response) error {
	var p struct {
		Detail string `json:"detail"`
		service.Fault
	}
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxProblem))
	if err != nil || json.Unmarshal(content, &p) != nil || p.Detail == "" {
		return c.strange(answer)
	}
	if p.Kind == "" {
		p.Kind = kinds[answer.StatusCode]
	}
	failed := p.Error(p.Detail)
	failed.RetryAfter = retryAfter(answer)
	return failed
}

// kinds gives the kind of an error answer that names none, because the request was malformed or a
// proxy answered it.
var kinds = map[int]service.Kind{
	http.StatusUnauthorized: service.Unauthenticated, http.StatusForbidden: service.Denied, http.StatusNotFound: service.NotFound,
	http.StatusConflict: service.Refused, http.StatusBadRequest: service.Invalid, http.StatusUnprocessableEntity: service.Invalid,
	http.StatusTooManyRequests: service.Limited, http.StatusServiceUnavailable: service.Unavailable,
	http.StatusBadGateway: service.Unavailable, http.StatusGatewayTimeout: service.Unavailable,
}

// strange returns the error for an answer that no gateway gives.
func (c *Client) strange(answer *http.Response) error {
	reason := fmt.Sprintf("%s answers %s; is it a gateway of leat?", c.base, answer.Status)
	if to := answer.Header.Get("Location"); to != "" && answer.StatusCode < http.StatusBadRequest {
		reason = fmt.Sprintf("%s redirects to another address, to which the token is not sent: name the gateway's own address", c.base)
	}
	kind := kinds[answer.StatusCode]
	if kind == "" || kind == service.NotFound {
		kind = service.Invalid
	}
	return &service.Error{Kind: kind, Reason: reason}
}

func (c *Client) failed(err error) error { return &service.Error{Kind: service.Unavailable, Err: err} }

// bare removes the address from an error of net/http, since the caller names it already.
func bare(err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		return asked.Err
	}
	return err
}

func retryAfter(answer *http.Response) time.Duration {
	seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}
