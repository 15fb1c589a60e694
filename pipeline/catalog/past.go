package catalog

import (
	"context"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/google/uuid"
)

// Now stands for the present documents of a track, even while a newer commit is being listed.
const Now = math.MaxInt64

// Past is a commit at which a track is, or was.
type Past struct {
	Track    uuid.UUID
	Revision int64  // of its snapshot
	Commit   string // hex
	Listable bool   // the files of its commit are known
}

// Past lists up to most kept snapshots of repositories whose commits begin with some hex
// digits, the newest first. Each was listed to its end.
func (ts *Trees) Past(ctx context.Context, repositories []uuid.UUID, beginning string, most int) ([]Past, error) {
	rows, err := ts.query.FindPast(ctx, repositories, beginning, int32(most))
	if err != nil {
		return nil, fmt.Errorf("find commit %s of %d repositories: %w", beginning, len(repositories), err)
	}
	list := make([]Past, len(rows))
	for i, r := range rows {
		list[i] = Past{r.Track, r.Revision, hex.EncodeToString(r.Commit), r.Listable}
	}
	return list, nil
}

// FormerFile loads a file as it was at an older revision of its track. It returns
// ErrNotFound if there was none, or if the file has not changed since. A document whose
// text is not stored any more has a size of -1.
func (ts *Trees) FormerFile(ctx context.Context, document uuid.UUID, at int64) (StoredFile, error) {
	r, err := ts.query.LoadFormer(ctx, document, at)
	if noRows(err) {
		return StoredFile{}, fmt.Errorf("file %s at revision %d: %w", document, at, ErrNotFound)
	}
	if err != nil {
		return StoredFile{}, fmt.Errorf("load file %s at revision %d: %w", document, at, err)
	}
	f := StoredFile{Revision: r.Since, Mode: r.Mode, State: StateIndexed, SkipReason: r.SkipReason, Encoding: r.Encoding, Language: r.Language, Size: r.Size, Former: true}
	switch {
	case r.SkipReason != "":
		f.State = StateSkipped
	case !r.Stored:
		f.Size = -1
	}
	copy(f.Blob[:], r.Blob)
	return f, nil
}
