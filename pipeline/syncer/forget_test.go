package syncer_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/syncer"
)

// submitted hands the ingestor a repository at a ref, and returns the event.
func submitted(t *testing.T, p *testpipe.Pipe, r *testpipe.Repo, ref string) pipeline.Message {
	t.Helper()
	m := testpipe.Submission(t, events.DefaultTenant, events.RepoSubmitted{URL: r.Dir, Ref: ref})
	if err := p.Ingest.Handle(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m
}

// forget marks a repository, or some of its refs.
func forget(t *testing.T, p *testpipe.Pipe, r *testpipe.Repo, refs ...string) {
	t.Helper()
	if _, err := p.Catalog.Forget(t.Context(), events.RepositoryID(events.DefaultTenant, r.Dir), refs...); err != nil {
		t.Fatal(err)
	}
}

// tend lets the syncer go on with what is being forgotten, to its end.
func tend(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	for range 4 { // mark, remove, drop the track, drop the repository
		if err := p.Sync.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.Settle(t)
	}
}

// nothingLeft says what the catalog still holds of any repository.
func nothingLeft(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	for _, table := range []string{"repositories", "tracks", "snapshots", "documents", "dead_letters", "approvals"} {
		if n := p.One(t, "select count(*) from "+table); n != "0" {
			t.Errorf("%s rows in %s", n, table)
		}
	}
	if n := p.One(t, "select count(*) from submissions where repository is not null or ref <> '' or forgotten_at is null"); n != "0" {
		t.Errorf("%s submissions tell of the repository", n)
	}
	if d := p.Digest(t); d.Points != 0 {
		t.Errorf("%d points", d.Points)
	}
	if report, found := p.Verify(t); !report.OK {
		t.Errorf("verify: %+v: %v", report, found)
	}
}

// numbered makes a tree of n files.
func numbered(n int) testpipe.Tree {
	tree := make(testpipe.Tree)
	for i := range n {
		tree[fmt.Sprintf("file%03d.txt", i)] = testpipe.File{Content: fmt.Sprintf("the text of file %d\n", i)}
	}
	return tree
}

// tally counts the texts that are embedded.
type tally struct {
	embedder.Embedder
	texts atomic.Int64
}

func (c *tally) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	c.texts.Add(int64(len(texts)))
	return c.Embedder.Embed(ctx, texts, purpose)
}

