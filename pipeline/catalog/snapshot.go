package catalog

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Track is a repository at one ref.
type Track struct {
	ID         uuid.UUID
	Repository uuid.UUID
	Tenant     string
	URL        string
	Ref        string // full name
}

// SnapshotState is how far a snapshot has come.
type SnapshotState string

// The states of a snapshot.
const (
	SnapshotListing    SnapshotState = "listing"    // its tree is being read
	SnapshotIndexing   SnapshotState = "indexing"   // the track's current one; documents of it are on their way
	SnapshotIndexed    SnapshotState = "indexed"    // the track's current one; no document of it is under way
	SnapshotSuperseded SnapshotState = "superseded" // a later one took its place, or its listing was given up
)

// settled says that nobody waits for the snapshot's documents any more.
func (s SnapshotState) settled() bool { return s == SnapshotIndexed || s == SnapshotSuperseded }

// Snapshot is a track at one commit, as it is to be listed.
type Snapshot struct {
	Track    uuid.UUID
	Revision int64
	Commit   string // hex
	Lane     events.Lane

	// Base is the track's last listed snapshot, nil if there is none.
	Base *Base
}

// Base is the snapshot with which a new one is compared.
type Base struct {
	Revision int64
	Commit   string // hex
	// Exact says that the catalog's documents are those of Base, read by the same
	// rules, except for the changes that this very snapshot has made already. Then
	// only files that differ between the two commits have to be looked at.
	Exact bool
	// SameRules says that a document that has not changed since Base needs no new
	// look while its object id stays the same.
	SameRules bool
}

// Rules are fingerprints of the settings that decide which files are read, and how.
type Rules struct {
	Config [32]byte // of the configuration and the versions of leat's own rules
	All    [32]byte // of Config and the commit's own rules: ignore files and attributes
}

// Listed returns the revision under which this configuration has listed commit. It is known
// if the commit is the track's current snapshot and no other listing was begun since; then
// there is nothing to do.
func (c *Core) Listed(ctx context.Context, track uuid.UUID, commit string, config [32]byte) (revision int64, listed bool, err error) {
	rows, err := c.query.StandingSnapshots(ctx, track)
	if err != nil {
		return 0, false, fmt.Errorf("load current snapshot of track %s: %w", track, err)
	}
	for _, r := range rows {
		if !r.Listing {
			revision = r.Revision
			listed = len(rows) == 1 && hex.EncodeToString(r.Commit) == commit && bytes.Equal(r.Config, config[:])
		}
	}
	return revision, listed, nil
}

// BeginSnapshot hands out the revision under which commit is to be listed. It is a new
// one, or the one of a listing of the same commit that was cut short. Any other listing
// that was cut short is given up. lane chooses the lane of a new snapshot; its argument
// says whether the snapshot is the track's first.
//
// expected is the largest number of documents that the commit can have, or 0 if the tenant
// has no limit. They count as the tenant's until the listing is complete. If they are too
// many, BeginSnapshot returns ErrNoDocumentsRoom and changes nothing.
func (c *Core) BeginSnapshot(ctx context.Context, t Track, commit string, rules Rules, expected int64, lane func(first bool) events.Lane) (Snapshot, error) {
	oid, err := hex.DecodeString(commit)
	if err != nil {
		return Snapshot{}, fault.Reject(fmt.Errorf("commit %q is not hex: %w", commit, err))
	}
	s := Snapshot{Track: t.ID, Commit: commit}
	err = c.inTx(ctx, func(q *query.Queries) error {
		if expected > 0 { // the tenant's row is locked before a track's, as Follow does
			if err := takeDocuments(ctx, q, t, expected); err != nil {
				return err
			}
		}
		row, err := q.LockTrack(ctx, t.ID, t.Repository, t.Ref)
		if err != nil {
			return err
		}
		if row.Forgotten {
			return fault.Drop(fmt.Errorf("%s was forgotten meanwhile", t.Ref))
		}
		last := row.Revision
		current, err := q.CurrentSnapshot(ctx, t.ID)
		if err != nil && !noRows(err) {
			return err
		}
		if current.Revision > 0 {
			same := bytes.Equal(current.Rules, rules.All[:])
			s.Base = &Base{Revision: current.Revision, Commit: hex.EncodeToString(current.Commit), SameRules: same}
		}
		listing, err := q.ListingSnapshot(ctx, t.ID)
		switch {
		case noRows(err):
		case err != nil:
			return err
		case bytes.Equal(listing.Commit, oid) && bytes.Equal(listing.Rules, rules.All[:]):
			s.Revision, s.Lane = listing.Revision, listing.Lane
			s.markExact(listing.Revision - 1)
			return q.ExpectDocuments(ctx, expected, t.ID)
		default:
			if err := q.SupersedeListing(ctx, t.ID); err != nil {
				return err
			}
		}
		s.Revision, s.Lane = last+1, lane(current.Revision == 0)
		s.markExact(last)
		return q.AddSnapshot(ctx, query.AddSnapshotParams{
			Track: t.ID, Revision: s.Revision, Commit: oid, Config: rules.Config[:], Rules: rules.All[:], Lane: s.Lane, Expected: expected,
		})
	})
	if err != nil {
		return Snapshot{}, fmt.Errorf("begin snapshot of %s at %s: %w", t.URL, commit, err)
	}
	return s, nil
}

