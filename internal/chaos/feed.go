//go:build linux

package chaos

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
)

// feed is the outside system. It submits each push to leat, and repeats that until NATS has
// acknowledged it.
type feed struct {
	js   jetstream.JetStream
	conn *nats.Conn
	log  *slog.Logger

	queue   chan events.Event
	pending sync.WaitGroup
	done    sync.WaitGroup
	cancel  context.CancelFunc
	mu      sync.Mutex
	last    map[track]events.Event
}

const publishPause = 200 * time.Millisecond

func newFeed(ctx context.Context, natsURL string, log *slog.Logger) (*feed, error) {
	conn, err := nats.Connect(natsURL, nats.Name("chaos-feed"), nats.MaxReconnects(-1), nats.ReconnectWait(publishPause))
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	f := &feed{js: js, conn: conn, log: log, queue: make(chan events.Event, 4096), last: make(map[track]events.Event)}
	ctx, f.cancel = context.WithCancel(ctx)
	f.done.Go(func() { f.run(ctx) })
	return f, nil
}

// submit queues the submission of a push.
func (f *feed) submit(t track) error {
	event, err := events.New("/chaos", t.dir, events.RepoSubmitted{Tenant: events.DefaultTenant, URL: t.dir, Ref: t.ref})
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.last[t] = event
	f.mu.Unlock()
	f.send(event)
	return nil
}

// told says whether leat has heard of a track.
func (f *feed) told(t track) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, told := f.last[t]
	return told
}

// again repeats the last submission of each track, because NATS has lost everything and leat may
// not have seen it. This is the one loss that leat cannot repair by itself.
func (f *feed) again() {
	f.mu.Lock()
	last := slices.Collect(maps.Values(f.last))
	f.mu.Unlock()
	for _, event := range last {
		f.send(event)
	}
}

func (f *feed) send(event events.Event) {
	f.pending.Add(1)
	f.queue <- event
}

func (f *feed) run(ctx context.Context) {
	for event := range f.queue {
		f.publish(ctx, event)
		f.pending.Done()
	}
}

func (f *feed) publish(ctx context.Context, event events.Event) {
	header, body, err := events.Encode(event)
	if err != nil {
		f.log.Error("encode submission", "error", err)
		return
	}
	msg := nats.NewMsg(events.SubmittedSubject(events.DefaultTenant))
	msg.Data = body
	for key, value := range header {
		msg.Header.Set(key, value)
	}
	for ctx.Err() == nil {
		attempt, cancel := context.WithTimeout(ctx, 3*time.Second)
		_, err := f.js.PublishMsg(attempt, msg)
		cancel()
		if err == nil {
			return
		}
		f.log.Debug("publish submission", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(publishPause):
		}
	}
}

// wait returns when all queued submissions have been accepted.
func (f *feed) wait() { f.pending.Wait() }

func (f *feed) close() {
	f.cancel()
	close(f.queue)
	f.done.Wait()
	f.conn.Close()
}