func TestARepositoryIsForgotten(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo, other := testpipe.NewRepo(t), testpipe.NewRepo(t)
	repo.Commit(t, numbered(20))
	other.Commit(t, testpipe.Text("o.txt", "other\n"))
	submitted(t, p, other, "")
	p.Settle(t)
	before := p.Digest(t)
	event := submitted(t, p, repo, "")
	repo.Git(t, nil, "-C", repo.Dir, "update-ref", "refs/tags/v1", "main")
	submitted(t, p, repo, "v1")
	heard := p.Settle(t)

	for range 2 { // idempotent
		forget(t, p, repo)
	}
	if n := p.One(t, "select count(*) from snapshots s join tracks t on t.id = s.track where t.forgotten_at is not null and s.state <> 'superseded'"); n != "0" {
		t.Errorf("%s snapshots of what is being forgotten count as indexed", n)
	}
	tracks, err := p.Catalog.Tracks(t.Context(), events.DefaultTenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range tracks {
		if want := s.URL == repo.Dir; (s.State == "forgetting") != want {
			t.Errorf("%s %s is %s", s.URL, s.Ref, s.State)
		}
	}
	tend(t, p)
	if now := p.Digest(t); now != before {
		t.Errorf("the other repository's index changed: %+v, was %+v", now, before)
	}
	// Late, repeated and from before: no point, and no repository.
	for _, m := range append(heard, event) {
		m.Delivered, m.Again = 2, true
		for _, err := range p.Deliver(t, m) {
			if err != nil {
				t.Errorf("%s delivered late: %v", m.Type, err)
			}
		}
	}
	p.Settle(t)
	if now := p.Digest(t); now != before {
		t.Errorf("late events left points: %+v, was %+v", now, before)
	}
	if err := p.Ingest.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if mirrors, err := p.Mirrors.List(); err != nil || len(mirrors) != 1 {
		t.Errorf("mirrors %q, %v; want the other repository's", mirrors, err)
	}
	forget(t, p, other)
	tend(t, p)
	nothingLeft(t, p)
}

// Wherever it is interrupted, a new submission indexes the repository anew.
func TestASubmissionCallsARepositoryBackAtAnyPoint(t *testing.T) {
	for _, test := range []struct {
		name string
		upTo func(*testing.T, *testpipe.Pipe)
	}{
		{"at once", func(*testing.T, *testpipe.Pipe) {}},
		{"documents removed, points there", func(t *testing.T, p *testpipe.Pipe) {
			if err := p.Sync.Forget(t.Context()); err != nil {
				t.Fatal(err)
			}
		}},
		{"points gone", func(t *testing.T, p *testpipe.Pipe) {
			if err := p.Sync.Forget(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.Settle(t)
		}},
		{"all gone", tend},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			embedded := &tally{Embedder: embedder.Local{}}
			p := testpipe.Open(t, testpipe.Config{Embedder: embedded})
			repo := testpipe.NewRepo(t)
			repo.Commit(t, numbered(20))
			submitted(t, p, repo, "")
			repo.Git(t, nil, "-C", repo.Dir, "update-ref", "refs/tags/v1", "main")
			submitted(t, p, repo, "v1")
			p.Settle(t)
			forget(t, p, repo, "refs/tags/v1")
			tend(t, p)
			want, texts := p.Digest(t), embedded.texts.Load()
			submitted(t, p, repo, "v1")
			p.Settle(t)

			forget(t, p, repo)
			test.upTo(t, p)
			submitted(t, p, repo, "")
			p.Settle(t)
			tend(t, p)
			if now := p.Digest(t); now != want || now.Points == 0 {
				t.Errorf("digest %+v, want %+v", now, want)
			}
			if rows := p.Rows(t, "select t.ref from tracks t"); len(rows) != 1 || rows[0] != "refs/heads/main" {
				t.Errorf("tracks %q, want the one submitted again", rows)
			}
			if n := embedded.texts.Load(); n != texts {
				t.Errorf("%d texts were embedded again", n-texts)
			}
			if report, found := p.Verify(t); !report.OK {
				t.Errorf("verify: %+v: %v", report, found)
			}
			if n := p.One(t, "select count(*) from repositories where forgotten_at is not null"); n != "0" {
				t.Error("the repository is still being forgotten")
			}
		})
	}
}

// A worker that read a document before it was forgotten writes its points
// after it has come back.
func TestALateWriteOfAFormerLifeIsTakenBack(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	for _, content := range []string{"one\n", "two\n", "three\n"} {
		repo.Commit(t, testpipe.Text("a.txt", content))
		submitted(t, p, repo, "")
		p.Settle(t)
	}
	before := p.One(t, "select max(revision) from snapshots")
	forget(t, p, repo)
	tend(t, p)
	submitted(t, p, repo, "")
	p.Settle(t)
	if n := p.One(t, "select count(*) from snapshots where revision <= $1", before); n != "0" {
		t.Errorf("a revision was handed out twice: late writes of the first could not be told from the second's")
	}
}

func TestAnEventThatIsDeliveredOnceMoreBringsNothingBack(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, numbered(5))
	m := submitted(t, p, repo, "")
	p.Settle(t)
	forget(t, p, repo)
	for range 2 { // while it is being forgotten, and after
		if err := p.Ingest.Handle(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if err := p.Ingest.Bury(t.Context(), m, "late"); err != nil {
			t.Fatal(err)
		}
		if n, err := p.Ingest.Delay(t.Context(), m, "late", catalog.Backoff{First: time.Second}); n != 0 || err != nil {
			t.Errorf("attempts %d, %v; want none", n, err)
		}
		tend(t, p)
		nothingLeft(t, p)
	}
}

