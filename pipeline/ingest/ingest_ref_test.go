package ingest_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// tracks lists the default tenant's tracks by ref.
func tracks(t *testing.T, p *testpipe.Pipe) map[string]catalog.TrackStatus {
	t.Helper()
	list, err := p.Catalog.Tracks(t.Context(), events.DefaultTenant)
	if err != nil {
		t.Fatal(err)
	}
	byRef := make(map[string]catalog.TrackStatus)
	for _, s := range list {
		byRef[s.Ref] = s
	}
	return byRef
}

// tend lets the syncer finish what is being forgotten.
func tend(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	for range 4 { // mark, remove, drop the track, drop the repository
		if err := p.Sync.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.Settle(t)
	}
}

func TestARefThatLeftTheRemoteKeepsItsIndex(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "a\n"))
	repo.CommitTo(t, "refs/heads/feature", testpipe.Text("b.txt", "b\n"))
	submit(t, p, repo, "")
	submit(t, p, repo, "feature")
	before := p.Digest(t)

	repo.Git(t, nil, "-C", repo.Dir, "update-ref", "-d", "refs/heads/feature")
	submit(t, p, repo, "feature")
	all := tracks(t, p)
	if s := all["refs/heads/feature"]; !strings.Contains(s.Error, "no such ref") || s.State != "indexed" {
		t.Errorf("the track of the ref that is gone: %+v", s)
	}
	if s := all["refs/heads/main"]; s.Error != "" {
		t.Errorf("the other track says %q", s.Error)
	}
	if now := p.Digest(t); now != before {
		t.Errorf("the index changed: %+v, was %+v", now, before)
	}
	for what, statement := range map[string]string{
		"submissions to try again": "select count(*) from submissions where state = 'pending'",
		"dead letters":             "select count(*) from dead_letters",
	} {
		if n := p.One(t, statement); n != "0" {
			t.Errorf("%s %s", n, what)
		}
	}

	repo.CommitTo(t, "refs/heads/feature", testpipe.Text("c.txt", "c\n"))
	submit(t, p, repo, "refs/heads/feature")
	if s := tracks(t, p)["refs/heads/feature"]; s.Error != "" || s.Documents.Indexed != 1 {
		t.Errorf("the ref is back, and its track is %+v", s)
	}
}

// A ref whose deletion is reported leaves the index when a look at the remote confirms
// it, and stays when the remote still has it.
func TestAReportedDeletionIsConfirmedAtTheRemote(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "a\n"))
	repo.CommitTo(t, "refs/heads/feature", testpipe.Text("b.txt", "b\n"))
	submit(t, p, repo, "")
	submit(t, p, repo, "feature")
	id := tracks(t, p)["refs/heads/main"].Repository
	report := func(ref string, want int) {
		t.Helper()
		if got, err := p.Catalog.ReportGone(t.Context(), id, ref); err != nil || len(got) != want {
			t.Fatalf("report of %s: %v, %v", ref, got, err)
		}
	}

	report("refs/heads/feature", 1) // too early, or about an earlier branch of the name
	submit(t, p, repo, "feature")
	tend(t, p)
	if all := tracks(t, p); all["refs/heads/feature"].State != "indexed" || all["refs/heads/feature"].Error != "" {
		t.Fatalf("the remote has the ref, and the track is %+v", all["refs/heads/feature"])
	}

	repo.Git(t, nil, "-C", repo.Dir, "update-ref", "-d", "refs/heads/feature")
	report("refs/heads/feature", 1) // the look has taken the first report back
	report("refs/heads/feature", 0) // said twice
	report("refs/heads/nosuch", 0)
	report("refs/heads/main", 0) // follows the default branch
	submit(t, p, repo, "feature")
	submit(t, p, repo, "feature") // while the track is being forgotten
	tend(t, p)
	if all := tracks(t, p); len(all) != 1 || all["refs/heads/main"].State != "indexed" {
		t.Errorf("tracks: %+v", all)
	}
	if report, found := p.Verify(t); !report.OK || report.Documents != 1 {
		t.Errorf("verify: %+v: %v", report, found)
	}
	if n := p.One(t, "select count(*) from dead_letters"); n != "0" {
		t.Errorf("%s dead letters", n)
	}

	submit(t, p, repo, "main") // now somebody has asked for it by name
	report("refs/heads/main", 1)
	repo.Git(t, nil, "-C", repo.Dir, "update-ref", "-d", "refs/heads/main")
	submit(t, p, repo, "main")
	tend(t, p)
	if list, err := p.Catalog.Tracks(t.Context(), events.DefaultTenant); err != nil || len(list) != 0 {
		t.Errorf("the last ref is gone, and there is %+v, %v", list, err)
	}
}

