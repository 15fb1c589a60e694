package worker

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// figureInterval is the least time between two counts of the catalog and the streams.
// Counts that take long are made less often, so that they take at most a fiftieth of the
// time.
const (
	figureInterval = 15 * time.Second
	figureShare    = 50
)

// figures are the gauges of the whole installation: the waiting work, its age, and the contents of
// the stores. A syncer counts them; a scrape shows the last count.
type figures struct {
	stores       *Stores
	certificates *certificates
	last         atomic.Pointer[counted]
	kept         time.Time // when the sizes of the stores were last recorded
}

// counted is one count.
type counted struct {
	catalog.Figures
	runs    []catalog.LastRun
	sizes   []broker.Size
	pending []pending
	ends    map[string]time.Time // of certificates, by store
	at      time.Time
}

// pending is the work of a stage and lane.
type pending struct {
	stage, lane       string
	waiting, inFlight uint64
}

// gauge is a figure of the installation, as a list of values with labels.
type gauge struct {
	name, unit, text string
	values           func(c *counted, value func(float64, ...attribute.KeyValue))
}

// gauges are listed in docs/operations.md. No label holds anything that a repository or a
// tenant could name.
var gauges = []gauge{
	{"leat.work.pending", "{message}", "Messages that no worker has taken yet, by stage and lane.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		for _, p := range c.pending {
			value(float64(p.waiting), attribute.String("stage", p.stage), attribute.String("lane", p.lane))
		}
	}},
	{"leat.work.in_flight", "{message}", "Messages that workers hold, by stage and lane.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		for _, p := range c.pending {
			value(float64(p.inFlight), attribute.String("stage", p.stage), attribute.String("lane", p.lane))
		}
	}},
	{"leat.work.oldest", "s", "Age of the oldest submission that is pending, and of the oldest snapshot that is not indexed.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		value(c.OldestSubmission.Seconds(), attribute.String("stage", "submission"))
		value(c.OldestSnapshot.Seconds(), attribute.String("stage", "snapshot"))
	}},
	{"leat.documents", "{document}", "Documents of all repositories, by state.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		for _, state := range []string{"chunked", "embedded", "indexed", "failed", "skipped", "removed"} {
			value(float64(c.Documents[state]), attribute.String("state", state))
		}
	}},
	{"leat.dead_letters", "{letter}", "Dead letters: messages that leat does not try again by itself.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		value(float64(c.Letters))
	}},
	{"leat.garbage.packs", "{pack}", "Packs whose objects are to be deleted.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		value(float64(c.Garbage))
	}},
	{"leat.budget.spent_tenants", "{tenant}", "Tenants whose embedding budget of the day is spent.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		value(float64(c.SpentTenants))
	}},
	{"leat.sync.found", "{difference}", "Differences that the last run of a kind of the syncer's work found.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		for _, r := range c.runs {
			value(float64(r.Found), attribute.String("kind", string(r.Kind)))
		}
	}},
	{"leat.sync.repaired", "{difference}", "Differences that this run repaired.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		for _, r := range c.runs {
			value(float64(r.Repaired), attribute.String("kind", string(r.Kind)))
		}
	}},
	{"leat.sync.age", "s", "Time since the last run of a kind of the syncer's work ended.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		for _, r := range c.runs {
			if r.FinishedAt != nil {
				value(time.Since(*r.FinishedAt).Seconds(), attribute.String("kind", string(r.Kind)))
			}
		}
	}},
	{"leat.stream.size", "By", "Bytes that a stream holds.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		for _, s := range c.sizes {
			value(float64(s.Bytes), attribute.String("stream", s.Stream))
		}
	}},
	{"leat.stream.limit", "By", "Bytes that a stream may hold.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		for _, s := range c.sizes {
			value(float64(s.Limit), attribute.String("stream", s.Stream))
		}
	}},
	{"leat.certificate", "s", "Time until the certificate of a store ends.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		for store, end := range c.ends {
			value(time.Until(end).Seconds(), attribute.String("store", store))
		}
	}},
	{"leat.figures.age", "s", "Time since the figures of the installation were counted.", func(c *counted, value func(float64, ...attribute.KeyValue)) {
		value(time.Since(c.at).Seconds())
	}},
}

