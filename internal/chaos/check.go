//go:build linux

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/wait"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/graph"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/syncer/verify"
)

// opened holds the stores, opened by leat's own packages past the proxies.
type opened struct {
	*store.Stores
	generation catalog.Generation
}

// openParts opens some of the stores, past the proxies.
func (r *run) openParts(ctx context.Context, parts store.Parts) (*store.Stores, error) {
	at := r.stores[stack.S3].Endpoints()
	points := r.stores[stack.Qdrant].Endpoints()
	at.Postgres, at.Qdrant, at.QdrantKey = r.stores[stack.Postgres].Endpoints().Postgres, points.Qdrant, points.QdrantKey
	return store.Open(ctx, store.Config{Stores: stack.Addresses(at), Parts: parts}, r.log)
}

func (r *run) open(ctx context.Context) (o opened, err error) {
	if o.Stores, err = r.openParts(ctx, store.Postgres|store.S3|store.Qdrant); err != nil {
		return o, err
	}
	if o.generation, err = o.Catalog.Generations.Active(ctx); err != nil {
		o.Close()
	}
	return o, err
}

// verify compares the stores with each other, and returns some of the
// differences.
func (o opened) verify(ctx context.Context) (found verify.Report, differences []string, err error) {
	v := verify.Verifier{Documents: o.Catalog, Packs: o.Catalog.Packs, Points: o.Points, Blobs: o.Blobs, Generation: o.generation}
	v.Graphs = graph.NewChecker(graph.RoomsOf(o.Catalog), o.Blobs)
	v.Found = func(kind, what string) {
		if len(differences) < 10 {
			differences = append(differences, kind+" "+what)
		}
	}
	found, err = v.Verify(ctx, point.Scope{})
	return found, differences, err
}

// check compares the stores with each other.
func (r *run) check(ctx context.Context) error {
	o, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer o.Close()
	found, differences, err := o.verify(ctx)
	if err != nil {
		return err
	}
	r.report.Documents = found.Documents
	if !found.OK {
		r.violate("the stores differ: %+v: %s", found, strings.Join(differences, "; "))
	}
	digest, err := point.ComputeDigest(ctx, o.Points, o.generation.Collection, point.Scope{})
	if err != nil {
		return err
	}
	r.report.Digest, r.report.Points = digest.Digest, digest.Points
	if r.report.Graph, err = graph.ComputeDigest(ctx, o.Catalog.Graphs, nil); err != nil {
		return err
	}
	if err := r.checkCatalog(ctx); err != nil {
		return err
	}
	if err := r.checkIndexes(ctx); err != nil {
		return err
	}
	return r.checkEmbeddings(ctx)
}

// checkCatalog looks for abandoned work, and counts the files.
func (r *run) checkCatalog(ctx context.Context) error {
	conn, err := r.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `
		select 'dead letter of the ' || worker || ' after ' || attempts || ' attempts: ' || reason from dead_letters
		union all select 'failed document ' || encode(path, 'escape') || ': ' || coalesce(error, '') from documents where state = 'failed'
		union all select 'failed submission: ' || coalesce(error, '') from submissions where state = 'failed'
		limit 20`)
	if err != nil {
		return err
	}
	given, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, what := range given {
		r.violate("%.400s", what)
	}
	var files, want int
	for t := range r.pushed() {
		list, err := git(t.dir, nil, "ls-tree", "-r", "--name-only", "-z", t.ref)
		if err != nil {
			return err
		}
		want += strings.Count(list, "\x00")
	}
	if err := conn.QueryRow(ctx, "select count(*) from documents where state <> 'removed'").Scan(&files); err != nil {
		return err
	}
	if files != want {
		r.violate("the catalog has %d files, the commits %d", files, want)
	}
	return nil
}

const drainPatience = 90 * time.Second

// endWorkers ends the workers in order and looks for leftovers.
func (r *run) endWorkers(ctx context.Context) error {
	var ending sync.WaitGroup
	for _, name := range workerNames {
		w := r.workers[name]
		if !r.alive(w) {
			continue
		}
		ending.Go(func() {
			if err := w.End(drainPatience); err != nil {
				r.violate("%v", err)
			}
		})
	}
	ending.Wait()
	r.readLogs()
	r.findFiles()
	return r.findSessions(ctx)
}

// readLogs looks for the messages of a broken worker.
func (r *run) readLogs() {
	for _, name := range workerNames {
		text, err := os.ReadFile(r.workers[name].Log)
		if err != nil {
			r.violate("%v", err)
		}
		for _, sign := range []string{"WARNING: DATA RACE", "\npanic: ", "\nfatal error: "} {
			if n := bytes.Count(text, []byte(sign)); n > 0 {
				r.violate("%s said %d times %q: see %s", name, n, strings.TrimSpace(sign), r.workers[name].Log)
			}
		}
	}
}

