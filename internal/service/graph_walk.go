package service

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/graph"
)

// WalkRequest asks for what can be reached from a symbol.
type WalkRequest struct {
	GraphRequest
	Direction string   // in, out or both; "": both
	Roles     []string // empty: any
	Depth     int      // steps, 1 to 6; 0: 1
	Limit     int      // nodes, 1 to MaxSymbols; 0: 50
}

// Step is a node that a walk has reached.
type Step struct {
	Symbol
	Depth int    `json:"depth" doc:"Steps from the beginning."`
	By    string `json:"by" doc:"Id of the node before it; empty at the beginning."`
	Role  string `json:"role" doc:"Of the edge between them; empty at the beginning."`
	Out   bool   `json:"out" doc:"The edge leads from the node before to this one."`
	Test  bool   `json:"test" doc:"It stands in a file of tests."`
}

// WalkAnswer lists what a walk has reached, the nearest first.
type WalkAnswer struct {
	At
	Nodes []Step `json:"nodes" nullable:"false"`
	More  bool   `json:"more" doc:"A bound ended the walk: there may be more."`
}

// Neighbours lists what is connected with a symbol, over a number of steps. It
// follows edges with a confidence of 0.8 or more.
func (s *Service) Neighbours(ctx context.Context, r WalkRequest) (a WalkAnswer, err error) {
	defer mark(&err)
	g, err := s.graphOf(ctx, r.GraphRequest)
	if err != nil {
		return a, err
	}
	w, err := s.walk(ctx, g, r)
	return WalkAnswer{At: g.at, Nodes: w.steps, More: w.more}, err
}

// Impact lists what may break if a symbol or a file changes: what refers to it, over a
// number of steps, tests first within each distance.
func (s *Service) Impact(ctx context.Context, r WalkRequest) (a WalkAnswer, err error) {
	r.Direction = "in"
	if r.Depth == 0 {
		r.Depth = 3
	}
	if a, err = s.Neighbours(ctx, r); err != nil {
		return a, err
	}
	slices.SortStableFunc(a.Nodes, func(x, y Step) int {
		if x.Depth != y.Depth {
			return x.Depth - y.Depth
		}
		if x.Test != y.Test && x.Test {
			return -1
		}
		if x.Test != y.Test {
			return 1
		}
		return strings.Compare(x.ID, y.ID)
	})
	return a, nil
}

// PathRequest asks how one symbol leads to another.
type PathRequest struct {
	GraphRequest        // where the path begins
	To           string // where it ends
}

// Path finds a shortest path from one symbol to another along references. An empty
// list says that there is none of up to six steps.
func (s *Service) Path(ctx context.Context, r PathRequest) (a WalkAnswer, err error) {
	defer mark(&err)
	g, err := s.graphOf(ctx, r.GraphRequest)
	if err != nil {
		return a, err
	}
	goal, err := s.nodes(ctx, g, r.To)
	if err != nil {
		return a, err
	}
	w, err := s.walk(ctx, g, WalkRequest{GraphRequest: r.GraphRequest, Direction: "out", Depth: maxDepth, Limit: MaxSymbols}, goal...)
	if err != nil {
		return a, err
	}
	a = WalkAnswer{At: g.at, Nodes: []Step{}, More: w.more && w.reached == ""}
	for id := w.reached; id != ""; {
		step := w.by[id]
		a.Nodes = append(a.Nodes, step)
		id = step.By
	}
	slices.Reverse(a.Nodes)
	return a, nil
}

// walked is what a walk has found.
type walked struct {
	steps   []Step
	by      map[string]Step // by id
	reached string          // the id of a goal
	more    bool
}

// walk goes from a symbol step by step, all nodes of a distance before the next. It ends
// at a goal, if there are any.
func (s *Service) walk(ctx context.Context, g trackGraph, r WalkRequest, goals ...node) (w walked, err error) {
	if r.Depth == 0 {
		r.Depth = 1
	}
	if r.Depth < 1 || r.Depth > maxDepth {
		return w, &Error{Kind: Invalid, Field: FieldDepth, Reason: fmt.Sprintf("depth %d: give 1 to %d", r.Depth, maxDepth)}
	}
	if !slices.Contains([]string{"", "both", "in", "out"}, r.Direction) {
		return w, &Error{Kind: Invalid, Field: FieldDirection, Value: r.Direction, Reason: "the direction is in, out or both"}
	}
	if r.Limit, err = graphLimit(r.Limit); err != nil {
		return w, err
	}
	roles, err := rolesOf(r.Roles)
	if err != nil {
		return w, err
	}
	front, err := s.nodes(ctx, g, r.Symbol)
	if err != nil {
		return w, err
	}
	w.by = make(map[string]Step)
	w.steps = []Step{}
	most := r.Limit
	if len(goals) > 0 {
		most = maxVisited
	}
	for _, n := range front {
		w.visit(Step{Symbol: n.symbol, Test: isTest(n.symbol.Path)}, most)
	}
	for depth := 1; depth <= r.Depth && len(front) > 0 && !w.more; depth++ {
		var next []node
		for _, outward := range []bool{false, true} {
			if r.Direction == "in" && outward || r.Direction == "out" && !outward {
				continue
			}
			links, _, err := s.links(ctx, g, front, outward)
			if err != nil {
				return w, err
			}
			links = slices.DeleteFunc(links, func(l link) bool {
				return len(roles) > 0 && !roles[l.edge.Role] || l.edge.Confidence() < sureness
			})
			reached, err := s.reach(ctx, g, &w, links, front, outward, depth, most)
			if err != nil {
				return w, err
			}
			next = append(next, reached...)
		}
		for _, n := range goals {
			if _, ok := w.by[n.symbol.ID]; ok {
				w.reached = n.symbol.ID
				return w, nil
			}
		}
		front = next
	}
	return w, nil
}

// reach adds the other ends of links to a walk, and returns those that are new.
func (s *Service) reach(ctx context.Context, g trackGraph, w *walked, links []link, front []node, outward bool, depth, most int) (next []node, err error) {
	var targets []graph.Target
	for _, l := range links {
		targets = append(targets, l.from, l.to)
	}
	known, err := s.describe(ctx, g, targets)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		here, there := l.to, l.from
		if outward {
			here, there = l.from, l.to
		}
		symbol, ok := known[there]
		if !ok {
			continue
		}
		before := ""
		for _, n := range front {
			if within(here, n.target) {
				before = n.symbol.ID
			}
		}
		step := Step{Symbol: symbol, Depth: depth, By: before, Role: l.edge.Role.String(), Out: outward, Test: isTest(symbol.Path)}
		if w.visit(step, most) {
			next = append(next, node{there, symbol})
		}
	}
	return next, nil
}

// visit adds a node once, and says whether it was new.
func (w *walked) visit(step Step, most int) bool {
	if _, known := w.by[step.ID]; known {
		return false
	}
	if len(w.steps) >= most {
		w.more = true
		return false
	}
	w.by[step.ID] = step
	w.steps = append(w.steps, step)
	return true
}

// isTest says whether a path is that of a file of tests, by the conventions of languages.
func isTest(path string) bool {
	base := path[strings.LastIndexByte(path, '/')+1:]
	return strings.Contains(base, "_test.") || strings.HasPrefix(base, "test_") || strings.Contains(base, ".test.") || strings.Contains(base, ".spec.") ||
		strings.HasPrefix(path, "test/") || strings.HasPrefix(path, "tests/") || strings.Contains(path, "/test/") || strings.Contains(path, "/tests/") || strings.HasSuffix(base, "Test.java")
}
