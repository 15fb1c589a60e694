package ingest

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/factstore"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/lang"
	"github.com/leatworks/leat/pipeline/secret"
)

const (
	groupFiles = 1000    // paths compared with the catalog at once
	batchFiles = 512     // files written at once
	batchBytes = 8 << 20 // of content in one batch, but for a single larger file
)

// listing goes through the paths of a snapshot that may differ from the catalog.
type listing struct {
	step     *Step
	message  pipeline.Message // the message that asked for it
	track    catalog.Track
	snapshot catalog.Snapshot
	domain   string // key domain of its texts
	rules    *lang.Rules
	repo     *git.Repo
	diff     *difference     // from the base's commit
	twice    map[string]bool // paths that stand in the tree more than once
	tree     []git.Entry     // the whole tree, if it is small
	whole    bool            // the tree is compared with the catalog, not with the base's tree

	facts chan map[catalog.ChunkingKey][]byte // encoded, to be stored

	looked, removed int // paths, for the log

	begun   int          // batches that a live listing has begun to read
	paced   bool         // a live listing takes turns from now on
	unpaced atomic.Int64 // batches that were read without a turn, and are not stored yet
	turns   atomic.Int64 // turns that the listing has
	waited  bool         // the listing has waited for the workers after it; this is logged once
}

// run reads and stores files at the same time: it reads the next batch while it writes
// one.
func (l *listing) run(ctx context.Context) error {
	defer l.endTurns()
	l.begun, l.paced = 0, false // it may run a second time
	l.unpaced.Store(0)
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []file)
	l.facts = make(chan map[catalog.ChunkingKey][]byte, 1)
	group.Go(func() error {
		l.storeFacts(ctx)
		return nil
	})
	group.Go(func() error {
		defer close(batches)
		return l.read(ctx, batches)
	})
	group.Go(func() error {
		defer close(l.facts)
		for batch := range batches {
			if err := l.store(ctx, batch); err != nil {
				return err
			}
			l.endTurn()
		}
		return nil
	})
	return group.Wait()
}

// storeFacts stores the facts of each batch. A failure costs the graph another parse,
// and the listing nothing.
func (l *listing) storeFacts(ctx context.Context) {
	for found := range l.facts {
		if err := factstore.Put(ctx, l.step.catalog.Core, l.step.catalog.Facts, l.step.blobs, l.domain, found); err != nil && ctx.Err() == nil {
			l.step.log.Warn("facts were not stored; they will be found again", "repository", l.track.URL, "error", err)
		}
	}
}

// read looks at each change and hands on the files to be stored.
func (l *listing) read(ctx context.Context, batches chan<- []file) error {
	r, err := newReader(ctx, l, batches)
	if err != nil {
		return err
	}
	defer r.close()
	var seen []uuid.UUID // for a whole tree: the documents that the track is to keep
	for group, err := range groupsOf(l.changes(ctx), groupFiles) {
		if err != nil {
			return err
		}
		present, gone := l.split(group)
		if l.whole && l.snapshot.Revision > 1 {
			seen = append(seen, idsOf(present)...)
		}
		if err := l.remove(ctx, gone); err != nil {
			return err
		}
		if l.whole {
			if present, err = l.unknown(ctx, present); err != nil {
				return err
			}
		}
		l.looked += len(present)
		if err := r.read(ctx, present); err != nil {
			return err
		}
	}
	if err := r.flush(ctx); err != nil {
		return err
	}
	if l.whole && l.snapshot.Revision > 1 {
		return l.removeOthers(ctx, seen)
	}
	return nil
}

// changes returns the differences from the base, or the whole tree.
func (l *listing) changes(ctx context.Context) iter.Seq2[git.Change, error] {
	if !l.whole {
		return l.diff.from(ctx, l.snapshot.Base.Commit)
	}
	return func(yield func(git.Change, error) bool) {
		seen := make(map[string]bool, len(l.twice))
		for entry, err := range l.entries(ctx) {
			if path := string(entry.Path); err == nil && l.twice[path] {
				if seen[path] {
					continue
				}
				seen[path] = true
				entry.Kind = git.File // judged by its path, which is refused
			}
			if !yield(git.Change{Entry: entry}, err) {
				return
			}
		}
	}
}

// entries lists the whole tree.
func (l *listing) entries(ctx context.Context) iter.Seq2[git.Entry, error] {
	if l.tree == nil {
		return l.repo.Tree(ctx, l.snapshot.Commit)
	}
	return func(yield func(git.Entry, error) bool) {
		for _, e := range l.tree {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// entry is a path of the tree with its document.
type entry struct {
	git.Entry        // its path is for rules alone
	name      []byte // path of the document, without secrets
	id        uuid.UUID
	oid       []byte
}

// document returns the id and the path of the document that stands for a path of the
// tree. A secret in the tree's path is not part of either.
func document(track uuid.UUID, path []byte) (id uuid.UUID, name []byte) {
	name = secret.Path(path)
	return events.DocumentID(track, name), name
}

func (l *listing) split(group []git.Change) (present []entry, gone []uuid.UUID) {
	for _, c := range group {
		id, name := document(l.track.ID, c.Path)
		if c.Deleted {
			gone = append(gone, id)
			continue
		}
		oid, _ := hex.DecodeString(c.OID) // package git has checked that it is hex
		present = append(present, entry{c.Entry, name, id, oid})
	}
	return present, gone
}

// unknown leaves out the entries that the catalog holds unchanged, judged by the same
// rules.
func (l *listing) unknown(ctx context.Context, group []entry) ([]entry, error) {
	base := l.snapshot.Base
	if base == nil || !base.SameRules {
		return group, nil
	}
	known, err := l.step.catalog.KnownFiles(ctx, idsOf(group))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(group, func(e entry) bool {
		k, found := known[e.id]
		return found && k.Revision <= base.Revision && k.Mode == int32(e.Mode) && bytes.Equal(k.OID, e.oid)
	}), nil
}

func idsOf(group []entry) []uuid.UUID {
	ids := make([]uuid.UUID, len(group))
	for i, e := range group {
		ids[i] = e.id
	}
	return ids
}

// removeOthers removes the track's documents that are not in the tree. Call it only
// after the whole tree has been listed. It holds 16 bytes for each file.
func (l *listing) removeOthers(ctx context.Context, seen []uuid.UUID) error {
	compare := func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }
	slices.SortFunc(seen, compare)
	after := uuid.Nil
	for {
		page, err := l.step.catalog.TrackFiles(ctx, l.track.ID, after, groupFiles)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1]
		gone := slices.DeleteFunc(page, func(id uuid.UUID) bool {
			_, found := slices.BinarySearchFunc(seen, id, compare)
			return found
		})
		if err := l.remove(ctx, gone); err != nil {
			return err
		}
	}
}

func (l *listing) remove(ctx context.Context, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	l.removed += len(ids)
	if err := l.step.catalog.RemoveFiles(ctx, l.snapshot, ids); err != nil {
		return err
	}
	return l.publish(ctx, ids)
}

// groupsOf gathers a sequence into slices of at most n.
func groupsOf[T any](all iter.Seq2[T, error], n int) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		var group []T
		for item, err := range all {
			if err != nil {
				yield(nil, fmt.Errorf("list files: %w", err))
				return
			}
			if group = append(group, item); len(group) == n {
				if !yield(group, nil) {
					return
				}
				group = nil
			}
		}
		if len(group) > 0 {
			yield(group, nil)
		}
	}
}
