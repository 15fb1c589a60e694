package worker_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// longPatience bounds the time for thousands of documents on a loaded machine.
const longPatience = 5 * time.Minute

// gated is local-384, but holds texts with a certain word back until it is let go.
type gated struct {
	embedder.Local
	word string
	met  chan struct{} // holds a token once such a text was met
	gate chan struct{} // closed by letGo

	mu    sync.Mutex
	texts int // embedded
}

func newGated(word string) *gated {
	return &gated{word: word, met: make(chan struct{}, 1), gate: make(chan struct{})}
}

func (g *gated) letGo() { close(g.gate) }

func (g *gated) embedded() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.texts
}

func (g *gated) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	if slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, g.word) }) {
		select {
		case g.met <- struct{}{}:
		default:
		}
		select {
		case <-g.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	g.mu.Lock()
	g.texts += len(texts)
	g.mu.Unlock()
	return g.Local.Embed(ctx, texts, purpose)
}

// repoOf makes a repository of n files that hold a word and are all different.
func repoOf(t testing.TB, n int, word string) *testpipe.Repo {
	t.Helper()
	repo, tree := testpipe.NewRepo(t), make(testpipe.Tree)
	for i := range n {
		tree[fmt.Sprintf("f%05d.txt", i)] = testpipe.File{Content: fmt.Sprintf("%s %s %d\n", word, repo.Dir, i)}
	}
	repo.Commit(t, tree)
	return repo
}

// lanes is a rig whose workers a test starts one by one.
type lanes struct {
	*rig
	common   config.Worker
	ingestor config.Ingestor
}

func newLanes(t testing.TB, model embedder.Embedder, bulk config.Bulk) *lanes {
	t.Helper()
	r := &rig{Pipe: testpipe.Open(t, testpipe.Config{Embedder: model})}
	conn, err := nats.Connect(r.Addresses.NATS)
	must(t, err)
	t.Cleanup(conn.Close)
	r.js, err = jetstream.New(conn)
	must(t, err)
	l := &lanes{rig: r, common: config.Worker{Process: config.Process{Stores: r.Config(), DrainTimeout: 10 * time.Second}, InFlight: 16}}
	l.ingestor = config.Ingestor{Worker: l.common, Bulk: bulk, Git: config.Git{Dir: t.TempDir(), AllowLocal: true, MaxBytes: 1 << 30, Timeout: time.Minute}}
	l.ingestor.InFlight = 2
	return l
}

func (l *lanes) ingest(ctx context.Context) error {
	return worker.Ingest(ctx, l.Stores, l.ingestor, l.Logs.Logger())
}

func (l *lanes) embed(ctx context.Context) error {
	return worker.Embed(ctx, l.Stores, l.common, l.Logs.Logger())
}

func (l *lanes) index(ctx context.Context) error {
	return worker.Index(ctx, l.Stores, l.common, l.Logs.Logger())
}

// start runs workers until stop is called, or the test ends.
func start(t testing.TB, works ...func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var all sync.WaitGroup
	for _, work := range works {
		all.Go(func() {
			if err := work(ctx); err != nil && ctx.Err() == nil {
				t.Errorf("a worker ended: %v", err)
			}
		})
	}
	stop = sync.OnceFunc(func() {
		cancel()
		all.Wait()
	})
	t.Cleanup(stop)
	return stop
}

// ask submits a repository without waiting.
func (l *lanes) ask(t testing.TB, repo *testpipe.Repo) catalog.SubmissionKey {
	t.Helper()
	event, err := events.New("/test", repo.Dir, events.RepoSubmitted{URL: repo.Dir})
	must(t, err)
	header, body, err := events.Encode(event)
	must(t, err)
	l.publish(t, events.SubmittedSubject(events.DefaultTenant), header, string(body))
	return catalog.SubmissionKey{Tenant: events.DefaultTenant, Source: "/test", Event: event.ID}
}

// done waits until submissions are indexed.
func (l *lanes) done(t testing.TB, keys ...catalog.SubmissionKey) {
	t.Helper()
	for _, key := range keys {
		l.eventually(t, "submission "+key.Event+" is indexed", func() bool {
			s, err := l.Catalog.Submissions.Status(t.Context(), key)
			if err == nil && s.State == "failed" {
				t.Fatalf("submission failed: %s", s.Error)
			}
			return err == nil && s.Indexed
		})
	}
}

func (l *lanes) eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(longPatience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s\n%s", longPatience, what, l.Logs)
		}
	}
}

