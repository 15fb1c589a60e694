//go:build linux

package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/stack"
)

// Report holds the measurements of a run. The tool also prints it as JSON.
type Report struct {
	Repository string     `json:"repository,omitempty"` // "": invented
	Seed       uint64     `json:"seed"`
	Phases     []Phase    `json:"phases"`
	Search     *Search    `json:"search,omitempty"`
	Many       *Many      `json:"many,omitempty"`
	Telemetry  *Telemetry `json:"telemetry,omitempty"`
	Dir        string     `json:"dir,omitempty"` // holds data, logs and profiles; "" if it has been removed
}

// Phase holds the time and usage of one phase, of all rounds together unless a
// field says otherwise.
type Phase struct {
	Name      string  `json:"name"`
	Rounds    int     `json:"rounds"`
	Seconds   float64 `json:"seconds"`
	Median    float64 `json:"median_seconds"`  // of a round
	Slowest   float64 `json:"slowest_seconds"` // of a round
	Documents int64   `json:"documents"`       // documents that entered the index
	Chunks    int64   `json:"chunks"`
	Bytes     int64   `json:"bytes"` // of text
	Usage
	WorkersCPU float64 `json:"workers_cpu_seconds"`
	StoresCPU  float64 `json:"stores_cpu_seconds"`

	Floors       []Floor `json:"floors"`
	FloorSeconds float64 `json:"floor_seconds"` // their sum
	FloorCPU     float64 `json:"floor_cpu_seconds"`
	Ratio        float64 `json:"ratio"`     // seconds divided by the floors' seconds
	RatioCPU     float64 `json:"cpu_ratio"` // CPU time divided by the floors'
}

// finish computes the derived fields.
func (p *Phase) finish() {
	for _, f := range p.Floors {
		p.FloorSeconds += f.Seconds
		p.FloorCPU += f.CPUSeconds
	}
	p.WorkersCPU, p.StoresCPU = p.cpu()
	if p.FloorSeconds > 0 {
		p.Ratio = p.Seconds / p.FloorSeconds
	}
	if p.FloorCPU > 0 {
		p.RatioCPU = (p.WorkersCPU + p.StoresCPU) / p.FloorCPU
	}
}

// WriteJSON prints the whole report.
func (r Report) WriteJSON(w io.Writer) error { return writeJSON(w, r) }

// Write prints tables for people. Counts and bytes are of a round.
func (r Report) Write(w io.Writer) {
	of := r.Repository
	if of == "" {
		of = fmt.Sprintf("an invented repository, seed %d", r.Seed)
	}
	fmt.Fprintf(w, "%s\n\n", of)
	r.writePhases(w)
	r.writeProcesses(w)
	r.writeFloors(w)
	if s := r.Search; s != nil {
		fmt.Fprintf(w, "\nsearch over %d points: p50 %.1f, p95 %.1f, p99 %.1f ms, %.0f a second; bare Qdrant query: %.1f, %.1f, %.1f ms, %.0f a second\n",
			s.Points, s.Leat.P50, s.Leat.P95, s.Leat.P99, s.LeatRate, s.Floor.P50, s.Floor.P95, s.Floor.P99, s.FloorRate)
		fmt.Fprintf(w, "  %d clients at once: p50 %.1f, p95 %.1f, p99 %.1f ms by the service; %.1f, %.1f, %.1f ms over HTTP\n", s.AtOnce.Clients,
			s.AtOnce.Service.P50, s.AtOnce.Service.P95, s.AtOnce.Service.P99, s.AtOnce.HTTP.P50, s.AtOnce.HTTP.P95, s.AtOnce.HTTP.P99)
		fmt.Fprintf(w, "  leat search, a process each: p50 %.1f, p95 %.1f ms, %.1f ms of its processor time\n", s.ByCommand.Took.P50, s.ByCommand.Took.P95, s.ByCommand.CPU)
		fmt.Fprintf(w, "  leat search --server: p50 %.1f, p95 %.1f ms; the HTTP call in turn with it: %.1f, %.1f ms; above it: %.1f, %.1f ms\n",
			s.ByServer.Command.P50, s.ByServer.Command.P95, s.ByServer.Call.P50, s.ByServer.Call.P95, s.ByServer.Above.P50, s.ByServer.Above.P95)
		s.writeCPU(w)
		fmt.Fprintf(w, "  queries: %s\n", s.Queries)
	}
	if r.Many != nil {
		r.Many.write(w)
	}
	if r.Telemetry != nil {
		r.Telemetry.write(w)
	}
	if r.Dir != "" {
		fmt.Fprintf(w, "data and logs: %s\n", r.Dir)
	}
}

