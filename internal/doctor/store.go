package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/vector"
)

// The bounds within which a store counts as good.
const (
	leastPostgres  = 130000
	mostSkew       = 2 * time.Second // leases, due times and ends of tokens are in Postgres' time
	nearlyFull     = 0.8
	nearlyExpired  = 14 * 24 * time.Hour
	mostConnection = 0.8
)

func (l *look) postgres(ctx context.Context) {
	if l.stores.Catalog == nil {
		return
	}
	before := time.Now()
	s, err := l.stores.Catalog.Gauges.Server(ctx)
	if err != nil {
		l.failed("postgres", err, "see the server's log")
		return
	}
	skew := apart(s.Clock, before, time.Now())
	switch {
	case s.Version < leastPostgres:
		l.add("postgres", Wrong, "version "+s.Release+" is too old", "run 13 or newer")
	case s.Replica:
		l.add("postgres", Wrong, "this server accepts no writes", "name the primary in --postgres-url, or add target_session_attrs=read-write")
	default:
		l.add("postgres", Good, "version "+s.Release+", database of "+bytes(s.Bytes), "")
	}
	if skew > mostSkew {
		l.add("clock", Wrong, fmt.Sprintf("this machine and Postgres differ by %s", skew.Round(time.Millisecond)), "synchronise the clocks of both (NTP): leases and tokens end by them")
	} else {
		l.add("clock", Good, fmt.Sprintf("differs from Postgres' by %s", skew.Round(time.Millisecond)), "")
	}
	if share := float64(s.Connections) / float64(s.MostConnections); share > mostConnection {
		l.add("postgres", Warning, fmt.Sprintf("%d of %d connections are in use", s.Connections, s.MostConnections), "raise max_connections: each worker takes up to 10")
	}
}

// apart returns by how much a clock is at least wrong that was asked for its time between two times.
// The answer may have taken long, on either way.
func apart(clock, before, after time.Time) time.Duration {
	return max(before.Sub(clock), clock.Sub(after), 0)
}

func (l *look) schema(ctx context.Context) {
	if l.stores.Catalog == nil {
		return
	}
	list, err := l.stores.Catalog.Schema.Status(ctx)
	if err != nil {
		l.failed("schema", err, "see 'leat migrate status'")
		return
	}
	var pending []string
	for _, m := range list {
		if !m.Applied {
			pending = append(pending, m.Name)
		}
	}
	if len(pending) > 0 {
		l.add("schema", Wrong, "not applied: "+strings.Join(pending, ", "), "run 'leat migrate up', or start a worker of this release")
		return
	}
	if version, err := l.stores.Catalog.Schema.Version(ctx); err == nil && version > list[len(list)-1].Version {
		l.add("schema", Wrong, fmt.Sprintf("it belongs to a newer release: step %d is applied, but this program knows only %d", version, list[len(list)-1].Version),
			"run the newer release; to go back to this one, run 'leat migrate down' with the newer program first, for each step")
		return
	}
	l.add("schema", Good, fmt.Sprintf("all %d migrations are applied", len(list)), "")
}

func (l *look) nats(ctx context.Context) {
	if l.stores.Broker == nil {
		return
	}
	s, err := l.stores.Broker.Server(ctx)
	if err != nil {
		l.failed("nats", err, "start the server with JetStream")
		return
	}
	if text := l.stores.Broker.Warning(); text != "" {
		l.add("nats", Wrong, text, "run "+broker.LeastServer+" or newer")
	} else {
		where := "one server"
		if s.ClusterName != "" {
			where = "cluster " + s.ClusterName
		}
		l.add("nats", Good, fmt.Sprintf("version %s, %s, JetStream holds %s", s.Release, where, bytes(int64(s.Store))), "")
	}
	if s.StoreLimit > 0 && float64(s.Store) > nearlyFull*float64(s.StoreLimit) {
		l.add("nats", Warning, fmt.Sprintf("JetStream holds %s of %s", bytes(int64(s.Store)), bytes(int64(s.StoreLimit))), "raise max_file_store, on a disk that has the room")
	}
	l.add("nats", Skipped, "whether the intake is on the disk before it is acknowledged is unknown: the server does not tell clients", "check that the server's jetstream block has 'sync_interval: always'")
}