// markExact compares the base with the revision before this one. If they differ, a
// listing between them was cut short and left its documents behind.
func (s *Snapshot) markExact(before int64) {
	if s.Base != nil {
		s.Base.Exact = s.Base.SameRules && s.Base.Revision == before
	}
}

// Ahead says how far a bulk listing is ahead of the workers after it.
type Ahead struct {
	Documents int64 // of the track that are on their way; counted up to a limit
	Listings  int64 // bulk listings of the tenant that are not finished, this one among them
}

// Ahead counts the documents of a track that are on their way, up to most. Documents that
// failed and wait for another attempt are not counted: they hold up nobody.
func (c *Core) Ahead(ctx context.Context, t Track, most int) (Ahead, error) {
	row, err := c.query.CountAhead(ctx, t.ID, int32(min(most, math.MaxInt32)), t.Tenant)
	if err != nil {
		return Ahead{}, fmt.Errorf("count what track %s has on its way: %w", t.ID, err)
	}
	return Ahead(row), nil
}

// AheadLive counts the documents of a tenant that are on their way in the live lane, up to
// most. Documents that wait for another attempt, or for another day's budget, are not
// counted.
func (c *Core) AheadLive(ctx context.Context, tenant string, most int) (int64, error) {
	n, err := c.query.CountLive(ctx, tenant, c.lease.Seconds(), int32(min(most, math.MaxInt32)))
	if err != nil {
		return 0, fmt.Errorf("count what tenant %s has on its way: %w", tenant, err)
	}
	return n, nil
}

// FinishListing makes a snapshot the track's current one: its tree has been
// read to the end and holds files files. It refuses a count that the catalog's
// documents do not add up to, so that a listing cut short can't pass for whole.
func (c *Core) FinishListing(ctx context.Context, s Snapshot, files int64) error {
	err := c.inTx(ctx, func(q *query.Queries) error {
		is, err := q.LockSnapshot(ctx, s.Track, s.Revision)
		state := SnapshotState(is)
		switch {
		case noRows(err), err == nil && state == SnapshotSuperseded:
			return superseded(s)
		case err != nil:
			return err
		case state != SnapshotListing: // finished by another worker
			return nil
		}
		counted, err := q.CountFiles(ctx, s.Track)
		if err != nil {
			return err
		}
		if counted != files {
			return fmt.Errorf("the commit's tree has %d files, the catalog %d", files, counted)
		}
		if err := q.SupersedeCurrent(ctx, s.Track); err != nil {
			return err
		}
		return q.FinishListing(ctx, files, s.Track, s.Revision)
	})
	if err != nil {
		return fmt.Errorf("finish listing of track %s: %w", s.Track, err)
	}
	return nil
}

// holdListing makes sure that nobody supersedes or finishes the listing before the
// transaction ends. A worker that lost its lock must not overwrite the next worker's
// listing.
func holdListing(ctx context.Context, q *query.Queries, s Snapshot) error {
	_, err := q.HoldListing(ctx, s.Track, s.Revision)
	if noRows(err) {
		return superseded(s)
	}
	return err
}

func superseded(s Snapshot) error {
	return fault.Drop(fmt.Errorf("revision %d has been superseded, or finished by another worker", s.Revision))
}

// Completed is a current snapshot without an open document.
type Completed struct {
	Track
	Commit                   string // hex
	Revision                 int64
	Indexed, Failed, Skipped int64 // documents
}

// CompletedSnapshots returns the current snapshots of the tracks that have no open document
// left and have not been marked indexed. It leaves out a track whose next commit is being
// listed, because some documents already belong to that commit.
func (c *Core) CompletedSnapshots(ctx context.Context, tracks []uuid.UUID) ([]Completed, error) {
	rows, err := c.query.CompleteSnapshots(ctx, tracks)
	if err != nil {
		return nil, fmt.Errorf("look for completed snapshots: %w", err)
	}
	done := make([]Completed, len(rows))
	for i, r := range rows {
		done[i] = Completed{
			Track:    Track{ID: r.Track, Repository: r.Repository, Tenant: r.Tenant, URL: r.Url, Ref: r.Ref},
			Commit:   hex.EncodeToString(r.Commit),
			Revision: r.Revision,
			Indexed:  r.Counts[0], Failed: r.Counts[1], Skipped: r.Counts[2],
		}
	}
	return done, nil
}

// SnapshotKey names a snapshot.
type SnapshotKey struct {
	Track    uuid.UUID
	Revision int64
}

// MarkSnapshotIndexed ends the indexing of a snapshot.
func (c *Core) MarkSnapshotIndexed(ctx context.Context, track uuid.UUID, revision int64) error {
	if err := c.query.MarkSnapshotIndexed(ctx, track, revision); err != nil {
		return fmt.Errorf("mark snapshot of track %s indexed: %w", track, err)
	}
	return nil
}

// IndexingTracks lists the tracks whose current snapshot has not been marked indexed.
func (c *Core) IndexingTracks(ctx context.Context) ([]uuid.UUID, error) {
	tracks, err := c.query.IndexingTracks(ctx)
	if err != nil {
		return nil, fmt.Errorf("list indexing tracks: %w", err)
	}
	return tracks, nil
}