func TestTracksArePolledOnceAnInterval(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "a\n"))
	submitted(t, p, repo, "")
	repo.CommitTo(t, "refs/heads/gone", testpipe.Text("b.txt", "b\n"))
	submitted(t, p, repo, "gone")
	repo.Git(t, nil, "-C", repo.Dir, "update-ref", "-d", "refs/heads/gone")
	submitted(t, p, repo, "gone")
	p.Settle(t)
	ask := func() int {
		n, err := p.Catalog.AskForPolls(t.Context(), catalog.Poll{Source: "/leat/syncer", Every: time.Hour, EveryFailed: time.Hour, Most: 10})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const age = "update tracks set polled_at = now() - interval '2 hours'"
	p.Rows(t, age)
	if n := ask(); n != 1 {
		t.Fatalf("%d tracks polled, want one: the other's ref is gone", n)
	}
	if n := p.One(t, "select count(*) from tracks where polled_at > now() - interval '1 hour'"); n != "1" {
		t.Errorf("%s tracks were polled in the last hour, want 1", n)
	}
	p.Rows(t, age)
	if n := ask(); n != 0 {
		t.Errorf("%d polled while one is pending", n)
	}

	commit := repo.Commit(t, testpipe.Text("a.txt", "new\n"))
	if err := p.Sync.Look(t.Context()); err != nil { // publishes it
		t.Fatal(err)
	}
	p.Settle(t)
	if now := p.One(t, "select encode(commit, 'hex') from snapshots s join tracks t on t.id = s.track where t.ref = 'refs/heads/main' and s.state = 'indexed'"); now != commit {
		t.Errorf("commit %s, want %s", now, commit)
	}
	p.Rows(t, "update tracks set polled_at = now()")
	if n := ask(); n > 1 { // the boundary of an interval may lie in between
		t.Errorf("%d polled at once again", n)
	}
	p.Rows(t, age)
	ask()
	if n := p.One(t, "select count(*) from submissions where source = '/leat/syncer' and state <> 'pending'"); n != "0" {
		t.Errorf("%s old polls are kept", n)
	}
}

// A remote that cannot be read is asked for less often than the others; the
// interval is long enough that no boundary of it lies in between.
func TestAFailedRepositoryIsPolledLessOften(t *testing.T) {
	const long = 100 * 365 * 24 * time.Hour
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "a\n"))
	submitted(t, p, repo, "")
	p.Rows(t, "update tracks set polled_at = now() - interval '2 hours'")
	for _, c := range []struct {
		problem any
		polled  int
	}{{"no such host", 0}, {nil, 1}} {
		p.Rows(t, "update repositories set error = $1", c.problem)
		n, err := p.Catalog.AskForPolls(t.Context(), catalog.Poll{Source: "/leat/syncer", Every: time.Hour, EveryFailed: long, Most: 10})
		if err != nil || n != c.polled {
			t.Errorf("its error is %v, and %d are polled (%v); want %d", c.problem, n, err, c.polled)
		}
	}
}

func TestALookPollsIfItIsToldTo(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "a\n"))
	submitted(t, p, repo, "")
	p.Events.Drain(t)
	p.Rows(t, "update tracks set polled_at = now() - interval '2 hours'")
	for _, c := range []struct {
		interval time.Duration
		polls    int
	}{{0, 0}, {time.Hour, 1}} {
		publisher := announce.New(p.Broker, "/leat/syncer")
		s := syncer.New(syncer.Config{PollInterval: c.interval}, p.Catalog, p.Broker, publisher, p.Logs.Logger())
		if err := s.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		heard := testpipe.Count(p.Events.Drain(t))
		if n := heard[events.TypeRepoSubmitted]; n != c.polls {
			t.Errorf("an interval of %v: %d submissions, want %d", c.interval, n, c.polls)
		}
	}
}

func TestRetentionKeepsWhatIsNeeded(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	for i := range 6 {
		repo.Commit(t, testpipe.Text("stays.txt", "since the first\n", "a.txt", string(rune('a'+i))))
		submitted(t, p, repo, "")
		p.Settle(t)
	}
	p.Rows(t, "update submissions set created_at = now() - interval '31 days' where revision <= 3")
	p.Rows(t, "update submissions set state = 'pending', due_at = now(), track = null, revision = null where revision = 3")
	work := syncer.Retain(syncer.Retention{Snapshots: 2}, p.Catalog)
	if err := work.Do(t.Context(), &syncer.Run{}); err != nil {
		t.Fatal(err)
	}
	if got := p.One(t, "select string_agg(revision::text, ' ' order by revision) from snapshots"); got != "1 4 5 6" {
		t.Errorf("snapshots %s; want the current one, two before it, and the one that stays.txt is of", got)
	}
	if got := p.One(t, "select string_agg(coalesce(revision::text, state), ' ' order by revision) from submissions"); got != "4 5 6 pending" {
		t.Errorf("submissions of revisions %s, want those of the last 30 days, and the one that is not over", got)
	}
	if report, found := p.Verify(t); !report.OK {
		t.Errorf("verify: %+v: %v", report, found)
	}
}
