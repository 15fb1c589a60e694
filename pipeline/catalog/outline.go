package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// Outlined is a chunk of a document, without its text.
type Outlined struct {
	StartLine, EndLine int // from 1, both included
	Kind, Symbol       string
}

// outlinePage is the number of chunks read at once.
const outlinePage = 2000

// Outline lists the chunks of a document in their order, at most so many.
func (c *Core) Outline(ctx context.Context, document uuid.UUID, most int) ([]Outlined, error) {
	var list []Outlined
	for after := -1; len(list) < most; after += outlinePage {
		rows, err := c.query.ListOutline(ctx, document, int32(after), int32(min(outlinePage, most-len(list))))
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