// count counts a repository's documents in a state.
func (l *lanes) count(t testing.TB, repo *testpipe.Repo, states ...string) (n int) {
	t.Helper()
	_, err := fmt.Sscan(l.One(t, "select count(*) from documents d join tracks t on t.id = d.track where t.repository = $1 and d.state = any($2)",
		events.RepositoryID(events.DefaultTenant, repo.Dir), states), &n)
	must(t, err)
	return n
}

// order returns the repositories of all document.indexed events, in their order.
func (l *lanes) order(t testing.TB) (list []string) {
	t.Helper()
	sub, err := l.js.OrderedConsumer(t.Context(), broker.StreamIndexed, jetstream.OrderedConsumerConfig{FilterSubjects: []string{events.IndexedSubjects}})
	must(t, err)
	info, err := sub.Info(t.Context())
	must(t, err)
	for range info.NumPending {
		msg, err := sub.Next()
		must(t, err)
		list = append(list, strings.Split(msg.Subject(), ".")[5])
	}
	return list
}

// A push goes through each step while the whole bulk lane stands still.
func TestAPushOvertakesABackfill(t *testing.T) {
	model := newGated("backfill")
	l := newLanes(t, model, config.Bulk{BulkFiles: 50, BulkWindow: 400, BulkIngests: 4})
	start(t, l.ingest, l.embed, l.index)
	large := []*testpipe.Repo{repoOf(t, 600, "backfill"), repoOf(t, 600, "backfill"), repoOf(t, 600, "backfill")}
	var keys []catalog.SubmissionKey
	for _, repo := range large {
		keys = append(keys, l.ask(t, repo))
	}
	keys = append(keys, l.ask(t, large[0])) // it waits for the one before, and must not hold up the others
	<-model.met
	for range 3 {
		l.done(t, l.ask(t, repoOf(t, 1, "push")))
	}
	for _, repo := range large {
		if n := l.count(t, repo, "indexed"); n > 0 {
			t.Errorf("%d documents of a repository that stands still are indexed", n)
		}
	}
	model.letGo()
	l.done(t, keys...)
}

// At every step a small repository waits for at most one window of the documents before it, however
// large the other repositories are.
func TestASmallRepositoryDoesNotWaitForLargeOnes(t *testing.T) {
	const window, files, few = 16, 300, 25
	model := newGated("large")
	l := newLanes(t, model, config.Bulk{BulkFiles: 10, BulkWindow: window, BulkIngests: 4})
	start(t, l.ingest, l.embed, l.index)
	large := []*testpipe.Repo{repoOf(t, files, "large"), repoOf(t, files, "large"), repoOf(t, files, "large")}
	var keys []catalog.SubmissionKey
	for _, repo := range large {
		keys = append(keys, l.ask(t, repo))
	}
	<-model.met
	small := repoOf(t, few, "small")
	keys = append(keys, l.ask(t, small))
	l.eventually(t, "the small one has come as far as it can", func() bool { return l.count(t, small, "chunked", "embedded", "indexed") > 0 })
	model.letGo()
	l.done(t, keys...)

	order := l.order(t)
	id := events.RepositoryID(events.DefaultTenant, small.Dir).String()
	before, left := 0, few
	for _, repository := range order {
		if repository == id {
			left--
		} else if left > 0 {
			before++
		}
	}
	// Each of four repositories has its share of the window under way, a batch that is being stored
	// and one that was read: 4 + 2 × 4. The small one enters in seven batches, and each may meet as
	// much again.
	const most = 7 * 4 * 12
	if left != 0 || len(order) != 3*files+few {
		t.Fatalf("%d documents were indexed, %d of the small one not", len(order), left)
	}
	t.Logf("%d of %d documents of the large ones were indexed before the small one", before, 3*files)
	if before > most {
		t.Errorf("%d of %d documents of the large ones were indexed before the small one, want at most %d", before, 3*files, most)
	}
}

