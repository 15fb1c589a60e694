// Package testpipe gives tests the four steps over real stores, without the
// workers. A test passes events to a step whenever and as often as it wants,
// and hears the events that the step publishes.
//
// It is for tests alone. It fails a test that cannot get its stores.
package testpipe

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embed"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/extract"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/index"
	"github.com/leatworks/leat/pipeline/ingest"
	"github.com/leatworks/leat/pipeline/lang"
	"github.com/leatworks/leat/pipeline/syncer"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/syncer/verify"
	"github.com/leatworks/leat/pipeline/vector"
)

// Patience bounds each wait of a test. It is much longer than a loaded machine needs.
const Patience = 2 * time.Minute

// Config holds the differences from the defaults.
type Config struct {
	Hosts     []string          // that git may contact, by http too; see git.Config.AllowHosts
	Lease     time.Duration     // of the catalog
	Filter    lang.Config       // of the ingestor
	Formats   extract.Config    // of the ingestor
	Splitter  ingest.Splitter   // of the ingestor; default: this process
	BulkFiles int               // of the ingestor
	Embedder  embedder.Embedder // default: local-384

	Points func(vector.Store) vector.Store // of the indexer; default: the index itself

	Budget func(context.Context, string) (catalog.Budget, error) // budget of a remote embedder; default: none

	PackKey string // key that wraps the keys of packs; default: packs are not sealed
}

// Pipe holds the steps and the stores they share.
type Pipe struct {
	*worker.Stores
	Addresses devstack.Endpoints
	Mirrors   *git.Mirrors
	Logs      *Logs
	Events    *Tap
	Embedder  embedder.Embedder

	Ingest *ingest.Step
	Embed  *embed.Step
	Index  *index.Step
	Sync   *syncer.Step
}

// Open starts stores for this test alone, and the steps over them.
func Open(t testing.TB, cfg Config) *Pipe {
	t.Helper()
	return Join(t, cfg, testenv.Stack(t))
}

// Join makes further steps over existing stores.
func Join(t testing.TB, cfg Config, at devstack.Endpoints) *Pipe {
	t.Helper()
	p := &Pipe{Addresses: at, Logs: &Logs{}}
	log := p.Logs.Logger()
	var err error
	stores := p.Config()
	stores.Lease = cfg.Lease
	if cfg.PackKey != "" {
		stores.PackKeyFile = filepath.Join(t.TempDir(), "key")
		must(t, os.WriteFile(stores.PackKeyFile, []byte(cfg.PackKey), 0o600))
	}
	p.Stores, err = worker.Open(t.Context(), stores, "test", log)
	must(t, err)
	t.Cleanup(p.Close)
	if p.Embedder = cfg.Embedder; p.Embedder == nil {
		p.Embedder = embedder.Local{}
	}
	open := p.OpenEmbedder
	p.OpenEmbedder = func(name string) (embedder.Embedder, error) {
		if p.Embedder.Model().Name == name {
			return p.Embedder, nil
		}
		return open(name)
	}
	p.Events = newTap(t, at.NATS, p.Broker)
	p.Mirrors, err = git.New(git.Config{Dir: t.TempDir(), AllowLocal: true, AllowHTTP: len(cfg.Hosts) > 0, AllowHosts: cfg.Hosts})
	must(t, err)
	publisher := func(worker string) *announce.Publisher { return announce.New(p.Broker, "/leat/"+worker) }
	const unbounded = 1 << 30 // the test delivers to the steps that would make room after the ingestor
	p.Ingest, err = ingest.New(
		ingest.Config{Filter: cfg.Filter, Formats: cfg.Formats, Splitter: cfg.Splitter, BulkFiles: cfg.BulkFiles, LiveWindow: unbounded},
		p.Mirrors, ingest.RoomsOf(p.Catalog), p.Blobs, publisher("ingestor"), log,
	)
	must(t, err)
	p.Embed = embed.New(
		embed.Config{Budget: cfg.Budget}, p.Catalog, p.Catalog.Generations, p.Catalog.Vectors, p.Catalog.Usage,
		p.Blobs, p.Embedder, p.Generation.Embedder.ID, publisher("embedder"),
	)
	t.Cleanup(p.Embed.Close)
	points := p.Points
	if cfg.Points != nil {
		points = cfg.Points(points)
	}
	p.Index = index.New(index.Config{}, p.Catalog, p.Catalog.Generations, p.Catalog.Vectors, p.Blobs, points, p.Generation, publisher("indexer"))
	t.Cleanup(p.Index.Close)
	p.Sync = p.syncer(syncer.Config{})
	return p
}

// SyncWith makes the syncer take up to most documents at once.
func (p *Pipe) SyncWith(t testing.TB, most int) {
	t.Helper()
	p.Sync = p.syncer(syncer.Config{Most: most})
}

