package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Finding is where a secret was masked.
type Finding struct {
	Rule string
	Line int32 // from 1
}

// putFindings replaces the findings of the files with these ids, which are in order.
func putFindings(ctx context.Context, q *query.Queries, ids []uuid.UUID, files []File) error {
	if err := q.DropFindings(ctx, ids); err != nil {
		return err
	}
	var p query.AddFindingsParams
	for _, f := range files {
		for i, found := range f.Findings {
			p.Documents = append(p.Documents, f.ID)
			p.Ordinals = append(p.Ordinals, int32(i))
			p.Rules = append(p.Rules, found.Rule)
			p.Lines = append(p.Lines, found.Line)
		}
	}
	if len(p.Documents) == 0 {
		return nil
	}
	return q.AddFindings(ctx, p)
}

// FoundAt is a finding with its place in a repository.
type FoundAt struct {
	Document uuid.UUID
	Ordinal  int32 // in the document, from 0
	Ref      string
	Path     []byte
	Finding
}

// Findings pages through a repository's findings by document and ordinal. The
// zero value of after is before the first.
func (f *Flow) Findings(ctx context.Context, repository uuid.UUID, after FoundAt, most int) ([]FoundAt, error) {
	p := query.ListFindingsParams{Repository: repository, Document: after.Document, Ordinal: after.Ordinal, Most: int32(most)}
	rows, err := f.query.ListFindings(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("list findings: %w", err)
	}
	list := make([]FoundAt, len(rows))
	for i, r := range rows {
		list[i] = FoundAt{r.Document, r.Ordinal, r.Ref, r.Path, Finding{r.Rule, r.Line}}
	}
	return list, nil
}
