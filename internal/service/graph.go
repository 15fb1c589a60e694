package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/fact"
	"github.com/leatworks/leat/pipeline/graph"
)

// The bounds of answers from a graph.
const (
	MaxSymbols      = 200   // symbols, uses or nodes of one answer
	maxMatches      = 500   // definitions that one name may stand for
	maxDepth        = 6     // steps of a walk
	maxVisited      = 2_000 // nodes of a walk
	graphPage       = 200   // files of a graph that are read at once
	sureness        = 0.8   // confidence from which a walk follows an edge
	maxEdgesOfFiles = 4_000 // files that an answer about one symbol reads
)

// DefaultGraphTime bounds the time to look for an answer from a graph.
const DefaultGraphTime = 5 * time.Second

// inTime bounds the time to look for an answer from a graph. late says that the time was up, in
// which case the answer holds what was found until then.
func (s *Service) inTime(ctx context.Context, look func(context.Context) error) (late bool, err error) {
	inner, cancel := context.WithTimeout(ctx, s.cfg.GraphTime)
	defer cancel()
	if err = look(inner); err != nil && inner.Err() != nil && ctx.Err() == nil {
		return true, nil
	}
	return false, err
}

// GraphRequest names a graph, and a symbol or file in it.
type GraphRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Ref        string   // branch, tag or full name; "": the only one that is indexed
	Symbol     string   // a name, the end of a qualified one, or PATH#QUALIFIED; PATH# is the file
}

// Symbol is a definition in a repository.
type Symbol struct {
	ID         string `json:"id" doc:"Its path, #, and its qualified name. Other requests take it as symbol."`
	Name       string `json:"name"`
	Qualified  string `json:"qualified" doc:"Its name with the names of the definitions around it, joined by dots."`
	Kind       string `json:"kind" doc:"function, method, type, const, var, field, module or file."`
	Visibility string `json:"visibility,omitempty"`
	Path       string `json:"path"`
	Language   string `json:"language"`
	StartLine  int    `json:"start_line"`
	EndLine    int    `json:"end_line"`
	Signature  string `json:"signature,omitempty"`
	Doc        string `json:"doc,omitempty" doc:"The first sentence of its documentation."`
}

func symbolOf(s catalog.GraphSymbol) Symbol {
	return Symbol{
		ID: s.Path + "#" + s.Qualified, Name: s.Name, Qualified: s.Qualified, Kind: fact.Kind(s.Kind).String(), Visibility: fact.Visibility(s.Visibility).String(),
		Path: s.Path, Language: s.Language, StartLine: s.StartLine, EndLine: s.EndLine, Signature: s.Signature, Doc: s.Doc,
	}
}

// SymbolsRequest asks for symbols by name.
type SymbolsRequest struct {
	GraphRequest
	Prefix bool     // also names that begin with the symbol
	Kinds  []string // kinds of symbols; empty: any
	After  string   // Next of the previous answer; "": from the first
	Limit  int      // 1 to MaxSymbols; 0: 50
}

// SymbolsAnswer lists symbols by name, path and place.
type SymbolsAnswer struct {
	At
	Symbols []Symbol `json:"symbols" nullable:"false"`
	Next    string   `json:"-"`
}

// Symbols finds definitions by their name, in any case, or by its beginning.
func (s *Service) Symbols(ctx context.Context, r SymbolsRequest) (a SymbolsAnswer, err error) {
	defer mark(&err)
	g, err := s.graphOf(ctx, r.GraphRequest)
	if err != nil {
		return a, err
	}
	if r.Limit, err = graphLimit(r.Limit); err != nil {
		return a, err
	}
	q := catalog.SymbolQuery{Track: g.track, Name: r.Symbol, Prefix: r.Prefix, Most: r.Limit + 1}
	for _, name := range r.Kinds {
		kind := fact.ParseKind(name)
		if kind == 0 {
			reason := fmt.Sprintf("unknown kind %q: give one of %s", name, strings.Join(fact.Kinds(), ", "))
			return a, &Error{Kind: Invalid, Field: FieldKind, Value: name, Reason: reason}
		}
		q.Kinds = append(q.Kinds, int(kind))
	}
	if q.After, err = readPlace(r.After); err != nil {
		return a, err
	}
	found, err := s.stores.Catalog.Graphs.Find(ctx, q)
	if err != nil {
		return a, err
	}
	a = SymbolsAnswer{At: g.at, Symbols: []Symbol{}}
	for i, f := range found {
		if i == r.Limit {
			a.Next = writePlace(found[i-1])
			break
		}
		a.Symbols = append(a.Symbols, symbolOf(f))
	}
	return a, nil
}

