package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

func TestMain(m *testing.M) { testenv.Main(m) }

var consumer = broker.ConsumerEmbedder("local-384", events.Live)

// ingest makes a document of each path, whose document.chunked then waits.
func ingest(t *testing.T, p *testpipe.Pipe, paths ...string) {
	t.Helper()
	repo := testpipe.NewRepo(t)
	tree := make(testpipe.Tree)
	for _, path := range paths {
		tree[path] = testpipe.File{Content: "the file " + path + "\n"}
	}
	repo.Commit(t, tree)
	p.Submit(t, repo)
}

// worker is a step that consumes document.chunked.
type worker struct {
	catalog *catalog.Catalog // default: the pipe's
	drain   time.Duration    // default: 20 s
	handle  pipeline.Handler
}

// start runs a worker. It ends, and is waited for, by the function returned.
func (w worker) start(t *testing.T, p *testpipe.Pipe) (stop func()) {
	t.Helper()
	if w.catalog == nil {
		w.catalog = p.Catalog
	}
	if w.drain == 0 {
		w.drain = 20 * time.Second
	}
	source := p.Broker.Subscriber(broker.SubscriberConfig{
		Stream: broker.StreamChunked, Consumer: consumer, NakDelay: 10 * time.Millisecond, DrainTimeout: w.drain,
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- pipeline.Run(ctx, pipeline.Config{Letters: w.catalog.Letters, Log: p.Logs.Logger(), DrainTimeout: w.drain}, pipeline.Step{
			Worker: "tester", Ledger: pipeline.DocumentLedger{Documents: w.catalog, Generations: w.catalog.Generations},
			Routes: []pipeline.Route{{Name: consumer, Source: source, Handle: w.handle}},
		})
	}()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

// settled waits until every message of the consumer is acknowledged.
func settled(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(testpipe.Patience); !p.Acknowledged(t, broker.StreamChunked, consumer); <-look.C {
		if time.Now().After(deadline) {
			t.Fatalf("messages still wait for %s\n%s", consumer, p.Logs)
		}
	}
}

// document is the catalog's row of a path, with its dead letters.
func document(t *testing.T, p *testpipe.Pipe, path string) string {
	t.Helper()
	return p.One(t, `select state, attempts,
			case when due_at = 'infinity' then 'never' when due_at > now() + interval '30 minutes' then 'late'
				when due_at > now() + interval '30 seconds' then 'lease' else 'soon' end,
			(select count(*) from dead_letters l where l.document = d.id)
		from documents d where path = $1`, []byte(path))
}

func TestWhatBecomesOfAMessageIsOfTheKindOfTheError(t *testing.T) {
	cases := map[string]struct {
		handle func(call int) error
		calls  int
		want   string // state, failed attempts, due, dead letters
	}{
		"nil":         {func(int) error { return nil }, 1, "chunked 0 lease 0"},
		"drop":        {func(int) error { return fault.Drop(errors.New("pointless")) }, 1, "chunked 0 lease 0"},
		"reject":      {func(int) error { return fault.Reject(errors.New("never")) }, 1, "failed 1 never 1"},
		"panic":       {func(int) error { panic("as asked") }, 1, "failed 1 never 1"},
		"retry":       {func(int) error { return fault.Retry(errors.New("not yet")) }, 4, "failed 1 soon 0"},
		"unmarked":    {func(int) error { return errors.New("unknown") }, 4, "failed 1 soon 0"},
		"retry after": {func(int) error { return fault.RetryAfter(errors.New("in an hour"), time.Hour) }, 1, "failed 1 late 0"},
		"passes": {func(call int) error {
			if call < 3 {
				return errors.New("not yet")
			}
			return nil
		}, 3, "chunked 0 lease 0"},
		"then rejected": {func(call int) error {
			if call < 2 {
				return errors.New("not yet")
			}
			return fault.Reject(errors.New("never"))
		}, 2, "failed 1 never 1"},
		"the last attempt": {func(int) error { return errors.New("not yet") }, 4, "failed 13 never 1"},
	}
	p := testpipe.Open(t, testpipe.Config{})
	var paths []string
	for name := range cases {
		paths = append(paths, name)
	}
	ingest(t, p, paths...)
	p.Rows(t, "update documents set attempts = 11 where path = 'the last attempt'")
	var mu sync.Mutex
	calls := make(map[string]int)
	stop := worker{handle: func(_ context.Context, m pipeline.Message) error {
		mu.Lock()
		calls[m.Subject]++
		call := calls[m.Subject]
		mu.Unlock()
		if m.Again != (call > 1) || m.Delivered != 1 {
			t.Errorf("%s: call %d of delivery %d is said to be again: %t", m.Subject, call, m.Delivered, m.Again)
		}
		return cases[m.Subject].handle(call)
	}}.start(t, p)
	settled(t, p)
	stop()
	for name, c := range cases {
		if calls[name] != c.calls {
			t.Errorf("%s: %d calls, want %d", name, calls[name], c.calls)
		}
		if got := document(t, p, name); got != c.want {
			t.Errorf("%s: state, attempts, due and dead letters are %s, want %s", name, got, c.want)
		}
	}
	reasons := strings.Join(p.Rows(t, "select reason from dead_letters"), "\n")
	for _, reason := range []string{"never", "panic: as asked", "not yet"} {
		if !strings.Contains(reasons, reason) {
			t.Errorf("no dead letter names the reason %q", reason)
		}
	}
}

func TestARetryInProcessWaitsAsLongAsTheErrorAsks(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	ingest(t, p, "a")
	var times []time.Time
	const wait = 700 * time.Millisecond
	stop := worker{handle: func(context.Context, pipeline.Message) error {
		times = append(times, time.Now())
		if len(times) == 1 {
			return fault.RetryAfter(errors.New("busy"), wait)
		}
		return nil
	}}.start(t, p)
	settled(t, p)
	stop()
	if len(times) != 2 || times[1].Sub(times[0]) < wait {
		t.Errorf("called at %v, which is not %s apart", times, wait)
	}
}

func TestWhatCannotBeReadIsADeadLetterAndNothingElse(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	ingest(t, p, "good")
	chunked := p.Events.Drain(t)[0]
	conn, err := nats.Connect(p.Addresses.NATS)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	token := func(n string) string { return "leat.document.chunked.live.default.x" + n + ".y" }
	for i, m := range []*nats.Msg{
		{Subject: token("1")},
		{Subject: token("2"), Data: []byte("\xff\x00{")},
		{Subject: token("3"), Data: chunked.Data},
		{Subject: token("4"), Data: []byte(`{"document":`), Header: nats.Header{"ce-type": {"x"}, "ce-id": {"%zz"}}},
		{Subject: token("5"), Data: make([]byte, 70_000), Header: nats.Header{"Ce-Specversion": {"1.0", "2.0"}}},
		{Subject: token("6"), Data: []byte(`{}`), Header: nats.Header{"ce-specversion": {""}, "X-Odd": {"\x02\xff"}}},
	} {
		if err := conn.PublishMsg(m); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	var handled atomic.Int64
	stop := worker{handle: func(context.Context, pipeline.Message) error { handled.Add(1); return nil }}.start(t, p)
	settled(t, p)
	stop()
	if handled.Load() != 1 {
		t.Errorf("%d messages were handled, want the good one", handled.Load())
	}
	if n := p.One(t, "select count(*), count(distinct subject) from dead_letters where reason like '%invalid event%' and worker = 'tester' and tenant = 'default'"); n != "6 6" {
		t.Errorf("dead letters: %s, want 6: %q", n, p.Rows(t, "select subject, tenant, reason from dead_letters"))
	}
	if got := document(t, p, "good"); got != "chunked 0 lease 0" {
		t.Errorf("the good document: %s", got)
	}
}

// While the catalog cannot be reached, a message goes back to the broker. It is
// delivered again until the catalog is back, however often that takes.
func TestACatalogThatIsDownLosesNothing(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	ingest(t, p, "a", "b", "c")
	down, err := catalog.Open(t.Context(), catalog.Config{URL: p.Addresses.Postgres})
	if err != nil {
		t.Fatal(err)
	}
	down.Close()
	often := make(chan struct{})
	var once sync.Once
	stop := worker{catalog: down, handle: func(_ context.Context, m pipeline.Message) error {
		if m.Delivered == 5 {
			once.Do(func() { close(often) })
		}
		return fault.Reject(errors.New("as asked")) // which cannot be recorded
	}}.start(t, p)
	wait(t, often)
	stop()

	var mu sync.Mutex
	var got []string
	stop = worker{handle: func(_ context.Context, m pipeline.Message) error {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, m.Subject)
		return nil
	}}.start(t, p)
	settled(t, p)
	stop()
	slices.Sort(got)
	if !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("handled once the catalog was there: %q", got)
	}
	if n := p.One(t, "select count(*) from dead_letters"); n != "0" {
		t.Errorf("%s dead letters", n)
	}
}

func wait(t *testing.T, signal <-chan struct{}) {
	t.Helper()
	select {
	case <-signal:
	case <-time.After(testpipe.Patience):
		t.Fatal("waited too long")
	}
}

// redeliver delivers the waiting messages n times, as if to workers that died.
func redeliver(t *testing.T, p *testpipe.Pipe, messages, n int) {
	t.Helper()
	conn, err := nats.Connect(p.Addresses.NATS)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	c, err := js.Consumer(t.Context(), broker.StreamChunked, consumer)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		for seen := 0; seen < messages; {
			batch, err := c.Fetch(messages-seen, jetstream.FetchMaxWait(testpipe.Patience))
			if err != nil {
				t.Fatal(err)
			}
			for m := range batch.Messages() {
				seen++
				if err := m.NakWithDelay(50 * time.Millisecond); err != nil {
					t.Fatal(err)
				}
			}
			if batch.Error() != nil {
				t.Fatal(batch.Error())
			}
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
}

func TestASuspectIsServedAloneAndItsAttemptRecordedBefore(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	paths := []string{"guilty", "innocent 1", "innocent 2", "innocent 3", "old"}
	ingest(t, p, paths...)
	redeliver(t, p, len(paths), 21)
	p.Rows(t, "update documents set attempts = 11 where path = 'guilty'")
	p.Rows(t, "update documents set state = 'indexed', indexed_revision = revision, due_at = null where path = 'old'")
	var now, most atomic.Int64
	var mu sync.Mutex
	var handled []string
	stop := worker{handle: func(_ context.Context, m pipeline.Message) error {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		mu.Lock()
		handled = append(handled, m.Subject)
		mu.Unlock()
		if !m.Again || m.Delivered < 21 {
			t.Errorf("%s: delivery %d, again: %t", m.Subject, m.Delivered, m.Again)
		}
		if got := p.One(t, "select state, attempts from documents where path = $1", []byte(m.Subject)); got != "failed 1" {
			t.Errorf("%s is %s while it is handled", m.Subject, got)
		}
		return nil
	}}.start(t, p)
	settled(t, p)
	stop()
	slices.Sort(handled)
	if !slices.Equal(handled, []string{"innocent 1", "innocent 2", "innocent 3"}) {
		t.Errorf("handled: %q", handled)
	}
	if most.Load() != 1 {
		t.Errorf("%d suspects at once", most.Load())
	}
	if got := document(t, p, "guilty"); !strings.HasPrefix(got, "failed ") || !strings.HasSuffix(got, "never 1") {
		t.Errorf("the guilty one: %s", got)
	}
	if n := p.One(t, "select count(*) from dead_letters where reason like '%never settled%'"); n != "2" {
		t.Errorf("%s dead letters, want 2: the guilty one's, and that of which no count is kept", n)
	}
}

func TestAWorkerThatStopsGivesBackWhatItHolds(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	ingest(t, p, "a", "b")
	started := make(chan struct{}, 2)
	stop := worker{drain: 50 * time.Millisecond, handle: func(ctx context.Context, _ pipeline.Message) error {
		started <- struct{}{}
		<-ctx.Done()
		return fmt.Errorf("interrupted: %w", ctx.Err())
	}}.start(t, p)
	wait(t, started)
	wait(t, started)
	stop()
	var mu sync.Mutex
	delivered := make(map[string]int)
	stop = worker{handle: func(_ context.Context, m pipeline.Message) error {
		mu.Lock()
		defer mu.Unlock()
		delivered[m.Subject] = m.Delivered
		return nil
	}}.start(t, p)
	settled(t, p)
	stop()
	for _, path := range []string{"a", "b"} {
		if delivered[path] != 2 {
			t.Errorf("%s: delivery %d, want the second", path, delivered[path])
		}
		if got := document(t, p, path); got != "chunked 0 lease 0" {
			t.Errorf("%s: %s: a shutdown was recorded as a failure", path, got)
		}
	}
}

func TestAWorkerThatStopsLetsHandlersFinish(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	ingest(t, p, "a")
	started, finish := make(chan struct{}), make(chan struct{})
	stop := worker{handle: func(ctx context.Context, _ pipeline.Message) error {
		close(started)
		select {
		case <-finish:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}.start(t, p)
	wait(t, started)
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	close(finish)
	wait(t, stopped)
	settled(t, p) // the stopped worker settled it: there is no other
}
