package service

import (
	"context"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// maxOutline is the most chunks of a file that are looked at for its definitions.
const maxOutline = 4000

// Definition is the lines of a file that define one symbol.
type Definition struct {
	Symbol    string `json:"symbol"`
	Kind      string `json:"kind"`
	StartLine int    `json:"start_line" doc:"First line, counted from 1."`
	EndLine   int    `json:"end_line" doc:"Inclusive."`
}

// OutlineRequest asks what a file defines.
type OutlineRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Ref        string   // branch, tag or full name; "": the only one that is indexed
	Path       string   // path from the repository's root
}

// OutlineAnswer lists definitions in the order of their lines.
type OutlineAnswer struct {
	At
	Path        string       `json:"path"`
	Definitions []Definition `json:"definitions" nullable:"false" doc:"Those that have a name."`
}

// Outline lists what a file defines.
func (s *Service) Outline(ctx context.Context, r OutlineRequest) (a OutlineAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	head, file, place, err := s.locate(ctx, r.Tenant, r.Reach, r.Repository, r.Ref, r.Path)
	if err != nil {
		return a, err
	}
	list, err := s.definitionsOf(ctx, document(head.ID, r.Path), file)
	a = OutlineAnswer{At: place, Path: r.Path, Definitions: []Definition{}}
	for _, d := range list {
		if d.Symbol != "" {
			a.Definitions = append(a.Definitions, d)
		}
	}
	return a, err
}

// holds says whether a line is one of the definition's.
func (d Definition) holds(line int) bool { return d.StartLine <= line && line <= d.EndLine }

// definitions lists a document's definitions in their order. A definition that was cut
// into several chunks is one.
func (s *Service) definitions(ctx context.Context, document uuid.UUID) ([]Definition, error) {
	chunks, err := s.stores.Catalog.Trees.Outline(ctx, document, maxOutline)
	if err != nil {
		return nil, err
	}
	return join(chunks), nil
}

// definitionsOf lists the definitions of a file, which may be one of an older commit.
func (s *Service) definitionsOf(ctx context.Context, document uuid.UUID, f catalog.StoredFile) ([]Definition, error) {
	if !f.Former {
		return s.definitions(ctx, document)
	}
	chunks, err := s.stores.Catalog.Trees.OutlineOf(ctx, f.Blob, f.Language, maxOutline)
	return join(chunks), err
}

func join(chunks []catalog.Outlined) (list []Definition) {
	for _, c := range chunks {
		if last := len(list) - 1; last >= 0 && c.Symbol != "" && list[last].Symbol == c.Symbol && list[last].Kind == c.Kind {
			list[last].EndLine = max(list[last].EndLine, c.EndLine)
			continue
		}
		list = append(list, Definition{c.Symbol, c.Kind, c.StartLine, c.EndLine})
	}
	return list
}
