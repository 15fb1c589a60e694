package worker_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/syncer/generation"
	"github.com/leatworks/leat/pipeline/syncer/point"
)

// counting is a model that counts the texts that it embeds.
type counting struct {
	embedder.Local
	name string
	fail string // texts that hold it are refused
	turn bool   // its vectors are those of local-384, turned round

	mu    sync.Mutex
	texts map[string]int
}

func (c *counting) Model() embedder.Model {
	m := c.Local.Model()
	m.Name = c.name
	return m
}

func (c *counting) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.texts == nil {
		c.texts = make(map[string]int)
	}
	for _, t := range texts {
		if c.fail != "" && strings.Contains(t, c.fail) {
			return nil, fault.Reject(fmt.Errorf("no vector for what holds %q", c.fail))
		}
	}
	for _, t := range texts {
		c.texts[t]++
	}
	vectors, err := c.Local.Embed(ctx, texts, purpose)
	for _, v := range vectors {
		for i := range v {
			if c.turn {
				v[i] = -v[i]
			}
		}
	}
	return vectors, err
}

// refuse makes the model fail texts that hold a word, or none if the word is "".
func (c *counting) refuse(word string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = word
}

// total returns how many texts it was asked for.
func (c *counting) total() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for times := range maps.Values(c.texts) {
		n += times
	}
	return n
}

// factory is a pipe whose embedder and indexer are workers, which come and go.
type factory struct {
	*testpipe.Pipe
	t      *testing.T
	models map[string]*counting
	gens   *generation.Keeper
}

func newFactory(t *testing.T) *factory {
	t.Helper()
	f := &factory{Pipe: testpipe.Open(t, testpipe.Config{}), t: t, models: map[string]*counting{
		"local-384": {name: "local-384"}, "turned/384": {name: "turned/384", turn: true},
	}}
	f.OpenEmbedder = func(name string) (embedder.Embedder, error) {
		if m := f.models[name]; m != nil {
			return m, nil
		}
		return nil, fmt.Errorf("no model %s", name)
	}
	f.gens = f.keep(time.Hour, 0)
	return f
}

// keep returns a keeper of the generations with a retention and a grace.
func (f *factory) keep(retention, grace time.Duration) *generation.Keeper {
	return generation.New(generation.Config{Alias: f.Config().Index, Retention: retention, Grace: grace},
		f.Catalog, f.Catalog.Generations, f.Catalog.Locks, f.Streams(), f.Points, announce.New(f.Broker, "/leat/syncer"), f.Logs.Logger())
}

// keepEvery returns a keeper of the generations with an interval.
func (f *factory) keepEvery(interval time.Duration) *generation.Keeper {
	return generation.New(generation.Config{Alias: f.Config().Index, Interval: interval, Retention: time.Hour},
		f.Catalog, f.Catalog.Generations, f.Catalog.Locks, f.Streams(), f.Points, announce.New(f.Broker, "/leat/syncer"), f.Logs.Logger())
}

// work runs an embedder and an indexer. The function that it returns ends them.
func (f *factory) work() (stop func()) { return f.workUntil(5 * time.Second) }

// workUntil is work with a bound on the time that the work under way gets at the end.
func (f *factory) workUntil(drain time.Duration) (stop func()) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	cfg := config.Worker{Process: config.Process{Stores: f.Config(), DrainTimeout: drain}, InFlight: 64}
	var all sync.WaitGroup
	for _, run := range []func(context.Context, *worker.Stores, config.Worker, *slog.Logger) error{worker.Embed, worker.Index} {
		all.Go(func() {
			if err := run(ctx, f.Stores, cfg, f.Logs.Logger()); err != nil {
				f.t.Error(err)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); all.Wait() })
	f.t.Cleanup(stop)
	return stop
}

// until waits for something, and looks after the generations meanwhile.
func (f *factory) until(what string, gens *generation.Keeper, is func([]catalog.GenerationStatus) bool) {
	f.t.Helper()
	for deadline := time.Now().Add(2 * testpipe.Patience); ; time.Sleep(20 * time.Millisecond) {
		if err := gens.Look(f.t.Context()); err != nil {
			f.t.Fatal(err)
		}
		list, err := f.Catalog.Generations.List(f.t.Context())
		if err != nil {
			f.t.Fatal(err)
		}
		if is(list) {
			return
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("not in time: %s; %+v\n%s", what, list, f.Logs.String())
		}
	}
}

// settled waits until every document is indexed.
func (f *factory) settled() {
	f.t.Helper()
	for deadline := time.Now().Add(2 * testpipe.Patience); ; time.Sleep(20 * time.Millisecond) {
		if f.One(f.t, "select count(*) from documents where due_at is not null") == "0" {
			return
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("documents are under way still\n%s", f.Logs.String())
		}
	}
}

func states(list []catalog.GenerationStatus) string {
	var all []string
	for _, g := range list {
		all = append(all, fmt.Sprintf("%d %s", g.Number, g.State))
	}
	return strings.Join(all, ", ")
}

func are(want string) func([]catalog.GenerationStatus) bool {
	return func(list []catalog.GenerationStatus) bool {
		return states(list) == want && !slices.ContainsFunc(list, func(g catalog.GenerationStatus) bool {
			return g.State == catalog.GenerationActive && !g.Verified
		})
	}
}