func graphLimit(limit int) (int, error) {
	if limit == 0 {
		return 50, nil
	}
	if limit < 1 || limit > MaxSymbols {
		return 0, badLimit(limit, MaxSymbols, "rows")
	}
	return limit, nil
}

func writePlace(s catalog.GraphSymbol) string {
	return fmt.Sprintf("%d:%d:%s%s", s.Ordinal, len(s.Name), s.Name, s.Path)
}

func readPlace(text string) (*catalog.GraphSymbol, error) {
	if text == "" {
		return nil, nil
	}
	var s catalog.GraphSymbol
	length := 0
	head := strings.SplitN(text, ":", 3)
	if len(head) != 3 {
		return nil, badCursor()
	}
	if _, err := fmt.Sscan(head[0], &s.Ordinal); err != nil {
		return nil, badCursor()
	}
	if _, err := fmt.Sscan(head[1], &length); err != nil || length < 0 || length > len(head[2]) {
		return nil, badCursor()
	}
	s.Name, s.Path = head[2][:length], head[2][length:]
	return &s, nil
}

// trackGraph is the graph of a track.
type trackGraph struct {
	track   uuid.UUID
	at      At
	changed int64
}

// graphOf finds the graph that a request names. Its place says which commit it belongs to, and
// whether newer work is under way.
func (s *Service) graphOf(ctx context.Context, r GraphRequest) (g trackGraph, err error) {
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return g, err
	}
	head, err := s.head(ctx, r.Tenant, r.Reach, r.Repository, r.Ref)
	if err != nil {
		return g, err
	}
	if g.at, err = s.at(ctx, head); err != nil {
		return g, err
	}
	state, err := s.stores.Catalog.Graphs.Graph(ctx, head.ID)
	if isNotFound(err) || err == nil && state.Revision == 0 {
		reason := fmt.Sprintf("the symbol graph of %s has not been made yet", head.URL)
		return g, &Error{Kind: NotFound, Field: FieldRepository, Reason: reason}
	}
	if err != nil {
		return g, err
	}
	g.track, g.changed = head.ID, state.Changed
	g.at.Underway = g.at.Underway || state.Revision != g.at.Revision || state.Owed
	g.at.Commit, g.at.Revision = state.Commit, state.Revision
	return g, nil
}

// node is a symbol or a file of a graph.
type node struct {
	target graph.Target
	symbol Symbol
}

// nodes finds the nodes that a request's symbol stands for.
func (s *Service) nodes(ctx context.Context, g trackGraph, name string) ([]node, error) {
	if path, qualified, exact := strings.Cut(name, "#"); exact {
		return s.exact(ctx, g, path, qualified)
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last == "" {
		return nil, &Error{Kind: Invalid, Field: FieldSymbol, Value: name, Reason: "the symbol is empty: name one"}
	}
	list, err := s.stores.Catalog.Graphs.Named(ctx, g.track, []string{last}, maxMatches)
	if err != nil {
		return nil, err
	}
	var found []node
	for _, one := range list {
		if one.Kind > 0 && (one.Qualified == name || strings.HasSuffix(one.Qualified, "."+name)) {
			found = append(found, node{graph.Target{Document: one.Document, Qualified: one.Qualified}, symbolOf(one)})
		}
	}
	if len(found) == 0 {
		if files, err := s.exact(ctx, g, name, ""); err == nil {
			return files, nil
		}
		return nil, noSymbol(name)
	}
	return slices.CompactFunc(found, func(a, b node) bool { return a.target == b.target }), nil
}

func noSymbol(name string) error {
	return &Error{Kind: NotFound, Field: FieldSymbol, Value: name, Reason: fmt.Sprintf("no symbol is named %s", name)}
}

// exact finds a symbol by its id, or a file.
func (s *Service) exact(ctx context.Context, g trackGraph, path, qualified string) ([]node, error) {
	id := document(g.track, path)
	files, err := s.stores.Catalog.Graphs.FilesOf(ctx, g.track, []uuid.UUID{id})
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, noSymbol(path + "#" + qualified)
	}
	if qualified == "" {
		return []node{fileNode(files[0])}, nil
	}
	list, err := s.stores.Catalog.Graphs.SymbolsOf(ctx, []uuid.UUID{id}, fact.MaxDefinitions+fact.MaxImports+1)
	if err != nil {
		return nil, err
	}
	for _, one := range list {
		if one.Kind > 0 && one.Qualified == qualified {
			return []node{{graph.Target{Document: id, Qualified: qualified}, symbolOf(one)}}, nil
		}
	}
	return nil, noSymbol(path + "#" + qualified)
}

