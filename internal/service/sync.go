package service

import (
	"context"
	"time"

	"github.com/leatworks/leat/internal/store"
)

// SyncAnswer lists the newest run of each kind of the syncer's work.
type SyncAnswer struct {
	Runs []SyncRun `json:"runs" nullable:"false"`
}

// SyncRun is the newest run of a kind of the syncer's work.
type SyncRun struct {
	Kind       string     `json:"kind"`
	StartedAt  *time.Time `json:"started_at" doc:"Null: it has never run."`
	FinishedAt *time.Time `json:"finished_at" doc:"Null: it is under way."`
	Seconds    float64    `json:"seconds"`
	Compared   int64      `json:"compared"`
	Found      int64      `json:"found"`
	Repaired   int64      `json:"repaired"`
	Error      string     `json:"error,omitempty" doc:"Why the run was cut short, or what it could not repair."`
	NextDue    *time.Time `json:"next_due" doc:"Null: it is not planned."`
}

// SyncStatus returns the state of the syncer's work, which serves all tenants.
func (s *Service) SyncStatus(ctx context.Context) (a SyncAnswer, err error) {
	defer mark(&err)
	if err := s.whole(ctx, store.Postgres); err != nil {
		return a, err
	}
	list, err := s.stores.Catalog.Schedule.Last(ctx)
	a.Runs = make([]SyncRun, len(list))
	for i, r := range list {
		a.Runs[i] = SyncRun{
			Kind: string(r.Kind), StartedAt: r.StartedAt, FinishedAt: r.FinishedAt, NextDue: r.DueAt,
			Compared: r.Compared, Found: r.Found, Repaired: r.Repaired, Error: r.Error,
		}
		if r.StartedAt != nil && r.FinishedAt != nil {
			a.Runs[i].Seconds = r.FinishedAt.Sub(*r.StartedAt).Seconds()
		}
	}
	return a, err
}
