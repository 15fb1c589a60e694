package catalog

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Difference is a file that differs between two tracks. A side without it has no object
// id and mode 0.
type Difference struct {
	Path          []byte
	Old, New      string // object ids, in hex
	OldMode, Mode int32
	Language      string
	SkipReason    string // "" for a document
}

// Revised is a track at a revision, or Now.
type Revised struct {
	Track uuid.UUID
	At    int64
}

// Differences lists up to most files that differ between two tracks and whose paths begin
// with under, by path in byte order. It reads all rows of both tracks.
func (ts *Trees) Differences(ctx context.Context, before, after Revised, under []byte, most int) ([]Difference, error) {
	rows, err := ts.query.DiffTracks(ctx, query.DiffTracksParams{Old: before.Track, OldAt: before.At, New: after.Track, NewAt: after.At, Under: under, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("compare tracks %s and %s: %w", before.Track, after.Track, err)
	}
	list := make([]Difference, len(rows))
	for i, r := range rows {
		list[i] = Difference{r.Path, hex.EncodeToString(r.OldOid), hex.EncodeToString(r.NewOid), r.OldMode, r.NewMode, r.Language, r.SkipReason}
	}
	return list, nil
}
