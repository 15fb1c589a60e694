package service

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// TracksRequest asks which tracks a tenant has.
type TracksRequest struct {
	Tenant     string
	Repository string // its URL, its path, the end of one of them, or its id; "": all
}

// Tracks lists the tracks of a tenant's repositories, and a track without a ref
// for each repository that has none yet. It counts no documents.
func (s *Service) Tracks(ctx context.Context, r TracksRequest) (heads []catalog.Head, err error) {
	defer mark(&err)
	if err := s.check(r.Tenant, store.Postgres); err != nil {
		return nil, err
	}
	heads, err = s.stores.Catalog.Heads(ctx, r.Tenant)
	if err != nil {
		return nil, err
	}
	return find(heads, r.Tenant, r.Repository, trackOfHead)
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

// find returns the rows of the repositories that name stands for: the URL, the
// absolute path, the end of one of them, or the id. "" is all.
func find[T any](rows []T, tenant, name string, track func(T) catalog.Track) ([]T, error) {
	if name == "" {
		return rows, nil
	}
	full, err := Address(name)
	if err != nil {
		return nil, &Error{Kind: Invalid, Field: FieldRepository, Err: err}
	}
	var exact, ending []T
	for _, row := range rows {
		url := track(row).URL
		switch {
		case track(row).Repository.String() == name || url == name || url == full || strings.TrimSuffix(url, ".git") == strings.TrimSuffix(name, ".git"):
			exact = append(exact, row)
		case strings.HasSuffix(strings.TrimSuffix(url, ".git"), "/"+strings.TrimSuffix(name, ".git")):
			ending = append(ending, row)
		}
	}
	switch {
	case len(exact) > 0:
		return exact, nil
	case len(ending) == 0:
		return nil, &Error{Kind: NotFound, Field: FieldRepository, Reason: fmt.Sprintf("no repository %q of tenant %s", name, tenant)}
	case len(repositories(ending, track)) > 1:
		first, last := track(ending[0]).URL, track(ending[len(ending)-1]).URL
		return nil, &Error{Kind: Invalid, Field: FieldRepository, Reason: fmt.Sprintf("%q may be %s or %s: give the whole URL", name, first, last)}
	}
	return ending, nil
}

// repositories lists the repositories of rows, each once.
func repositories[T any](rows []T, track func(T) catalog.Track) []uuid.UUID {
	var ids []uuid.UUID
	for _, row := range rows {
		if id := track(row).Repository; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// repositoryIDs finds the repositories that name stands for; "" is all of the
// tenant's.
func (s *Service) repositoryIDs(ctx context.Context, tenant, name string) ([]uuid.UUID, error) {
	heads, err := s.Tracks(ctx, TracksRequest{tenant, name})
	if err != nil {
		return nil, err
	}
	return repositories(heads, trackOfHead), nil
}

func trackOfHead(h catalog.Head) catalog.Track { return h.Track }

// FullRefs returns the full names that a short ref may stand for.
func FullRefs(ref string) []string {
	if ref == "HEAD" || strings.HasPrefix(ref, "refs/") {
		return []string{ref}
	}
	return []string{"refs/heads/" + ref, "refs/tags/" + ref}
}

// ShortRef returns a ref's short name, such as main for refs/heads/main.
func ShortRef(ref string) string {
	for _, prefix := range []string{"refs/heads/", "refs/tags/"} {
		if short, found := strings.CutPrefix(ref, prefix); found {
			return short
		}
	}
	return ref
}

func noRef(ref string) error {
	return &Error{Kind: NotFound, Field: FieldRef, Value: ref, Reason: "not indexed"}
}
