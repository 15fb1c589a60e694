package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// generationPoll is how soon a worker notices that a generation has come or gone.
const generationPoll = 500 * time.Millisecond

// service is something to serve until its context ends.
type service struct {
	key string // services of one key are the same
	run func(context.Context) error
}

// serving is a service that runs.
type serving struct {
	stop    context.CancelFunc
	done    chan struct{}
	err     error // why it ended; valid once done is closed
	stopped bool  // its end was asked for
}

// serveEach serves what the generations ask for, as they come and go, until ctx
// ends. It returns when all have ended; the first that fails by itself ends the
// others.
func (s *Stores) serveEach(ctx context.Context, log *slog.Logger, wanted func([]catalog.GenerationStatus) []service) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running := make(map[string]*serving)
	defer func() {
		cancel()
		for _, r := range running {
			<-r.done
		}
	}()
	ticker := time.NewTicker(generationPoll)
	defer ticker.Stop()
	for {
		list, err := s.Catalog.Generations.List(ctx)
		if err != nil && ctx.Err() == nil {
			log.Warn("the generations cannot be read; will be tried again", "error", err)
		}
		if err == nil {
			if err := reconcile(ctx, running, wanted(list)); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ended(running)
		case <-ticker.C:
		}
	}
}

// reconcile starts what is wanted and does not run, and stops what runs and is
// not wanted. It does not wait for the end of what it stops: what is wanted again
// meanwhile is started once that has ended.
func reconcile(ctx context.Context, running map[string]*serving, wanted []service) error {
	want := make(map[string]bool, len(wanted))
	for _, w := range wanted {
		want[w.key] = true
		if r := running[w.key]; r != nil && (!r.stopped || !r.over()) {
			if r.over() && ctx.Err() == nil {
				return r.err
			}
			continue
		}
		ctx, stop := context.WithCancel(ctx)
		r := &serving{stop: stop, done: make(chan struct{})}
		running[w.key] = r
		go func() {
			defer close(r.done)
			r.err = w.run(ctx)
		}()
	}
	for key, r := range running {
		if want[key] {
			continue
		}
		r.stop()
		if r.stopped = true; r.over() {
			delete(running, key)
		}
	}
	return nil
}

func (r *serving) over() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// ended waits for the end of all.
func ended(running map[string]*serving) error {
	var errs []error
	for _, r := range running {
		<-r.done
		if !errors.Is(r.err, context.Canceled) {
			errs = append(errs, r.err)
		}
	}
	return errors.Join(errs...)
}

// models are the embedders that this process has opened.
type models struct {
	stores *Stores
	opened map[string]embedder.Embedder
	told   map[string]bool // that it cannot be
}

func newModels(s *Stores) *models {
	return &models{stores: s, opened: make(map[string]embedder.Embedder), told: make(map[string]bool)}
}

// open opens the embedder of a generation once, or says why this process cannot
// serve it. The catalog knows which vectors a name stands for.
func (m *models) open(e catalog.Embedder) (embedder.Embedder, error) {
	if model := m.opened[e.Name]; model != nil {
		return model, nil
	}
	model, err := m.stores.OpenEmbedder(e.Name)
	if err == nil {
		err = e.Check(store.ModelOf(model))
	}
	if err == nil {
		m.opened[e.Name] = model
	}
	return model, err
}

// news says whether it has not been told yet that an embedder cannot be opened.
func (m *models) news(e catalog.Embedder) bool {
	told := m.told[e.Name]
	m.told[e.Name] = true
	return !told
}

// check says why no model of the index can be opened here.
func (m *models) check(ctx context.Context) error {
	list, err := m.stores.Catalog.Generations.List(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, g := range list {
		_, err := m.open(g.Embedder)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return fault.Reject(fmt.Errorf("open an embedder of the index: %w", errors.Join(errs...)))
}
