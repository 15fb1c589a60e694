package service

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// The states of a ref that nobody searches. A ref that is awake has none of them.
const (
	Asleep        = "asleep"         // the ref has no points
	FallingAsleep = "falling asleep" // its points are being removed
	Waking        = "waking"         // its points are coming back, from stored vectors
)

// dormancy returns the state of a track, or "" if it is awake.
func dormancy(h catalog.Head) string {
	switch {
	case h.Dormant && h.Turning:
		return FallingAsleep
	case h.Dormant:
		return Asleep
	case h.Turning:
		return Waking
	}
	return ""
}

// Turned is a ref that sleeps or wakes.
type Turned struct {
	Repository string `json:"repository" doc:"URL of the repository."`
	Ref        string `json:"ref" doc:"Full name."`
	State      string `json:"state" doc:"asleep: it has no points; falling asleep: they are being removed; waking: they are coming back."`
	Left       int64  `json:"left,omitempty" doc:"Number of documents that have not changed state yet; absent in the answer of a search."`
	Handed     int64  `json:"handed,omitempty" doc:"Number of these documents that the syncer has handed to the workers, if the ref is waking."`
}

// TurnRequest asks for a repository, or one of its refs, to wake or to fall asleep.
type TurnRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Ref        string   // branch, tag, version or full name; "": all indexed refs
}

// TurnAnswer lists the requested refs that are not awake now.
type TurnAnswer struct {
	ID   string   `json:"id" doc:"Id of the repository."`
	URL  string   `json:"repository" doc:"URL of the repository."`
	Refs []Turned `json:"refs" nullable:"false" doc:"The requested refs that are not awake."`
}

// Wake brings the points of dormant refs back. It returns before they are all there.
func (s *Service) Wake(ctx context.Context, r TurnRequest) (TurnAnswer, error) {
	return s.turned(ctx, r, func(ctx context.Context, ids []uuid.UUID) error {
		_, err := s.stores.Catalog.Dormancy.Wake(ctx, ids)
		return err
	})
}

// Sleep removes the points of refs. Their texts and vectors stay, and a search that names them
// wakes them.
func (s *Service) Sleep(ctx context.Context, r TurnRequest) (TurnAnswer, error) {
	return s.turned(ctx, r, func(ctx context.Context, ids []uuid.UUID) error {
		_, err := s.stores.Catalog.Dormancy.Sleep(ctx, ids)
		return err
	})
}

func (s *Service) turned(ctx context.Context, r TurnRequest, do func(context.Context, []uuid.UUID) error) (a TurnAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	heads, err := s.one(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return a, err
	}
	a = TurnAnswer{ID: heads[0].Repository.String(), URL: heads[0].URL, Refs: []Turned{}}
	if r.Ref != "" {
		if heads = named(heads, r.Ref); len(heads) == 0 {
			return a, noRef(r.Ref)
		}
	}
	ids := trackIDs(heads)
	if err := do(ctx, ids); err != nil {
		return a, err
	}
	now, err := s.stores.Catalog.Trees.HeadsOf(ctx, r.Tenant, ids)
	if err != nil {
		return a, err
	}
	left, err := s.stores.Catalog.Dormancy.Left(ctx, ids)
	if err != nil {
		return a, err
	}
	for _, id := range ids {
		if h, there := now[id]; there && dormancy(h) != "" {
			a.Refs = append(a.Refs, Turned{h.URL, h.Ref, dormancy(h), left[id].Documents, left[id].Handed})
		}
	}
	return a, nil
}

// trackIDs lists the tracks of heads. A head without a track is left out.
func trackIDs(heads []catalog.Head) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(heads))
	for _, h := range heads {
		if h.ID != uuid.Nil {
			ids = append(ids, h.ID)
		}
	}
	return ids
}

// Notices tell people which sleeping refs a search did not see: the refs that wake now because the
// search names them, and the number of refs that it left out.
func Notices(waking []Turned, slept int64) (notices []string) {
	const shown = 3
	for i, t := range waking {
		if i == shown {
			notices = append(notices, fmt.Sprintf("%d more refs slept, and are waking", len(waking)-shown))
			break
		}
		notices = append(notices, fmt.Sprintf("%s of %s slept, and is waking: ask again in some seconds", ShortRef(t.Ref), t.Repository))
	}
	switch {
	case slept == 1:
		notices = append(notices, "1 ref sleeps and was not searched: name its repository to wake it")
	case slept > 1:
		notices = append(notices, fmt.Sprintf("%d refs sleep and were not searched: name their repositories to wake them", slept))
	}
	return notices
}

// stir wakes the tracks that a search names, and returns the ones that are not awake yet.
func (s *Service) stir(ctx context.Context, named []catalog.Head) ([]Turned, error) {
	var dormant []uuid.UUID
	var list []Turned
	for _, h := range named {
		if h.Dormant {
			dormant = append(dormant, h.ID)
		}
		if h.Dormant || h.Turning {
			list = append(list, Turned{Repository: h.URL, Ref: h.Ref, State: Waking})
		}
	}
	if len(dormant) == 0 {
		return list, nil
	}
	_, err := s.stores.Catalog.Dormancy.Wake(ctx, dormant)
	return list, err
}

// slept counts the dormant tracks that a search over everything has left out.
func (s *Service) slept(ctx context.Context, r SearchRequest, apart []uuid.UUID) (n int64, err error) {
	counts, err := s.stores.Catalog.Dormancy.Count(ctx, r.Tenant, apart)
	for url, tracks := range counts {
		if !restricted(ctx, r.Reach) || reaches(ctx, r.Reach, url) {
			n += tracks
		}
	}
	return n, err
}

// For each track, a search is recorded at most once in noteEvery, so that not every search costs a
// write. The time after which a track falls asleep is longer.
const (
	noteEvery = 5 * time.Minute
	mostNoted = 100_000
)

// notes remembers which tracks were searched recently.
type notes struct {
	mu sync.Mutex
	at map[uuid.UUID]time.Time
}

// due returns the tracks whose last recorded search is some time ago, and counts them as recorded.
func (n *notes) due(tracks []uuid.UUID) (due []uuid.UUID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.at == nil || len(n.at) > mostNoted {
		n.at = make(map[uuid.UUID]time.Time)
	}
	now := time.Now()
	for _, id := range tracks {
		if at, noted := n.at[id]; !noted || now.Sub(at) >= noteEvery {
			n.at[id] = now
			due = append(due, id)
		}
	}
	return due
}

// note records that tracks were searched: the ones that a search named, and the ones of its hits.
func (s *Service) note(ctx context.Context, named []catalog.Head, hits []Hit) error {
	ids := trackIDs(named)
	for _, h := range hits {
		ids = append(ids, h.track)
	}
	if ids = s.notes.due(ids); len(ids) == 0 {
		return nil
	}
	return s.stores.Catalog.Dormancy.NoteSearched(ctx, ids, noteEvery)
}
