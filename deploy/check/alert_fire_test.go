package check_test

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
)

// figures are the samples that Prometheus has scraped, one a minute, in the notation of
// its tests: a+bxn is a, a+b, … n times, and _xn are n scrapes without a sample.
type figures struct {
	loads string
	fires map[string]int // the minute in which each alert first fires
}

// fired are situations that raise exactly the named alerts within three hours. The first four
// continue the figures of docs/runbooks/walk.md, which were taken from real processes.
var fired = map[string]figures{
	"the disk with the mirrors is full": {`
		leat_disk_used_ratio{worker="ingestor",instance="a",what="mirrors"} 1x180
		leat_messages_total{worker="ingestor",outcome="delayed"} 3+3x180
		leat_messages_total{worker="ingestor",outcome="done"} 7x180
		leat_work_oldest_seconds{stage="submission"} 45+60x180
		leat_work_pending{stage="ingestor"} 0x180
		leat_work_in_flight{stage="ingestor"} 0x180`,
		map[string]int{"LeatDiskNearlyFull": 10, "LeatWorkIsOld": 70}},
	"Qdrant is stopped": {`
		leat_documents{state="failed"} 67x180
		leat_documents{state="embedded"} 36x180
		leat_work_pending{stage="indexer"} 0x180
		leat_work_in_flight{stage="indexer"} 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9 36 0x9
		leat_messages_total{worker="indexer",outcome="delayed"} 274+23x180
		leat_messages_total{worker="embedder",outcome="done"} 379+23x180
		leat_messages_total{worker="indexer",outcome="done"} 258x180`,
		map[string]int{"LeatNothingIndexed": 16}},
	"the provider's key is revoked": {`
		leat_work_pending{stage="embedder"} 0x180
		leat_work_in_flight{stage="embedder"} 110x180
		leat_messages_total{worker="embedder",outcome="done"} 567x180
		leat_embedding_failures_total 0x180
		leat_embedding_calls_total 31x180`,
		map[string]int{"LeatProviderRefuses": 11, "LeatNothingIndexed": 16}},
	"a node dies": {`
		up{job="leat",worker="embedder",instance="a"} 0x180
		up{job="leat",worker="indexer",instance="a"} 0x180
		up{job="leat",worker="ingestor",instance="b"} 1x180
		leat_work_pending{stage="embedder"} 8x180
		leat_work_in_flight{stage="embedder"} 0x180
		leat_work_oldest_seconds{stage="snapshot"} 43+60x180
		leat_messages_total{worker="ingestor",outcome="done"} 12x180`,
		map[string]int{"LeatWorkerDown": 5, "LeatNothingIndexed": 16, "LeatWorkIsOld": 70}},

	"all is well": {`
		up{job="leat",worker="indexer",instance="a"} 1x180
		leat_work_pending{stage="indexer"} 3x180
		leat_work_in_flight{stage="indexer"} 8x180
		leat_messages_total{worker="indexer",outcome="done"} 258+5x180
		leat_messages_total{worker="embedder",outcome="done"} 567+5x180
		leat_work_oldest_seconds{stage="snapshot"} 4x180
		leat_embedding_failures_total 0x180
		leat_embedding_calls_total 31+1x180
		leat_disk_used_ratio{worker="ingestor",instance="a",what="mirrors"} 0.79x180
		leat_dead_letters 9x180
		leat_sync_found{kind="points"} 4x180
		leat_sync_repaired{kind="points"} 4x180
		leat_sync_age_seconds{kind="retention"} 3600x180
		leat_stream_size_bytes{stream="LEAT_CHUNKED"} 79x180
		leat_stream_limit_bytes{stream="LEAT_CHUNKED"} 100x180
		leat_stream_size_bytes{stream="LEAT_INDEXED"} 100x180
		leat_stream_limit_bytes{stream="LEAT_INDEXED"} 100x180
		process_resident_memory_bytes{worker="indexer",instance="a"} 79x180
		leat_memory_limit_bytes{worker="indexer",instance="a"} 100x180
		process_resident_memory_bytes{worker="syncer",instance="a"} 79x180
		leat_memory_limit_bytes{worker="syncer",instance="a"} 0x180
		leat_budget_spent_tenants 0x180
		leat_backup_age_seconds 86400x180
		leat_certificate_seconds{store="s3"} 2592000x180`,
		nil},
	"the last document was indexed minutes ago": {`
		leat_work_pending{stage="indexer"} 9x30 0x150
		leat_work_in_flight{stage="indexer"} 9x30 0x150
		leat_messages_total{worker="indexer",outcome="done"} 258+5x30 408x150`,
		nil},
	"nothing is to be done": {`
		leat_work_pending{stage="indexer"} 0x180
		leat_work_in_flight{stage="indexer"} 0x180
		leat_messages_total{worker="indexer",outcome="done"} 258x180`,
		nil},
	"a disk fills for nine minutes": {`leat_disk_used_ratio{what="mirrors"} 0.9x9 0.5x170`, nil},

	"a provider refuses most texts": {`
		leat_embedding_failures_total 0+6x180
		leat_embedding_calls_total 0+10x180`,
		map[string]int{"LeatProviderRefuses": 11}},
	"pushes take a quarter of an hour": {`
		leat_freshness_seconds_bucket{lane="live",le="600"} 0x180
		leat_freshness_seconds_bucket{lane="live",le="1800"} 0+1x180
		leat_freshness_seconds_bucket{lane="live",le="+Inf"} 0+1x180`,
		map[string]int{"LeatSlowToSearchable": 31}},
	"dead letters grow":         {`leat_dead_letters 0x60 11x120`, map[string]int{"LeatDeadLettersGrow": 71}},
	"the stores differ":         {"leat_sync_found{kind=\"points\"} 4x180\nleat_sync_repaired{kind=\"points\"} 3x180", map[string]int{"LeatStoresDiffer": 120}},
	"the syncer stands still":   {`leat_sync_age_seconds{kind="retention"} 14000+60x180`, map[string]int{"LeatSyncerStandsStill": 17}},
	"a stream is nearly full":   {"leat_stream_size_bytes{stream=\"LEAT_CHUNKED\"} 81x180\nleat_stream_limit_bytes{stream=\"LEAT_CHUNKED\"} 100x180", map[string]int{"LeatStreamNearlyFull": 15}},
	"memory is at 85 %":         {"process_resident_memory_bytes{worker=\"indexer\",instance=\"a\"} 85x180\nleat_memory_limit_bytes{worker=\"indexer\",instance=\"a\"} 100x180", map[string]int{"LeatMemoryHigh": 15}},
	"memory is at 95 %":         {"process_resident_memory_bytes{worker=\"indexer\",instance=\"a\"} 95x180\nleat_memory_limit_bytes{worker=\"indexer\",instance=\"a\"} 100x180", map[string]int{"LeatMemoryHigh": 15, "LeatMemoryCritical": 5}},
	"a budget is spent":         {`leat_budget_spent_tenants 2x180`, map[string]int{"LeatBudgetSpent": 30}},
	"the last backup is old":    {`leat_backup_age_seconds 172860+60x180`, map[string]int{"LeatBackupOld": 60}},
	"a certificate ends in May": {`leat_certificate_seconds{store="s3"} 1209000-60x180`, map[string]int{"LeatCertificateEnds": 60}},
}