func (r *run) findFiles() {
	for _, name := range workerNames {
		left, err := filepath.Glob(filepath.Join(r.dir, name, "tmp", "*"))
		if err == nil && len(left) > 0 {
			r.violate("%s left temporary files: %v", name, left)
		}
		_ = filepath.WalkDir(filepath.Join(r.dir, name, "mirrors"), func(path string, entry os.DirEntry, err error) error {
			base := filepath.Base(path)
			inside := filepath.Dir(path) != filepath.Join(r.dir, name, "mirrors") // the lock file beside a mirror is meant to stay
			if err == nil && (strings.HasPrefix(base, "tmp_") || inside && strings.HasSuffix(base, ".lock")) {
				r.report.StaleFiles++
			}
			return nil
		})
	}
}

// sessions counts leat's sessions and locks in Postgres.
func (r *run) sessions(ctx context.Context) (sessions, locks int, err error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `select
		(select count(*) from pg_stat_activity where application_name = 'leat'),
		(select count(*) from pg_locks where locktype = 'advisory')`).Scan(&sessions, &locks)
	return sessions, locks, err
}

// findSessions waits until Postgres and the proxies notice that the workers are
// gone.
func (r *run) findSessions(ctx context.Context) error {
	for deadline := time.Now().Add(time.Minute); ; _ = wait.For(ctx, settleInterval) {
		sessions, locks, err := r.sessions(ctx)
		if err != nil {
			return err
		}
		links := -1 // without the feed's own connection
		for _, name := range stack.StoreNames {
			links += r.stores[name].relay.Count()
		}
		if sessions+locks == 0 && links <= 0 {
			return nil
		}
		if time.Now().After(deadline) {
			r.violate("%d sessions and %d advisory locks in Postgres, and %d connections, after the workers have ended", sessions, locks, links)
			return nil
		}
	}
}

// fresh is the index and the symbol graphs of a leat without a fault.
type fresh struct {
	service.DigestAnswer
	guesses graph.Digest // the graphs before the indexes were imported
	err     error
}

// indexAnew lets a leat without faults index the last commits with the last filter, while the other
// leat settles.
func (r *run) indexAnew(ctx context.Context) error {
	r.fresh = make(chan fresh, 1)
	go func() {
		defer close(r.fresh)
		r.fresh <- r.freshDigest(ctx)
	}()
	return nil
}

func (r *run) freshDigest(ctx context.Context) (f fresh) {
	data := filepath.Join(r.dir, "fresh")
	leat := func(what string, args ...string) (out []byte) {
		if f.err != nil {
			return nil
		}
		if out, f.err = r.leat(ctx, "fresh", filters[r.filter.Load()], append(args, "--data", data)...); f.err != nil {
			f.err = fmt.Errorf("%s: %w: %s", what, f.err, out)
		}
		return out
	}
	digest := func() (d service.DigestAnswer) {
		if out := leat("digest of the fresh index", "digest"); f.err == nil {
			f.err = json.Unmarshal(out, &d)
		}
		return d
	}
	byRef := make(map[string][]string)
	for t := range r.pushed() {
		byRef[t.ref] = append(byRef[t.ref], "--submit", t.dir)
	}
	for _, ref := range slices.Sorted(maps.Keys(byRef)) {
		leat("index the last commits anew", append([]string{"dev", "--once", "--ref", ref}, byRef[ref]...)...)
	}
	f.guesses = digest().Graph
	for _, one := range r.indexer.kept() {
		leat("import an index", "graph", "import", one.dir, r.indexer.made[one], "--commit", one.commit, "--name", one.language)
	}
	leat("make the graphs with the indexes", "dev", "--once")
	f.DigestAnswer = digest()
	return f
}

// compare compares the index with the fresh one.
func (r *run) compare(context.Context) error {
	fresh := <-r.fresh
	if fresh.err != nil {
		return fresh.err
	}
	if fresh.Digest.Digest != r.report.Digest {
		r.violate("the index differs from a fresh one: %d points and digest %.16s, fresh %d points and %.16s",
			r.report.Points, r.report.Digest, fresh.Points, fresh.Digest.Digest)
	}
	if fresh.Graph == fresh.guesses {
		r.violate("the imported indexes change nothing in the fresh graphs %+v", fresh.Graph)
	}
	if fresh.Graph != r.report.Graph {
		r.violate("the symbol graphs differ from fresh ones: %+v, fresh %+v", r.report.Graph, fresh.Graph)
	}
	return nil
}

// stop ends all processes, and reports those that do not end.
func (r *run) stop() error {
	for _, w := range r.workers {
		w.Signal(syscall.SIGCONT)
		w.Kill()
	}
	if r.feed != nil {
		r.feed.close()
	}
	if r.fresh != nil { // the fresh leat has ended by now, or was told to
		for range r.fresh {
		}
	}
	var ending sync.WaitGroup
	var mu sync.Mutex
	var failures []string
	for _, s := range r.stores {
		ending.Go(func() {
			if err := s.close(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failures = append(failures, err.Error())
			}
		})
	}
	ending.Wait()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		left := descendants(r.dir)
		if len(left) == 0 {
			break
		}
		if time.Now().After(deadline) {
			r.violate("processes that were not ended: %v", left)
			break
		}
	}
	r.unmount()
	if len(failures) > 0 {
		return fmt.Errorf("stop the stores: %s", strings.Join(failures, "; "))
	}
	return nil
}

func (s *proxied) close() error {
	err := s.End(stack.StopPatience)
	s.relay.Close()
	return err
}
