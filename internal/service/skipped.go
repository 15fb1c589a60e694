package service

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

// SkippedRequest asks for the files of a repository that were not indexed, or for
// its masked secrets.
type SkippedRequest struct {
	Page
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id; "": all
	Reason     string   // why files were skipped; "": any reason
}

// SkippedAnswer lists files that were not indexed. Each page is in the order of ref and path.
type SkippedAnswer struct {
	Files []SkippedFile `json:"skipped" nullable:"false"`

	Next string `json:"-"` // the next page is after this place; "": the list is complete
}

// SkippedFile is a file that was not indexed.
type SkippedFile struct {
	Ref    string `json:"ref" doc:"Full name."`
	Path   string `json:"path"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
}

// Skipped lists the files that were not indexed.
func (s *Service) Skipped(ctx context.Context, r SkippedRequest) (a SkippedAnswer, err error) {
	defer mark(&err)
	ids, err := s.repositoryIDs(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return a, err
	}
	found, next, err := collect(r.Page, ids, func(id, after uuid.UUID, most int) ([]catalog.Skipped, error) {
		return s.stores.Catalog.Flow.SkippedFiles(ctx, id, after, most)
	}, func(f catalog.Skipped) uuid.UUID { return f.ID }, func(f catalog.Skipped) bool { return r.Reason == "" || r.Reason == f.Reason })
	a = SkippedAnswer{Files: make([]SkippedFile, len(found)), Next: next}
	for i, f := range found {
		a.Files[i] = SkippedFile{f.Ref, string(f.Path), f.Reason, f.Detail}
	}
	slices.SortStableFunc(a.Files, func(a, b SkippedFile) int { return cmp.Or(cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Path, b.Path)) })
	return a, err
}

// SecretsAnswer lists the places of masked secrets. Each page is in the order of ref, path and
// line.
type SecretsAnswer struct {
	Secrets []Secret `json:"secrets" nullable:"false"`

	Next string `json:"-"` // the next page is after this place; "": the list is complete
}

// Secret is the place of a masked secret. leat does not store the secret itself.
type Secret struct {
	Ref  string `json:"ref" doc:"Full name."`
	Path string `json:"path"`
	Line int    `json:"line" doc:"Number of the line, from 1."`
	Rule string `json:"rule" doc:"The rule that found it."`
}

// Secrets lists the places of masked secrets.
func (s *Service) Secrets(ctx context.Context, r SkippedRequest) (a SecretsAnswer, err error) {
	defer mark(&err)
	ids, err := s.repositoryIDs(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return a, err
	}
	type at struct {
		Document uuid.UUID
		Ordinal  int32
	}
	found, next, err := collect(r.Page, ids, func(id uuid.UUID, after at, most int) ([]catalog.FoundAt, error) {
		return s.stores.Catalog.Flow.Findings(ctx, id, catalog.FoundAt{Document: after.Document, Ordinal: after.Ordinal}, most)
	}, func(f catalog.FoundAt) at { return at{f.Document, f.Ordinal} }, func(catalog.FoundAt) bool { return true })
	a = SecretsAnswer{Secrets: make([]Secret, len(found)), Next: next}
	for i, f := range found {
		a.Secrets[i] = Secret{f.Ref, string(f.Path), int(f.Line), f.Rule}
	}
	slices.SortStableFunc(a.Secrets, func(a, b Secret) int {
		return cmp.Or(cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	return a, err
}
