package ingest

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/git"
)

// maxFetches bounds the number of fetches remembered. A forgotten one costs another
// fetch.
const maxFetches = 1024

// fetches remembers the last fetch of each repository and ref in this process.
// A fetch that began after a submission arrived has seen the push that the submission
// reports, so one fetch serves all submissions that wait for the same repository.
type fetches struct {
	mu   sync.Mutex
	last map[fetchKey]fetched
}

type fetchKey struct {
	repository uuid.UUID
	ref        string // as asked for
}

// fetched is the result of a fetch.
type fetched struct {
	began time.Time
	from  string // address
	head  git.Head
	err   error
}

func newFetches() *fetches { return &fetches{last: make(map[fetchKey]fetched)} }

// since returns the last fetch if it began after the given moment.
func (f *fetches) since(key fetchKey, moment time.Time) (fetched, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, known := f.last[key]
	return found, known && found.began.After(moment)
}

func (f *fetches) put(key fetchKey, found fetched) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.last[key]; !known && len(f.last) >= maxFetches {
		for any := range f.last {
			delete(f.last, any)
			break
		}
	}
	f.last[key] = found
}

// as returns a context in which git has a tenant's credentials.
func (s *Step) as(ctx context.Context, tenant string) (context.Context, error) {
	if s.cfg.Credentials == nil {
		return ctx, nil
	}
	own, err := s.cfg.Credentials(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return git.WithCredentials(ctx, own), nil
}

// fetch returns the commit that the submission's ref names. It fetches, unless an
// earlier fetch began after the submission arrived, and either failed or found a
// commit that has been listed. The caller holds the repository's lock. The message
// is aside while git waits for the network.
func (s *Step) fetch(ctx context.Context, m pipeline.Message, sub catalog.Submission, remote git.Remote) (git.Head, error) {
	key := fetchKey{sub.Repository, sub.Ref}
	if found, known := s.fetches.since(key, m.Arrived()); known && (found.err == nil || found.from == remote.String()) {
		if found.err != nil {
			return found.head, found.err
		}
		_, listed, err := s.catalog.Listed(ctx, events.TrackID(sub.Repository, found.head.Ref), found.head.Commit, s.config)
		if listed || err != nil {
			return found.head, err
		}
	}
	as, err := s.as(ctx, sub.Tenant)
	if err != nil {
		return git.Head{}, err
	}
	m.SetAside()
	began := time.Now()
	end := s.cfg.Watch.Part(ctx, "fetch")
	head, err := s.mirrors.Fetch(as, sub.Repository.String(), remote, sub.Ref)
	end()
	if ctx.Err() == nil {
		s.fetches.put(key, fetched{began, remote.String(), head, err})
	}
	s.log.Debug("fetched", "repository", sub.URL, "ref", sub.Ref, "commit", head.Commit, "took", time.Since(began))
	if stopped := m.Resume(ctx); stopped != nil {
		return head, stopped
	}
	return head, err
}
