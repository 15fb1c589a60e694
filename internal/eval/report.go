package eval

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// The parts of the questions.
const (
	PartReport = "report"
	PartTuning = "tuning"
)

// Row is a mean over the questions of one kind about one repository.
type Row struct {
	Repository string `json:"repository"`
	Kind       string `json:"kind"`
	Part       string `json:"part"`
	Cut        string `json:"cut"`
	Embedder   string `json:"embedder"`
	Ranking    string `json:"ranking"`
	Metrics
	Code Metrics `json:"code"` // over the questions without an answer in tests or examples
}

// Report holds the measurements.
type Report struct {
	Rows   []Row      `json:"rows"`
	Tokens []TokenRow `json:"tokens,omitempty"` // of Config.Agent
}

func (r *Report) add(repository, cut, model string, questions []question, all []scores) {
	for _, part := range []string{PartReport, PartTuning} {
		for _, kind := range kinds {
			for j, by := range rankings {
				row := Row{Repository: repository, Kind: kind, Part: part, Cut: cut, Embedder: model, Ranking: by}
				for i, q := range questions {
					if q.kind == kind && q.tuning() == (part == PartTuning) {
						row.add(all[i][j][0], all[i][j][1], all[i][j][2])
						if !q.aside() {
							row.Code.add(all[i][j][0], all[i][j][1], all[i][j][2])
						}
					}
				}
				if row.Questions > 0 {
					r.Rows = append(r.Rows, row)
				}
			}
		}
	}
}

// WriteJSON prints the whole report.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Write prints a table of each part for people: a line for each combination,
// with the means over the questions of all repositories.
func (r Report) Write(w io.Writer) {
	titles := map[string]string{PartReport: "the part that is reported", PartTuning: "the part for tuning"}
	for _, part := range []string{PartReport, PartTuning} {
		fmt.Fprintf(w, "\n%s: MRR@%d, recall@%[2]d, nDCG@%[2]d\n", titles[part], Depth)
		r.writePart(w, part, func(row Row) Metrics { return row.Metrics })
		fmt.Fprintf(w, "\n%s, without answers in tests and examples\n", titles[part])
		r.writePart(w, part, func(row Row) Metrics { return row.Code })
	}
	r.writeTokens(w)
}

// line identifies a line of the table.
type line struct{ model, cut, ranking string }

func (r Report) writePart(w io.Writer, part string, of func(Row) Metrics) {
	var order []line
	cells := make(map[line]map[string]*Metrics)
	totals := make(map[string]int)
	for _, row := range r.Rows {
		if row.Part != part {
			continue
		}
		at := line{row.Embedder, row.Cut, row.Ranking}
		if cells[at] == nil {
			order, cells[at] = append(order, at), make(map[string]*Metrics)
		}
		if cells[at][row.Kind] == nil {
			cells[at][row.Kind] = new(Metrics)
		}
		cells[at][row.Kind].merge(of(row))
		totals[row.Kind] = cells[at][row.Kind].Questions
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprint(t, "embedder\tcut by\tranked by")
	for _, kind := range kinds {
		fmt.Fprintf(t, "\t%s (%d)", kind, totals[kind])
	}
	fmt.Fprintln(t)
	for _, at := range slices.Compact(order) {
		fmt.Fprintf(t, "%s\t%s\t%s", at.model, at.cut, at.ranking)
		for _, kind := range kinds {
			if m := cells[at][kind]; m != nil && m.Questions > 0 {
				fmt.Fprintf(t, "\t%.3f %.3f %.3f", m.MRR, m.Recall, m.NDCG)
			} else {
				fmt.Fprint(t, "\t–")
			}
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush()
}
