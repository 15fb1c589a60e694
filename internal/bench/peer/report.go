//go:build linux

package peer

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report holds the measurements of a run.
type Report struct {
	Repository string    `json:"repository"`
	Files      int       `json:"files"` // that every program reads
	Bytes      int64     `json:"bytes"` // of them
	Rounds     int       `json:"rounds"`
	Programs   []Program `json:"programs"`
	First      []Row     `json:"first"` // which program was first in each row
	Dir        string    `json:"dir,omitempty"`
}

// Program holds the measurements of one program.
type Program struct {
	About
	Skipped   string           `json:"skipped,omitempty"` // why it was not measured
	Failed    string           `json:"failed,omitempty"`  // why its last steps are missing
	Files     int64            `json:"files,omitempty"`   // in its index after the cold step; 0: it does not tell
	Chunks    int64            `json:"chunks,omitempty"`
	DiskBytes int64            `json:"disk_bytes"` // of its stores and logs, after the cold step
	PeakBytes int64            `json:"peak_bytes"` // of all its processes together, over all steps
	PeakParts map[string]int64 `json:"peak_parts"` // what the peak was made of, by process with its children
	Steps     []Step           `json:"steps"`
}

// Step holds the measurements of a step. Those of several rounds are medians.
type Step struct {
	Name         string           `json:"name"`
	Rounds       int              `json:"rounds"`
	Seconds      float64          `json:"seconds"`           // until a search shows the effect
	Slowest      float64          `json:"slowest_seconds"`   // of a round
	LateSeconds  float64          `json:"late_seconds"`      // the part of it after the program has said that it is done
	CPUSeconds   float64          `json:"cpu_seconds"`       // until the program has said that it is done
	AfterSeconds float64          `json:"after_cpu_seconds"` // processor time after that, until the program rests
	Texts                         // sent to the embedder in one round
	PeakBytes    int64            `json:"peak_bytes"` // of all rounds
	PeakParts    map[string]int64 `json:"peak_parts"`

	rounds []round
}

// round is one measurement of a step.
type round struct {
	took, late time.Duration
	cpu, after float64
	texts      Texts
}

func (s *Step) add(one round, peak int64, parts map[string]int64) {
	s.rounds = append(s.rounds, one)
	if peak > s.PeakBytes {
		s.PeakBytes, s.PeakParts = peak, parts
	}
}

func (s *Step) finish() {
	s.Rounds = len(s.rounds)
	s.Seconds = median(s.rounds, func(r round) float64 { return r.took.Seconds() })
	s.LateSeconds = median(s.rounds, func(r round) float64 { return r.late.Seconds() })
	s.CPUSeconds = median(s.rounds, func(r round) float64 { return r.cpu })
	s.AfterSeconds = median(s.rounds, func(r round) float64 { return r.after })
	s.Requests = median(s.rounds, func(r round) int64 { return r.texts.Requests })
	s.Texts.Texts = median(s.rounds, func(r round) int64 { return r.texts.Texts })
	s.Bytes = median(s.rounds, func(r round) int64 { return r.texts.Bytes })
	for _, r := range s.rounds {
		s.Slowest = max(s.Slowest, r.took.Seconds())
	}
}

// median returns the lower of the two middle values, if there are two.
func median[V float64 | int64](rounds []round, of func(round) V) V {
	values := make([]V, len(rounds))
	for i, r := range rounds {
		values[i] = of(r)
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}

// Row says who was first in a row of the table.
type Row struct {
	Name     string  `json:"name"`
	First    string  `json:"first"`
	Leat     float64 `json:"leat"`
	Best     float64 `json:"best"`      // of the first one, in seconds or bytes
	LeatRank int     `json:"leat_rank"` // 1: leat was first
}

// memory is the row of peaks.
const memory = "memory"

func (p Program) step(name string) (Step, bool) {
	i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Name == name })
	if i < 0 {
		return Step{}, false
	}
	return p.Steps[i], true
}

// value is what counts in a row.
func (p Program) value(row string) (float64, bool) {
	if p.Skipped != "" {
		return 0, false
	}
	if row == memory {
		return float64(p.PeakBytes), true
	}
	s, found := p.step(row)
	return s.Seconds, found
}

