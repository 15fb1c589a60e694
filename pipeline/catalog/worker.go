package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Workers are the processes that do the work, according to their own records.
type Workers struct{ *store }

const (
	// workerLost is the time after which a process that has recorded nothing counts as dead.
	workerLost = 30 * time.Second
	// MaxWorkers is the most processes that are listed.
	MaxWorkers = 200
)

// Worker is a process, or a worker's part of one.
type Worker struct {
	ID        uuid.UUID
	Name      string // ingestor, embedder or indexer
	Host      string
	StartedAt time.Time
	SeenAt    time.Time // time of its last record; Tell ignores it
	Held      int       // messages that it has in hand
	Holdings  []Holding // some of them, the oldest first
}

// Holding is a message that a process has in hand.
type Holding struct {
	Tenant     string      `json:"tenant"`
	Repository uuid.UUID   `json:"repository"` // Nil: a submission, whose repository URL names
	URL        string      `json:"url,omitempty"`
	Ref        string      `json:"ref,omitempty"`
	Path       string      `json:"path,omitempty"` // of a document; "": the whole repository
	Lane       events.Lane `json:"lane"`
	Delivered  int         `json:"delivered"` // from 1
	Since      time.Time   `json:"since"`
}

// Tell records the work that a process has in hand, in place of its last record.
func (w *Workers) Tell(ctx context.Context, of Worker) error {
	if of.Holdings == nil {
		of.Holdings = []Holding{}
	}
	holdings, err := json.Marshal(of.Holdings)
	if err != nil {
		return fmt.Errorf("encode what worker %s holds: %w", of.ID, err)
	}
	err = w.query.PutWorker(ctx, query.PutWorkerParams{
		ID: of.ID, Name: of.Name, Host: orDefault(clean(of.Host, 255), "unknown"), StartedAt: of.StartedAt, Held: int32(of.Held), Holdings: holdings,
	})
	if err != nil {
		return fmt.Errorf("record what worker %s holds: %w", of.ID, err)
	}
	return nil
}

// Leave removes a process that ends.
func (w *Workers) Leave(ctx context.Context, id uuid.UUID) error {
	if err := w.query.DropWorker(ctx, id); err != nil {
		return fmt.Errorf("remove worker %s: %w", id, err)
	}
	return nil
}

// DropLost removes processes that ended without a word.
func (w *Workers) DropLost(ctx context.Context) error {
	if err := w.query.DropLostWorkers(ctx, workerLost.Seconds()); err != nil {
		return fmt.Errorf("remove lost workers: %w", err)
	}
	return nil
}

// List lists the processes that live, at most MaxWorkers, and what each holds of a tenant.
func (w *Workers) List(ctx context.Context, tenant string) ([]Worker, error) {
	rows, err := w.query.ListWorkers(ctx, tenant, workerLost.Seconds(), MaxWorkers)
	if err != nil {
		return nil, fmt.Errorf("list workers: %w", err)
	}
	list := make([]Worker, len(rows))
	for i, r := range rows {
		list[i] = Worker{ID: r.ID, Name: r.Name, Host: r.Host, StartedAt: r.StartedAt, SeenAt: r.SeenAt, Held: int(r.Held)}
		if err := json.Unmarshal(r.Holdings, &list[i].Holdings); err != nil {
			return nil, fmt.Errorf("read what worker %s holds: %w", r.ID, err)
		}
	}
	return list, nil
}