// rename makes another branch the default, as a forge does.
func rename(t *testing.T, r *testpipe.Repo, from, to string) {
	t.Helper()
	r.Git(t, nil, "-C", r.Dir, "update-ref", "refs/heads/"+to, "refs/heads/"+from)
	r.Git(t, nil, "-C", r.Dir, "update-ref", "-d", "refs/heads/"+from)
	r.Git(t, nil, "-C", r.Dir, "symbolic-ref", "HEAD", "refs/heads/"+to)
}

func TestARenamedDefaultBranchTakesTheOldOnesPlace(t *testing.T) {
	texts := newCounter()
	p := testpipe.Open(t, testpipe.Config{Embedder: texts})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, numbered("src", 120))
	submit(t, p, repo, "")
	before := texts.texts.Load()
	rename(t, repo, "main", "trunk")

	// The new one is listed, and nothing of it is indexed yet.
	if err := p.Ingest.Handle(t.Context(), testpipe.Submission(t, events.DefaultTenant, events.RepoSubmitted{URL: repo.Dir})); err != nil {
		t.Fatal(err)
	}
	if err := p.Sync.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := tracks(t, p)["refs/heads/main"]; s.State != "indexed" {
		t.Fatalf("the old one is %s before the new one can be searched", s.State)
	}

	p.Settle(t)
	tend(t, p)
	all := tracks(t, p)
	if s := all["refs/heads/trunk"]; len(all) != 1 || s.Documents.Indexed != 120 {
		t.Errorf("tracks: %+v", all)
	}
	if n := texts.texts.Load() - before; n != 0 {
		t.Errorf("%d texts were embedded again", n)
	}
	if report, found := p.Verify(t); !report.OK || report.Documents != 120 {
		t.Errorf("verify: %+v: %v", report, found)
	}

	rename(t, repo, "trunk", "main") // and back
	submit(t, p, repo, "")
	tend(t, p)
	if all := tracks(t, p); len(all) != 1 || all["refs/heads/main"].Documents.Indexed != 120 {
		t.Errorf("tracks: %+v", all)
	}
}

func TestABranchAskedForByNameStaysWhenItIsNoLongerTheDefault(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "a\n"))
	submit(t, p, repo, "")
	submit(t, p, repo, "main")
	rename(t, repo, "main", "trunk")
	submit(t, p, repo, "")
	tend(t, p)
	if all := tracks(t, p); len(all) != 2 || all["refs/heads/main"].State != "indexed" || all["refs/heads/trunk"].State != "indexed" {
		t.Errorf("tracks: %+v", all)
	}
}

func TestADefaultBranchMovedByMistakeWaits(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, numbered("src", 150))
	submit(t, p, repo, "")
	repo.CommitTo(t, "refs/heads/pages", testpipe.Text("index.html", "<p>hello</p>\n"))
	repo.Git(t, nil, "-C", repo.Dir, "symbolic-ref", "HEAD", "refs/heads/pages")
	submit(t, p, repo, "")
	tend(t, p)
	main := tracks(t, p)["refs/heads/main"]
	if main.State != "indexed" || main.Documents.Indexed != 150 || !strings.HasPrefix(main.Error, "waiting for approval: would remove 150 of 150 documents") {
		t.Fatalf("the old default branch: %+v", main)
	}

	approve(t, p)
	tend(t, p)
	if all := tracks(t, p); len(all) != 1 || all["refs/heads/pages"].State != "indexed" {
		t.Errorf("approved, and the tracks are %+v", all)
	}
}

