package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"
)

// writeTimeout bounds one write to a browser that does not read.
const writeTimeout = 10 * time.Second

// stream sends parts of a page as server-sent events.
type stream struct {
	ctx     context.Context
	w       http.ResponseWriter
	control *http.ResponseController
	parts   chan []byte
}

// send passes the part of the page that asked for the stream to the only goroutine that writes.
func (s *stream) send(part templ.Component) error { return s.sendAs("part", part) }

// sendAs is send for another part of the page, by its name.
func (s *stream) sendAs(name string, part templ.Component) error {
	var html bytes.Buffer
	if err := part.Render(s.ctx, &html); err != nil {
		return err
	}
	var event bytes.Buffer
	event.WriteString("event: " + name + "\n")
	for line := range bytes.Lines(html.Bytes()) {
		event.WriteString("data: ")
		event.Write(bytes.TrimRight(line, "\r\n"))
		event.WriteByte('\n')
	}
	event.WriteByte('\n')
	select {
	case s.parts <- event.Bytes():
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// stream answers with the parts that run sends. It ends when run returns, the browser goes or the
// process stops.
func (p *Pages) stream(w http.ResponseWriter, r *http.Request, run func(*stream) error) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	s := &stream{ctx: ctx, w: w, control: http.NewResponseController(w), parts: make(chan []byte)}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // otherwise nginx would hold events back
	_ = s.control.SetReadDeadline(time.Time{})
	if s.write([]byte("retry: 3000\n\n")) != nil {
		return nil
	}
	done := make(chan error, 1)
	go func() { done <- run(s) }()
	if err := s.pump(p.cfg.Heartbeat, p.cfg.Stopping, done, cancel); err != nil && !errors.Is(err, context.Canceled) {
		p.log.ErrorContext(r.Context(), "a stream of a page ended", "error", err)
		_ = s.write(fmt.Appendf(nil, "event: end\ndata: %s\n\n", "failed"))
	}
	return nil
}

// pump writes parts and heartbeats until done says that there are no more.
func (s *stream) pump(heartbeat time.Duration, stopping <-chan struct{}, done <-chan error, cancel context.CancelFunc) error {
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		var err error
		select {
		case part := <-s.parts:
			err = s.write(part)
		case <-ticker.C:
			err = s.write([]byte(": still here\n\n"))
		case err := <-done:
			return err
		case <-stopping:
			err = context.Canceled
		case <-s.ctx.Done():
			err = s.ctx.Err()
		}
		if err != nil {
			cancel()
			<-done //nolint:errcheck // the error only says that it was told to end
			return nil
		}
	}
}

func (s *stream) write(text []byte) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := s.w.Write(text); err != nil {
		return err
	}
	return s.control.Flush()
}
