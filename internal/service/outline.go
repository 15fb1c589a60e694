package service

import (
	"context"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// maxOutline bounds the chunks of a file that are searched for its definitions.
const maxOutline = 4000

// Definition is a range of lines that defines one symbol.
type Definition struct {
	Symbol    string `json:"symbol"`
	Kind      string `json:"kind"`
	StartLine int    `json:"start_line" doc:"First line, counted from 1."`
	EndLine   int    `json:"end_line" doc:"Inclusive."`
}

// OutlineRequest asks for the definitions in a file.
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
	Definitions []Definition `json:"definitions" nullable:"false" doc:"The definitions with a name."`
}

// Outline lists the definitions in a file.
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

// holds says whether a line belongs to the definition.
func (d Definition) holds(line int) bool { return d.StartLine <= line && line <= d.EndLine }

// definitions lists a document's definitions in their order. Several chunks of one definition count
// as one.
func (s *Service) definitions(ctx context.Context, document uuid.UUID) ([]Definition, error) {
	chunks, err := s.stores.Catalog.Trees.Outline(ctx, document, maxOutline)
	if err != nil {
		return nil, err
	}
	return join(chunks), nil
}

// definitionsOf lists the definitions of a file, which may belong to an older commit.
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