// A commit is indexed by its own name, also one that no branch leads to any more, and is not
// polled.
func TestACommitIsIndexedByItsName(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	first := repo.Commit(t, testpipe.Text("a.txt", "one\n"))
	repo.Commit(t, testpipe.Text("a.txt", "two\n"))
	submit(t, p, repo, "")
	submit(t, p, repo, first)
	if s := tracks(t, p)["refs/commits/"+first]; s.State != "indexed" || s.Commit != first {
		t.Errorf("%+v", s)
	}
	p.Rows(t, "update tracks set polled_at = now() - interval '1 day'")
	n, err := p.Catalog.Submissions.AskForPolls(t.Context(), catalog.Poll{Source: "/test", Every: time.Hour, EveryFailed: time.Hour, Most: 10})
	if err != nil || n != 1 {
		t.Errorf("%d tracks polled, %v; want the branch alone", n, err)
	}
	p.CheckClean(t)
}

// The refs of a repository share their common content: each ref costs the texts and vectors
// of its own changes, and rows and points of all its files. This holds for any number of
// refs. LEAT_TEST_REFS=500 measures it (docs/performance.md).
func TestManyRefsShareTheirContent(t *testing.T) {
	refs := 3
	if text := os.Getenv("LEAT_TEST_REFS"); text != "" {
		var err error
		if refs, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	const files = 40
	counting := &testpipe.Counting{Embedder: embedder.Local{}}
	p := testpipe.Open(t, testpipe.Config{Embedder: counting})
	repo := testpipe.NewRepo(t)
	tree := testpipe.Sample(files, "a")
	measure := func(name string, from time.Time) {
		t.Logf("%s: %s; %.1f s", name, p.One(t, `select concat_ws(', ', (select count(*) from documents) || ' documents', (select count(*) from blobs) || ' blobs',
			(select count(*) from chunks) || ' chunks', (select count(*) from vectors) || ' vectors', (select sum(size) from packs) || ' bytes of packs',
			pg_total_relation_size('documents') || ' bytes of documents', pg_database_size(current_database()) || ' bytes of the database')`), time.Since(from).Seconds())
	}
	begun := time.Now()
	repo.Commit(t, tree)
	submit(t, p, repo, "")
	measure("one ref", begun)
	content := "select (select count(*) from blobs b join packs p on p.id = b.pack where p.kind = 'text') || ' ' || (select count(*) from chunkings)"
	embedded, begun := counting.Texts.Load(), time.Now()
	for n := range refs {
		tree["own.go"] = testpipe.File{Content: fmt.Sprintf("package p\n\nfunc Own%d() {}\n", n)}
		ref := fmt.Sprintf("refs/heads/topic-%03d", n)
		repo.CommitTo(t, ref, tree)
		submit(t, p, repo, ref)
	}
	measure(fmt.Sprintf("%d more refs", refs), begun)
	if got := counting.Texts.Load() - embedded; got != int64(refs) {
		t.Errorf("%d texts were embedded for %d refs that change one each", got, refs)
	}
	if got, want := p.One(t, content), fmt.Sprintf("%d %[1]d", files+refs); got != want {
		t.Errorf("blobs and chunkings: %s, want %s", got, want)
	}
	all := tracks(t, p)
	if len(all) != refs+1 {
		t.Errorf("%d tracks of %d refs", len(all), refs+1)
	}
	for ref, s := range all {
		if s.State != "indexed" || s.Documents.Indexed < files {
			t.Errorf("%s: %+v", ref, s)
		}
	}
	t.Logf("%d points", p.Digest(t).Points)
}
