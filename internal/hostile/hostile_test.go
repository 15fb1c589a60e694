package hostile

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/race"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/chunk/child"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// maxMemory is the most that any process may take, in bytes: the ingestor itself, its
// parsers and each git. The race detector takes up to three times as much, and twice is allowed then.
const maxMemory = 1 << 30

// patience bounds one repository. The costliest takes seconds.
const patience = 3 * time.Minute

// TestNoneEscapes runs every kind through an ingestor. None takes more memory than a worker may
// have, and none holds the ingestor up. The rest of each repository is indexed, or the reason is
// told.
func TestNoneEscapes(t *testing.T) {
	pool, err := child.New(child.Config{Children: 2}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	// No embedder runs here, and a bulk ingest would wait for one.
	p := testpipe.Open(t, testpipe.Config{Splitter: pool, BulkFiles: 1 << 20})
	for _, kind := range Kinds() {
		t.Run(kind.Name, func(t *testing.T) { run(t, p, kind) })
	}
	pool.Close()
	for who, name := range map[int]string{syscall.RUSAGE_SELF: "this process", syscall.RUSAGE_CHILDREN: "a child"} {
		var used syscall.Rusage
		if err := syscall.Getrusage(who, &used); err != nil {
			t.Fatal(err)
		}
		most := int64(maxMemory)
		if race.On {
			most *= 2
		}
		if bytes := used.Maxrss << 10; bytes > most {
			t.Errorf("%s took %d bytes of memory, want at most %d", name, bytes, most)
		}
	}
}

func run(t *testing.T, p *testpipe.Pipe, kind Kind) {
	r, err := New(t.Context(), filepath.Join(t.TempDir(), "repo.git"))
	if err != nil {
		t.Fatal(err)
	}
	if err := kind.Make(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	err = p.Ingest.Handle(t.Context(), testpipe.Submission(t, events.DefaultTenant, events.RepoSubmitted{URL: r.Dir}))
	if took := time.Since(begin); took > patience {
		t.Errorf("it took %s", took)
	}
	if kind.Want.Rejected != "" {
		if mark, _ := fault.Of(err); err == nil || mark != fault.KindReject || !strings.Contains(err.Error(), kind.Want.Rejected) {
			t.Errorf("got %v, want a rejection because of %q", err, kind.Want.Rejected)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	const state = `select state, coalesce(skip_reason, '') from documents d join tracks t on t.id = d.track join repositories r on r.id = t.repository
		where r.url = $1 and d.path = $2`
	for _, path := range append(kind.Want.Indexed, Good) {
		if got := p.One(t, state, r.Dir, []byte(path)); !strings.HasPrefix(got, "chunked") {
			t.Errorf("%s: %q, want it chunked", path, got)
		}
	}
	for path, reason := range kind.Want.Skipped {
		if got := p.One(t, state, r.Dir, []byte(path)); got != "skipped "+reason {
			t.Errorf("%s: %q, want it skipped as %q", path, got, reason)
		}
	}
}

// drain is the longest that an ingestor may take to end once it is told to.
const drain = 20 * time.Second

// TestEachEndsWhenToldTo ends the context soon after each repository has come in, as an ingestor
// that is told to end does. No repository may delay that end.
func TestEachEndsWhenToldTo(t *testing.T) {
	pool, err := child.New(child.Config{Children: 2}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	p := testpipe.Open(t, testpipe.Config{Splitter: pool, BulkFiles: 1 << 20})
	for i, kind := range Kinds() {
		r, err := New(t.Context(), filepath.Join(t.TempDir(), "repo.git"))
		if err == nil {
			err = kind.Make(t.Context(), r)
		}
		if err != nil {
			t.Fatal(err)
		}
		told := time.Duration(i%10+1) * 50 * time.Millisecond // so that the end comes at different stages
		ctx, cancel := context.WithTimeout(t.Context(), told)
		begin := time.Now()
		_ = p.Ingest.Handle(ctx, testpipe.Submission(t, events.DefaultTenant, events.RepoSubmitted{URL: r.Dir})) // ended, or done before
		if took := time.Since(begin) - told; took > drain {
			t.Errorf("%s: it went on for %s", kind.Name, took)
		}
		cancel()
	}
}

func TestKindsHaveNames(t *testing.T) {
	seen := make(map[string]bool)
	if len(Kinds()) < 80 {
		t.Errorf("%d kinds, want 80 or more", len(Kinds()))
	}
	for _, kind := range Kinds() {
		if seen[kind.Name] || kind.Name == "" || kind.Make == nil {
			t.Errorf("%q is no name of its own, or makes nothing", kind.Name)
		}
		seen[kind.Name] = true
	}
}
