package service

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/fact"
	"github.com/leatworks/leat/pipeline/graph"
)

// WalkRequest asks for the nodes that can be reached from a symbol.
type WalkRequest struct {
	GraphRequest
	Direction string   // in, out or both; "": both
	Roles     []string // empty: any
	Depth     int      // number of steps, 1 to 6; 0: 1
	After     string   // Next of the previous answer; "": from the first
	Limit     int      // nodes, 1 to MaxSymbols; 0: 50
}

// Step is a node that a walk has reached.
type Step struct {
	Symbol
	Depth int    `json:"depth" doc:"Number of steps from the beginning."`
	By    string `json:"by" doc:"Id of the previous node; empty at the beginning."`
	Role  string `json:"role" doc:"Role of the edge between them; empty at the beginning."`
	Out   bool   `json:"out" doc:"The edge leads from the previous node to this one."`
	Test  bool   `json:"test" doc:"The node is in a file of tests."`
}

// WalkAnswer lists the nodes that a walk has reached, nearest first.
type WalkAnswer struct {
	At
	Nodes []Step `json:"nodes" nullable:"false"`
	More  bool   `json:"more" doc:"A bound ended the walk, so there may be more than this page lists."`
	Next  string `json:"-"`
}

// Neighbours lists the nodes connected with a symbol over a number of steps. It follows edges with
// a confidence of 0.8 or more.
func (s *Service) Neighbours(ctx context.Context, r WalkRequest) (a WalkAnswer, err error) {
	defer mark(&err)
	g, err := s.graphOf(ctx, r.GraphRequest)
	if err != nil {
		return a, err
	}
	front, err := s.nodes(ctx, g, r.Symbol)
	if err != nil {
		return a, err
	}
	w, err := s.walk(ctx, g, r, front, nil)
	if err != nil {
		return a, err
	}
	return w.page(g, r)
}

// page is the part of a walk that a request asks for.
func (w walked) page(g trackGraph, r WalkRequest) (a WalkAnswer, err error) {
	skip, err := skipped(r.After)
	if err != nil {
		return a, err
	}
	limit, err := graphLimit(r.Limit)
	if err != nil {
		return a, err
	}
	a = WalkAnswer{At: g.at}
	a.Nodes, a.Next = part(w.steps, skip, limit)
	a.More = w.more || a.Next != ""
	return a, nil
}

// PathRequest asks how one symbol leads to another.
type PathRequest struct {
	GraphRequest        // where the path begins
	To           string // where it ends
}

// Path finds a shortest path from one symbol to another along references. An empty list means that
// there is no path of up to six steps.
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
	front, err := s.nodes(ctx, g, r.Symbol)
	if err != nil {
		return a, err
	}
	w, err := s.walk(ctx, g, WalkRequest{GraphRequest: r.GraphRequest, Direction: "out", Depth: maxDepth, Limit: MaxSymbols}, front, goal)
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

// walked is the result of a walk.
type walked struct {
	steps   []Step
	by      map[string]Step // by id
	reached string          // id of the goal that was reached
	more    bool
}

// walk goes from nodes step by step, and visits all nodes at a distance before the next. It ends
// when it reaches a goal, if there are goals.
func (s *Service) walk(ctx context.Context, g trackGraph, r WalkRequest, front, goals []node) (w walked, err error) {
	if r.Depth == 0 {
		r.Depth = 1
	}
	if r.Depth < 1 || r.Depth > maxDepth {
		return w, &Error{Kind: Invalid, Field: FieldDepth, Reason: fmt.Sprintf("depth %d: give 1 to %d", r.Depth, maxDepth)}
	}
	if !slices.Contains([]string{"", "both", "in", "out"}, r.Direction) {
		return w, &Error{Kind: Invalid, Field: FieldDirection, Value: r.Direction, Reason: "unknown direction: give in, out or both"}
	}
	roles, err := rolesOf(r.Roles)
	if err != nil {
		return w, err
	}
	w = walked{by: make(map[string]Step), steps: []Step{}}
	for _, n := range front {
		w.visit(Step{Symbol: n.symbol, Test: isTest(n.symbol.Path)})
	}
	late, err := s.inTime(ctx, func(ctx context.Context) error { return s.steps(ctx, g, r, roles, front, goals, &w) })
	w.more = w.more || late
	return w, err
}

func (s *Service) steps(ctx context.Context, g trackGraph, r WalkRequest, roles map[fact.Role]bool, front, goals []node, w *walked) error {
	for depth := 1; depth <= r.Depth && len(front) > 0 && !w.more; depth++ {
		var next []node
		for _, outward := range []bool{false, true} {
			if r.Direction == "in" && outward || r.Direction == "out" && !outward {
				continue
			}
			var found linked
			if err := s.links(ctx, g, front, outward, &found); err != nil {
				return err
			}
			links := slices.DeleteFunc(sortLinks(found.links), func(l link) bool {
				return len(roles) > 0 && !roles[l.edge.Role] || l.edge.Confidence() < sureness
			})
			w.more = w.more || found.more
			reached, err := s.reach(ctx, g, w, links, front, outward, depth)
			if err != nil {
				return err
			}
			next = append(next, reached...)
		}
		for _, n := range goals {
			if _, ok := w.by[n.symbol.ID]; ok {
				w.reached = n.symbol.ID
				return nil
			}
		}
		front = next
	}
	return nil
}

// reach adds the other ends of links to a walk, and returns the new ones.
func (s *Service) reach(ctx context.Context, g trackGraph, w *walked, links []link, front []node, outward bool, depth int) (next []node, err error) {
	var targets []graph.Target
	for _, l := range links {
		targets = append(targets, l.from, l.to)
	}
	known, err := s.describe(ctx, g, targets)
	if err != nil {
		return nil, err
	}
	ids := make(map[graph.Target]string, len(front))
	for _, n := range front {
		ids[n.target] = n.symbol.ID
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
		step := Step{Symbol: symbol, Depth: depth, By: around(here, ids), Role: l.edge.Role.String(), Out: outward, Test: isTest(symbol.Path)}
		if w.visit(step) {
			next = append(next, node{there, symbol})
		}
	}
	return next, nil
}

// around returns the id of the innermost node around a target, or of the target itself.
func around(t graph.Target, ids map[graph.Target]string) string {
	for ; ; t.Qualified = t.Qualified[:max(strings.LastIndexByte(t.Qualified, '.'), 0)] {
		if id, ok := ids[t]; ok || t.Qualified == "" {
			return id
		}
	}
}

// visit adds a node once, and says whether it was new.
func (w *walked) visit(step Step) bool {
	if _, known := w.by[step.ID]; known {
		return false
	}
	if len(w.steps) >= maxVisited {
		w.more = true
		return false
	}
	w.by[step.ID] = step
	w.steps = append(w.steps, step)
	return true
}

// isTest says whether a path is one of a test file, by the conventions of languages.
func isTest(path string) bool {
	base := path[strings.LastIndexByte(path, '/')+1:]
	return strings.Contains(base, "_test.") || strings.HasPrefix(base, "test_") || strings.Contains(base, ".test.") || strings.Contains(base, ".spec.") ||
		strings.HasPrefix(path, "test/") || strings.HasPrefix(path, "tests/") || strings.Contains(path, "/test/") || strings.Contains(path, "/tests/") || strings.HasSuffix(base, "Test.java")
}
