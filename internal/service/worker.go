package service

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// WorkersRequest asks for the work that each worker has in hand.
type WorkersRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be seen; empty: all of the tenant's
}

// WorkersAnswer lists the living workers, by stage and age.
type WorkersAnswer struct {
	Workers []Worker `json:"workers" nullable:"false"`
}

// Worker is a process, or a stage's part of one. A caller who may only see the data of one tenant
// sees the workers that hold some of it, without their hosts.
type Worker struct {
	ID        string    `json:"id" doc:"Id of the process; it changes with a restart."`
	Stage     string    `json:"stage" doc:"ingestor, embedder or indexer."`
	Host      string    `json:"host,omitempty" doc:"Only for tokens of the installation."`
	StartedAt time.Time `json:"started_at"`
	SeenAt    time.Time `json:"seen_at" doc:"Time of its last report. It reports a change within a second or two."`
	Held      *int      `json:"held,omitempty" doc:"Number of messages of all tenants in hand; only for tokens of the installation."`
	Holdings  []Holding `json:"holdings" nullable:"false" doc:"Messages of the tenant in hand, oldest first. A worker reports 64 messages of all tenants, in turns."`
}

// Holding is a document or a submission that a worker has in hand.
type Holding struct {
	Repository string    `json:"repository,omitempty" doc:"Id; absent for a submission."`
	URL        string    `json:"url"`
	Ref        string    `json:"ref" doc:"Full name; for a submission the requested name, which is empty for the default branch."`
	Path       string    `json:"path,omitempty" doc:"Path of a document; absent: a submission, whose tree is being read."`
	Lane       string    `json:"lane"`
	Delivered  int       `json:"delivered" doc:"Number of the delivery, from 1."`
	Since      time.Time `json:"since"`
}

// Workers lists the living workers, and the work that each has in hand.
func (s *Service) Workers(ctx context.Context, r WorkersRequest) (a WorkersAnswer, err error) {
	defer mark(&err)
	a.Workers = []Worker{}
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	list, err := s.stores.Catalog.Workers.List(ctx, r.Tenant)
	if err != nil || len(list) == 0 {
		return a, err
	}
	urls, err := s.urlsOf(ctx, r, list)
	if err != nil {
		return a, err
	}
	whole := everything(ctx, r.Reach) == nil
	for _, w := range list {
		shown := Worker{ID: w.ID.String(), Stage: w.Name, StartedAt: w.StartedAt, SeenAt: w.SeenAt, Holdings: []Holding{}}
		for _, h := range w.Holdings {
			if url := urls.of(h); url != "" && reaches(ctx, r.Reach, url) {
				one := Holding{URL: url, Ref: h.Ref, Path: h.Path, Lane: string(h.Lane), Delivered: h.Delivered, Since: h.Since}
				if h.Repository != uuid.Nil {
					one.Repository = h.Repository.String()
				}
				shown.Holdings = append(shown.Holdings, one)
			}
		}
		if whole {
			shown.Host, shown.Held = w.Host, &w.Held
		}
		if whole || len(shown.Holdings) > 0 {
			a.Workers = append(a.Workers, shown)
		}
	}
	return a, nil
}

// addresses holds the URLs of repositories.
type addresses map[uuid.UUID]string

// of returns the URL of a message's repository, or "" if it was forgotten.
func (a addresses) of(h catalog.Holding) string {
	if h.Repository == uuid.Nil {
		return h.URL
	}
	return a[h.Repository]
}

// urlsOf loads the URLs of the repositories whose documents workers hold.
func (s *Service) urlsOf(ctx context.Context, r WorkersRequest, list []catalog.Worker) (addresses, error) {
	urls := make(addresses)
	var ids []uuid.UUID
	for _, w := range list {
		for _, h := range w.Holdings {
			if _, seen := urls[h.Repository]; !seen && h.Repository != uuid.Nil {
				urls[h.Repository] = ""
				ids = append(ids, h.Repository)
			}
		}
	}
	if len(ids) == 0 {
		return urls, nil
	}
	heads, err := s.stores.Catalog.Trees.Heads(ctx, r.Tenant, ids...)
	for _, h := range within(ctx, r.Reach, heads) {
		urls[h.Repository] = h.URL
	}
	return urls, err
}