func fileNode(f catalog.StoredEdges) node {
	return node{graph.Target{Document: f.Document}, Symbol{ID: f.Path + "#", Name: f.Path, Kind: "file", Path: f.Path, Language: f.Language}}
}

// describe loads the symbols of targets. It leaves out targets that are gone.
func (s *Service) describe(ctx context.Context, g trackGraph, targets []graph.Target) (map[graph.Target]Symbol, error) {
	var documents []uuid.UUID
	for _, t := range targets {
		documents = append(documents, t.Document)
	}
	documents = compact(documents)
	out := make(map[graph.Target]Symbol, len(targets))
	for part := range slices.Chunk(documents, graphPage) {
		files, err := s.stores.Catalog.Graphs.FilesOf(ctx, g.track, part)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			n := fileNode(f)
			out[n.target] = n.symbol
		}
		list, err := s.stores.Catalog.Graphs.SymbolsOf(ctx, part, graphPage*1000)
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			t := graph.Target{Document: one.Document, Qualified: one.Qualified}
			if _, known := out[t]; one.Kind > 0 && !known {
				out[t] = symbolOf(one)
			}
		}
	}
	return out, nil
}

// Use says how one definition refers to another.
type Use struct {
	From       Symbol  `json:"from" doc:"The definition around the references, or their file."`
	To         Symbol  `json:"to" doc:"The definition that is referred to. Several uses of one place with one name are candidates."`
	Name       string  `json:"name" doc:"The name, as written."`
	Role       string  `json:"role" doc:"call, type, import, inherit, write or use."`
	Strategy   string  `json:"strategy" doc:"How it was resolved: scope, file, package, import, type, unique, name, index, or module: another repository declares the imported module."`
	Confidence float64 `json:"confidence" doc:"The probability that this definition is meant, 0 to 1."`
	Lines      []int   `json:"lines" nullable:"false" doc:"Lines of from's file, from 1; at most 200."`
	Count      int     `json:"count" doc:"Number of the references."`
	Elsewhere  *At     `json:"elsewhere,omitempty" doc:"The repository of the other end. Absent: both ends are in the requested repository."`
}

// UsesRequest asks for the references to a symbol, or the references that it makes.
type UsesRequest struct {
	GraphRequest
	Outward       bool     // references that it makes; otherwise references to it
	Across        bool     // only references between the repository and others of the tenant
	Roles         []string // empty: any
	MinConfidence float64
	After         string // Next of the previous answer; "": from the first
	Limit         int    // 1 to MaxSymbols; 0: 50
}

// UsesAnswer lists uses file by file, the surest first within each file.
type UsesAnswer struct {
	At
	Symbols    []Symbol `json:"symbols" nullable:"false" doc:"The symbols that the name stands for."`
	Uses       []Use    `json:"uses" nullable:"false"`
	Unresolved int      `json:"unresolved" doc:"Number of references of the symbol that are unresolved or lead to other repositories. Only in an answer about the references that it makes."`
	More       bool     `json:"more,omitempty" doc:"A bound ended the search, so there are uses that no page lists."`
	Next       string   `json:"-"`
}