// finish finds out who was first. A start is not compared: a program that keeps nothing running has
// none.
func (r *Report) finish() {
	i := slices.IndexFunc(r.Programs, func(p Program) bool { return p.Name == "leat" })
	if i < 0 {
		return
	}
	for _, name := range append(StepNames[1:len(StepNames):len(StepNames)], memory) {
		leat, found := r.Programs[i].value(name)
		if !found {
			continue
		}
		row := Row{Name: name, First: "leat", Leat: leat, Best: leat, LeatRank: 1}
		for _, p := range r.Programs {
			v, found := p.value(name)
			if !found || v >= leat {
				continue
			}
			row.LeatRank++
			if v < row.Best {
				row.First, row.Best = p.Name, v
			}
		}
		r.First = append(r.First, row)
	}
}

// WriteJSON prints the whole report.
func (r Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// Write prints tables for people.
func (r Report) Write(w io.Writer) {
	fmt.Fprintf(w, "%s: %d files that every program reads, %.1f MB; medians of %d rounds\n\n", r.Repository, r.Files, float64(r.Bytes)/1e6, r.Rounds)
	for _, p := range r.Programs {
		fmt.Fprintf(w, "%s: %s. %s\n", p.Name, p.Version, p.Settings)
		if p.Skipped != "" {
			fmt.Fprintf(w, "  skipped: %s\n", p.Skipped)
		}
		if p.Failed != "" {
			fmt.Fprintf(w, "  failed: %s\n", p.Failed)
		}
	}
	r.table(w, "seconds until a search shows it", func(s Step) string { return fmt.Sprintf("%.3f", s.Seconds) })
	r.table(w, "seconds of processor time until it says that it is done, and after that", func(s Step) string {
		return fmt.Sprintf("%.2f + %.2f", s.CPUSeconds, s.AfterSeconds)
	})
	r.table(w, "texts embedded (bytes)", func(s Step) string { return fmt.Sprintf("%d (%d)", s.Texts.Texts, s.Bytes) })
	r.table(w, "MiB of memory at most", func(s Step) string { return fmt.Sprint(s.PeakBytes >> 20) })
	fmt.Fprintln(w)
	for _, p := range r.Programs {
		if p.Skipped != "" {
			continue
		}
		holds := "does not tell what it holds"
		if p.Files > 0 {
			holds = fmt.Sprintf("%d files, %d chunks", p.Files, p.Chunks)
		}
		fmt.Fprintf(w, "%s: %s, %d MiB on disk after the cold step; memory at most %d MiB (%s)\n",
			p.Name, holds, p.DiskBytes>>20, p.PeakBytes>>20, listed(p.PeakParts))
	}
	for _, row := range r.First {
		if row.LeatRank > 1 {
			fmt.Fprintf(w, "leat is number %d in the row %q: %s has %s, leat %s\n", row.LeatRank, row.Name, row.First, row.show(row.Best), row.show(row.Leat))
		}
	}
	if r.Dir != "" {
		fmt.Fprintf(w, "data and logs: %s\n", r.Dir)
	}
}

func (row Row) show(v float64) string {
	if row.Name == memory {
		return fmt.Sprintf("%.0f MiB", v/(1<<20))
	}
	return fmt.Sprintf("%.3f s", v)
}

func (r Report) table(w io.Writer, title string, cell func(Step) string) {
	fmt.Fprintf(w, "\n%s\n", title)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	cells := []string{"step"}
	for _, p := range r.Programs {
		if p.Skipped == "" {
			cells = append(cells, p.Name)
		}
	}
	fmt.Fprintln(t, strings.Join(cells, "\t")+"\t")
	for _, name := range StepNames {
		cells := []string{name}
		for _, p := range r.Programs {
			if p.Skipped != "" {
				continue
			}
			one := "-"
			if s, found := p.step(name); found {
				one = cell(s)
			}
			cells = append(cells, one)
		}
		fmt.Fprintln(t, strings.Join(cells, "\t")+"\t")
	}
	_ = t.Flush()
}

func listed(parts map[string]int64) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		all = append(all, fmt.Sprintf("%s %d", name, parts[name]>>20))
	}
	return strings.Join(all, ", ")
}
