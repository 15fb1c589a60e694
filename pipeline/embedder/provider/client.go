package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/leatworks/leat/pipeline/embedder"
)

// Bounds of an answer: a number takes at most this much of JSON.
const (
	maxNumber    = 40
	maxEnvelope  = 64 << 10
	maxComplaint = 64 << 10
)

// newHTTP returns a client for one provider. It follows no redirect, which would send the key and the texts to an
// address that is not configured.
func newHTTP(concurrency int) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = concurrency
	transport.DialContext = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// reply is an answer, and the time to wait before the next request.
type reply struct {
	answer
	pause time.Duration
}

// body is the answer of a server before it is decoded.
type body struct {
	header  http.Header
	content []byte
}

// post sends one request and decodes the answer. Its error is a *problem unless ctx has ended. No error contains the
// key, or any part of the address except the host.
func (e *Embedder) post(ctx context.Context, to *address, texts []string, purpose embedder.Purpose) (reply, error) {
	b, err := e.send(ctx, to, texts, purpose)
	if err != nil {
		return reply{}, err
	}
	return e.read(b, len(texts))
}

// send sends one request. It is the part of post during which the server works.
func (e *Embedder) send(ctx context.Context, to *address, texts []string, purpose embedder.Purpose) (body, error) {
	path, asked := e.wire.request(texts, purpose)
	request, err := e.request(ctx, to, path, asked)
	if err != nil {
		return body{}, &problem{kind: denied, err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, e.cfg.Timeout)
	defer cancel()
	response, err := e.http.Do(request.WithContext(ctx))
	if err != nil {
		return body{}, transportProblem(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, maxComplaint)) // an error leaves the part that was read
		return body{}, judge(response.StatusCode, response.Header, e.wire.complaint(said), time.Now())
	}
	most := int64(len(texts))*int64(e.cfg.NativeDimensions)*maxNumber + maxEnvelope
	var content bytes.Buffer
	if length := response.ContentLength; length > 0 && length <= most {
		content.Grow(int(length) + bytes.MinRead) // room for the last read, so that the buffer need not grow
	}
	switch _, err := content.ReadFrom(io.LimitReader(response.Body, most+1)); {
	case err != nil:
		return body{}, transportProblem(err)
	case int64(content.Len()) > most:
		return body{}, &problem{kind: down, err: errTooLarge}
	}
	return body{response.Header, content.Bytes()}, nil
}

// read decodes the vectors of n texts from an answer.
func (e *Embedder) read(b body, n int) (reply, error) {
	a, err := e.wire.answer(b.content, n)
	if err != nil {
		return reply{}, &problem{kind: down, err: fmt.Errorf("%w%s", err, appearance(b.header, b.content))}
	}
	return reply{a, exhausted(b.header)}, nil
}

func (e *Embedder) request(ctx context.Context, to *address, path string, body any) (*http.Request, error) {
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false) // code is full of <, > and &
	if err := encoder.Encode(body); err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.url+path, &content)
	if err != nil {
		return nil, errors.New("address and path make no URL")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "leat")
	key, err := e.cfg.key()
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, errors.New("the key holds what no header can")
	}
	if key != "" {
		e.wire.authorize(request.Header, key)
	}
	return request, nil
}

// transportProblem returns an error of net/http without the URL.
func transportProblem(err error) error {
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return &problem{kind: slow, err: fmt.Errorf("no answer in time: %w", err)}
	}
	return &problem{kind: down, err: err}
}

// appearance describes an answer that cannot be decoded.
func appearance(h http.Header, content []byte) string {
	if trimmed := bytes.TrimSpace(content); len(trimmed) > 0 && trimmed[0] == '<' {
		return fmt.Sprintf(" (%d bytes of HTML or XML: is the address right, or a proxy in between?)", len(content))
	}
	if kind := h.Get("Content-Type"); kind != "" && !strings.Contains(kind, "json") {
		return fmt.Sprintf(" (%d bytes of %.60q)", len(content), kind)
	}
	return fmt.Sprintf(" (%d bytes)", len(content))
}
