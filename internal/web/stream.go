package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"github.com/leatworks/leat/internal/sse"
)

// stream sends parts of a page as server-sent events.
type stream struct {
	*sse.Stream
	ctx context.Context
}

// send sends the part of the page that asked for the stream.
func (s stream) send(part templ.Component) error { return s.sendAs("part", part) }

// sendAs sends another part of the page by its name.
func (s stream) sendAs(name string, part templ.Component) error {
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
	return s.Send(event.Bytes())
}

// stream answers with the parts that run sends. It ends when run returns, the browser goes or the
// process stops.
func (p *Pages) stream(w http.ResponseWriter, r *http.Request, run func(stream) error) {
	sse.Serve(r.Context(), w, sse.Config{Begin: "retry: 3000\n\n", Heartbeat: p.cfg.Heartbeat, Stopping: p.cfg.Stopping, Failed: func(err error) []byte {
		if errors.Is(err, context.Canceled) {
			return nil
		}
		p.log.ErrorContext(r.Context(), "a stream of a page ended", "error", err)
		return []byte("event: end\ndata: failed\n\n")
	}}, func(ctx context.Context, s *sse.Stream) error { return run(stream{s, ctx}) })
}
