package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/service"
)

const (
	// maxEvent bounds the bytes of one event of a stream.
	maxEvent = 16 << 20
	// patience is the time for which a lost stream is opened again.
	patience = time.Minute
)

// Follow is service.Service.Follow for one submission. It opens a lost stream again.
func (c *Client) Follow(ctx context.Context, r service.FollowRequest, tell func(service.Progress)) (end service.Progress, err error) {
	if len(r.Submissions) != 1 {
		return end, errors.New("a gateway follows one submission at a time: name exactly one")
	}
	key := r.Submissions[0]
	asked := get(c.of(r.Tenant).text("source", key.Source).number("patience", int64(r.Patience)), "submissions", key.Event, "events")
	for heard, pause := time.Now(), leastPause; ; pause = min(2*pause, mostPause) {
		end, err = c.follow(ctx, asked, func(p service.Progress) {
			heard, pause = time.Now(), leastPause
			tell(p)
		})
		if err == nil || ctx.Err() != nil || !errors.Is(err, service.Unavailable) || time.Since(heard) > patience {
			return end, err
		}
		select {
		case <-ctx.Done():
			return end, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// follow reads one stream to its end.
func (c *Client) follow(ctx context.Context, r request, tell func(service.Progress)) (end service.Progress, err error) {
	sent, err := c.request(ctx, r)
	if err != nil {
		return end, err
	}
	sent.Header.Set("Accept", "text/event-stream")
	answer, err := c.slow.Do(sent)
	if err != nil {
		if ctx.Err() != nil {
			return end, ctx.Err()
		}
		return end, c.failed(fmt.Errorf("ask %s: %w", c.base, bare(err)))
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return end, c.problem(answer)
	}
	err = events(bufio.NewScanner(answer.Body), func(name string, data []byte) (done bool, err error) {
		switch name {
		case "progress", "end":
			var p service.Progress
			if err := json.Unmarshal(data, &p); err != nil {
				return false, fmt.Errorf("read the progress: %w", err)
			}
			if end = p; name == "end" {
				p.Done = true
			}
			tell(p)
			return name == "end", nil
		case "error":
			return false, c.fault(data)
		}
		return false, nil
	})
	if err == nil && !end.Done {
		err = c.failed(fmt.Errorf("%s ended the stream", c.base))
	}
	if ctx.Err() != nil {
		return end, ctx.Err()
	}
	var known *service.Error
	if err != nil && !errors.As(err, &known) {
		err = c.failed(err)
	}
	return end, err
}

// fault returns the error that ends a stream.
func (c *Client) fault(data []byte) error {
	var p struct {
		Detail string `json:"detail"`
		service.Fault
	}
	if err := json.Unmarshal(data, &p); err != nil || p.Kind == "" {
		return c.failed(fmt.Errorf("%s ended the stream: %s", c.base, p.Detail))
	}
	return p.Error(p.Detail)
}

// events reads server-sent events until fn is done.
// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
func events(lines *bufio.Scanner, fn func(name string, data []byte) (done bool, err error)) error {
	lines.Buffer(nil, maxEvent)
	name, data := "", bytes.Buffer{}
	for lines.Scan() {
		line := lines.Text()
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && data.Len() > 0:
			done, err := fn(name, data.Bytes())
			if done || err != nil {
				return err
			}
			name = ""
			data.Reset()
		case line == "":
			name = ""
		case field == "event":
			name = value
		case field == "data":
			if data.Len()+len(value) > maxEvent {
				return errors.New("an event of the stream is too long")
			}
			data.WriteString(value)
		}
	}
	return lines.Err()
}
