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
	// tellPace is the time within which a change of a worker's messages reaches the catalog.
	tellPace = time.Second
	// tellPause is the time after which a worker without changes reports that it lives.
	tellPause = 10 * time.Second
	// maxHeld bounds the messages that a worker reports.
	maxHeld = 64
	// leaveTime bounds the last report of a worker.
	leaveTime = 2 * time.Second
)

// telling returns stores whose steps record the messages that they have in hand. It reports these
// to the catalog until leave is called. A failed report does no harm, because the next one replaces
// it.
func (s *Stores) telling(ctx context.Context, name string, log *slog.Logger) (with *Stores, leave func()) {
	copied := *s
	copied.hands = pipeline.NewHands()
	host, err := os.Hostname()
	if err != nil {
		log.Debug("could not read the name of this machine", "error", err)
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
			log.Debug("could not record the end of this worker; the catalog will forget it by itself", "error", err)
		}
	}
}

// teller reports to the catalog the messages that a worker holds.
type teller struct {
	workers *catalog.Workers
	hands   *pipeline.Hands
	log     *slog.Logger
	told    catalog.Worker // what the catalog knows
	at      time.Time      // since when; zero: nothing has been told
}

func (t *teller) run(ctx context.Context) {
	if err := t.workers.DropLost(ctx); err != nil && ctx.Err() == nil {
		t.log.Debug("could not remove workers that are gone", "error", err)
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

// tell reports a change at once, and a sign of life after a pause without changes.
func (t *teller) tell(ctx context.Context) {
	now := t.told
	now.Holdings, now.Held = t.hands.Held(maxHeld)
	if time.Since(t.at) < tellPause && now.Held == t.told.Held && slices.Equal(now.Holdings, t.told.Holdings) {
		return
	}
	if err := t.workers.Tell(ctx, now); err != nil {
		if ctx.Err() == nil {
			t.log.Debug("could not record what this worker has in hand; trying again", "error", err)
		}
		return
	}
	t.told, t.at = now, time.Now()
}
