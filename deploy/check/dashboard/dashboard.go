// Package dashboard makes the dashboards of Grafana that show a leat. They are committed in
// deploy/monitoring/dashboards. go generate makes them again, and a test fails if they differ.
package dashboard

import (
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

//go:generate go run ./internal/write ../../monitoring/dashboards

// page is a dashboard.
type page struct {
	name, title, text string
	rows              []row
}

type row struct {
	title  string
	panels []panel
}

// panel shows queries, either as lines over time or as the latest number.
type panel struct {
	title, text, unit string
	number            bool
	width             uint32 // of 24
	queries           []query
}

type query struct{ expr, legend string }

var pages = []page{
	{"overview", "leat: overview", "Does work flow, how fresh is the index, is anything wrong?", []row{
		{"Now", []panel{
			{"Documents indexed", "Of all repositories.", units.Short, true, 4, []query{{`max(leat_documents{state="indexed"})`, ""}}},
			{"Documents failed", "Tried again by themselves; dead letters are not.", units.Short, true, 4, []query{{`max(leat_documents{state="failed"})`, ""}}},
			{"Dead letters", "Not tried again by themselves: leat dead list.", units.Short, true, 4, []query{{`max(leat_dead_letters)`, ""}}},
			{"Pending messages", "That no worker has taken yet.", units.Short, true, 4, []query{{`sum(max by (stage, lane) (leat_work_pending))`, ""}}},
			{"Oldest work", "Submission that is pending, or snapshot that is not indexed.", units.Seconds, true, 4, []query{{`max(leat_work_oldest_seconds)`, ""}}},
			{"Workers that answer", "", units.Short, true, 4, []query{{`sum(up{job=~".*leat.*"})`, ""}}},
		}},
		{"Flow", []panel{
			{"Pending by stage", "", units.Short, false, 12, []query{{`max by (stage, lane) (leat_work_pending)`, "{{stage}} {{lane}}"}}},
			{"Messages a second by outcome", "buried are dead letters, delayed are tried again later.", units.Short, false, 12, []query{{`sum by (outcome) (rate(leat_messages_total[$__rate_interval]))`, "{{outcome}}"}}},
			{"From push to searchable", "", units.Seconds, false, 12, []query{
				{`histogram_quantile(0.5, sum by (le, lane) (rate(leat_freshness_seconds_bucket[$__rate_interval])))`, "half, {{lane}}"},
				{`histogram_quantile(0.95, sum by (le, lane) (rate(leat_freshness_seconds_bucket[$__rate_interval])))`, "19 of 20, {{lane}}"},
			}},
			{"Documents by state", "", units.Short, false, 12, []query{{`max by (state) (leat_documents)`, "{{state}}"}}},
		}},
	}},
	{"workers", "leat: workers", "What each worker does and what it takes.", []row{
		{"Work", []panel{
			{"Messages a second", "", units.Short, false, 12, []query{{`sum by (worker) (rate(leat_messages_total{outcome="done"}[$__rate_interval]))`, "{{worker}}"}}},
			{"Time of a message", "19 of 20 take less.", units.Seconds, false, 12, []query{{`histogram_quantile(0.95, sum by (le, worker) (rate(leat_message_duration_seconds_bucket[$__rate_interval])))`, "{{worker}}"}}},
			{"Time in the stream", "Until a worker takes a message; 19 of 20 wait less.", units.Seconds, false, 12, []query{{`histogram_quantile(0.95, sum by (le, worker, lane) (rate(leat_queue_wait_seconds_bucket[$__rate_interval])))`, "{{worker}} {{lane}}"}}},
			{"Retries a second", "By the worker, by the catalog for later, or by the broker.", units.Short, false, 12, []query{{`sum by (worker, kind) (rate(leat_retries_total[$__rate_interval]))`, "{{worker}} {{kind}}"}}},
			{"Time by part", "Seconds of work a second.", units.Short, false, 12, []query{{`sum by (worker, part) (rate(leat_part_duration_seconds_sum[$__rate_interval]))`, "{{worker}} {{part}}"}}},
			{"Items of a batch", "On average.", units.Short, false, 12, []query{{`sum by (worker) (rate(leat_batch_items_sum[$__rate_interval])) / sum by (worker) (rate(leat_batch_items_count[$__rate_interval]))`, "{{worker}}"}}},
			{"In flight", "", units.Short, false, 12, []query{{`max by (stage, lane) (leat_work_in_flight)`, "{{stage}} {{lane}}"}}},
			{"Calls of the embedding model", "", units.Short, false, 12, []query{
				{`sum(rate(leat_embedding_calls_total[$__rate_interval]))`, "calls"},
				{`sum(rate(leat_embedding_failures_total[$__rate_interval]))`, "failed"},
				{`sum(rate(leat_embedding_texts_total[$__rate_interval]))`, "texts"},
			}},
		}},
		{"Models", []panel{
			{"Time of a call", "19 of 20 take less.", units.Seconds, false, 8, []query{{`histogram_quantile(0.95, sum by (le, gen_ai_request_model) (rate(gen_ai_client_operation_duration_seconds_bucket[$__rate_interval])))`, "{{gen_ai_request_model}}"}}},
			{"Tokens and cost", "Of an hour. The currency is that of the configured prices.", units.Short, false, 8, []query{{`sum(increase(leat_embedding_tokens_total[1h]))`, "tokens"}, {`sum(increase(leat_embedding_cost_total[1h]))`, "cost"}}},
			{"Chunks that have a vector already", "Share of all.", units.PercentUnit, false, 8, []query{{`sum(rate(leat_embedding_cached_total[$__rate_interval])) / (sum(rate(leat_embedding_cached_total[$__rate_interval])) + sum(rate(leat_embedding_texts_total[$__rate_interval])))`, "cached"}}},
		}},
		{"Gateway", []panel{
			{"Requests a second", "", units.Short, false, 12, []query{{`sum by (status) (rate(leat_http_requests_total[$__rate_interval]))`, "{{status}}"}}},
			{"Time of a request", "19 of 20 take less.", units.Seconds, false, 12, []query{{`histogram_quantile(0.95, sum by (le, route) (rate(leat_http_request_seconds_bucket[$__rate_interval])))`, "{{route}}"}}},
		}},
		{"Machines", []panel{
			{"Memory", "", units.BytesIEC, false, 8, []query{{`process_resident_memory_bytes{job=~".*leat.*"}`, "{{worker}} {{instance}}"}, {`leat_memory_limit_bytes > 0`, "limit {{worker}}"}}},
			{"Processors", "", units.Short, false, 8, []query{{`rate(process_cpu_seconds_total{job=~".*leat.*"}[$__rate_interval])`, "{{worker}} {{instance}}"}}},
			{"Goroutines", "One that only rises is a leak.", units.Short, false, 8, []query{{`go_goroutines{job=~".*leat.*"}`, "{{worker}} {{instance}}"}}},
		}},
	}},
	{"stores", "leat: stores", "Do the stores agree, and how full are they?", []row{
		{"Agreement", []panel{
			{"Differences found and not repaired", "By the last run of each kind.", units.Short, false, 12, []query{{`max by (kind) (leat_sync_found - leat_sync_repaired)`, "{{kind}}"}}},
			{"Repaired", "By the last run of each kind.", units.Short, false, 12, []query{{`max by (kind) (leat_sync_repaired)`, "{{kind}}"}}},
			{"Since the last run", "", units.DurationSeconds, false, 12, []query{{`min by (kind) (leat_sync_age_seconds)`, "{{kind}}"}}},
			{"Packs to delete", "", units.Short, false, 12, []query{{`max(leat_garbage_packs)`, "packs"}}},
		}},
		{"Room", []panel{
			{"Streams", "Of their limits. LEAT_INDEXED forgets the oldest.", units.PercentUnit, false, 8, []query{{`max by (stream) (leat_stream_size_bytes / leat_stream_limit_bytes)`, "{{stream}}"}}},
			{"Disks of the workers", "", units.PercentUnit, false, 8, []query{{`leat_disk_used_ratio`, "{{worker}} {{what}} {{instance}}"}}},
			{"Certificates", "Until they end.", units.DurationSeconds, false, 8, []query{{`min by (store) (leat_certificate_seconds)`, "{{store}}"}}},
		}},
	}},
}

// Queries returns the expressions of all dashboards.
func Queries() (list []string) {
	for _, p := range pages {
		for _, r := range p.rows {
			for _, panel := range r.panels {
				for _, q := range panel.queries {
					list = append(list, q.expr)
				}
			}
		}
	}
	return list
}

// Files returns the dashboards by the names of their files.
func Files() (map[string][]byte, error) {
	files := make(map[string][]byte)
	for _, p := range pages {
		built, err := p.build().Build()
		if err != nil {
			return nil, fmt.Errorf("build dashboard %s: %w", p.name, err)
		}
		text, err := json.MarshalIndent(built, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("encode dashboard %s: %w", p.name, err)
		}
		files[p.name+".json"] = append(text, '\n')
	}
	return files, nil
}

// source refers to the data source that is chosen on the page.
func source() common.DataSourceRef {
	kind, uid := "prometheus", "${datasource}"
	return common.DataSourceRef{Type: &kind, Uid: &uid}
}

func (p page) build() *dashboard.DashboardBuilder {
	d := dashboard.NewDashboardBuilder(p.title).Uid("leat-"+p.name).Description(p.text).Tags([]string{"leat"}).Timezone("browser").
		Readonly().Time("now-6h", "now").Refresh("30s").
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Data source").Type("prometheus"))
	for _, r := range p.rows {
		d = d.WithRow(dashboard.NewRowBuilder(r.title))
		for _, one := range r.panels {
			if one.number {
				d = d.WithPanel(one.stat())
			} else {
				d = d.WithPanel(one.lines())
			}
		}
	}
	return d
}

func (p panel) stat() *stat.PanelBuilder {
	b := stat.NewPanelBuilder().Title(p.title).Description(p.text).Unit(p.unit).Datasource(source()).Span(p.width).Height(4)
	for i, q := range p.queries {
		b = b.WithTarget(q.build(i))
	}
	return b
}

func (p panel) lines() *timeseries.PanelBuilder {
	b := timeseries.NewPanelBuilder().Title(p.title).Description(p.text).Unit(p.unit).Min(0).FillOpacity(10).Datasource(source()).Span(p.width).Height(8)
	for i, q := range p.queries {
		b = b.WithTarget(q.build(i))
	}
	return b
}

func (q query) build(i int) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().Expr(q.expr).LegendFormat(q.legend).RefId(string(rune('A' + i))).Datasource(source())
}