// A commit of very many files gets only a window of the live lane, so that another tenant's push
// finds no more than that before it.
func TestAPushPassesACommitOfManyFiles(t *testing.T) {
	const window, files = 64, 400
	model := newGated("large")
	l := newLanes(t, model, config.Bulk{BulkFiles: 200, LiveWindow: window, BulkIngests: 4})
	start(t, l.ingest, l.embed, l.index)
	flood := repoOf(t, 3, "first")
	l.done(t, l.ask(t, flood))
	tree := make(testpipe.Tree)
	for i := range files {
		tree[fmt.Sprintf("f%05d.txt", i)] = testpipe.File{Content: fmt.Sprintf("large %d\n", i)}
	}
	flood.Commit(t, tree)
	keys := []catalog.SubmissionKey{l.ask(t, flood)}
	<-model.met
	l.eventually(t, "the flood waits for the embedder", func() bool { return strings.Contains(l.Logs.String(), "an ingest of many files waits") })
	push := repoOf(t, 1, "small")
	event, err := events.New("/test", push.Dir, events.RepoSubmitted{Tenant: "other", URL: push.Dir})
	must(t, err)
	header, body, err := events.Encode(event)
	must(t, err)
	l.publish(t, events.SubmittedSubject("other"), header, string(body))
	keys = append(keys, catalog.SubmissionKey{Tenant: "other", Source: "/test", Event: event.ID})
	id := events.RepositoryID("other", push.Dir).String()
	l.eventually(t, "the push has been read", func() bool {
		return l.One(t, "select count(*)::text from documents d join tracks t on t.id = d.track where t.repository = $1 and d.state = 'chunked'", id) == "1"
	})
	model.letGo()
	l.done(t, keys...)
	order := l.order(t)[3:] // without those of the first commit
	before := slices.Index(order, id)
	t.Logf("%d of %d documents of the flood were indexed before the push", before, len(order)-1)
	// A batch that is being stored and one that was read are under way. The documents that the
	// embedder and the indexer have in hand at once come in any order.
	if most := window + 2*window/4 + 2*l.common.InFlight; before < 0 || before > most || len(order) < files {
		t.Errorf("%d documents before the push, want at most %d", before, most)
	}
}

// While no embedder runs, the ingestor stops a window ahead. Afterwards it goes on.
func TestAStoppedEmbedderStopsTheIngestor(t *testing.T) {
	const window, files = 64, 600
	l := newLanes(t, newGated("no such word"), config.Bulk{BulkFiles: 10, BulkWindow: window, BulkIngests: 4})
	start(t, l.ingest)
	repo := repoOf(t, files, "text")
	key := l.ask(t, repo)
	l.eventually(t, "the ingestor waits", func() bool { return strings.Contains(l.Logs.String(), "waits for embedders") })
	const most = window + 2*window/4
	if n := l.count(t, repo, "chunked"); n > most {
		t.Errorf("%d documents wait, want at most %d", n, most)
	}
	if info := l.stream(t, broker.StreamChunked); info.State.Msgs > most {
		t.Errorf("%d messages wait, want at most %d", info.State.Msgs, most)
	}
	start(t, l.embed, l.index)
	l.done(t, key)
	if n := l.count(t, repo, "indexed"); n != files {
		t.Errorf("%d of %d documents are indexed", n, files)
	}
}

func (l *lanes) stream(t testing.TB, name string) *jetstream.StreamInfo {
	t.Helper()
	s, err := l.js.Stream(t.Context(), name)
	must(t, err)
	return s.CachedInfo()
}