// watchFigures registers the gauges and counts until ctx ends.
func (s *Stores) watchFigures(ctx context.Context, cfg config.Stores, log *slog.Logger) (stop func(), err error) {
	f := &figures{stores: s, certificates: newCertificates(cfg)}
	var all []metric.Observable
	made := make([]metric.Float64ObservableGauge, len(gauges))
	for i, g := range gauges {
		if made[i], err = s.meter().Float64ObservableGauge(g.name, metric.WithUnit(g.unit), metric.WithDescription(g.text)); err != nil {
			return nil, fmt.Errorf("make the figure %s: %w", g.name, err)
		}
		all = append(all, made[i])
	}
	registered, err := s.meter().RegisterCallback(func(_ context.Context, o metric.Observer) error {
		c := f.last.Load()
		if c == nil {
			return nil // not counted yet
		}
		for i, g := range gauges {
			g.values(c, func(v float64, labels ...attribute.KeyValue) {
				o.ObserveFloat64(made[i], v, metric.WithAttributes(labels...))
			})
		}
		return nil
	}, all...)
	if err != nil {
		return nil, fmt.Errorf("register figures: %w", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.run(ctx, log)
	}()
	return func() {
		<-done
		_ = registered.Unregister() // it was registered
	}, nil
}

func (f *figures) run(ctx context.Context, log *slog.Logger) {
	for {
		began := time.Now()
		c, err := f.count(ctx)
		if err == nil {
			f.last.Store(c)
			err = f.keep(ctx, c)
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("could not count the figures of the installation; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(figureInterval, figureShare*time.Since(began))):
		}
	}
}

// keep records the sizes of the stores, from which 'leat doctor' forecasts when one will be full.
// The catalog accepts one measurement an hour.
func (f *figures) keep(ctx context.Context, c *counted) error {
	if time.Since(f.kept) < time.Hour {
		return nil
	}
	packs, err := f.stores.Catalog.Gauges.PackBytes(ctx)
	if err != nil {
		return err
	}
	server, err := f.stores.Catalog.Gauges.Server(ctx)
	if err != nil {
		return err
	}
	list := []catalog.Measurement{
		{Name: "documents", Value: float64(c.Documents["indexed"])}, {Name: "packs", Value: float64(packs)}, {Name: "database", Value: float64(server.Bytes)},
	}
	for _, s := range c.sizes {
		if s.Stream != broker.StreamIndexed { // that stream drops the oldest messages by itself
			list = append(list, catalog.Measurement{Name: s.Stream, Value: float64(s.Bytes), Most: float64(s.Limit)})
		}
	}
	if err := f.stores.Catalog.Gauges.Keep(ctx, list...); err != nil {
		return err
	}
	f.kept = time.Now()
	return nil
}

// count asks the catalog and the streams.
func (f *figures) count(ctx context.Context) (*counted, error) {
	c := &counted{at: time.Now(), ends: f.certificates.ends(ctx)}
	var err error
	if c.Figures, err = f.stores.Catalog.Gauges.Figures(ctx); err != nil {
		return nil, err
	}
	if c.runs, err = f.stores.Catalog.Schedule.Last(ctx); err != nil {
		return nil, err
	}
	if c.sizes, err = f.stores.Broker.Sizes(ctx); err != nil {
		return nil, err
	}
	list, err := f.stores.Catalog.Generations.List(ctx)
	if err != nil {
		return nil, err
	}
	c.pending, err = f.pending(ctx, list)
	return c, err
}

// pending adds up the work that waits for the consumers of all generations.
func (f *figures) pending(ctx context.Context, list []catalog.GenerationStatus) ([]pending, error) {
	ask := func(p *pending, stream, consumer string) error {
		lag, err := f.stores.Broker.Lag(ctx, stream, consumer)
		p.waiting, p.inFlight = p.waiting+lag.Pending, p.inFlight+lag.InFlight
		return err
	}
	intake := pending{stage: "ingestor", lane: string(events.Live)}
	if err := ask(&intake, broker.StreamIntake, broker.ConsumerIngestor); err != nil {
		return nil, err
	}
	all := []pending{intake}
	for _, lane := range events.Lanes {
		embed, index := pending{stage: "embedder", lane: string(lane)}, pending{stage: "indexer", lane: string(lane)}
		counted := make(map[string]bool) // consumers that two generations share
		for _, g := range list {
			if !g.Live() {
				continue
			}
			if c := broker.ConsumerEmbedder(g.Embedder.Name, lane); !counted[c] {
				counted[c] = true
				if err := ask(&embed, broker.StreamChunked, c); err != nil {
					return nil, err
				}
			}
			if err := ask(&index, broker.StreamEmbedded, broker.ConsumerIndexer(g.Number, lane)); err != nil {
				return nil, err
			}
		}
		all = append(all, embed, index)
	}
	return all, nil
}

// freshness returns a function that measures the time from a submission until its snapshot can be
// searched.
func (s *Stores) freshness() (func(context.Context, catalog.SnapshotKey), error) {
	seconds, err := s.meter().Float64Histogram("leat.freshness", metric.WithUnit("s"),
		metric.WithDescription("Time from a submission until its commit can be searched, by lane."),
		metric.WithExplicitBucketBoundaries(.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14400))
	if err != nil {
		return nil, fmt.Errorf("measure freshness: %w", err)
	}
	return func(ctx context.Context, key catalog.SnapshotKey) {
		lane, took, err := s.Catalog.Gauges.Freshness(ctx, key.Track, key.Revision)
		if err == nil { // a missing figure is no reason to do the work again
			seconds.Record(ctx, took.Seconds(), metric.WithAttributes(attribute.String("lane", string(lane))))
		}
	}, nil
}