func (l *look) streams(ctx context.Context) {
	if l.stores.Broker == nil {
		return
	}
	sizes, err := l.stores.Broker.Sizes(ctx)
	if err != nil {
		l.add("streams", Wrong, err.Error(), "start a worker once: it makes the streams")
		return
	}
	want := broker.DefaultTopology()
	l.Limit(&want)
	limits := map[string]int64{
		broker.StreamIntake: want.IntakeBytes, broker.StreamChunked: want.ChunkedBytes, broker.StreamEmbedded: want.EmbeddedBytes, broker.StreamIndexed: want.IndexedBytes,
	}
	for _, s := range sizes {
		switch {
		case s.Limit > 0 && s.Stream != broker.StreamIndexed && float64(s.Bytes) > nearlyFull*float64(s.Limit):
			l.add("streams", Warning, fmt.Sprintf("%s holds %s of %s", s.Stream, bytes(int64(s.Bytes)), bytes(int64(s.Limit))), "see docs/runbooks/stream-full.md")
		case int64(s.Limit) != limits[s.Stream]:
			l.add("streams", Warning, fmt.Sprintf("%s has a limit of %s, but %s are configured here", s.Stream, bytes(int64(s.Limit)), bytes(limits[s.Stream])), "give all workers the same LEAT_…_STREAM_MIB")
		case len(want.Tags) > 0 && !slices.Equal(s.Tags, want.Tags):
			l.add("streams", Warning, fmt.Sprintf("%s is kept on servers with the tags %q, but %q are configured here", s.Stream, s.Tags, want.Tags),
				"give all workers the same LEAT_STREAM_PLACEMENT_TAGS; a worker that starts moves the stream")
		default:
			l.add("streams", Good, fmt.Sprintf("%s: %s in %s messages, limit %s, replicas %d", s.Stream, bytes(int64(s.Bytes)), number.Thousands(int64(s.Messages)), bytes(int64(s.Limit)), s.Replicas), "")
		}
	}
}

// workers checks whether a worker takes each stage's work.
func (l *look) workers(ctx context.Context) {
	if l.stores.Broker == nil || l.stores.Catalog == nil {
		return
	}
	list, err := l.stores.Catalog.Generations.List(ctx)
	if err != nil {
		return // the look at the schema has reported it
	}
	consumers := map[string][]broker.Consumer{"ingestor": {{Stream: broker.StreamIntake, Name: broker.ConsumerIngestor}}}
	for _, g := range list {
		if !g.Live() {
			continue
		}
		for _, lane := range events.Lanes {
			consumers["embedder"] = append(consumers["embedder"], broker.Consumer{Stream: broker.StreamChunked, Name: broker.ConsumerEmbedder(g.Embedder.Name, lane)})
			consumers["indexer"] = append(consumers["indexer"], broker.Consumer{Stream: broker.StreamEmbedded, Name: broker.ConsumerIndexer(g.Number, lane)})
		}
	}
	for _, worker := range []string{"ingestor", "embedder", "indexer"} {
		var total broker.Lag
		for _, c := range consumers[worker] {
			lag, err := l.stores.Broker.Lag(ctx, c.Stream, c.Name)
			if err != nil {
				l.add("workers", Wrong, err.Error(), "start a worker once: it makes the consumers")
				continue
			}
			total.Pending, total.InFlight, total.Waiting = total.Pending+lag.Pending, total.InFlight+lag.InFlight, total.Waiting+lag.Waiting
		}
		switch text := fmt.Sprintf("%s: %d messages wait, %d are in flight", worker, total.Pending, total.InFlight); {
		case total.Waiting == 0 && total.InFlight == 0 && total.Pending > 0:
			l.add("workers", Wrong, text+", and no worker takes them", "start one of "+worker)
		case total.Waiting == 0 && total.InFlight == 0:
			l.add("workers", Warning, "no "+worker+" asks for work", "start one")
		default:
			l.add("workers", Good, text, "")
		}
	}
}

func (l *look) s3(ctx context.Context) {
	if l.stores.Blobs == nil {
		return
	}
	if err := l.stores.Blobs.Ready(ctx); err != nil {
		l.failed("s3", err, "check that the bucket exists and that the keys may list, read, write and delete in it")
		return
	}
	l.add("s3", Good, "the bucket answers", "")
}

func (l *look) qdrant(ctx context.Context) {
	if l.stores.Points == nil {
		return
	}
	if server, ok := l.stores.Points.(interface {
		Release(context.Context) (string, error)
	}); ok {
		release, err := server.Release(ctx)
		if err != nil {
			l.failed("qdrant", err, "see the server's log")
			return
		}
		l.add("qdrant", Good, "version "+release, "")
	}
	if l.stores.Catalog == nil {
		return
	}
	active, err := l.stores.Catalog.Generations.Active(ctx)
	if err != nil {
		l.add("index", Warning, "there is no index yet: "+err.Error(), "start a worker: it makes one")
		return
	}
	collection, found, err := l.stores.Points.Alias(ctx, l.Index)
	switch {
	case err != nil:
		l.failed("index", err, "see the server's log")
	case !found || collection != active.Collection:
		l.add("index", Wrong, fmt.Sprintf("the alias %s leads to %q, but the catalog's active generation is %s", l.Index, collection, active.Collection),
			"check that --qdrant-url, --index and --postgres-url belong together; a syncer then makes the alias again")
	default:
		l.add("index", Good, fmt.Sprintf("%s serves generation %d, %s of %d dimensions", l.Index, active.Number, active.Embedder.Name, active.Embedder.Dimensions), "")
	}
	l.layout(ctx, active.Collection)
	l.replicas(ctx, active.Collection)
}

