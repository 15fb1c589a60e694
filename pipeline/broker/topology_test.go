package broker_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
)

func consumerNames(t *testing.T, js jetstream.JetStream, stream string) map[string]bool {
	t.Helper()
	s, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for name := range s.ConsumerNames(t.Context()).Name() {
		names[name] = true
	}
	return names
}

// onceWarned does do when the server warns of something for the first time,
// before it answers.
type onceWarned struct{ do func() }

func (o onceWarned) Warnf(string, ...any) { o.do() }
func (onceWarned) Noticef(string, ...any) {}
func (onceWarned) Fatalf(string, ...any)  {}
func (onceWarned) Errorf(string, ...any)  {}
func (onceWarned) Debugf(string, ...any)  {}
func (onceWarned) Tracef(string, ...any)  {}

// When a server has deleted its last stream, it removes the directory a little later,
// which hinders a stream that is made meanwhile. In this test a file takes the place of
// that directory, so that each run meets the obstacle.
func TestEnsureWaitsForAServerThatStillDeletes(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	inTheWay := filepath.Join(s.opts.StoreDir, "jetstream", "$G", "streams")
	if err := errors.Join(os.RemoveAll(inTheWay), os.MkdirAll(filepath.Dir(inTheWay), 0o700), os.WriteFile(inTheWay, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	var failed atomic.Int32
	s.SetLoggerV2(onceWarned{func() {
		if failed.Add(1) == 1 {
			os.Remove(inTheWay)
		}
	}}, false, false, false)
	if err := b.Ensure(t.Context(), topology()); err != nil {
		t.Fatal(err)
	}
	if failed.Load() == 0 {
		t.Error("nothing was in the way")
	}
}

func TestEnsureFromSeveralProcessesAtOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	var wg sync.WaitGroup
	for range 8 {
		b := s.connect()
		wg.Go(func() {
			for range 3 {
				if err := b.Ensure(t.Context(), topology()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	_, js := s.bare()
	for stream, want := range map[string][]string{
		broker.StreamIntake:   {"ingestor"},
		broker.StreamChunked:  {"embedder-local-384-live", "embedder-local-384-bulk"},
		broker.StreamEmbedded: {"indexer-1-live", "indexer-1-bulk"},
		broker.StreamIndexed:  {},
	} {
		names := consumerNames(t, js, stream)
		for _, name := range want {
			if !names[name] {
				t.Errorf("%s has no consumer %s", stream, name)
			}
		}
		if len(names) != len(want) {
			t.Errorf("%s has consumers %v, want %v", stream, names, want)
		}
	}
}

func TestEnsureKeepsMessagesAndUpdates(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	submit(t, b, 3)
	changed := topology()
	changed.AckWait, changed.MaxAckPending, changed.IntakeBytes = time.Minute, 7, 32<<20
	changed.Generations = append(changed.Generations, broker.Generation{Number: 2, Embedder: "openai/large@1536"})
	ensure(t, b, changed)

	_, js := s.bare()
	stream, err := js.Stream(t.Context(), broker.StreamIntake)
	if err != nil {
		t.Fatal(err)
	}
	if info := stream.CachedInfo(); info.State.Msgs != 3 || info.Config.MaxBytes != 32<<20 {
		t.Errorf("%d messages within %d bytes", info.State.Msgs, info.Config.MaxBytes)
	}
	found, err := js.Consumer(t.Context(), broker.StreamIntake, broker.ConsumerIngestor)
	if err != nil {
		t.Fatal(err)
	}
	if cfg := found.CachedInfo().Config; cfg.AckWait != time.Minute || cfg.MaxAckPending != 7 {
		t.Errorf("ack wait %s, %d pending", cfg.AckWait, cfg.MaxAckPending)
	}
	if names := consumerNames(t, js, broker.StreamEmbedded); !names["indexer-2-live"] || !names["indexer-1-bulk"] || len(names) != 4 {
		t.Errorf("consumers %v", names)
	}
}

// A worker that starts must not disturb those at work.
func TestEnsureLeavesAloneWhatIsAsItShouldBe(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	conn, js := s.bare()
	placed, err := js.Stream(t.Context(), broker.StreamChunked)
	if err != nil {
		t.Fatal(err)
	}
	operators := placed.CachedInfo().Config
	operators.Metadata["owner"] = "ops"
	advisories := make(chan *nats.Msg, 64)
	for _, kind := range []string{"STREAM", "CONSUMER"} {
		if _, err := conn.ChanSubscribe("$JS.EVENT.ADVISORY."+kind+".>", advisories); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := js.UpdateStream(t.Context(), operators); err != nil {
		t.Fatal(err)
	}
	for receive(t, "word of the operator's change", advisories).Subject != "$JS.EVENT.ADVISORY.STREAM.UPDATED.LEAT_CHUNKED" {
		// News of the streams that the first Ensure created may come as late as this.
	}
	ensure(t, b, topology())
	changed := topology()
	changed.IndexedAge = time.Hour
	ensure(t, b, changed)
	if got := receive(t, "word of a change", advisories).Subject; got != "$JS.EVENT.ADVISORY.STREAM.UPDATED.LEAT_INDEXED" {
		t.Errorf("%s; only the stream that differs was to be changed", got)
	}
	if placed, err = js.Stream(t.Context(), broker.StreamChunked); err != nil {
		t.Fatal(err)
	}
	if got := placed.CachedInfo().Config.Metadata["owner"]; got != "ops" {
		t.Errorf("the operator's metadata became %q", got)
	}
}

// Each lane and each generation gets its own and nothing else.
func TestConsumersSeeTheirLane(t *testing.T) {
	t.Parallel()
	b := startServer(t).connect()
	top := topology()
	top.Generations = append(top.Generations, broker.Generation{Number: 2, Embedder: "openai/large@1536"})
	ensure(t, b, top)
	repository, document := uuid.New(), uuid.New()
	out := []broker.Outgoing{
		{Subject: events.ChunkedSubject(events.Bulk, "default", repository, document)},
		{Subject: events.EmbeddedSubject("local-384", events.Live, "default", repository, document)},
		{Subject: events.EmbeddedSubject("openai/large@1536", events.Bulk, "default", repository, document)},
		{Subject: events.IndexedSubject(events.Live, "default", repository, document)},
		{Subject: events.CompletedSubject("default", repository)},
	}
	if err := b.Publisher().Send(t.Context(), out...); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		stream, consumer string
		want             uint64
	}{
		{broker.StreamChunked, broker.ConsumerEmbedder("local-384", events.Live), 0},
		{broker.StreamChunked, broker.ConsumerEmbedder("local-384", events.Bulk), 1},
		{broker.StreamEmbedded, broker.ConsumerIndexer(1, events.Live), 1},
		{broker.StreamEmbedded, broker.ConsumerIndexer(1, events.Bulk), 0},
		{broker.StreamEmbedded, broker.ConsumerIndexer(2, events.Live), 0},
		{broker.StreamEmbedded, broker.ConsumerIndexer(2, events.Bulk), 1},
	} {
		waiting(t, b, tt.stream, tt.consumer, tt.want)
	}
}

func TestStreamSettings(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	top := topology()
	top.IntakePerTenant = broker.DefaultIntakePerTenant
	ensure(t, s.connect(), top)
	_, js := s.bare()
	for name, want := range map[string]struct {
		persist     jetstream.PersistModeType
		retention   jetstream.RetentionPolicy
		discard     jetstream.DiscardPolicy
		ttl, deny   bool
		age         time.Duration
		perSubject  int64
		maxMsgBytes int32
	}{
		broker.StreamIntake:   {jetstream.DefaultPersistMode, jetstream.WorkQueuePolicy, jetstream.DiscardNew, false, true, 0, 1024, 16 << 10},
		broker.StreamChunked:  {jetstream.AsyncPersistMode, jetstream.LimitsPolicy, jetstream.DiscardNew, true, false, 0, 1, 80 << 10},
		broker.StreamEmbedded: {jetstream.AsyncPersistMode, jetstream.LimitsPolicy, jetstream.DiscardNew, true, false, 0, 1, 80 << 10},
		broker.StreamIndexed:  {jetstream.AsyncPersistMode, jetstream.LimitsPolicy, jetstream.DiscardOld, false, false, 7 * 24 * time.Hour, -1, 80 << 10},
	} {
		stream, err := js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := stream.CachedInfo().Config
		if cfg.PersistMode != want.persist || cfg.Retention != want.retention || cfg.Discard != want.discard || cfg.AllowMsgTTL != want.ttl ||
			cfg.DenyPurge != want.deny || cfg.DenyDelete != want.deny || cfg.MaxAge != want.age || cfg.MaxMsgsPerSubject != want.perSubject || cfg.MaxMsgSize != want.maxMsgBytes {
			t.Errorf("%s: %+v", name, cfg)
		}
		if cfg.AllowRollup || cfg.AllowMsgSchedules || cfg.AllowAtomicPublish || cfg.DiscardNewPerSubject != (name == broker.StreamIntake) {
			t.Errorf("%s allows what it should not: %+v", name, cfg)
		}
	}
}

func TestEnsureSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before jetstream.StreamConfig // what is there already
		change func(*broker.Topology)
		want   string
	}{
		"other retention": {
			before: jetstream.StreamConfig{Name: broker.StreamIntake, Subjects: []string{events.SubmittedSubjects}},
			want:   "let the ingestors finish it, delete it with `nats stream rm LEAT_INTAKE`",
		},
		"deny purge": {
			before: jetstream.StreamConfig{Name: broker.StreamChunked, Subjects: []string{events.ChunkedSubjects}, DenyPurge: true},
			want:   "delete it with `nats stream rm LEAT_CHUNKED`",
		},
		"overlap": {
			before: jetstream.StreamConfig{Name: "ALL", Subjects: []string{"leat.>"}},
			want:   "another stream of this account takes leat.> subjects",
		},
		"too large": {
			change: func(top *broker.Topology) { top.EmbeddedBytes = 1 << 50 },
			want:   "lower the stream's size limit",
		},
		"replicas on a single server": {
			change: func(top *broker.Topology) { top.Replicas = 3 },
			want:   "a single server keeps 1 replica",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			_, js := s.bare()
			top := topology()
			if tt.change != nil {
				tt.change(&top)
			} else if _, err := js.CreateStream(t.Context(), tt.before); err != nil {
				t.Fatal(err)
			}
			err := s.connect().Ensure(t.Context(), top)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v\nwant it to say: %s", err, tt.want)
			}
		})
	}
}

func TestEnsureConsumerSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	_, js := s.bare()
	if err := js.DeleteConsumer(t.Context(), broker.StreamChunked, "embedder-local-384-live"); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateConsumer(t.Context(), broker.StreamChunked, jetstream.ConsumerConfig{
		Durable: "embedder-local-384-live", DeliverPolicy: jetstream.DeliverNewPolicy, AckPolicy: jetstream.AckExplicitPolicy,
	}); err != nil {
		t.Fatal(err)
	}
	err := b.Ensure(t.Context(), topology())
	if want := "nats consumer rm LEAT_CHUNKED embedder-local-384-live"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v\nwant it to say: %s", err, want)
	}
}

// A stream made before it was written asynchronously keeps the safer way.
func TestEnsureKeepsPersistMode(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	_, js := s.bare()
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: broker.StreamChunked, Subjects: []string{events.ChunkedSubjects}}); err != nil {
		t.Fatal(err)
	}
	ensure(t, s.connect(), topology())
	stream, err := js.Stream(t.Context(), broker.StreamChunked)
	if err != nil {
		t.Fatal(err)
	}
	if cfg := stream.CachedInfo().Config; cfg.PersistMode != jetstream.DefaultPersistMode || cfg.MaxMsgsPerSubject != 1 {
		t.Errorf("%+v", cfg)
	}
}
