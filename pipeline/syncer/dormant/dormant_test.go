package dormant_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/syncer/dormant"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/vector"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// night is a pipe whose embedder counts, with the keeper that turns its tracks.
type night struct {
	*testpipe.Pipe
	keeper *dormant.Keeper
	count  *testpipe.Counting
}

func open(t *testing.T) night { return openWith(t, testpipe.Config{}) }

func openWith(t *testing.T, cfg testpipe.Config) night {
	t.Helper()
	count := &testpipe.Counting{Embedder: embedder.Local{}}
	cfg.Embedder = count
	p := testpipe.Open(t, cfg)
	return night{p, dormant.New(dormant.Config{}, p.Catalog, p.Catalog.Dormancy, p.Catalog.Generations, p.Catalog.Locks, p.Points, announce.New(p.Broker, "/leat/syncer"), p.Logs.Logger()), count}
}

func trackOf(r *testpipe.Repo) uuid.UUID {
	return events.TrackID(events.RepositoryID(events.DefaultTenant, r.Dir), "refs/heads/main")
}

func (n night) look(t *testing.T) {
	t.Helper()
	if err := n.keeper.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// sleep lets the track of a repository fall asleep, to the end.
func (n night) sleep(t *testing.T, r *testpipe.Repo) {
	t.Helper()
	if turned, err := n.Catalog.Dormancy.Sleep(t.Context(), []uuid.UUID{trackOf(r)}); err != nil || len(turned) != 1 {
		t.Fatal(turned, err)
	}
	n.look(t)
	if got := n.One(t, "select turning from tracks where id = $1", trackOf(r)); got != "false" {
		t.Fatalf("turning: %s", got)
	}
}

// wake brings the track of a repository back, to the end.
func (n night) wake(t *testing.T, r *testpipe.Repo) {
	t.Helper()
	if turned, err := n.Catalog.Dormancy.Wake(t.Context(), []uuid.UUID{trackOf(r)}); err != nil || len(turned) != 1 {
		t.Fatal(turned, err)
	}
	n.look(t)
	if got := n.One(t, "select turning from tracks where id = $1", trackOf(r)); got != "true" {
		t.Fatalf("before the indexer has written: turning %s", got)
	}
	n.Settle(t)
	n.look(t)
	if got := n.One(t, "select turning from tracks where id = $1", trackOf(r)); got != "false" {
		t.Fatalf("turning: %s", got)
	}
}

func (n night) pointsOf(t *testing.T, r *testpipe.Repo) uint64 {
	t.Helper()
	held, err := n.Points.CountOf(t.Context(), n.Generation.Collection, events.RepositoryID(events.DefaultTenant, r.Dir))
	if err != nil {
		t.Fatal(err)
	}
	return held
}

// compare does all of the comparison once, and returns the differences.
func (n night) compare(t *testing.T) (found int64) {
	t.Helper()
	points := point.New(point.Config{Alias: n.Config().Index, Interval: time.Hour}, n.Catalog, n.Catalog.Generations, n.Catalog.Schedule, n.Points, n.Logs.Logger())
	for _, w := range points.Work() {
		did, err := n.Now(t, w)
		if err != nil {
			t.Fatalf("%s: %v", w.Kind, err)
		}
		found += did.Found
	}
	return found
}

// A sleeping track has no points, and the comparison finds no difference. When it has woken,
// the index is what it was, and nothing was embedded.
func TestATrackSleepsAndWakes(t *testing.T) {
	n := open(t)
	old := n.IngestTree(t, testpipe.Sample(4, "same"))
	other := n.IngestTree(t, testpipe.Sample(4, "same"))
	n.Settle(t)
	whole, theirs, texts := n.Digest(t), n.DigestOf(t, other), n.count.Texts.Load()

	n.sleep(t, old)
	if held := n.pointsOf(t, old); held != 0 {
		t.Errorf("%d points of a track that sleeps", held)
	}
	if got := n.DigestOf(t, other); got != theirs {
		t.Errorf("the other track has %+v, had %+v", got, theirs)
	}
	if report, found := n.Verify(t); !report.OK || report.Dormant != 4 || report.Documents != 4 {
		t.Errorf("%+v %q", report, found)
	}
	if found := n.compare(t); found != 0 {
		t.Errorf("%d differences", found)
	}
	n.CheckReadable(t)

	n.wake(t, old)
	n.CheckClean(t)
	if got := n.Digest(t); got != whole {
		t.Errorf("digest %+v, was %+v", got, whole)
	}
	if got := n.count.Texts.Load(); got != texts {
		t.Errorf("%d texts were embedded", got-texts)
	}
}

// A push updates the catalog's rows of a dormant track, and leaves it asleep.
func TestAPushLeavesADormantTrackAsleep(t *testing.T) {
	n := open(t)
	repo := n.IngestTree(t, testpipe.Text("same.txt", "same\n", "changed.txt", "old\n", "gone.txt", "gone\n", "skipped.txt", "text\n"))
	n.Settle(t)
	n.sleep(t, repo)
	commit := repo.Commit(t, testpipe.Text("same.txt", "same\n", "changed.txt", "new\n", "come.txt", "come\n", "skipped.txt", "\x00"))
	n.Submit(t, repo)
	n.SettleOwed(t)
	if held := n.pointsOf(t, repo); held != 0 {
		t.Errorf("%d points of a track that sleeps", held)
	}
	if got := n.One(t, "select encode(commit, 'hex'), state from snapshots where state <> 'superseded'"); got != commit+" indexed" {
		t.Errorf("the snapshot is %s", got)
	}
	if report, found := n.Verify(t); !report.OK || report.Dormant != 3 {
		t.Errorf("%+v %q", report, found)
	}
	n.wake(t, repo)
	n.CheckClean(t)

	fresh := testpipe.Open(t, testpipe.Config{})
	fresh.Submit(t, repo)
	fresh.Settle(t)
	if got, want := n.Digest(t), fresh.Digest(t); got != want {
		t.Errorf("digest %+v, one that never slept has %+v", got, want)
	}
}

// The comparison finds points that are left of a sleeping track, and deletes them.
func TestPointsLeftBehindAreFound(t *testing.T) {
	n := open(t)
	repo := n.IngestTree(t, testpipe.Sample(2, "r"))
	n.Settle(t)
	all := n.AllPoints(t)
	n.sleep(t, repo)
	n.WritePoints(t, all...)
	if report, _ := n.Verify(t); report.OK || report.StalePoints != int64(len(all)) {
		t.Errorf("%+v", report)
	}
	if found := n.compare(t); found != int64(len(all)) {
		t.Errorf("%d differences, want %d", found, len(all))
	}
	n.CheckClean(t)
}

// A turn that was cut short after documents were marked begins anew.
func TestASleepThatWasCutShortGoesOn(t *testing.T) {
	n := open(t)
	repo := n.IngestTree(t, testpipe.Sample(3, "r"))
	n.Settle(t)
	if _, err := n.Catalog.Dormancy.Sleep(t.Context(), []uuid.UUID{trackOf(repo)}); err != nil {
		t.Fatal(err)
	}
	if docs, err := n.Catalog.Dormancy.SleepDocuments(t.Context(), trackOf(repo), uuid.Nil, 2); err != nil || len(docs) != 2 {
		t.Fatal(docs, err)
	}
	n.look(t)
	if held := n.pointsOf(t, repo); held != 0 {
		t.Errorf("%d points", held)
	}
	n.CheckClean(t)
}

// turning is a vector store that turns a track in the middle of a write.
type turning struct {
	vector.Store
	upsert, remove func()
}

func (s *turning) Upsert(ctx context.Context, collection string, points []vector.Point) error {
	if do := s.upsert; do != nil && len(points) > 0 {
		s.upsert = nil
		do()
	}
	return s.Store.Upsert(ctx, collection, points)
}

func (s *turning) DeleteOlder(ctx context.Context, collection string, documents []vector.Stale) error {
	if do := s.remove; do != nil {
		s.remove = nil
		do()
	}
	return s.Store.DeleteOlder(ctx, collection, documents)
}

// An indexer that is writing while a track falls asleep, or deleting while it wakes, sees
// that the track has turned.
func TestATrackTurnsWhileTheIndexerWrites(t *testing.T) {
	points := &turning{}
	n := openWith(t, testpipe.Config{Points: func(s vector.Store) vector.Store { points.Store = s; return points }})
	repo := n.IngestTree(t, testpipe.Text("a.txt", "one\n"))
	n.Settle(t)

	repo.Commit(t, testpipe.Text("a.txt", "two\n"))
	points.upsert = func() { n.sleep(t, repo) }
	n.Submit(t, repo)
	n.Settle(t)
	if held := n.pointsOf(t, repo); points.upsert != nil || held != 0 {
		t.Errorf("%d points of a track that fell asleep", held)
	}
	n.CheckClean(t)

	repo.Commit(t, testpipe.Text("a.txt", "three\n"))
	points.remove = func() {
		if _, err := n.Catalog.Dormancy.Wake(t.Context(), []uuid.UUID{trackOf(repo)}); err != nil {
			t.Error(err)
		}
	}
	n.Submit(t, repo)
	n.Settle(t)
	n.look(t)
	n.Settle(t)
	if held := n.pointsOf(t, repo); points.remove != nil || held == 0 {
		t.Errorf("%d points of a track that woke", held)
	}
	n.CheckClean(t)
}

// A track with a failed document falls asleep and wakes with its other documents.
func TestADocumentThatFailedDoesNotHoldATrack(t *testing.T) {
	n := open(t)
	repo := n.IngestTree(t, testpipe.Text("a.txt", "one\n", "b.txt", "two\n"))
	n.Settle(t)
	whole := n.Digest(t)
	id := events.DocumentID(trackOf(repo), []byte("a.txt"))
	n.Rows(t, "update documents set state = 'failed', error = 'e', due_at = 'infinity' where id = $1", id)
	n.sleep(t, repo)
	if held := n.pointsOf(t, repo); held != 0 {
		t.Errorf("%d points", held)
	}
	n.CheckClean(t)
	n.wake(t, repo)
	n.CheckClean(t)
	n.Rows(t, "update documents set due_at = now() where id = $1", id) // as a retry by hand does
	n.ConsumeAll(t)
	n.MustDeliver(t, n.Look(t)...)
	n.Settle(t)
	if got := n.Digest(t); got != whole {
		t.Errorf("digest %+v, was %+v", got, whole)
	}
}

// Only tracks that nobody has searched for a while fall asleep.
func TestTracksFallAsleepThatNobodySearches(t *testing.T) {
	n := open(t)
	idle, searched, fresh := n.IngestTree(t, testpipe.Text("a.txt", "a\n")), n.IngestTree(t, testpipe.Text("a.txt", "b\n")), n.IngestTree(t, testpipe.Text("a.txt", "c\n"))
	n.Settle(t)
	ctx := t.Context()
	n.Rows(t, "update tracks set searched_at = now() - interval '1 hour' where id <> $1", trackOf(fresh))
	if err := n.Catalog.Dormancy.NoteSearched(ctx, []uuid.UUID{trackOf(searched), trackOf(fresh)}, 5*time.Minute); err != nil {
		t.Fatal(err)
	}
	keeper := dormant.New(dormant.Config{After: 30 * time.Minute}, n.Catalog, n.Catalog.Dormancy, n.Catalog.Generations, n.Catalog.Locks, n.Points, announce.New(n.Broker, "/leat/syncer"), n.Logs.Logger())
	if err := keeper.Look(ctx); err != nil {
		t.Fatal(err)
	}
	for repo, asleep := range map[*testpipe.Repo]bool{idle: true, searched: false, fresh: false} {
		if held := n.pointsOf(t, repo); (held == 0) != asleep {
			t.Errorf("%d points of %s", held, repo.Dir)
		}
	}
	counts, err := n.Catalog.Dormancy.Count(ctx, events.DefaultTenant, nil)
	if err != nil || len(counts) != 1 || counts[idle.Dir] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	if turned, err := n.Catalog.Dormancy.Sleep(ctx, []uuid.UUID{trackOf(idle)}); err != nil || len(turned) != 0 {
		t.Errorf("twice: %v, %v", turned, err)
	}
}

// A dormant track is forgotten like any other.
func TestADormantTrackIsForgotten(t *testing.T) {
	n := open(t)
	repo := n.IngestTree(t, testpipe.Sample(2, "r"))
	n.Settle(t)
	n.sleep(t, repo)
	if _, err := n.Catalog.Removals.Forget(t.Context(), events.RepositoryID(events.DefaultTenant, repo.Dir)); err != nil {
		t.Fatal(err)
	}
	if turned, err := n.Catalog.Dormancy.Wake(t.Context(), []uuid.UUID{trackOf(repo)}); err != nil || len(turned) != 0 {
		t.Errorf("%v, %v", turned, err)
	}
	for range 3 {
		if err := n.Sync.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		n.Settle(t)
	}
	if left := n.Rows(t, "select id from tracks union all select id from documents"); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

// Documents wake in the order of their chunkings, so that their vectors are read along packs.
func TestDocumentsWakeInTheOrderOfPacks(t *testing.T) {
	n := open(t)
	repo := n.IngestTree(t, testpipe.Sample(20, "r"))
	n.Settle(t)
	n.sleep(t, repo)
	want := n.Rows(t, "select id::text from documents where track = $1 order by chunking", trackOf(repo))
	var got []string
	for after := uuid.Nil; ; {
		ids, last, err := n.Catalog.Dormancy.AsleepDocuments(t.Context(), trackOf(repo), after, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) == 0 {
			break
		}
		for _, id := range ids {
			got = append(got, id.String())
		}
		after = last
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	seen := make(map[uuid.UUID]bool)
	for after := uuid.Nil; ; { // in pages
		ids, last, err := n.Catalog.Dormancy.AsleepDocuments(t.Context(), trackOf(repo), after, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) == 0 {
			break
		}
		for _, id := range ids {
			seen[id] = true
		}
		after = last
	}
	if len(seen) != len(want) {
		t.Errorf("%d documents in pages, want %d", len(seen), len(want))
	}
}
