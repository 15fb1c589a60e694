package worker

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	// tellPace is the time in which a change of what a worker holds reaches the catalog.
	tellPace = time.Second
	// tellPause is the pause after which a worker tells that it lives, if nothing changes.
	tellPause = 10 * time.Second
	// maxHeld bounds the messages that a worker tells of.
	maxHeld = 64
	// leaveTime bounds the last word of a worker.
	leaveTime = 2 * time.Second
)

// telling returns stores whose steps know what they have in hand, and tells the catalog of
// it until leave is called. What cannot be told is not missed: the next word replaces it.
func (s *Stores) telling(ctx context.Context, name string, log *slog.Logger) (with *Stores, leave func()) {
	copied := *s
	copied.hands = pipeline.NewHands()
	host, err := os.Hostname()
	if err != nil {
		log.Debug("the name of this machine is not known", "error", err)
	}
	t := teller{workers: s.Catalog.Workers, hands: copied.hands, log: log}
	t.told = catalog.Worker{ID: uuid.New(), Name: name, Host: host, StartedAt: time.Now().UTC()}
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.run(ctx)
	}()
	return &copied, func() {
		stop()
		<-done
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
		defer cancel()
		if err := s.Catalog.Workers.Leave(ctx, t.told.ID); err != nil {
			log.Debug("the end of this worker is not recorded; the catalog forgets it by itself", "error", err)
		}
	}
}

// teller tells the catalog what a worker holds.
type teller struct {
	workers *catalog.Workers
	hands   *pipeline.Hands
	log     *slog.Logger
	told    catalog.Worker // what the catalog knows
	at      time.Time      // since when; zero: nothing has been told
}

func (t *teller) run(ctx context.Context) {
	if err := t.workers.DropLost(ctx); err != nil && ctx.Err() == nil {
		t.log.Debug("workers that are gone are not removed", "error", err)
	}
	ticker := time.NewTicker(tellPace)
	defer ticker.Stop()
	for {
		t.tell(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// tell tells what has changed, or after a pause that nothing has.
func (t *teller) tell(ctx context.Context) {
	now := t.told
	now.Holdings, now.Held = t.hands.Held(maxHeld)
	if time.Since(t.at) < tellPause && now.Held == t.told.Held && slices.Equal(now.Holdings, t.told.Holdings) {
		return
	}
	if err := t.workers.Tell(ctx, now); err != nil {
		if ctx.Err() == nil {
			t.log.Debug("what this worker holds cannot be told; will be tried again", "error", err)
		}
		return
	}
	t.told, t.at = now, time.Now()
}