// digest hashes a collection.
func (f *factory) digest(collection string) point.Digest {
	f.t.Helper()
	d, err := point.ComputeDigest(f.t.Context(), f.Points, collection, point.Scope{})
	if err != nil {
		f.t.Fatal(err)
	}
	return d
}

func (f *factory) rebuild(name string, source catalog.GenerationSource) catalog.Generation {
	f.t.Helper()
	m := f.models[name].Model()
	g, err := f.Catalog.Generations.Add(f.t.Context(), f.Config().Index, catalog.Embedder{Name: m.Name, Dimensions: m.Dimensions, Distance: catalog.Distance(m.Distance)}, source)
	if err != nil {
		f.t.Fatal(err)
	}
	return g
}

func (f *factory) alias() string {
	f.t.Helper()
	name, _, err := f.Points.Alias(f.t.Context(), f.Config().Index)
	if err != nil {
		f.t.Fatal(err)
	}
	return name
}

// consumersOf names the consumers that a generation has.
func consumersOf(g catalog.Generation) []broker.Consumer {
	return broker.Generation{Number: g.Number, Embedder: g.Embedder.Name}.Consumers()
}

// count returns how many points a generation holds.
func (f *factory) count(g catalog.Generation) int64 {
	f.t.Helper()
	n, err := f.Points.CountAll(f.t.Context(), g.Collection)
	if err != nil {
		f.t.Fatal(err)
	}
	return int64(n)
}

// stream opens a stream, past the broker's own rights.
func (f *factory) stream(name string) jetstream.Stream {
	f.t.Helper()
	conn, err := nats.Connect(f.Addresses.NATS)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		f.t.Fatal(err)
	}
	stream, err := js.Stream(f.t.Context(), name)
	if err != nil {
		f.t.Fatal(err)
	}
	return stream
}

// messages counts the messages of a model on the embedded stream.
func (f *factory) messages(model string) (n int) {
	f.t.Helper()
	stream := f.stream(broker.StreamEmbedded)
	for _, lane := range events.Lanes {
		info, err := stream.Info(f.t.Context(), jetstream.WithSubjectFilter(events.EmbeddedLane(model, lane)))
		if err != nil {
			f.t.Fatal(err)
		}
		n += len(info.State.Subjects)
	}
	return n
}

// consumers lists the consumers of the internal streams.
func (f *factory) consumers() []string {
	f.t.Helper()
	var names []string
	for _, name := range []string{broker.StreamChunked, broker.StreamEmbedded} {
		stream := f.stream(name)
		list := stream.ConsumerNames(f.t.Context())
		for consumer := range list.Name() {
			names = append(names, consumer)
		}
		if err := list.Err(); err != nil {
			f.t.Fatal(err)
		}
	}
	slices.Sort(names)
	return names
}

func tree(n int) testpipe.Tree {
	tree := make(testpipe.Tree)
	for i := range n {
		tree[fmt.Sprintf("f%03d.go", i)] = testpipe.File{Content: fmt.Sprintf("package f\n\n// F%d is one of many.\nfunc F%d() int { return %d }\n", i, i, i)}
	}
	return tree
}

// ingest hands a repository to the ingestor, and waits until it is indexed.
func (f *factory) ingest(files testpipe.Tree) *testpipe.Repo {
	f.t.Helper()
	repo := testpipe.NewRepo(f.t)
	repo.Commit(f.t, files)
	f.Submit(f.t, repo)
	f.settled()
	return repo
}

func TestRebuild(t *testing.T) {
	for _, source := range []catalog.GenerationSource{catalog.SourceStream, catalog.SourceCatalog} {
		t.Run(string(source), func(t *testing.T) {
			f := newFactory(t)
			f.work()
			f.ingest(tree(300))
			before, embedded, consumers := f.digest(f.Generation.Collection), f.models["local-384"].total(), f.consumers()
			g := f.rebuild("local-384", source)
			f.until("the rebuild is done", f.gens, are("1 retired, 2 active"))
			if after := f.digest(g.Collection); after != before {
				t.Errorf("the rebuilt index is %+v, was %+v", after, before)
			}
			if n := f.models["local-384"].total(); n != embedded {
				t.Errorf("the rebuild embedded %d texts", n-embedded)
			}
			if name := f.alias(); name != g.Collection {
				t.Errorf("the alias names %s", name)
			}

			// A retired generation is kept up to date, and comes back.
			f.ingest(testpipe.Text("new.txt", "a new file\n"))
			now := f.digest(g.Collection)
			if _, err := f.Catalog.Generations.RollBack(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			f.until("the index is rolled back", f.gens, are("1 active, 2 retired"))
			if after := f.digest(f.Generation.Collection); after != now || now == before {
				t.Errorf("rolled back, the index is %+v, want %+v", after, now)
			}
			if name := f.alias(); name != f.Generation.Collection {
				t.Errorf("rolled back, the alias names %s", name)
			}

			f.until("the retired one is gone", f.keep(0, 0), are("1 active"))
			if names := f.Collections(t); !slices.Equal(names, []string{f.Generation.Collection}) {
				t.Errorf("collections %v", names)
			}
			if left := f.consumers(); !slices.Equal(left, consumers) {
				t.Errorf("consumers %v, were %v", left, consumers)
			}
		})
	}
}
