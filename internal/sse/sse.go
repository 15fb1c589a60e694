// Package sse answers an HTTP request with server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
//
// It owns how long a stream lives, its heartbeats, and the deadline of each write. It does not
// know what the events mean.
package sse

import (
	"context"
	"net/http"
	"time"
)

// writeTimeout bounds one write to a client that does not read.
const writeTimeout = 10 * time.Second

// Config describes a stream.
type Config struct {
	Begin     string             // written first
	Heartbeat time.Duration      // pause after which a comment is written, so that proxies do not take the stream for dead
	Stopping  <-chan struct{}    // closed when the process stops, which ends the stream; nil: never
	Failed    func(error) []byte // returns the last event of a stream whose events failed; an empty one is not written
}

// Stream passes events to the only goroutine that writes them.
type Stream struct {
	events chan []byte
	ended  <-chan struct{} // closed when no more events are written
}

// Send passes on an event. It fails when the stream has ended.
func (s *Stream) Send(event []byte) error {
	select {
	case s.events <- event:
		return nil
	case <-s.ended:
		return context.Canceled
	}
}

// Serve answers with the events that run sends. It ends when run returns, ctx ends, the client
// no longer reads, or the process stops, and returns when run has returned.
func Serve(ctx context.Context, w http.ResponseWriter, cfg Config, run func(context.Context, *Stream) error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := writer{w, http.NewResponseController(w)}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // otherwise nginx would hold events back
	_ = out.control.SetReadDeadline(time.Time{})
	if out.write([]byte(cfg.Begin)) != nil {
		return
	}
	s := &Stream{make(chan []byte), ctx.Done()}
	done := make(chan error, 1)
	go func() { done <- run(ctx, s) }()
	if ended, err := out.pump(ctx, cfg, s.events, done); !ended {
		cancel()
		<-done //nolint:errcheck // the error only says that it was told to end
	} else if err != nil && ctx.Err() == nil {
		if last := cfg.Failed(err); len(last) > 0 {
			_ = out.write(last) // the client may have gone
		}
	}
}

type writer struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// pump writes events and heartbeats until done says that there are no more. ended is false if
// something else has ended the stream before.
func (o writer) pump(ctx context.Context, cfg Config, events <-chan []byte, done <-chan error) (ended bool, err error) {
	ticker := time.NewTicker(cfg.Heartbeat)
	defer ticker.Stop()
	for {
		var text []byte
		select {
		case text = <-events:
		case <-ticker.C:
			text = []byte(": still here\n\n")
		case err := <-done:
			return true, err
		case <-cfg.Stopping:
			return false, nil
		case <-ctx.Done():
			return false, nil
		}
		if o.write(text) != nil {
			return false, nil
		}
	}
}

func (o writer) write(text []byte) error {
	_ = o.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := o.w.Write(text); err != nil {
		return err
	}
	return o.control.Flush()
}
