package syncer_test

import (
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer"
)

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
		n, err := p.Catalog.Submissions.AskForPolls(t.Context(), catalog.Poll{Source: "/leat/syncer", Every: time.Hour, EveryFailed: time.Hour, Most: 10})
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

// A remote that cannot be read is asked less often than the others. The interval is so
// long that none ends during the test.
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
		n, err := p.Catalog.Submissions.AskForPolls(t.Context(), catalog.Poll{Source: "/leat/syncer", Every: time.Hour, EveryFailed: long, Most: 10})
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
		s := syncer.New(syncer.Config{PollInterval: c.interval}, syncer.RoomsOf(p.Catalog), p.Streams(), publisher, p.Logs.Logger())
		if err := s.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		heard := testpipe.Count(p.Events.Drain(t))
		if n := heard[events.TypeRepoSubmitted]; n != c.polls {
			t.Errorf("an interval of %v: %d submissions, want %d", c.interval, n, c.polls)
		}
	}
}
