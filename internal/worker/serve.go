package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// generationPoll is the time within which a worker notices a new or dropped generation if no
// message tells it.
const generationPoll = 500 * time.Millisecond

// service is a piece of work that runs until its context ends.
type service struct {
	key string // services with the same key are the same
	run func(context.Context) error
}

// serving is a service that runs.
type serving struct {
	stop    context.CancelFunc
	done    chan struct{}
	err     error // why the service ended; valid once done is closed
	stopped bool  // reconcile stopped it
}

// serveEach runs the services of the generations, which come and go, until ctx ends.
// It returns when all services have ended. The first that fails by itself ends the
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
	told, unsubscribe, err := s.Broker.Hear(broker.SubjectGenerations)
	if err != nil {
		return err
	}
	defer unsubscribe()
	ticker := time.NewTicker(generationPoll)
	defer ticker.Stop()
	for {
		list, err := s.Catalog.Generations.List(ctx)
		if err != nil && ctx.Err() == nil {
			log.Warn("could not read the generations; trying again", "error", err)
		}
		if err == nil {
			if err := reconcile(ctx, running, wanted(list)); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ended(running)
		case <-told:
		case <-ticker.C:
		}
	}
}

// reconcile starts the wanted services that do not run, and stops the running ones
// that are not wanted. It does not wait for a stopped service: if the service is
// wanted again meanwhile, a later call starts it.
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

// ended waits for the end of all services, and joins their errors.
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
	told   map[string]bool // names whose error has been reported
}

func newModels(s *Stores) *models {
	return &models{stores: s, opened: make(map[string]embedder.Embedder), told: make(map[string]bool)}
}

// open opens the embedder of a generation once. The error says why this process cannot
// serve it. The catalog decides which vectors a name stands for.
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

// news reports whether an error of this embedder is the first one. It returns true once for each
// embedder.
func (m *models) news(e catalog.Embedder) bool {
	told := m.told[e.Name]
	m.told[e.Name] = true
	return !told
}

// check returns an error if no model of the index can be opened here.
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
