package service

import (
	"context"
	"fmt"
	"iter"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// TracksRequest asks which tracks a tenant has.
type TracksRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id; "": all
}

// Tracks lists the tracks of a tenant's repositories, and a track without a ref for each repository
// that has none yet. It counts no documents. No other method lists a tenant's repositories, so that
// repositories out of reach do not exist for a request.
func (s *Service) Tracks(ctx context.Context, r TracksRequest) (heads []catalog.Head, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return nil, err
	}
	if r.Repository == "" {
		heads, err = s.stores.Catalog.Trees.HeadPage(ctx, r.Tenant, "", "", math.MaxInt32)
		return within(ctx, r.Reach, heads), err
	}
	if id, err := uuid.Parse(r.Repository); err == nil && id.String() == r.Repository {
		if heads, err = s.stores.Catalog.Trees.Heads(ctx, r.Tenant, id); err != nil || len(within(ctx, r.Reach, heads)) > 0 {
			return within(ctx, r.Reach, heads), err
		}
	}
	former, err := s.former(ctx, r.Tenant, r.Repository)
	if err != nil {
		return nil, err
	}
	ids, err := s.alike(ctx, r.Tenant, r.Repository)
	if err != nil {
		return nil, err
	}
	if heads, err = s.stores.Catalog.Trees.Heads(ctx, r.Tenant, append(ids, former)...); err != nil {
		return nil, err
	}
	heads = within(ctx, r.Reach, heads)
	if i := slices.IndexFunc(heads, func(h catalog.Head) bool { return h.Repository == former }); i >= 0 {
		return slices.DeleteFunc(heads, func(h catalog.Head) bool { return h.Repository != former }), nil
	}
	return find(heads, r.Tenant, r.Repository)
}

// within keeps the heads that a request reaches.
func within(ctx context.Context, reach []string, heads []catalog.Head) []catalog.Head {
	if !restricted(ctx, reach) {
		return heads
	}
	return slices.DeleteFunc(heads, func(h catalog.Head) bool { return !reaches(ctx, reach, h.URL) })
}

// headsPerPage is the number of heads that are read at once to find the few that a request reaches.
const headsPerPage = 1000

// headPages reads the heads that a request reaches, page by page, by URL and ref, from after a
// place.
func (s *Service) headPages(ctx context.Context, r TracksRequest, after string, most int) iter.Seq2[[]catalog.Head, error] {
	if restricted(ctx, r.Reach) {
		most = headsPerPage
	}
	return func(yield func([]catalog.Head, error) bool) {
		url, ref, _ := strings.Cut(after, "\n")
		for {
			heads, err := s.stores.Catalog.Trees.HeadPage(ctx, r.Tenant, url, ref, most)
			if err != nil {
				yield(nil, err)
				return
			}
			last := len(heads) < most
			if !last {
				url, ref = heads[most-1].URL, heads[most-1].Ref
			}
			if !yield(within(ctx, r.Reach, heads), nil) || last {
				return
			}
		}
	}
}

// Several reports whether more than one repository of a tenant has been read.
func (s *Service) Several(ctx context.Context, r TracksRequest) (several bool, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return false, err
	}
	first := ""
	for heads, err := range s.headPages(ctx, r, "", 100) {
		if err != nil {
			return false, err
		}
		for _, h := range heads {
			switch {
			case h.Commit == "" || h.URL == first:
			case first == "":
				first = h.URL
			default:
				return true, nil
			}
		}
	}
	return false, nil
}

// alike returns the ids of the repositories that a name may stand for, of which find chooses.
func (s *Service) alike(ctx context.Context, tenant, name string) ([]uuid.UUID, error) {
	full, err := Address(name)
	if err != nil {
		return nil, &Error{Kind: Invalid, Field: FieldRepository, Err: err}
	}
	short := strings.TrimSuffix(name, ".git")
	return s.stores.Catalog.Names.Find(ctx, tenant,
		[]string{name, full, short, short + ".git"},
		[]string{events.RepositoryName(full), events.RepositoryName(events.RepositoryURL(name))},
		[]string{"/" + short, "/" + strings.ToLower(short)})
}

// former returns the id of the repository that had a name before, or Nil.
func (s *Service) former(ctx context.Context, tenant, name string) (uuid.UUID, error) {
	full, err := Address(name)
	if err != nil {
		return uuid.Nil, &Error{Kind: Invalid, Field: FieldRepository, Err: err}
	}
	for _, form := range []string{full, events.RepositoryURL(name)} { // a name may lack the scheme
		place, err := s.stores.Catalog.Names.Locate(ctx, tenant, form)
		if err != nil || place.Former {
			return place.Repository, err
		}
	}
	return uuid.Nil, nil
}

// Address makes a local path absolute, because the worker that reads it runs in
// another directory. A URL stays unchanged.
func Address(repository string) (string, error) {
	if strings.Contains(repository, "://") || isSCP(repository) {
		return repository, nil
	}
	path, err := filepath.Abs(repository)
	if err != nil {
		return "", fmt.Errorf("repository %s: %w", repository, err)
	}
	return path, nil
}

// isSCP recognises git's short form of an ssh address, user@host:path.
func isSCP(repository string) bool {
	colon := strings.IndexByte(repository, ':')
	return colon > 0 && !strings.Contains(repository[:colon], "/") && !strings.HasPrefix(repository, ".")
}

