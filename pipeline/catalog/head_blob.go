package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// DocumentBlob is a document with its text. A skipped document has none.
type DocumentBlob struct {
	Path       []byte
	SkipReason string
	Language   string
	Blob       [32]byte
	Size       int32 // bytes
}

// DocumentBlobs pages through the documents of a track with their blobs, by path.
func (ts *Trees) DocumentBlobs(ctx context.Context, track uuid.UUID, after []byte, most int) ([]DocumentBlob, error) {
	if after == nil {
		after = []byte{}
	}
	rows, err := ts.query.ListDocumentBlobs(ctx, track, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list blobs of track %s: %w", track, err)
	}
	list := make([]DocumentBlob, len(rows))
	for i, r := range rows {
		list[i] = DocumentBlob{Path: r.Path, SkipReason: r.SkipReason, Language: r.Language, Size: r.Size}
		copy(list[i].Blob[:], r.Blob)
	}
	return list, nil
}
