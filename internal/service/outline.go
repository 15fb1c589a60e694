package service

import (
	"context"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

// maxOutline is the most chunks of a file that are looked at for its definitions.
const maxOutline = 4000

// Definition is the lines of a file that define one symbol.
type Definition struct {
	Symbol    string `json:"symbol"`
	Kind      string `json:"kind"`
	StartLine int    `json:"start_line" doc:"From 1."`
	EndLine   int    `json:"end_line" doc:"Inclusive."`
}

// holds says whether a line is one of the definition's.
func (d Definition) holds(line int) bool { return d.StartLine <= line && line <= d.EndLine }

// definitions lists a document's definitions in their order. A definition that was cut
// into several chunks is one.
func (s *Service) definitions(ctx context.Context, document uuid.UUID) ([]Definition, error) {
	chunks, err := s.stores.Catalog.Outline(ctx, document, maxOutline)
	if err != nil {
		return nil, err
	}
	return join(chunks), nil
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