func (s Search) writeCPU(w io.Writer) {
	print := func(name string, cpu map[string]float64) {
		total := 0.0
		var parts []string
		for _, process := range slices.Sorted(maps.Keys(cpu)) {
			total += cpu[process]
			parts = append(parts, fmt.Sprintf("%s %.1f", process, cpu[process]))
		}
		fmt.Fprintf(w, "  processor time of %s: %.1f ms (%s)\n", name, total, strings.Join(parts, ", "))
	}
	print("a search", s.LeatCPU)
	print("a bare query", s.FloorCPU)
}

func (r Report) writePhases(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	row(t, "phase", "rounds", "median s", "slowest s", "floor s", "ratio", "CPU ratio", "docs", "docs/s", "chunks", "chunks/s", "MB/s",
		"S3 PUT", "GET", "other", "S3 MB", "statements", "messages", "calls", "texts")
	for _, p := range r.Phases {
		n := int64(p.Rounds)
		s3 := p.Stores[stack.S3]
		other := int64(0)
		for _, count := range s3.Requests {
			other += count
		}
		other -= p.requests(stack.S3, "PUT", "GET")
		row(t, p.Name, n, fixed(p.Median, 3), fixed(p.Slowest, 3), fixed(p.FloorSeconds/float64(n), 3), fixed(p.Ratio, 2), fixed(p.RatioCPU, 2),
			p.Documents/n, fixed(float64(p.Documents)/p.Seconds, 0), p.Chunks/n, fixed(float64(p.Chunks)/p.Seconds, 0), megabytes(float64(p.Bytes)/p.Seconds),
			p.puts()/n, p.requests(stack.S3, "GET")/n, other/n, megabytes(float64(s3.Sent+s3.Received)/float64(n)),
			p.requests(stack.Postgres, "statement")/n, p.Messages/n, p.EmbeddingCalls/n, p.EmbeddedTexts/n)
	}
	_ = t.Flush()
}

func (r Report) writeProcesses(w io.Writer) {
	fmt.Fprintln(w, "\nCPU seconds, and peak memory in MiB (+ children), of each process")
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	names := slices.Concat(workerNames, stack.StoreNames)
	cells := []any{"phase"}
	for _, name := range names {
		cells = append(cells, name)
	}
	row(t, cells...)
	for _, p := range r.Phases {
		cells := []any{p.Name}
		for _, name := range names {
			one := p.Processes[name]
			cell := fmt.Sprintf("%.2f s %d", one.CPUSeconds, one.PeakBytes>>20)
			if one.ChildrenBytes > 0 {
				cell += fmt.Sprintf("+%d", one.ChildrenBytes>>20)
			}
			cells = append(cells, cell)
		}
		row(t, cells...)
	}
	_ = t.Flush()
}

func (r Report) writeFloors(w io.Writer) {
	fmt.Fprintln(w, "\nfloors: seconds (CPU seconds), of all rounds")
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	names := make(map[string]bool)
	for _, p := range r.Phases {
		for _, f := range p.Floors {
			names[f.Name] = true
		}
	}
	columns := slices.Sorted(maps.Keys(names))
	cells := []any{"phase"}
	for _, name := range columns {
		cells = append(cells, name)
	}
	row(t, cells...)
	for _, p := range r.Phases {
		cells := []any{p.Name}
		for _, name := range columns {
			cell := "-"
			if i := slices.IndexFunc(p.Floors, func(f Floor) bool { return f.Name == name }); i >= 0 {
				cell = fmt.Sprintf("%.3f (%.2f)", p.Floors[i].Seconds, p.Floors[i].CPUSeconds)
			}
			cells = append(cells, cell)
		}
		row(t, cells...)
	}
	_ = t.Flush()
}

func row(w io.Writer, cells ...any) {
	text := make([]string, len(cells))
	for i, cell := range cells {
		text[i] = fmt.Sprint(cell)
	}
	fmt.Fprintln(w, strings.Join(text, "\t")+"\t")
}

func fixed(v float64, digits int) string { return fmt.Sprintf("%.*f", digits, v) }

func megabytes(bytes float64) string { return fixed(bytes/1e6, 1) }
