package catalog_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

func (w *world) tracks(t testing.TB) []catalog.TrackStatus {
	t.Helper()
	tracks, err := w.Tracks(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	return tracks
}

// Documents in each state: the counts add up to the files of the tree.
func TestCountsAddUp(t *testing.T) {
	w := newWorld(t)
	var files []file
	for i := range 12 {
		if i%4 == 3 {
			files = append(files, w.skipped(fmt.Sprint(i), "x", "binary"))
			continue
		}
		files = append(files, w.document(fmt.Sprint(i), "12345678"))
	}
	leaves := w.document("leaves", "x")
	w.list(t, "first", append(slices.Clone(files), leaves)...)
	w.finish(t, 1, leaves)
	w.list(t, "second", files...)
	w.finish(t, 1, files[0], files[1])
	w.do(t, func(ctx context.Context) error {
		return w.MarkEmbedded(ctx, w.active(t).Embedder.ID, []catalog.Current{{ID: files[2].ID, Revision: 1}})
	})
	w.do(t, func(ctx context.Context) error {
		return w.BuryDocument(ctx, catalog.Current{ID: files[4].ID, Revision: 1}, "r")
	})
	tracks := w.tracks(t)
	if len(tracks) != 1 {
		t.Fatalf("tracks = %+v", tracks)
	}
	got := tracks[0]
	want := catalog.Counts{Total: 9, Indexed: 2, Pending: 6, Embedded: 1, Failed: 1, Skipped: 3}
	if got.Documents != want {
		t.Errorf("counts = %+v, want %+v", got.Documents, want)
	}
	n := got.Documents
	if n.Total+n.Skipped != int64(len(files)) || n.Indexed+n.Pending+n.Failed != n.Total {
		t.Errorf("counts do not add up to %d files: %+v", len(files), n)
	}
	if got.Chunks != 18 || got.Revision != 2 || got.Commit != commit("second") || got.State != "indexing" || got.ID != w.track.ID {
		t.Errorf("track = %+v", got)
	}
}

func TestTrackStates(t *testing.T) {
	w := newWorld(t)
	state := func(want catalog.TrackState, reason string) {
		t.Helper()
		tracks := w.tracks(t)
		if len(tracks) != 1 || tracks[0].State != want || tracks[0].Error != reason {
			t.Errorf("tracks = %+v, want one %s %q", tracks, want, reason)
		}
	}
	s := submission("default", repositoryURL, "1")
	w.accept(t, s)
	state("submitted", "")
	w.do(t, func(ctx context.Context) error { return w.Submissions.Fail(ctx, s, "no such ref") })
	state("failed", "no such ref")
	w.accept(t, s)
	snapshot := w.begin(t, "a")
	state("listing", "no such ref") // until it has succeeded
	w.do(t, func(ctx context.Context) error { return w.FinishListing(ctx, snapshot, 0) })
	w.do(t, func(ctx context.Context) error { return w.Submissions.Finish(ctx, s, w.track.ID, 1) })
	state("indexing", "")
	w.do(t, func(ctx context.Context) error { return w.MarkSnapshotIndexed(ctx, w.track.ID, 1) })
	state("indexed", "")
	if tracks, err := w.Tracks(t.Context(), "other"); err != nil || len(tracks) != 0 {
		t.Errorf("another tenant sees %+v (%v)", tracks, err)
	}
}

func TestOpenWork(t *testing.T) {
	w := newWorld(t)
	open := func(want int) {
		t.Helper()
		if n, err := w.Gauges.CountOpen(t.Context()); err != nil || n != want {
			t.Errorf("%d are open, want %d (%v)", n, want, err)
		}
	}
	open(0)
	s := submission("default", repositoryURL, "1")
	w.accept(t, s)
	open(1)
	snapshot := w.begin(t, "a")
	open(2)
	w.do(t, func(ctx context.Context) error { return w.FinishListing(ctx, snapshot, 0) })
	w.do(t, func(ctx context.Context) error { return w.Submissions.Finish(ctx, s, w.track.ID, 1) })
	open(1)
	w.do(t, func(ctx context.Context) error { return w.MarkSnapshotIndexed(ctx, w.track.ID, 1) })
	open(0)
}

// A hit shows lines that are in the file at the commit it names.
func TestCurrentCommits(t *testing.T) {
	w := newWorld(t)
	same, changes, pending := w.document("a", "x"), w.document("b", "x"), w.document("c", "x")
	w.list(t, "first", same, changes, pending)
	w.finish(t, 1, same, changes)
	w.list(t, "second", same, changes, pending)
	next := w.begin(t, "third")
	w.put(t, next, w.document("b", "changed"))
	w.finish(t, 3, changes) // indexed already, and yet not in the current commit
	got, err := w.CurrentCommits(t.Context(), []uuid.UUID{same.ID, changes.ID, pending.ID})
	if want := (catalog.CurrentCommit{Revision: 1, Commit: commit("second"), At: 2}); err != nil || len(got) != 1 || got[same.ID] != want {
		t.Errorf("commits = %+v, want %+v for the unchanged one alone (%v)", got, want, err)
	}
}

func TestPaging(t *testing.T) {
	w := newWorld(t)
	var files []file
	for i := range 9 {
		files = append(files, w.skipped(fmt.Sprint("s", i), "x", "binary"), w.document(fmt.Sprint("d", i), fmt.Sprint(i)))
	}
	w.list(t, "first", files...)
	elsewhere := w.newTrack(t, "default", "https://example.org/elsewhere", "refs/heads/main")
	s, err := w.BeginSnapshot(t.Context(), elsewhere, commit("a"), rules("", ""), 0, live)
	if err != nil {
		t.Fatal(err)
	}
	w.put(t, s, documentOf(elsewhere, "a", "x", "Go"))
	repository := w.track.Repository
	skipped := pages(t, func(after uuid.UUID, most int) ([]uuid.UUID, error) {
		page, err := w.Flow.SkippedFiles(t.Context(), repository, after, most)
		return idsOf(page, func(s catalog.Skipped) uuid.UUID { return s.ID }), err
	})
	if skipped != 9 {
		t.Errorf("%d skipped, want 9", skipped)
	}
	contents := pages(t, func(after uuid.UUID, most int) ([]uuid.UUID, error) {
		page, err := w.Contents(t.Context(), after, most)
		return idsOf(page, func(c catalog.Content) uuid.UUID { return c.ID }), err
	})
	if contents != 19 {
		t.Errorf("%d contents, want 19", contents)
	}
	for _, test := range []struct {
		repository uuid.UUID
		want       int
	}{{repository, 18}, {elsewhere.Repository, 1}} {
		tracks, err := w.TrackIDs(t.Context(), test.repository)
		if err != nil || len(tracks) != 1 {
			t.Fatalf("tracks %v (%v), want one", tracks, err)
		}
		contents := pages(t, func(after uuid.UUID, most int) ([]uuid.UUID, error) {
			page, err := w.TrackContents(t.Context(), tracks[0], after, most)
			for _, c := range page {
				if c.Repository != test.repository || c.Tenant != "default" || c.Track != tracks[0] {
					t.Errorf("a document of another: %+v", c)
				}
			}
			return idsOf(page, func(c catalog.Content) uuid.UUID { return c.ID }), err
		})
		if contents != test.want {
			t.Errorf("%d contents of track %s, want %d", contents, tracks[0], test.want)
		}
	}
	repositories := pages(t, func(after uuid.UUID, most int) ([]uuid.UUID, error) {
		return w.RepositoryIDs(t.Context(), after, uuid.Max, most)
	})
	if repositories != 2 {
		t.Errorf("%d repositories, want 2", repositories)
	}
	if ids, err := w.RepositoryIDs(t.Context(), uuid.Nil, uuid.Nil, 10); err != nil || len(ids) != 0 {
		t.Errorf("repositories %v (%v) above the last one asked for", ids, err)
	}
	var keys []string
	for {
		packs, err := w.Packs.List(t.Context(), append([]string{""}, keys...)[len(keys)], 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(packs) == 0 {
			break
		}
		keys = append(keys, packs[0].Key)
	}
	if len(keys) != 2 || !slices.IsSorted(keys) {
		t.Errorf("packs = %q", keys)
	}
}

// pages reads to the end, two at a time, and checks that ids ascend.
func pages(t *testing.T, read func(after uuid.UUID, most int) ([]uuid.UUID, error)) int {
	t.Helper()
	after, n := uuid.Nil, 0
	for {
		page, err := read(after, 2)
		if err != nil || len(page) > 2 {
			t.Fatalf("%d on a page of 2 (%v)", len(page), err)
		}
		if len(page) == 0 {
			return n
		}
		for _, id := range page {
			if id.String() <= after.String() {
				t.Errorf("%s follows %s", id, after)
			}
			after = id
			n++
		}
	}
}

func idsOf[T any](page []T, id func(T) uuid.UUID) (ids []uuid.UUID) {
	for _, item := range page {
		ids = append(ids, id(item))
	}
	return ids
}

func TestContentsAndSpans(t *testing.T) {
	w := newWorld(t)
	a, empty := w.document("a", "content"), w.document("empty", "")
	w.list(t, "first", a, empty)
	w.finish(t, 1, a)
	contents, err := w.ContentsOf(t.Context(), []uuid.UUID{a.ID, uuid.New()})
	want := catalog.Content{
		ID: a.ID, Track: w.track.ID, Repository: w.track.Repository, Tenant: "default", Revision: 1, State: "indexed", HasPoints: true,
		Blob: a.Content.Blob, Chunker: chunker, Chunks: 2,
	}
	if err != nil || len(contents) != 1 || contents[0] != want {
		t.Errorf("contents = %+v, want %+v (%v)", contents, want, err)
	}
	spans, err := w.BlobSpans(t.Context(), [][]byte{a.Content.Blob[:], empty.Content.Blob[:], make([]byte, 32)})
	if span := spans[a.Content.Blob]; err != nil || len(spans) != 1 || span.Size != 7 || span.CRC != 4_000_000_000 || span.Object == "" {
		t.Errorf("spans = %+v (%v)", spans, err)
	}
}
