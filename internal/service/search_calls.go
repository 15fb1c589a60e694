package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/fact"
	"github.com/leatworks/leat/pipeline/graph"
)

// The bounds of the calls that hits show.
const (
	maxHitCalls   = 5   // callers, and callees, of one hit
	maxHitSymbols = 8   // definitions of one hit that are looked at
	maxCallFiles  = 400 // files with callers that are read for all hits of an answer
)

// HitCalls are the calls to and from the definitions of a hit.
type HitCalls struct {
	Commit  string `json:"commit" doc:"Commit of the symbol graph, in hex. It may differ from the hit's while newer work is under way. Empty: the search for calls took too long."`
	Callers []Call `json:"callers" nullable:"false" doc:"The callers, the surest first; at most 5."`
	Callees []Call `json:"callees" nullable:"false" doc:"The callees, in the order of the calls; at most 5."`
	More    bool   `json:"more,omitempty" doc:"There are more calls, or a bound ended the search for them."`
}

// Call is the other end of a call.
type Call struct {
	Symbol     string  `json:"symbol" doc:"Its id, which requests to the symbol graph take. PATH# stands for a file outside its definitions."`
	Path       string  `json:"path" doc:"Its file."`
	Line       int     `json:"line" doc:"Line of the first call: in path for a caller, in the hit's file for a callee."`
	Count      int     `json:"count" doc:"Number of the calls."`
	Strategy   string  `json:"strategy" doc:"How it was resolved."`
	Confidence float64 `json:"confidence" doc:"The probability that this definition is meant, 0.8 to 1."`
}

// calling finds the calls of all hits of an answer together, with one statement for the edges and
// one for the paths that they lead to. Hits without a graph have none.
func (s *Service) calling(ctx context.Context, hits []Hit) error {
	var around catalog.AroundQuery
	for i, h := range hits {
		for _, name := range h.definitions() {
			around.Targets = append(around.Targets, graph.TargetKey(graph.Target{Document: h.document, Qualified: name}))
		}
		around.Tracks, around.Documents = append(around.Tracks, h.track), append(around.Documents, h.document)
		hits[i].Calls = nil
	}
	around.Tracks, around.Documents, around.Most = compact(around.Tracks), compact(around.Documents), maxCallFiles+len(hits)
	var files []catalog.AroundFile
	late, err := s.inTime(ctx, func(ctx context.Context) (err error) {
		files, err = s.stores.Catalog.Graphs.Around(ctx, around)
		return err
	})
	if err != nil {
		return err
	}
	if late {
		for i := range hits {
			hits[i].Calls = &HitCalls{Callers: []Call{}, Callees: []Call{}, More: true}
		}
		return nil
	}
	c := newCallList(hits, len(files) == around.Most)
	for _, f := range files {
		if err := decoded([]catalog.StoredEdges{f.StoredEdges}, func(_ catalog.StoredEdges, edges []graph.Edge) { c.add(f, edges) }); err != nil {
			return err
		}
	}
	paths, err := s.stores.Catalog.Graphs.Paths(ctx, c.callees())
	if err != nil {
		return err
	}
	c.finish(hits, paths)
	return nil
}

// definitions returns the names of a hit's definitions, in the form of the graph.
func (h Hit) definitions() (names []string) {
	for _, d := range h.Symbols {
		names = append(names, d.Symbol)
	}
	if len(names) == 0 && h.Symbol != "" {
		names = append(names, h.Symbol)
	}
	return names[:min(len(names), maxHitSymbols)]
}

// callList gathers the calls of hits.
type callList struct {
	of     map[graph.Target][]int   // hits that define a target
	within map[uuid.UUID][]int      // hits in a document
	names  []map[string]bool        // names of the definitions of each hit
	calls  []HitCalls               // calls of each hit; without a commit its file is in no graph
	out    []map[graph.Target]*Call // callees of each hit
	more   bool
}

func newCallList(hits []Hit, more bool) *callList {
	c := &callList{
		of: make(map[graph.Target][]int), within: make(map[uuid.UUID][]int), more: more,
		names: make([]map[string]bool, len(hits)), calls: make([]HitCalls, len(hits)), out: make([]map[graph.Target]*Call, len(hits)),
	}
	for i, h := range hits {
		c.within[h.document] = append(c.within[h.document], i)
		c.names[i], c.out[i] = make(map[string]bool), make(map[graph.Target]*Call)
		for _, name := range h.definitions() {
			t := graph.Target{Document: h.document, Qualified: name}
			c.of[t], c.names[i][name] = append(c.of[t], i), true
		}
	}
	return c
}

