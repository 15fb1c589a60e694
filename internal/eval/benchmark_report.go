package eval

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// The halves of a benchmark's repositories.
const (
	HalfTuning   = "tuning"   // constants are chosen on it
	HalfDeciding = "deciding" // a signal stays only if it helps here as well
)

var halves = [2]string{HalfTuning, HalfDeciding}

// BenchmarkQuestion is a question and how well each ranking answers it.
type BenchmarkQuestion struct {
	Repository string             `json:"repository"`
	Language   string             `json:"language"`
	Category   string             `json:"category"`
	Half       string             `json:"half"`
	Text       string             `json:"question"`
	Answers    int                `json:"answers"` // answers in the searched files
	NDCG       map[string]float64 `json:"ndcg_10"` // by ranking
}

// BenchmarkReport holds the measurements.
type BenchmarkReport struct {
	Whole     bool                `json:"whole"` // whole repositories were searched
	Questions []BenchmarkQuestion `json:"questions"`
}

// WriteJSON prints the whole report.
func (r BenchmarkReport) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// meanOf returns the mean over the repositories of the mean over their questions. The ranking "" is
// that of leat search.
func meanOf(list []BenchmarkQuestion, ranking string) float64 {
	if ranking == "" {
		ranking = bySearch
	}
	sums, counts := make(map[string]float64), make(map[string]int)
	for _, q := range list {
		sums[q.Repository] += q.NDCG[ranking]
		counts[q.Repository]++
	}
	total := 0.0
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		total += sums[name] / float64(counts[name])
	}
	return total / float64(max(1, len(sums)))
}

// Write prints tables for people: nDCG@10 by ranking and half, category, and
// language. Every figure is a mean over repositories.
func (r BenchmarkReport) Write(w io.Writer) {
	if len(r.Questions) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "\nranked by\tall\t%s\t%s\n", HalfTuning, HalfDeciding)
	for _, by := range r.rankings() {
		fmt.Fprintf(t, "%s\t%.3f", by, meanOf(r.Questions, by))
		for _, half := range halves {
			fmt.Fprintf(t, "\t%.3f", meanOf(r.where(func(q BenchmarkQuestion) bool { return q.Half == half }), by))
		}
		fmt.Fprintln(t)
	}
	for _, group := range []struct {
		name string
		of   func(BenchmarkQuestion) string
	}{
		{"category", func(q BenchmarkQuestion) string { return q.Category }},
		{"language", func(q BenchmarkQuestion) string { return q.Language }},
		{"repository", func(q BenchmarkQuestion) string { return q.Repository }},
	} {
		r.writeGroup(t, group.name, group.of)
	}
	_ = t.Flush()
}

// writeGroup prints a line for each value of the function of.
func (r BenchmarkReport) writeGroup(w io.Writer, title string, of func(BenchmarkQuestion) string) {
	fmt.Fprintf(w, "\n%s\tquestions", title)
	for _, by := range rankings {
		fmt.Fprintf(w, "\t%s", by)
	}
	fmt.Fprintln(w)
	values := make(map[string]bool)
	for _, q := range r.Questions {
		values[of(q)] = true
	}
	for _, value := range slices.Sorted(maps.Keys(values)) {
		list := r.where(func(q BenchmarkQuestion) bool { return of(q) == value })
		fmt.Fprintf(w, "%s\t%d", value, len(list))
		for _, by := range rankings {
			fmt.Fprintf(w, "\t%.3f", meanOf(list, by))
		}
		fmt.Fprintln(w)
	}
}

func (r BenchmarkReport) where(is func(BenchmarkQuestion) bool) []BenchmarkQuestion {
	return slices.DeleteFunc(slices.Clone(r.Questions), func(q BenchmarkQuestion) bool { return !is(q) })
}

// rankings lists the compared rankings in the order in which they are asked.
func (r BenchmarkReport) rankings() []string {
	return slices.DeleteFunc(compared(true), func(by string) bool {
		_, measured := r.Questions[0].NDCG[by]
		return !measured
	})
}
