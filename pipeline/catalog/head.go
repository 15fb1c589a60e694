package catalog

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Trees reads the files of tracks, for the readers of repositories.
type Trees struct{ *store }

// Head is a track with its newest snapshot. Unlike a TrackStatus, it costs no count of
// documents.
type Head struct {
	Track
	Commit   string // hex; "" before the first snapshot
	Revision int64
	State    SnapshotState // of the snapshot: listing, indexing or indexed; "" before the first
	Held     string        // hex; the commit at which the track stays, whatever its ref names; "": it follows the ref
	Dormant  bool          // it has no points, or they are going
	Turning  bool          // its documents are being brought in line with Dormant
	Versions []string      // names under which the track is kept
}

// Heads lists the tracks of some repositories of a tenant by URL and ref. It has a Head without
// a track for each repository that has no track yet.
func (ts *Trees) Heads(ctx context.Context, tenant string, repositories ...uuid.UUID) ([]Head, error) {
	rows, err := ts.query.ListHeads(ctx, tenant, orEmpty(repositories))
	if err != nil {
		return nil, fmt.Errorf("list tracks of tenant %s: %w", tenant, err)
	}
	heads := make([]Head, len(rows))
	for i, r := range rows {
		heads[i] = headOf(r)
	}
	return heads, nil
}

// HeadPage lists at most a number of a tenant's tracks by URL and ref, after a place in that list.
func (ts *Trees) HeadPage(ctx context.Context, tenant, url, ref string, most int) ([]Head, error) {
	rows, err := ts.query.PageHeads(ctx, query.PageHeadsParams{Tenant: tenant, AfterUrl: url, AfterRef: ref, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("list tracks of tenant %s: %w", tenant, err)
	}
	heads := make([]Head, len(rows))
	for i, r := range rows {
		heads[i] = headOf(query.ListHeadsRow(r))
	}
	return heads, nil
}

func headOf(r query.ListHeadsRow) Head {
	h := Head{
		Track:  Track{Repository: r.ID, Tenant: r.Tenant, URL: r.Url, Ref: r.Ref},
		Commit: hex.EncodeToString(r.Commit), Revision: r.Revision, State: SnapshotState(r.State),
		Held: hex.EncodeToString(r.Held), Dormant: r.Dormant, Turning: r.Turning, Versions: r.Versions,
	}
	if r.Track != nil {
		h.ID = *r.Track
	}
	return h
}

// HeadsOf loads the tracks of a tenant that ids name.
func (ts *Trees) HeadsOf(ctx context.Context, tenant string, ids []uuid.UUID) (map[uuid.UUID]Head, error) {
	rows, err := ts.query.LoadHeads(ctx, ids, tenant)
	if err != nil {
		return nil, fmt.Errorf("load %d tracks: %w", len(ids), err)
	}
	heads := make(map[uuid.UUID]Head, len(rows))
	for _, r := range rows {
		heads[r.Track] = Head{
			Track:  Track{ID: r.Track, Repository: r.ID, Tenant: r.Tenant, URL: r.Url, Ref: r.Ref},
			Commit: hex.EncodeToString(r.Commit), Revision: r.Revision, State: SnapshotState(r.State),
			Held: hex.EncodeToString(r.Held), Dormant: r.Dormant, Turning: r.Turning, Versions: r.Versions,
		}
	}
	return heads, nil
}

// StoredFile is a file of a track as the catalog holds it.
type StoredFile struct {
	Revision   int64 // of the snapshot that last changed it
	Mode       int32
	State      DocumentState
	SkipReason string   // "" for a document
	Encoding   string   // of the file, if its text was decoded; "" is UTF-8
	Blob       [32]byte // of a document
	Language   string
	Size       int32 // of the blob

	Former bool   // of an older commit: the path has another document now
	Commit string // hex; the newest commit that holds the file like this
	At     int64  // revision of that commit's snapshot
}

// StoredFile loads a file by its document id. It returns ErrNotFound for a file that the
// track does not hold now.
func (ts *Trees) StoredFile(ctx context.Context, document uuid.UUID) (StoredFile, error) {
	r, err := ts.query.LoadFile(ctx, document)
	if noRows(err) {
		return StoredFile{}, fmt.Errorf("file %s: %w", document, ErrNotFound)
	}
	if err != nil {
		return StoredFile{}, fmt.Errorf("load file %s: %w", document, err)
	}
	f := StoredFile{
		Revision: r.Revision, Mode: r.Mode, State: DocumentState(r.State), SkipReason: r.SkipReason, Encoding: r.Encoding,
		Language: r.Language, Size: r.Size, Commit: hex.EncodeToString(r.Commit), At: r.At,
	}
	copy(f.Blob[:], r.Blob)
	return f, nil
}

// ListedFile is a file in a listing.
type ListedFile struct {
	Path       []byte
	Mode       int32
	State      DocumentState
	SkipReason string // "" for a document
	Language   string
	Size       int32 // of the stored text, in bytes; 0 for a skipped file
}

// Files lists up to most files of a track at a revision, or Now, whose paths begin with under.
// They come by path in byte order, beginning after a path. Each call reads all rows of the
// track: paths have no index.
func (ts *Trees) Files(ctx context.Context, track uuid.UUID, at int64, under, after []byte, most int) ([]ListedFile, error) {
	rows, err := ts.query.ListFiles(ctx, query.ListFilesParams{Track: track, At: at, Under: under, After: after, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("list files of track %s: %w", track, err)
	}
	files := make([]ListedFile, len(rows))
	for i, r := range rows {
		files[i] = ListedFile{r.Path, r.Mode, DocumentState(r.State), r.SkipReason, r.Language, r.Size}
	}
	return files, nil
}

// StoredText is a file of a track, and where its text is.
type StoredText struct {
	Path []byte
	Span Span
}

// Texts lists up to most files of a track that have a text, by path in byte order, from a path
// on. It leaves out files without bytes, and files in other languages than the given ones, if
// any are given. Each call reads all rows of the track, as Files does.
func (ts *Trees) Texts(ctx context.Context, track uuid.UUID, since []byte, languages []string, most int) ([]StoredText, error) {
	rows, err := ts.query.ListTexts(ctx, query.ListTextsParams{Track: track, Since: since, Languages: languages, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("list texts of track %s: %w", track, err)
	}
	texts := make([]StoredText, len(rows))
	for i, r := range rows {
		texts[i] = StoredText{r.Path, Span{Object: r.Key, Offset: *r.Position, Length: *r.Length, Size: r.Size, CRC: uint32(*r.Crc32c)}}
	}
	return texts, nil
}