// Uses lists the references to a symbol, or the references that it makes.
func (s *Service) Uses(ctx context.Context, r UsesRequest) (a UsesAnswer, err error) {
	defer mark(&err)
	g, err := s.graphOf(ctx, r.GraphRequest)
	if err != nil {
		return a, err
	}
	if r.Limit, err = graphLimit(r.Limit); err != nil {
		return a, err
	}
	roles, err := rolesOf(r.Roles)
	if err != nil {
		return a, err
	}
	from, err := s.nodes(ctx, g, r.Symbol)
	if err != nil {
		return a, err
	}
	a = UsesAnswer{At: g.at, Symbols: []Symbol{}, Uses: []Use{}}
	for _, n := range from {
		a.Symbols = append(a.Symbols, n.symbol)
	}
	if r.Across {
		err = s.usesAcross(ctx, g, r, from, roles, &a)
		return a, err
	}
	var found linked
	late, err := s.inTime(ctx, func(ctx context.Context) error { return s.links(ctx, g, from, r.Outward, &found) })
	if err != nil {
		return a, err
	}
	links := sortLinks(found.links)
	a.Unresolved, a.More = found.unresolved, found.more || late
	links = slices.DeleteFunc(links, func(l link) bool {
		return len(roles) > 0 && !roles[l.edge.Role] || l.edge.Confidence() < r.MinConfidence
	})
	skip, err := skipped(r.After)
	if err != nil {
		return a, err
	}
	links, a.Next = part(links, skip, r.Limit)
	a.Uses, err = s.uses(ctx, g, links)
	return a, err
}

// skipped parses a place in a list that is made again for each page.
func skipped(after string) (n int, err error) {
	if after == "" {
		return 0, nil
	}
	if _, err := fmt.Sscan(after, &n); err != nil || n < 0 {
		return 0, badCursor()
	}
	return n, nil
}

// part takes at most limit elements of a list, from a place on. next is the place of the rest, or
// "" if there is none.
func part[T any](list []T, skip, limit int) (some []T, next string) {
	list = list[min(skip, len(list)):]
	if len(list) > limit {
		return list[:limit], fmt.Sprint(skip + limit)
	}
	return list, ""
}

func rolesOf(names []string) (map[fact.Role]bool, error) {
	roles := make(map[fact.Role]bool)
	for _, name := range names {
		role := fact.ParseRole(name)
		if role == 0 {
			reason := fmt.Sprintf("unknown role %q: give one of %s", name, strings.Join(fact.Roles(), ", "))
			return nil, &Error{Kind: Invalid, Field: FieldRole, Value: name, Reason: reason}
		}
		roles[role] = true
	}
	return roles, nil
}

// link is an edge from one target to another.
type link struct {
	from, to graph.Target
	path     string // of from's file
	edge     graph.Edge
}

// linked is the result of a search for edges.
type linked struct {
	links      []link
	unresolved int  // edges of the nodes that lead nowhere in the graph
	more       bool // a bound ended the search
}