func (p *Pipe) syncer(cfg syncer.Config) *syncer.Step {
	return syncer.New(cfg, syncer.RoomsOf(p.Catalog), p.Streams(), announce.New(p.Broker, "/leat/syncer"), p.Logs.Logger())
}

// Config names the stores, for a worker.
func (p *Pipe) Config() config.Stores {
	stores := stack.Addresses(p.Addresses)
	stores.Index, stores.Embedder = testenv.Index(p.Addresses), embedder.LocalName
	return stores
}

// Submission makes a repo.submitted in the form in which it arrives at the ingestor.
func Submission(t testing.TB, tenant string, data events.RepoSubmitted) pipeline.Message {
	t.Helper()
	event, err := events.New("/test", data.URL, data)
	must(t, err)
	return pipeline.NewMessage(event, events.SubmittedSubject(tenant))
}

// Submit hands the ingestor a repository of the default tenant.
func (p *Pipe) Submit(t testing.TB, r *Repo) {
	t.Helper()
	must(t, p.Ingest.Handle(t.Context(), Submission(t, events.DefaultTenant, events.RepoSubmitted{URL: r.Dir})))
}

// Settle delivers the published events, and the events that follow from them,
// until none follow. It returns the events it heard.
func (p *Pipe) Settle(t testing.TB) []pipeline.Message {
	t.Helper()
	var all []pipeline.Message
	for {
		heard := p.Events.Drain(t)
		if len(heard) == 0 {
			return all
		}
		all = append(all, heard...)
		for _, err := range p.Deliver(t, heard...) {
			must(t, err)
		}
	}
}

// Deliver passes each message to the step whose consumer would get it, all at
// once, and returns the steps' errors.
func (p *Pipe) Deliver(t testing.TB, list ...pipeline.Message) []error {
	t.Helper()
	errs := make([]error, len(list))
	var wait sync.WaitGroup
	for i, m := range list {
		handle := p.handler(m)
		if handle == nil {
			continue
		}
		wait.Go(func() { errs[i] = handle(t.Context(), m) })
	}
	wait.Wait()
	return errs
}

// handler returns the consumer of the stream of a message's subject, or none
// for events that outside systems listen to.
func (p *Pipe) handler(m pipeline.Message) pipeline.Handler {
	switch on := []byte(m.On); {
	case bytes.HasPrefix(on, []byte("leat.repo.submitted.")):
		return p.Ingest.Handle
	case bytes.HasPrefix(on, []byte("leat.document.chunked.")):
		return p.Embed.Handle
	case bytes.HasPrefix(on, []byte("leat.document.embedded.")):
		return p.Index.Handle
	}
	return nil
}

// Digest hashes the content of the index.
func (p *Pipe) Digest(t testing.TB) point.Digest {
	t.Helper()
	d, err := point.ComputeDigest(t.Context(), p.Points, p.Generation.Collection, point.Scope{})
	must(t, err)
	return d
}

// DigestOf hashes the content of the index for one repository of the default
// tenant.
func (p *Pipe) DigestOf(t testing.TB, r *Repo) point.Digest {
	t.Helper()
	scope := point.Scope{Tenant: events.DefaultTenant, Repositories: []uuid.UUID{events.RepositoryID(events.DefaultTenant, r.Dir)}}
	d, err := point.ComputeDigest(t.Context(), p.Points, p.Generation.Collection, scope)
	must(t, err)
	if d.Points == 0 {
		t.Fatalf("testpipe: the index holds nothing of %s", r.Dir)
	}
	return d
}

// Collections lists the collections of the index. Other tests may share the
// server.
func (p *Pipe) Collections(t testing.TB) []string {
	t.Helper()
	names, err := p.Points.Collections(t.Context())
	must(t, err)
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, p.Config().Index+"_") })
}

// AllPoints returns the points of the index, by id.
func (p *Pipe) AllPoints(t testing.TB) []vector.Point {
	t.Helper()
	var list []vector.Point
	for point, err := range p.Points.ScrollAll(t.Context(), p.Generation.Collection, true) {
		must(t, err)
		list = append(list, point)
	}
	return list
}

// Verify compares the stores, and returns the report with its findings.
func (p *Pipe) Verify(t testing.TB) (verify.Report, []string) {
	t.Helper()
	var found []string
	v := verify.Verifier{
		Documents: p.Catalog, Packs: p.Catalog.Packs, Points: p.Points, Blobs: p.Blobs, Generation: p.Generation,
		Found: func(kind, what string) { found = append(found, kind+": "+what) },
	}
	report, err := v.Verify(t.Context(), point.Scope{})
	must(t, err)
	return report, found
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("testpipe: %v", err)
	}
}

// Logs keeps all log records, at every level.
type Logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *Logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String returns the whole log.
func (l *Logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Logger returns a logger that writes to l.
func (l *Logs) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