// find returns the tracks of the repository that name stands for: the URL in any form (see
// events.RepositoryName), the absolute path, the end of either, or the id.
func find(tracks []catalog.Head, tenant, name string) ([]catalog.Head, error) {
	full, err := Address(name)
	if err != nil {
		return nil, &Error{Kind: Invalid, Field: FieldRepository, Err: err}
	}
	var exact, ending []catalog.Head
	for _, row := range tracks {
		url := row.URL
		switch {
		case row.Repository.String() == name || url == name || url == full || strings.TrimSuffix(url, ".git") == strings.TrimSuffix(name, ".git"),
			events.RepositoryName(url) == events.RepositoryName(full), events.RepositoryName(url) == events.RepositoryName(events.RepositoryURL(name)):
			exact = append(exact, row)
		case endsWith(url, name):
			ending = append(ending, row)
		}
	}
	switch {
	case len(exact) > 0:
		return exact, nil
	case len(ending) == 0:
		return nil, &Error{Kind: NotFound, Field: FieldRepository, Reason: fmt.Sprintf("no repository %q of tenant %s", name, tenant)}
	case len(repositories(ending)) > 1:
		first, last := ending[0].URL, ending[len(ending)-1].URL
		return nil, &Error{Kind: Invalid, Field: FieldRepository, Reason: fmt.Sprintf("%q may be %s or %s: give the whole URL", name, first, last)}
	}
	return ending, nil
}

// endsWith says whether an address ends in a name, in its written or in its canonical form.
func endsWith(url, name string) bool {
	end := "/" + strings.TrimSuffix(name, ".git")
	one := events.RepositoryName(url)
	if !strings.HasPrefix(one, "/") && one == strings.ToLower(one) {
		end = strings.ToLower(end) // the host may ignore case
	}
	return strings.HasSuffix(strings.TrimSuffix(url, ".git"), "/"+strings.TrimSuffix(name, ".git")) || strings.HasSuffix("/"+one, end)
}

// repositories lists the repositories of tracks, each once.
func repositories(tracks []catalog.Head) []uuid.UUID {
	var ids []uuid.UUID
	seen := make(map[uuid.UUID]bool, len(tracks))
	for _, t := range tracks {
		if !seen[t.Repository] {
			seen[t.Repository] = true
			ids = append(ids, t.Repository)
		}
	}
	return ids
}

// repositoryIDs finds the repositories that a request names, or without a name all of the tenant's
// that it reaches. The list is never empty, because an empty one would not restrict a search: an id
// that no repository has stands for none.
func (s *Service) repositoryIDs(ctx context.Context, r TracksRequest) ([]uuid.UUID, error) {
	tracks, err := s.Tracks(ctx, r)
	if err != nil {
		return nil, err
	}
	if ids := repositories(tracks); len(ids) > 0 {
		return ids, nil
	}
	return []uuid.UUID{uuid.Nil}, nil
}

// commitRefs begins the refs of commits that were requested by their hashes.
const commitRefs = "refs/commits/"

// commitName matches a whole commit in hex.
var commitName = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// FullRefs returns the full names that a short ref may stand for.
func FullRefs(ref string) []string {
	if commitName.MatchString(ref) {
		return []string{commitRefs + ref}
	}
	if ref == "HEAD" || strings.HasPrefix(ref, "refs/") {
		return []string{ref}
	}
	return []string{"refs/heads/" + ref, "refs/tags/" + ref}
}

// ShortRef returns a ref's short name, such as main for refs/heads/main.
func ShortRef(ref string) string {
	for _, prefix := range []string{"refs/heads/", "refs/tags/", commitRefs} {
		if short, found := strings.CutPrefix(ref, prefix); found {
			return short
		}
	}
	return ref
}

func noRef(ref string) error {
	return &Error{Kind: NotFound, Field: FieldRef, Value: ref, Reason: "not indexed"}
}

// RefsAnswer lists the refs of repositories.
type RefsAnswer struct {
	Refs       []Ref `json:"refs" nullable:"false"`
	Generation int64 `json:"generation" doc:"The active generation of the index; 0: there is none yet."`
}

// Ref is a repository at one ref.
type Ref struct {
	ID       string `json:"id" doc:"Id of the repository."`
	URL      string `json:"url"`
	Ref      string `json:"ref" doc:"Full name; empty before the first submission is read."`
	Commit   string `json:"commit" doc:"In hex; empty before the first snapshot."`
	Revision int64  `json:"revision"`
	Underway bool   `json:"underway" doc:"This commit, or a newer one, is being read or indexed."`
	Dormant  string `json:"dormant,omitempty" doc:"asleep, falling asleep or waking; absent: it is awake."`
}

// Refs lists the refs of repositories by URL and name. It counts no documents.
func (s *Service) Refs(ctx context.Context, r TracksRequest) (a RefsAnswer, err error) {
	defer mark(&err)
	tracks, err := s.Tracks(ctx, r)
	if err != nil {
		return a, err
	}
	a.Refs = make([]Ref, len(tracks))
	for i, t := range tracks {
		a.Refs[i] = Ref{t.Repository.String(), t.URL, t.Ref, t.Commit, t.Revision, underway(t), dormancy(t)}
	}
	a.Generation, err = s.generation(ctx)
	return a, err
}
