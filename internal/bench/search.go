//go:build linux

package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/qdrant/go-client/qdrant"
	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/profile"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/pipeline/embedder"
)

// Search holds the latency of queries that are asked one after another, and the number of queries
// that are answered a second. This process asks all of them; AtOnce has those of several clients
// over HTTP.
type Search struct {
	Queries string    `json:"queries"` // description of the queries
	Leat    Latencies `json:"leat"`    // embedding the query, fusing both rankings, reading and verifying the lines
	Floor   Latencies `json:"floor"`   // asking for the same rankings with the bare client
	Points  int64     `json:"points"`  // in the index

	// Queries a second, with two at a time for each processor.
	LeatRate  float64 `json:"leat_per_second"`
	FloorRate float64 `json:"floor_per_second"`

	// Processor time of one of these queries in milliseconds, by process: this one and
	// the stores.
	LeatCPU  map[string]float64 `json:"leat_cpu_ms"`
	FloorCPU map[string]float64 `json:"floor_cpu_ms"`

	AtOnce    AtOnce    `json:"at_once"`
	ByCommand ByCommand `json:"by_command"`
	ByServer  ByServer  `json:"by_server"`
}

// Latencies are in milliseconds.
type Latencies struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	P99 float64 `json:"p99_ms"`
}

// phrases precede every second symbol, as in the queries of people.
var phrases = []string{"where is", "how does", "what calls", "error in"}

// queries are symbols of the index, spread evenly over their sorted list.
func (r *run) queries(ctx context.Context) ([]string, error) {
	rows, err := r.leat.sql.Query(ctx, "select distinct symbol from chunks where symbol <> '' order by symbol")
	if err != nil {
		return nil, err
	}
	symbols, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	if len(symbols) == 0 {
		symbols = []string{"error", "value", "list", "name", "file"}
	}
	list := make([]string, r.cfg.Queries)
	for i := range list {
		list[i] = symbols[i*len(symbols)/len(list)]
		if i%2 == 1 {
			list[i] = phrases[i/2%len(phrases)] + " " + list[i]
		}
	}
	return list, nil
}

func (r *run) search(ctx context.Context) error {
	queries, err := r.queries(ctx)
	if err != nil {
		return err
	}
	// A look at the stores' children takes as long as several queries.
	r.watcher.rest.Store(true)
	defer r.watcher.rest.Store(false)
	if r.cfg.Profile {
		stop, err := profile.Start(filepath.Join(r.dir, thisProcess+".pprof"))
		if err != nil {
			return err
		}
		defer stop()
	}
	result := &Search{Queries: fmt.Sprintf("%d symbols of the index, spread evenly over their sorted list, every second one after %q in turn; 10 hits each", len(queries), phrases)}
	var with, bare []time.Duration
	for _, query := range queries {
		if err := timed(&with, func() error { _, err := r.query(ctx, query); return err }); err != nil {
			return err
		}
		took, err := r.bareQuery(ctx, query)
		if err != nil {
			return err
		}
		bare = append(bare, took)
	}
	result.Leat, result.Floor = latencies(with), latencies(bare)
	result.LeatRate, result.LeatCPU, err = r.rate(ctx, queries, func(ctx context.Context, query string) error {
		_, err := r.query(ctx, query)
		return err
	})
	if err != nil {
		return err
	}
	result.FloorRate, result.FloorCPU, err = r.rate(ctx, queries, func(ctx context.Context, query string) error {
		_, err := r.bareQuery(ctx, query)
		return err
	})
	if err != nil {
		return err
	}
	if err := r.searchByClients(ctx, queries, result); err != nil {
		return err
	}
	if result.ByCommand, err = r.searchByCommand(ctx, queries); err != nil {
		return err
	}
	counted, err := r.floor.points.Count(ctx, &qdrant.CountPoints{CollectionName: r.leat.generation.Collection})
	if err != nil {
		return err
	}
	result.Points = int64(counted.GetResult().GetCount())
	r.report.Search = result
	return nil
}

// searchByClients asks in the way of clients of a gateway.
func (r *run) searchByClients(ctx context.Context, queries []string, result *Search) error {
	g, err := r.openGateway(ctx)
	if err != nil {
		return err
	}
	defer g.close()
	if result.AtOnce, err = r.searchAtOnce(ctx, g, queries); err != nil {
		return err
	}
	result.ByServer, err = r.searchByServer(ctx, g, queries)
	return err
}

// rate returns the queries that are answered a second, with two at a time for each processor, and
// the processor time of each.
func (r *run) rate(ctx context.Context, queries []string, ask func(context.Context, string) error) (float64, map[string]float64, error) {
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(2 * runtime.GOMAXPROCS(0))
	before := r.askedCPU()
	began := time.Now()
	for _, query := range queries {
		asking.Go(func() error { return ask(ctx, query) })
	}
	err := asking.Wait()
	took := time.Since(began)
	each := r.askedCPU()
	for name := range each {
		each[name] = (each[name] - before[name]) * 1000 / float64(len(queries))
	}
	return float64(len(queries)) / took.Seconds(), each, err
}

// thisProcess names the process that asks.
const thisProcess = "service"

// askedCPU returns the seconds of processor time of the processes that a query asks.
func (r *run) askedCPU() map[string]float64 {
	taken := map[string]float64{thisProcess: ownCPU()}
	for name, seconds := range r.watcher.cpu() {
		if isStore(name) && name != stack.NATS {
			taken[name] = seconds
		}
	}
	return taken
}

func (r *run) query(ctx context.Context, text string) ([]service.Hit, error) {
	a, err := r.leat.service.Search(ctx, service.SearchRequest{Tenant: events.DefaultTenant, Query: text})
	return a.Hits, err
}

// bareDepth is the number of points of each ranking that pipeline/search weighs for
// search.DefaultLimit hits.
const bareDepth = 240

// bareQuery asks Qdrant for the same rankings.
func (r *run) bareQuery(ctx context.Context, text string) (time.Duration, error) {
	dense, err := r.floor.embedder.Embed(ctx, []string{text}, embedder.Query)
	if err != nil {
		return 0, err
	}
	terms := embedder.QueryTerms(text)
	collection := r.leat.generation.Collection
	request := &qdrant.QueryBatchPoints{CollectionName: collection}
	for using, query := range map[string]*qdrant.Query{
		"dense": qdrant.NewQueryDense(dense[0]), "text": qdrant.NewQuerySparse(terms.Indices, terms.Values),
	} {
		request.QueryPoints = append(request.QueryPoints, &qdrant.QueryPoints{
			CollectionName: collection, Using: qdrant.PtrOf(using), Query: query,
			Filter: &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchKeyword("tenant", events.DefaultTenant)}},
			Limit:  qdrant.PtrOf(uint64(bareDepth)), WithPayload: qdrant.NewWithPayload(true),
		})
	}
	began := time.Now()
	_, err = r.floor.points.QueryBatch(ctx, request)
	return time.Since(began), err
}

// timed adds the duration of ask to a list.
func timed(list *[]time.Duration, ask func() error) error {
	began := time.Now()
	err := ask()
	*list = append(*list, time.Since(began))
	return err
}

func latencies(list []time.Duration) Latencies {
	slices.Sort(list)
	at := func(share float64) float64 {
		return float64(list[int(share*float64(len(list)-1))].Microseconds()) / 1000
	}
	return Latencies{at(0.50), at(0.95), at(0.99)}
}
