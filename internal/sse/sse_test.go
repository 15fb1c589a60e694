package sse_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/sse"
)

// serve starts a server whose answer is one stream. ended is closed when the stream has ended.
func serve(t *testing.T, cfg sse.Config, run func(context.Context, *sse.Stream) error) (url string, ended <-chan struct{}) {
	t.Helper()
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(over)
		sse.Serve(r.Context(), w, cfg, run)
	}))
	t.Cleanup(server.Close)
	return server.URL, over
}

// get asks for a stream, and returns its body and its media type.
func get(t *testing.T, url string) (body io.ReadCloser, media string) {
	t.Helper()
	answer, err := http.Get(url) //nolint:gosec,noctx // a server of this test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer.Body, answer.Header.Get("Content-Type")
}

func await(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal(what)
	}
}

// Events arrive in their order, and an error of their source is the last one.
func TestEventsArriveInOrder(t *testing.T) {
	cfg := sse.Config{Begin: ": begin\n\n", Heartbeat: time.Hour, Failed: func(err error) []byte { return []byte("data: " + err.Error() + "\n\n") }}
	url, ended := serve(t, cfg, func(_ context.Context, s *sse.Stream) error {
		return errors.Join(s.Send([]byte("data: one\n\n")), s.Send([]byte("data: two\n\n")), errors.New("three"))
	})
	body, media := get(t, url)
	text, err := io.ReadAll(body)
	if want := ": begin\n\ndata: one\n\ndata: two\n\ndata: three\n\n"; err != nil || string(text) != want || media != "text/event-stream" {
		t.Errorf("%q of type %s, %v; want %q", text, media, err, want)
	}
	await(t, "the stream does not end", ended)
}

// A stream without events sends heartbeats.
func TestAQuietStreamBeats(t *testing.T) {
	stopping := make(chan struct{})
	url, ended := serve(t, sse.Config{Heartbeat: time.Millisecond, Stopping: stopping}, func(ctx context.Context, _ *sse.Stream) error {
		<-ctx.Done()
		return ctx.Err()
	})
	beat := make([]byte, len(": still here\n\n"))
	body, _ := get(t, url)
	if _, err := io.ReadFull(body, beat); err != nil || !strings.HasPrefix(string(beat), ": still here") {
		t.Errorf("%q, %v", beat, err)
	}
	close(stopping)
	await(t, "the stream goes on when the process stops", ended)
}

// The source of events is told that the client has gone, and its next event is refused.
func TestAStreamEndsWithItsClient(t *testing.T) {
	refused := make(chan struct{})
	url, ended := serve(t, sse.Config{Begin: ": begin\n\n", Heartbeat: time.Hour}, func(ctx context.Context, s *sse.Stream) error {
		<-ctx.Done()
		if err := s.Send([]byte("data: late\n\n")); errors.Is(err, context.Canceled) {
			close(refused)
		}
		return ctx.Err()
	})
	body, _ := get(t, url)
	body.Close()
	await(t, "the stream goes on without a client", ended)
	await(t, "an event is accepted without a client", refused)
}