// links finds the edges to nodes, or from them.
func (s *Service) links(ctx context.Context, g trackGraph, nodes []node, outward bool, out *linked) error {
	of := make(map[graph.Target]bool, len(nodes))
	var documents []uuid.UUID
	var keys []int64
	for _, n := range nodes {
		of[n.target] = true
		documents = append(documents, n.target.Document)
		keys = append(keys, graph.TargetKey(n.target))
	}
	if outward {
		for part := range slices.Chunk(compact(documents), graphPage) {
			files, err := s.stores.Catalog.Graphs.FilesOf(ctx, g.track, part)
			if err == nil {
				err = decoded(files, func(f catalog.StoredEdges, edges []graph.Edge) { out.from(f, edges, of) })
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	more, err := s.leading(ctx, g, keys, maxEdgesOfFiles, func(f catalog.StoredEdges, edges []graph.Edge) { out.to(f, edges, of) })
	out.more = out.more || more
	return err
}

// compact sorts ids and removes duplicates.
func compact(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}

// from adds the edges of a file that some nodes make.
func (l *linked) from(f catalog.StoredEdges, edges []graph.Edge, nodes map[graph.Target]bool) {
	for _, e := range edges {
		from := graph.Target{Document: f.Document, Qualified: e.From}
		if !inside(from, nodes) {
			continue
		}
		if len(e.Targets) == 0 {
			l.unresolved += e.Count
		}
		for _, to := range e.Targets {
			l.links = append(l.links, link{from, to, f.Path, e})
		}
	}
}

// to adds the edges of a file that lead to some nodes.
func (l *linked) to(f catalog.StoredEdges, edges []graph.Edge, nodes map[graph.Target]bool) {
	for _, e := range edges {
		from := graph.Target{Document: f.Document, Qualified: e.From}
		for _, to := range e.Targets {
			if nodes[to] || to.Document != f.Document && nodes[graph.Target{Document: to.Document}] {
				l.links = append(l.links, link{from, to, f.Path, e})
			}
		}
	}
}

// inside says whether a target is one of some nodes, or stands inside one.
func inside(t graph.Target, nodes map[graph.Target]bool) bool {
	for ; ; t.Qualified = t.Qualified[:max(strings.LastIndexByte(t.Qualified, '.'), 0)] {
		if nodes[t] {
			return true
		}
		if t.Qualified == "" {
			return false
		}
	}
}

// leading calls each with the edges of each file that leads to targets, by path. It reads at most
// most files, and says whether there are more.
func (s *Service) leading(ctx context.Context, g trackGraph, keys []int64, most int, each func(catalog.StoredEdges, []graph.Edge)) (more bool, err error) {
	documents, err := s.stores.Catalog.Graphs.LeadingTo(ctx, g.track, keys, most+1)
	if err != nil {
		return false, err
	}
	more = len(documents) > most
	for part := range slices.Chunk(documents[:min(len(documents), most)], graphPage) {
		files, err := s.stores.Catalog.Graphs.FilesOf(ctx, g.track, part)
		if err != nil {
			return false, err
		}
		slices.SortFunc(files, func(a, b catalog.StoredEdges) int { return strings.Compare(a.Path, b.Path) })
		if err := decoded(files, each); err != nil {
			return false, err
		}
	}
	return more, nil
}

// decoded calls each with the edges of each file.
func decoded(files []catalog.StoredEdges, each func(catalog.StoredEdges, []graph.Edge)) error {
	for _, f := range files {
		edges, err := graph.DecodeEdges(f.Edges)
		if err != nil {
			return fmt.Errorf("edges of %s: %w", f.Path, err)
		}
		each(f, edges)
	}
	return nil
}

func sortLinks(links []link) []link {
	slices.SortStableFunc(links, func(a, b link) int {
		first := func(l link) int { return slices.Min(append([]int{1 << 30}, l.edge.Lines...)) }
		return cmp.Or(strings.Compare(a.path, b.path), cmp.Compare(first(a), first(b)), cmp.Compare(b.edge.Confidence(), a.edge.Confidence()),
			strings.Compare(a.to.Qualified, b.to.Qualified), slices.Compare(a.to.Document[:], b.to.Document[:]))
	})
	return links
}

// uses describes links.
func (s *Service) uses(ctx context.Context, g trackGraph, links []link) ([]Use, error) {
	var targets []graph.Target
	for _, l := range links {
		targets = append(targets, l.from, l.to, graph.Target{Document: l.from.Document})
	}
	known, err := s.describe(ctx, g, targets)
	if err != nil {
		return nil, err
	}
	uses := []Use{}
	for _, l := range links {
		from, ok := known[l.from]
		if !ok {
			from = known[graph.Target{Document: l.from.Document}]
		}
		to, ok := known[l.to]
		if !ok {
			continue // the symbol is gone since
		}
		uses = append(uses, Use{
			From: from, To: to, Name: l.edge.Name, Role: l.edge.Role.String(), Strategy: l.edge.Strategy.String(), Confidence: l.edge.Confidence(),
			Lines: l.edge.Lines, Count: l.edge.Count,
		})
	}
	return uses, nil
}
