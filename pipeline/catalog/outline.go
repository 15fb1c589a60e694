package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Outlined is a chunk of a document, without its text.
type Outlined struct {
	StartLine, EndLine int // from 1, both included
	Kind, Symbol       string
}

// outlinePage is the number of chunks read at once.
const outlinePage = 2000

// Outline lists the chunks of a document in their order, at most so many.
func (ts *Trees) Outline(ctx context.Context, document uuid.UUID, most int) ([]Outlined, error) {
	return outline(most, func(after, n int32) ([]query.ListOutlineRow, error) {
		return ts.query.ListOutline(ctx, document, after, n)
	})
}

// OutlineOf does what Outline does for a blob of a language, as the newest chunker cut it. It
// returns no chunks if they are not kept.
func (ts *Trees) OutlineOf(ctx context.Context, blob [32]byte, language string, most int) ([]Outlined, error) {
	return outline(most, func(after, n int32) ([]query.ListOutlineRow, error) {
		rows, err := ts.query.ListBlobOutline(ctx, query.ListBlobOutlineParams{Blob: blob[:], Language: language, After: after, Most: n})
		list := make([]query.ListOutlineRow, len(rows))
		for i, r := range rows {
			list[i] = query.ListOutlineRow(r)
		}
		return list, err
	})
}

func outline(most int, load func(after, n int32) ([]query.ListOutlineRow, error)) ([]Outlined, error) {
	var list []Outlined
	for after := -1; len(list) < most; after += outlinePage {
		rows, err := load(int32(after), int32(min(outlinePage, most-len(list))))
		if err != nil {
			return nil, fmt.Errorf("list chunks: %w", err)
		}
		for _, r := range rows {
			list = append(list, Outlined{int(r.StartLine), int(r.EndLine), r.Kind, r.Symbol})
		}
		if len(rows) < outlinePage {
			break
		}
	}
	return list, nil
}