// A full stream holds up its publishers. Nothing fails, and nothing is dropped.
func TestAFullStreamHoldsUpItsPublisher(t *testing.T) {
	for _, name := range []string{broker.StreamChunked, broker.StreamEmbedded} {
		t.Run(name, func(t *testing.T) {
			l := newLanes(t, newGated("no such word"), config.Bulk{})
			topology := broker.DefaultTopology(broker.Generation{Number: l.Generation.Number, Embedder: l.Generation.Embedder.Name})
			enough := topology
			topology.ChunkedBytes = map[bool]int64{true: 64 << 10, false: topology.ChunkedBytes}[name == broker.StreamChunked]
			topology.EmbeddedBytes = map[bool]int64{true: 64 << 10, false: topology.EmbeddedBytes}[name == broker.StreamEmbedded]
			must(t, l.Broker.Ensure(t.Context(), topology))
			start(t, l.ingest, l.embed, l.index)
			const files = 200
			repo := repoOf(t, files, "text")
			key := l.ask(t, repo)
			l.eventually(t, "the publisher waits", func() bool { return strings.Contains(l.Logs.String(), "waiting for room") })
			full := l.stream(t, name).State
			if full.Msgs == 0 || full.Msgs >= files || full.FirstSeq != 1 {
				t.Errorf("the full stream holds %d messages from %d on", full.Msgs, full.FirstSeq)
			}
			must(t, l.Broker.Ensure(t.Context(), enough))
			l.done(t, key)
			if n := l.count(t, repo, "indexed"); n != files {
				t.Errorf("%d of %d documents are indexed", n, files)
			}
			if got := l.One(t, "select count(*) from documents where attempts > 0"); got != "0" {
				t.Errorf("for %s documents the wait was an attempt that failed", got)
			}
			if list := l.letters(t); len(list) > 0 {
				t.Errorf("dead letters: %v", list)
			}
		})
	}
}

// Fifty pushes to a file while no embedder runs make one message of work, and one embedding.
func TestFiftyCommitsAreOneMessageOfWork(t *testing.T) {
	model := newGated("no such word")
	l := newLanes(t, model, config.Bulk{})
	stop := start(t, l.ingest)
	repo := testpipe.NewRepo(t)
	var keys []catalog.SubmissionKey
	for i := range 50 {
		repo.Commit(t, testpipe.Text("a.txt", fmt.Sprintf("this is commit %d\n", i)))
		key := l.ask(t, repo)
		keys = append(keys, key)
		l.eventually(t, "a commit is ingested", func() bool {
			s, err := l.Catalog.Submissions.Status(t.Context(), key)
			return err == nil && s.State == "done"
		})
	}
	stop()
	state := l.stream(t, broker.StreamChunked).State
	if state.Msgs != 1 || state.LastSeq != 50 {
		t.Errorf("%d of %d messages are left, want 1 of 50", state.Msgs, state.LastSeq)
	}
	start(t, l.embed, l.index)
	l.done(t, keys...)
	if n := model.embedded(); n != 1 {
		t.Errorf("%d texts were embedded, want 1", n)
	}
	if got := l.One(t, "select d.revision, d.state from documents d"); got != "50 indexed" {
		t.Errorf("the document is %s", got)
	}
}

// The streams forget the messages of a removed document.
func TestTombstonesHaveATTL(t *testing.T) {
	l := newLanes(t, newGated("no such word"), config.Bulk{})
	start(t, l.ingest, l.embed, l.index)
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "a\n", "b.txt", "b\n"))
	l.done(t, l.ask(t, repo))
	repo.Commit(t, testpipe.Text("b.txt", "b\n"))
	l.done(t, l.ask(t, repo))
	repository := events.RepositoryID(events.DefaultTenant, repo.Dir)
	for path, want := range map[string]string{"a.txt": "168h0m0s", "b.txt": ""} {
		document := events.DocumentID(events.TrackID(repository, "refs/heads/main"), []byte(path))
		for stream, subject := range map[string]string{
			broker.StreamChunked:  events.ChunkedSubject(events.Live, events.DefaultTenant, repository, document),
			broker.StreamEmbedded: events.EmbeddedSubject(embedder.LocalName, events.Live, events.DefaultTenant, repository, document),
		} {
			if got := l.last(t, stream, subject).Header.Get(broker.MetaTTL); got != want {
				t.Errorf("%s in %s has the TTL %q, want %q", path, stream, got, want)
			}
		}
	}
}