// layout compares how Qdrant keeps the active generation with the configuration.
func (l *look) layout(ctx context.Context, collection string) {
	held, err := l.stores.Points.Layout(ctx, collection)
	if err != nil {
		l.failed("collection", err, "start a syncer: it makes a collection again")
		return
	}
	if list := l.Layout.Of().Differences(held); len(list) > 0 {
		l.add("collection", Warning, collection+" differs from the configuration: "+strings.Join(list, ", "), "'leat rebuild' makes a collection as configured, and swaps it in; or set LEAT_QDRANT_… as it is")
		return
	}
	l.add("collection", Good, fmt.Sprintf("%s is kept as configured: shards %d, replicas %d, HNSW m %d, ef_construct %d, quantization %s",
		collection, held.Shards, held.Replicas, held.HNSWEdges, held.EFConstruct, held.Quantization), "")
}

// replicas checks whether each copy of the active generation's shards serves. A cluster answers as
// long as one copy of each shard does, so a dead copy may go unnoticed otherwise.
func (l *look) replicas(ctx context.Context, collection string) {
	cluster, ok := l.stores.Points.(vector.Replicated)
	if !ok {
		return
	}
	all, err := cluster.Replicas(ctx, collection)
	if err != nil {
		l.failed("replicas", err, "see the server's log")
		return
	}
	if state, text, do := judgeReplicas(all); text != "" {
		l.add("replicas", state, text, do)
	}
}

// judgeReplicas judges the copies of a collection's shards. It says nothing about a collection that
// is kept once.
func judgeReplicas(all []vector.Replica) (state State, text, do string) {
	var down []string
	serves := make(map[uint32]bool)
	for _, replica := range all {
		serves[replica.Shard] = serves[replica.Shard] || replica.Serves
		if !replica.Serves {
			down = append(down, replica.String())
		}
	}
	lost := 0
	for _, one := range serves {
		if !one {
			lost++
		}
	}
	text = fmt.Sprintf("%d of %d copies of shards do not serve: %s", len(down), len(all), strings.Join(down[:min(len(down), maxListed)], ", "))
	switch {
	case lost > 0:
		return Wrong, text + "; without a copy that serves: " + number.Count(lost, "shard", "shards"), "start the servers that are down, or see their logs; where their disks are lost, 'leat rebuild' makes all points again from the kept vectors"
	case len(down) > 0:
		return Warning, text, "start the servers that are down, or see their logs; Qdrant brings their copies up to date by itself"
	case len(all) > len(serves):
		return Good, fmt.Sprintf("all %d copies of shards serve", len(all)), ""
	}
	return Good, "", ""
}

// maxListed bounds the copies of shards that a finding names.
const maxListed = 8

func (l *look) work(ctx context.Context) {
	if l.stores.Catalog == nil {
		return
	}
	f, err := l.stores.Catalog.Gauges.Figures(ctx)
	if err != nil {
		l.add("work", Skipped, err.Error(), "")
		return
	}
	if f.Letters > 0 {
		l.add("work", Warning, fmt.Sprintf("%d dead letters", f.Letters), "'leat dead list --any-tenant' says why")
	}
	if n := f.Documents["failed"]; n > 0 {
		l.add("work", Warning, fmt.Sprintf("%d documents failed and are tried again", n), "'leat status --failed' says why")
	}
	if oldest := max(f.OldestSubmission, f.OldestSnapshot); oldest > time.Hour {
		l.add("work", Warning, "the oldest work has waited for "+oldest.Round(time.Minute).String(), "see docs/runbooks/work-is-old.md")
	}
	runs, err := l.stores.Catalog.Schedule.Last(ctx)
	if err != nil {
		return
	}
	for _, r := range runs {
		if r.Error != "" && r.Error != "interrupted" {
			l.add("work", Warning, fmt.Sprintf("the syncer's %s: %s", r.Kind, r.Error), "see docs/runbooks/stores-differ.md")
		}
	}
}