// Prometheus' own engine evaluates each alert every minute with the figures of each situation. An
// alert fires when its condition has held for the time that it names.
func TestAlertsFire(t *testing.T) {
	groups, errs := rulefmt.ParseFile("../chart/leat/alerts.yaml", false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var rules []rulefmt.Rule
	for _, g := range groups.Groups {
		rules = append(rules, g.Rules...)
	}
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, 1e6)
	ever := make(map[string]bool)
	for name, f := range fired {
		t.Run(name, func(t *testing.T) {
			got := f.fire(t, engine, rules)
			if !maps.Equal(got, f.fires) {
				t.Errorf("alerts fire in the minutes %v, want %v", got, f.fires)
			}
			for alert := range got {
				ever[alert] = true
			}
		})
	}
	for _, r := range rules {
		if !ever[r.Alert] {
			t.Errorf("no situation raises %s", r.Alert)
		}
	}
}

// fire returns the minute in which each alert first fires.
func (f figures) fire(t *testing.T, engine *promql.Engine, rules []rulefmt.Rule) map[string]int {
	t.Helper()
	lines := slices.DeleteFunc(strings.Split(f.loads, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" })
	for i, line := range lines {
		lines[i] = "  " + strings.TrimSpace(line)
	}
	stored := promqltest.LoadedStorage(t, "load 1m\n"+strings.Join(lines, "\n")+"\n")
	got, held := make(map[string]int), make(map[string]int)
	for minute := range 181 {
		for _, r := range rules {
			q, err := engine.NewInstantQuery(t.Context(), stored, nil, r.Expr, time.Unix(0, 0).Add(time.Duration(minute)*time.Minute))
			if err != nil {
				t.Fatal(err)
			}
			result := q.Exec(t.Context())
			vector, err := result.Vector()
			if err != nil {
				t.Fatalf("%s: %v", r.Alert, err)
			}
			holds := len(vector) > 0
			q.Close()
			if !holds {
				held[r.Alert] = 0
				continue
			}
			held[r.Alert]++ // the first minute begins the wait
			if _, already := got[r.Alert]; !already && time.Duration(held[r.Alert]-1)*time.Minute >= time.Duration(r.For) {
				got[r.Alert] = minute
			}
		}
	}
	return got
}
