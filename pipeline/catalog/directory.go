package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// DirectoryEntry is a file or a directory in a directory of a track.
type DirectoryEntry struct {
	Name       []byte
	Directory  bool
	Files      int64 // below a directory; 1 of a file
	Skipped    int64 // of them
	State      DocumentState
	SkipReason string // of a file; "" for a document
}

// Directory lists up to most entries of a directory of a track at a revision, or Now. Directories come first, and the
// first skip entries are left out. under is "", or ends in a slash. Each call reads all rows of the track, as Files
// does.
func (ts *Trees) Directory(ctx context.Context, track uuid.UUID, at int64, under []byte, skip, most int) ([]DirectoryEntry, error) {
	rows, err := ts.query.ListDirectory(ctx, query.ListDirectoryParams{Under: under, Track: track, At: at, Skip: int32(skip), Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("list a directory of track %s: %w", track, err)
	}
	list := make([]DirectoryEntry, len(rows))
	for i, r := range rows {
		list[i] = DirectoryEntry{r.Name, r.Directory, r.Files, r.Skipped, DocumentState(r.State), r.SkipReason}
	}
	return list, nil
}
