package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// leastRoom is the room below which a stream counts as full: it will soon refuse a
// document's event of 1.2 KiB, or does so already.
const leastRoom = 4 << 10

// refusalLasts is how long a server that refused a message counts as full, if nobody
// sends it another one meanwhile.
const refusalLasts = time.Minute

// refusal is the last message that the server had no room for.
type refusal struct {
	mu  sync.Mutex
	err error
	at  time.Time
}

// note keeps the result of publishing. A tenant that has reached its own limit of
// submissions says nothing about the server.
func (r *refusal) note(err error) {
	if err != nil && (!errors.Is(err, ErrFull) || strings.Contains(err.Error(), "per subject")) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err, r.at = err, time.Now()
}

// standing returns the refusal, if it is recent.
func (r *refusal) standing() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil || time.Since(r.at) > refusalLasts {
		return nil
	}
	return fmt.Errorf("NATS refused a message %s ago: %w; give JetStream more room, or see that its streams are consumed",
		time.Since(r.at).Round(time.Second), r.err)
}

// roomless says which streams take nothing more, and whether the server lately took
// nothing. A stream's state does not show the limits of the account, the server and the
// disk: only a publication shows that they are reached.
func (b *Broker) roomless(ctx context.Context) error {
	errs := []error{b.refused.standing()}
	for _, name := range []string{StreamIntake, StreamChunked, StreamEmbedded} { // a full indexed stream forgets its oldest
		found, err := b.js.Stream(ctx, name)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound): // a worker that starts, or a syncer's look, makes it
		case err != nil:
			errs = append(errs, fmt.Errorf("ask JetStream for stream %s: %w", name, err))
		default:
			errs = append(errs, full(found.CachedInfo()))
		}
	}
	return errors.Join(errs...)
}

func full(s *jetstream.StreamInfo) error {
	most, held := s.Config.MaxBytes, int64(s.State.Bytes)
	if most <= 0 || s.Config.Discard != jetstream.DiscardNew || held+leastRoom <= most {
		return nil
	}
	return fmt.Errorf("stream %s: %w: it holds %d of %d bytes; raise its limit, or see that it is consumed", s.Config.Name, ErrFull, held, most)
}
