package eval

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// TokenRow says what an agent reads until it sees a right file.
type TokenRow struct {
	Repository string `json:"repository"`
	Kind       string `json:"kind"`
	Way        string `json:"way"`
	Questions  int    `json:"questions"`
	Seen       int    `json:"seen"`   // questions for which a right file was seen
	Within     int    `json:"within"` // of these, within service.DefaultExploreTokens
	Spent      []int  `json:"spent"`  // tokens of these questions, in rising order
}

// addTokens adds a row for each kind of question and way.
func (r *Report) addTokens(repository string, questions []question, spent [][]int) {
	for _, kind := range kinds {
		for w, way := range ways {
			row := TokenRow{Repository: repository, Kind: kind, Way: way, Spent: []int{}}
			for i, q := range questions {
				if q.kind != kind {
					continue
				}
				row.Questions++
				if n := spent[i][w]; n != never {
					row.Spent = append(row.Spent, n)
				}
			}
			if row.Questions > 0 {
				row.count()
				r.Tokens = append(r.Tokens, row)
			}
		}
	}
}

func (t *TokenRow) count() {
	slices.Sort(t.Spent)
	t.Seen = len(t.Spent)
	t.Within, _ = slices.BinarySearch(t.Spent, budget+1)
}

// budget is the size of an answer of the tools in tokens, unless an agent asks for more.
const budget = 4000

// suffice returns the tokens that suffice for a share of all questions, or never.
func (t TokenRow) suffice(share float64) int {
	at := int(share * float64(t.Questions))
	if at >= len(t.Spent) {
		return never
	}
	return t.Spent[at]
}

// writeTokens prints a line for each way, over the questions of all repositories.
func (r Report) writeTokens(w io.Writer) {
	if len(r.Tokens) == 0 {
		return
	}
	fmt.Fprintf(w, "\ntokens that an agent reads until it sees a right file: for half of the questions, for nine of ten, and the share within %d\n", budget)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprint(t, "way")
	for _, kind := range kinds {
		fmt.Fprintf(t, "\t%s (%d)", kind, r.tokens(kind, ways[0]).Questions)
	}
	fmt.Fprintln(t)
	for _, way := range ways {
		fmt.Fprint(t, way)
		for _, kind := range kinds {
			row := r.tokens(kind, way)
			fmt.Fprintf(t, "\t%s %s %.3f", amount(row.suffice(0.5)), amount(row.suffice(0.9)), float64(row.Within)/float64(max(row.Questions, 1)))
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush()
}

// tokens joins the rows of all repositories.
func (r Report) tokens(kind, way string) TokenRow {
	all := TokenRow{Kind: kind, Way: way}
	for _, row := range r.Tokens {
		if row.Kind == kind && row.Way == way {
			all.Questions += row.Questions
			all.Spent = append(all.Spent, row.Spent...)
		}
	}
	all.count()
	return all
}

func amount(tokens int) string {
	if tokens == never {
		return "–"
	}
	return fmt.Sprint(tokens)
}
