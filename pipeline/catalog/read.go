package catalog

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// TrackState is how far a repository has come at one ref.
type TrackState string

// The states of a track. Listing, indexing and indexed are those of its newest
// snapshot.
const (
	TrackSubmitted  TrackState = "submitted" // no snapshot has been begun
	TrackListing               = TrackState(SnapshotListing)
	TrackIndexing              = TrackState(SnapshotIndexing)
	TrackIndexed               = TrackState(SnapshotIndexed)
	TrackFailed     TrackState = "failed" // no snapshot was begun, and the last submission failed
	TrackForgetting TrackState = "forgetting"
)

// TrackStatus is the status of a repository at one ref.
type TrackStatus struct {
	Track
	Commit    string // hex; "" before the first snapshot
	Revision  int64
	State     TrackState
	Error     string    // why its ref cannot be followed or waits, or the last submission of the repository failed
	Waiting   *Approval // a removal that waits for approval; nil: none
	Documents Counts
	Chunks    int64
}

// Counts says how many files of a snapshot are in which state. Total leaves
// the skipped ones out: Total + Skipped is the number of files in the tree.
type Counts struct {
	Total, Indexed, Pending, Embedded, Failed, Skipped int64
}

// Tracks lists some repositories of a tenant, or all. It has one row for each track,
// and a row without a track for a repository that has none yet.
func (c *Core) Tracks(ctx context.Context, tenant string, repositories ...uuid.UUID) ([]TrackStatus, error) {
	if len(repositories) == 0 {
		var err error
		if repositories, err = c.query.TenantRepositories(ctx, tenant); err != nil {
			return nil, fmt.Errorf("list repositories of tenant %s: %w", tenant, err)
		}
	}
	rows, err := c.query.ListTracks(ctx, tenant, orEmpty(repositories))
	if err != nil {
		return nil, fmt.Errorf("list repositories of tenant %s: %w", tenant, err)
	}
	list := make([]TrackStatus, len(rows))
	var ids []uuid.UUID
	for i, r := range rows {
		list[i] = TrackStatus{
			Track:    Track{Repository: r.ID, Tenant: r.Tenant, URL: r.Url, Ref: r.Ref},
			Commit:   hex.EncodeToString(r.Commit),
			Revision: r.Revision,
			State:    trackState(r),
			Error:    r.Error,
		}
		if r.Track != nil {
			list[i].ID = *r.Track
			ids = append(ids, *r.Track)
		}
		if len(r.Waiting) > 0 {
			list[i].Waiting = &Approval{
				Track: list[i].ID, Repository: r.ID, URL: r.Url, Ref: r.Ref,
				Commit: hex.EncodeToString(r.Waiting), Removes: r.Removes, Documents: r.OfDocuments, Approved: r.Approved,
			}
			if !r.Approved && list[i].Error == "" {
				list[i].Error = list[i].Waiting.String()
			}
		}
	}
	return list, c.countTracks(ctx, ids, list)
}

func trackState(r query.ListTracksRow) TrackState {
	switch {
	case r.Forgotten:
		return TrackForgetting
	case r.State != "":
		return TrackState(r.State)
	case r.Submitted:
		return TrackSubmitted
	case r.Error != "":
		return TrackFailed
	}
	return TrackSubmitted
}

func (c *Core) countTracks(ctx context.Context, ids []uuid.UUID, list []TrackStatus) error {
	counts, err := c.query.CountTracks(ctx, ids)
	if err != nil {
		return fmt.Errorf("count documents: %w", err)
	}
	byTrack := make(map[uuid.UUID]*TrackStatus, len(ids))
	for i := range list {
		if list[i].ID != uuid.Nil {
			byTrack[list[i].ID] = &list[i]
		}
	}
	for _, n := range counts {
		t := byTrack[n.Track]
		t.Chunks += n.Chunks
		t.Documents.add(DocumentState(n.State), n.Documents)
	}
	return nil
}

