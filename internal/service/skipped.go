package service

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// SkippedRequest asks for the files of a repository that were not indexed, or for
// its masked secrets.
type SkippedRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, or the end of one of them; "": all
	Reason     string   // why files were skipped; "": any reason
}

// SkippedFile is a file that was not indexed.
type SkippedFile struct{ Ref, Path, Reason, Detail string }

// Skipped lists the files that were not indexed, by ref and path.
func (s *Service) Skipped(ctx context.Context, r SkippedRequest) (files []SkippedFile, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return nil, err
	}
	ids, err := s.repositoryIDs(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		for after := uuid.Nil; ; {
			list, err := s.stores.Catalog.SkippedFiles(ctx, id, after, page)
			if err != nil {
				return nil, err
			}
			if len(list) == 0 {
				break
			}
			after = list[len(list)-1].ID
			for _, f := range list {
				if r.Reason == "" || r.Reason == f.Reason {
					files = append(files, SkippedFile{f.Ref, string(f.Path), f.Reason, f.Detail})
				}
			}
		}
	}
	slices.SortFunc(files, func(a, b SkippedFile) int { return cmp.Or(cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Path, b.Path)) })
	return files, nil
}

// Secret is the place of a masked secret. leat stores the secret itself nowhere.
type Secret struct {
	Ref, Path string
	Line      int
	Rule      string // the rule that found it
}

// Secrets lists the places of masked secrets, by ref, path and line.
func (s *Service) Secrets(ctx context.Context, r SkippedRequest) (found []Secret, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return nil, err
	}
	ids, err := s.repositoryIDs(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		for after := (catalog.FoundAt{}); ; {
			list, err := s.stores.Catalog.Findings(ctx, id, after, page)
			if err != nil {
				return nil, err
			}
			if len(list) == 0 {
				break
			}
			after = list[len(list)-1]
			for _, f := range list {
				found = append(found, Secret{f.Ref, string(f.Path), int(f.Line), f.Rule})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Secret) int {
		return cmp.Or(cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	return found, nil
}