func (l *lanes) last(t testing.TB, stream, subject string) *jetstream.RawStreamMsg {
	t.Helper()
	s, err := l.js.Stream(t.Context(), stream)
	must(t, err)
	msg, err := s.GetLastMsgForSubject(t.Context(), subject)
	must(t, err)
	return msg
}

// beside opens the stores again over the same servers, as another process would.
func (l *lanes) beside(t testing.TB, model embedder.Embedder, ackWait time.Duration) *lanes {
	t.Helper()
	other := &lanes{rig: &rig{Pipe: l.Pipe, js: l.js}, common: l.common, ingestor: l.ingestor}
	pipe := *l.Pipe
	other.Pipe = &pipe
	stores := l.Config()
	stores.AckWait = ackWait
	var err error
	pipe.Stores, err = worker.Open(t.Context(), stores, "test", l.Logs.Logger())
	must(t, err)
	t.Cleanup(pipe.Close)
	pipe.OpenEmbedder = func(string) (embedder.Embedder, error) { return model, nil }
	return other
}

// A stopped worker hands its work on at once. Nothing waits for the ack wait, which is longer than
// the test.
func TestAStoppedWorkerHandsItsWorkOn(t *testing.T) {
	const files, ackWait = 300, time.Hour
	l := newLanes(t, newGated("no such word"), config.Bulk{})
	hung := newGated("text")
	bulk := config.Bulk{BulkFiles: 10, BulkWindow: 64, BulkIngests: 4}
	first, second := l.beside(t, hung, ackWait), l.beside(t, newGated("no such word"), ackWait)
	for _, l := range []*lanes{first, second} {
		l.ingestor.Bulk = bulk
		l.common.DrainTimeout, l.ingestor.DrainTimeout = 100*time.Millisecond, 100*time.Millisecond
	}
	stopIngest, stopEmbed := start(t, first.ingest), start(t, first.embed)
	repo := repoOf(t, files, "text")
	key := l.ask(t, repo)
	<-hung.met
	l.eventually(t, "the ingestor waits", func() bool { return strings.Contains(l.Logs.String(), "waits for embedders") })
	stopIngest()
	stopEmbed()
	start(t, second.ingest, second.embed, second.index)
	l.done(t, key)
	if got := l.One(t, "select count(*) from documents where attempts > 0"); got != "0" {
		t.Errorf("being stopped counts as an attempt of %s documents", got)
	}
	if got := l.One(t, "select sum(attempts) from submissions"); got != "0" {
		t.Errorf("being stopped counts as an attempt of the submission: %s", got)
	}
}

// The work that a killed worker held comes to another after the ack wait.
func TestAKilledWorkersWorkComesToAnother(t *testing.T) {
	const files, ackWait = 300, time.Second
	l := newLanes(t, newGated("no such word"), config.Bulk{})
	hung := newGated("text")
	killed, other := l.beside(t, hung, ackWait), l.beside(t, newGated("no such word"), ackWait)
	start(t, l.ingest)
	killed.common.DrainTimeout = 100 * time.Millisecond
	start(t, killed.embed)
	repo := repoOf(t, files, "text")
	key := l.ask(t, repo)
	<-hung.met
	if lag, err := l.Broker.Lag(t.Context(), broker.StreamChunked, broker.ConsumerEmbedder("local-384", events.Live)); err != nil || lag.InFlight == 0 {
		t.Fatalf("the worker holds nothing: %+v, %v", lag, err)
	}
	killed.Broker.Close() // from now on it sends nothing
	start(t, other.embed, other.index)
	l.done(t, key)
}