func (c *Counts) add(state DocumentState, n int64) {
	switch state {
	case StateSkipped:
		c.Skipped += n
		return
	case StateIndexed:
		c.Indexed += n
	case StateFailed:
		c.Failed += n
	case StateEmbedded:
		c.Embedded += n
		c.Pending += n
	case StateChunked:
		c.Pending += n
	}
	c.Total += n
}

// Content holds the facts that decide which points a document has.
type Content struct {
	ID         uuid.UUID
	Track      uuid.UUID
	Repository uuid.UUID
	Tenant     string
	Revision   int64
	State      DocumentState
	HasPoints  bool
	Asleep     bool // indexed without points, because its track was dormant
	Dormant    bool // its track is
	Blob       [32]byte
	Chunker    int
	Chunks     int
}

// Contents pages through all documents, by id.
func (c *Core) Contents(ctx context.Context, after uuid.UUID, most int) ([]Content, error) {
	rows, err := c.query.ListContents(ctx, after, int32(most))
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	list := make([]Content, len(rows))
	for i, r := range rows {
		list[i] = content(query.LoadContentsRow(r))
	}
	return list, nil
}

// ContentsOf loads the documents of ids that exist, in no order.
func (c *Core) ContentsOf(ctx context.Context, ids []uuid.UUID) ([]Content, error) {
	rows, err := c.query.LoadContents(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("load %d documents: %w", len(ids), err)
	}
	list := make([]Content, len(rows))
	for i, r := range rows {
		list[i] = content(r)
	}
	return list, nil
}

func content(r query.LoadContentsRow) Content {
	c := Content{
		ID: r.ID, Track: r.Track, Repository: r.Repository, Tenant: r.Tenant, Revision: r.Revision, State: DocumentState(r.State),
		HasPoints: r.IndexedRevision != nil, Asleep: r.Asleep, Dormant: r.Dormant, Chunker: int(r.Chunker), Chunks: int(r.Chunks),
	}
	copy(c.Blob[:], r.Blob)
	return c
}

// CurrentCommit is the newest commit that holds the indexed content of a document.
type CurrentCommit struct {
	Revision int64  // of the document
	Commit   string // hex
	At       int64  // revision of the commit's snapshot
	Encoding string // of the file, if its text was decoded; "" is UTF-8
}

// CurrentCommits finds the track's current commit for each indexed document of ids. It
// leaves out documents that an unfinished listing has changed, because the current
// commit does not hold them.
func (c *Core) CurrentCommits(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]CurrentCommit, error) {
	rows, err := c.query.CurrentCommits(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("load current commits: %w", err)
	}
	commits := make(map[uuid.UUID]CurrentCommit, len(rows))
	for _, r := range rows {
		commits[r.ID] = CurrentCommit{r.Revision, hex.EncodeToString(r.Commit), r.At, r.Encoding}
	}
	return commits, nil
}

// BlobSpans finds where blobs are stored. The result lacks the empty blob and unknown ones.
func (c *Core) BlobSpans(ctx context.Context, hashes [][]byte) (map[[32]byte]Span, error) {
	rows, err := c.query.LoadBlobs(ctx, hashes)
	if err != nil {
		return nil, fmt.Errorf("look up %d blobs: %w", len(hashes), err)
	}
	spans := make(map[[32]byte]Span, len(rows))
	for _, r := range rows {
		spans[[32]byte(r.Sha256)] = Span{Object: r.Key, Offset: *r.Position, Length: *r.Length, Size: r.Size, CRC: uint32(*r.Crc32c)}
	}
	return spans, nil
}

// CountOpen counts the submissions and snapshots that are not finished.
func (g *Gauges) CountOpen(ctx context.Context) (int, error) {
	n, err := g.query.CountPending(ctx)
	if err != nil {
		return 0, fmt.Errorf("count open work: %w", err)
	}
	return int(n), nil
}