// defines says whether a definition is one of a hit's, or stands inside one.
func (c *callList) defines(hit int, qualified string) bool {
	for ; qualified != ""; qualified = qualified[:max(strings.LastIndexByte(qualified, '.'), 0)] {
		if c.names[hit][qualified] {
			return true
		}
	}
	return false
}

func (c *callList) add(f catalog.AroundFile, edges []graph.Edge) {
	for _, i := range c.within[f.Document] {
		c.calls[i].Commit = f.Commit
	}
	for _, e := range edges {
		if e.Role != fact.RoleCall || e.Confidence() < sureness || len(e.Lines) == 0 {
			continue
		}
		one := Call{Line: e.Lines[0], Count: e.Count, Strategy: e.Strategy.String(), Confidence: e.Confidence()}
		for _, t := range e.Targets {
			for _, i := range c.of[t] {
				if f.Document == t.Document && c.defines(i, e.From) {
					continue // the definition calls itself
				}
				from := one
				from.Symbol, from.Path = f.Path+"#"+e.From, f.Path
				c.calls[i].Callers = append(c.calls[i].Callers, from)
			}
			for _, i := range c.within[f.Document] {
				if c.defines(i, e.From) && (t.Document != f.Document || !c.defines(i, t.Qualified)) {
					c.called(i, t, one)
				}
			}
		}
	}
}

// called adds calls from a hit to a target.
func (c *callList) called(hit int, to graph.Target, one Call) {
	known := c.out[hit][to]
	if known == nil {
		c.out[hit][to] = &one
		return
	}
	known.Count += one.Count
	known.Line = min(known.Line, one.Line)
}

// callees returns the documents that calls of hits lead to.
func (c *callList) callees() (documents []uuid.UUID) {
	for _, out := range c.out {
		for t := range out {
			documents = append(documents, t.Document)
		}
	}
	return compact(documents)
}

// finish gives hits their calls.
func (c *callList) finish(hits []Hit, paths map[uuid.UUID]string) {
	for i := range hits {
		own := &c.calls[i]
		if own.Commit == "" {
			continue
		}
		for t, one := range c.out[i] {
			if path, ok := paths[t.Document]; ok {
				one.Symbol, one.Path = path+"#"+t.Qualified, path
				own.Callees = append(own.Callees, *one)
			}
		}
		own.Callers = onePerSymbol(own.Callers)
		slices.SortFunc(own.Callers, func(a, b Call) int {
			return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), strings.Compare(a.Path, b.Path), a.Line-b.Line, strings.Compare(a.Symbol, b.Symbol))
		})
		slices.SortFunc(own.Callees, func(a, b Call) int { return cmp.Or(a.Line-b.Line, strings.Compare(a.Symbol, b.Symbol)) })
		own.More = c.more || len(own.Callers) > maxHitCalls || len(own.Callees) > maxHitCalls
		own.Callers = append([]Call{}, own.Callers[:min(len(own.Callers), maxHitCalls)]...)
		own.Callees = append([]Call{}, own.Callees[:min(len(own.Callees), maxHitCalls)]...)
		hits[i].Calls = own
	}
}

// onePerSymbol joins the calls of each caller into its surest one.
func onePerSymbol(calls []Call) (joined []Call) {
	at := make(map[string]int)
	for _, one := range calls {
		i, known := at[one.Symbol]
		if !known {
			at[one.Symbol] = len(joined)
			joined = append(joined, one)
			continue
		}
		count, line := joined[i].Count+one.Count, min(joined[i].Line, one.Line)
		if one.Confidence > joined[i].Confidence {
			joined[i] = one
		}
		joined[i].Count, joined[i].Line = count, line
	}
	return joined
}

// Sentences describes the calls to people, with a line for each kind.
func (c *HitCalls) Sentences() (lines []string) {
	if c == nil {
		return nil
	}
	for _, part := range []struct {
		text  string
		calls []Call
	}{{"called by", c.Callers}, {"calls", c.Callees}} {
		if len(part.calls) == 0 {
			continue
		}
		names := make([]string, len(part.calls))
		for i, one := range part.calls {
			if names[i] = one.Short(); names[i] != one.Path {
				names[i] += " (" + one.Path + ")"
			}
		}
		lines = append(lines, fmt.Sprintf("%s %s", part.text, strings.Join(names, ", ")))
	}
	return lines
}

// Short returns the name of the other end. For a file it is the path.
func (c Call) Short() string {
	if _, qualified, _ := strings.Cut(c.Symbol, "#"); qualified != "" {
		return qualified
	}
	return c.Path
}
