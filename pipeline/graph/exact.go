package graph

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/fact"
	"github.com/leatworks/leat/pipeline/scip"
)

// Bounds of the data that is kept in memory from the indexes of a commit. A symbol beyond a bound is unknown, and a
// reference to it stays a guess.
const (
	indexPage      = 64        // documents of an index read at once
	maxIndexed     = 3_000_000 // definitions
	maxLinesKnown  = 200_000   // definitions in the graph whose lines are remembered
	maxIndexedEdge = 200_000   // references in a file
	maxOwn         = 10_000    // packages
)

// spot is a place in a file where an index has a definition.
type spot struct {
	file  int32 // number of the file in Indexed.paths
	line  int32 // from 0
	start int32 // character
}

// symbolKey identifies a symbol of an index. The key of a local symbol includes its document.
type symbolKey [16]byte

func keyOf(symbol, document string) symbolKey {
	if scip.Local(symbol) {
		symbol = document + "\x00" + symbol
	}
	sum := sha256.Sum256([]byte(symbol))
	return symbolKey(sum[:16])
}

// Indexed holds the definitions in the indexes of a commit.
type Indexed struct {
	paths   []string
	covered map[string]bool
	defined map[symbolKey][]spot
	count   int
	own     map[string]bool // packages of the definitions
}

// NewIndexed returns an Indexed without definitions.
func NewIndexed() *Indexed {
	return &Indexed{covered: make(map[string]bool), defined: make(map[symbolKey][]spot), own: make(map[string]bool)}
}

// Add adds the definitions of a document. A symbol may be defined at many places, as a package is in each of its files.
// It keeps one place more than an edge may have targets, which shows that there are too many.
func (x *Indexed) Add(file string, d scip.Document) {
	x.covered[file] = true
	x.paths = append(x.paths, file)
	for _, o := range d.Occurrences {
		if o.Roles&scip.Definition == 0 || x.count >= maxIndexed {
			continue
		}
		if name := scip.Package(o.Symbol); len(x.own) < maxOwn {
			x.own[name] = true
		}
		key := keyOf(o.Symbol, file)
		if at := x.defined[key]; len(at) <= MaxCandidates {
			x.defined[key] = append(at, spot{int32(len(x.paths) - 1), int32(o.Line), int32(o.Start)})
			x.count++
		}
	}
}

// definitions looks up the definitions in a file.
type definitions interface {
	of(document uuid.UUID) ([]symbol, error)
}

// exactly finds the edges of files that indexes give.
type exactly struct {
	*Indexed
	track     func(path string) uuid.UUID // returns the document of a path
	symbols   definitions
	documents map[uuid.UUID]bool // documents that some index covers
	lines     map[uuid.UUID]map[int][]symbol
	lineSize  int
	placed    int64 // references whose meaning an index gives
	strange   int64 // occurrences at places where the text has no name
	err       error
}

// foundAt holds the entries of an index for one place in a text.
type foundAt struct {
	start, end int // bytes
	line       int // from 0
	all        []scip.Occurrence
	used       bool
}

// edges returns the edges of a file: the index's where the index says something, and the guesses of r elsewhere.
func (x *exactly) edges(r *resolver, p place, set *fact.Set, text []byte, doc scip.Document) []Edge {
	r.begin(p, set)
	at := x.places(text, doc)
	var found []Edge
	for _, i := range set.Imports {
		guess := r.importEdge(i)
		if i.Name != "" && i.Name != "*" {
			if one := named(at, text, i); one != nil {
				one.used = true
				if e, ok := x.told(guess, p, one); ok {
					guess = e
				}
			}
		}
		found = append(found, guess)
	}
	byStart := make(map[[2]int]*foundAt, len(at))
	for _, one := range at {
		byStart[[2]int{one.start, one.end}] = one
	}
	for _, ref := range set.References {
		from := withinOf(set, ref)
		e := Edge{From: from, Name: ref.Name, Receiver: ref.Receiver, Role: ref.Role, Lines: []int{ref.Line}}
		e.Strategy, e.Targets = r.reference(ref, from)
		if one := byStart[[2]int{ref.Start, ref.End}]; one != nil {
			one.used = true
			told, ok := x.told(e, p, one)
			if ok && told.Strategy == 0 {
				continue // a variable of the function
			}
			if ok {
				e = told
			}
		}
		found = append(found, e)
	}
	found = append(found, x.others(p, set, text, at)...)
	return gather(append(found, x.related(p, doc, found)...))
}

// related returns the edges that the relations of a document give. They stand on the line of the definition that has
// the relation. It leaves out those that a reference in the text gives already.
func (x *exactly) related(p place, doc scip.Document, found []Edge) []Edge {
	type pair struct {
		from string
		role fact.Role
		to   Target
	}
	known := make(map[pair]bool)
	if len(doc.Relations) > 0 {
		for _, e := range found {
			for _, to := range e.Targets {
				known[pair{e.From, e.Role, to}] = true
			}
		}
	}
	var edges []Edge
	for _, relation := range doc.Relations {
		from, line, ok := x.definedHere(p, relation.Symbol)
		if !ok {
			continue
		}
		to := x.defines(relation.To, p)
		if len(to) == 0 || len(to) > MaxCandidates {
			continue
		}
		name, _ := scip.Name(relation.To)
		for _, role := range rolesOf(relation.Kinds) {
			e := Edge{From: from.Qualified, Name: plainName(name), Role: role, Strategy: ByIndex, Lines: []int{line}}
			for _, t := range to {
				if of := (pair{from.Qualified, role, t}); t != from && !known[of] {
					known[of] = true
					e.Targets = append(e.Targets, t)
				}
			}
			if len(e.Targets) > 0 && len(edges) < maxIndexedEdge {
				edges = append(edges, e)
			}
		}
	}
	return edges
}

// rolesOf returns the roles of the edges that a relation stands for. What implements something is also found by the
// references to it, which is no more than the first says.
func rolesOf(kinds scip.RelationKind) (roles []fact.Role) {
	if kinds&scip.Implementation != 0 {
		roles = append(roles, fact.RoleInherit)
	} else if kinds&scip.Reference != 0 {
		roles = append(roles, fact.RoleUse)
	}
	if kinds&scip.TypeDefinition != 0 {
		roles = append(roles, fact.RoleType)
	}
	return roles
}

// definedHere finds the definition of a symbol in a file of an index, and its line from 1.
func (x *exactly) definedHere(p place, symbol string) (Target, int, bool) {
	name, _ := scip.Name(symbol)
	for _, s := range x.defined[keyOf(symbol, p.path)] {
		if x.paths[s.file] == p.path {
			if t, ok := x.at(s, name); ok {
				return t, int(s.line) + 1, true
			}
		}
	}
	return Target{}, 0, false
}

// defines finds the definitions of a symbol in the graph.
func (x *exactly) defines(symbol string, p place) (all []Target) {
	name, _ := scip.Name(symbol)
	for _, s := range x.defined[keyOf(symbol, p.path)] {
		if t, ok := x.at(s, name); ok {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, compareTargets)
	return slices.Compact(all)
}

// places finds the places of a document's occurrences in its text. An occurrence at a place where the text has no name
// counts as strange.
func (x *exactly) places(text []byte, doc scip.Document) []*foundAt {
	lines := lineStarts(text)
	known := make(map[[2]int]*foundAt)
	var all []*foundAt
	for _, o := range doc.Occurrences {
		start, end, ok := span(text, lines, o, doc.Encoding)
		if !ok {
			x.strange++
			continue
		}
		one := known[[2]int{start, end}]
		if one == nil {
			if len(all) == maxIndexedEdge {
				continue
			}
			one = &foundAt{start: start, end: end, line: o.Line}
			known[[2]int{start, end}] = one
			all = append(all, one)
		}
		one.all = append(one.all, o)
	}
	slices.SortStableFunc(all, func(a, b *foundAt) int { return cmp.Compare(a.start, b.start) })
	return all
}

func lineStarts(text []byte) []int {
	starts := []int{0}
	for i, c := range text {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// span returns where an occurrence is in a text, in bytes.
func span(text []byte, lines []int, o scip.Occurrence, in scip.Encoding) (start, end int, ok bool) {
	if o.Line >= len(lines) {
		return 0, 0, false
	}
	line := text[lines[o.Line]:]
	line, _, _ = bytes.Cut(line, []byte("\n"))
	first, ok1 := offset(line, o.Start, in)
	last, ok2 := offset(line, o.End, in)
	return lines[o.Line] + first, lines[o.Line] + last, ok1 && ok2
}

// offset returns the place of a character in a line, in bytes. If an index does not say in which units it counts,
// offset assumes those of UTF-16, which the languages of its makers use.
func offset(line []byte, character int, in scip.Encoding) (int, bool) {
	if in == scip.UTF8 {
		return character, character <= len(line)
	}
	at := 0
	for character > 0 {
		if at >= len(line) {
			return 0, false
		}
		c, size := utf8.DecodeRune(line[at:])
		at += size
		character--
		if c > 0xffff && in != scip.UTF32 {
			character--
		}
	}
	return at, character == 0
}

// named finds the entry of an index for an imported name.
func named(at []*foundAt, text []byte, i fact.Import) *foundAt {
	for _, one := range at {
		if one.line+1 == i.Line && !one.used && string(text[one.start:one.end]) == i.Name {
			return one
		}
	}
	return nil
}

// told returns an edge as an index gives it. ok is false if the index says nothing that leat can use: the guess then
// stands. An edge without a strategy is not stored, because its name is known inside a function alone.
func (x *exactly) told(guess Edge, p place, one *foundAt) (e Edge, ok bool) {
	e = guess
	e.Targets = nil
	var inner, outside, lost bool
	for _, o := range one.all {
		targets, what := x.targets(o, p, guess)
		switch what {
		case isGuess:
			return guess, false
		case isInner:
			inner = true
		case isOutside:
			outside = true
		case isLost:
			lost = true
		case isTarget:
			e.Targets = append(e.Targets, targets...)
		}
	}
	slices.SortFunc(e.Targets, compareTargets)
	e.Targets = slices.Compact(e.Targets)
	switch {
	case len(e.Targets) > MaxCandidates:
		return guess, false
	case len(e.Targets) > 0:
		x.placed++
		e.Strategy = ByIndex
	case lost:
		e.Strategy = Unresolved
	case outside:
		x.placed++
		e.Strategy = External
	case inner:
		e.Strategy = 0
	default:
		return guess, false
	}
	return e, true
}

// meaning is what an index says about an occurrence.
type meaning uint8

const (
	isGuess   meaning = iota // nothing that leat can use
	isInner                  // a local variable, a parameter, or the definition itself
	isOutside                // something that the repository does not define
	isLost                   // a definition that leat does not know
	isTarget                 // definitions of the graph
)

// targets returns the definitions that an occurrence means.
func (x *exactly) targets(o scip.Occurrence, p place, guess Edge) ([]Target, meaning) {
	name, space := scip.Name(o.Symbol)
	spots := x.defined[keyOf(o.Symbol, p.path)]
	local := scip.Local(o.Symbol)
	if local {
		name = guess.Name
	}
	switch {
	case len(spots) == 0 && local:
		return nil, isInner
	case len(spots) == 0 && (space || x.own[scip.Package(o.Symbol)] || x.elsewhere(guess)):
		return nil, isGuess // a package of the repository, as installed where the indexer ran
	case len(spots) == 0:
		return nil, isOutside
	case len(spots) > MaxCandidates:
		return nil, isGuess
	case space && len(spots) > 1:
		return nil, isGuess // the files of a package
	case space:
		if t, ok := x.at(spots[0], name); ok {
			return []Target{t}, isTarget
		}
		return []Target{{x.track(x.paths[spots[0].file]), ""}}, isTarget
	}
	var all []Target
	own := false
	for _, s := range spots {
		if x.paths[s.file] == p.path && int(s.line) == o.Line && int(s.start) == o.Start {
			own = true
			continue
		}
		if t, ok := x.at(s, name); ok {
			if of, is := strings.CutSuffix(t.Qualified, "."+constructor); is && guess.Name != constructor {
				t.Qualified = of // "new T" names the type, not its constructor
			}
			all = append(all, t)
		}
	}
	switch {
	case len(all) > 0:
		return all, isTarget
	case own || local || name == "" || strings.HasSuffix(o.Symbol, ")") || strings.HasSuffix(o.Symbol, "]"):
		return nil, isInner
	}
	return nil, isLost
}

// elsewhere reports whether an edge leads to a file that no index covers.
func (x *exactly) elsewhere(guess Edge) bool {
	if x.documents == nil {
		x.documents = make(map[uuid.UUID]bool, len(x.paths))
		for _, path := range x.paths {
			x.documents[x.track(path)] = true
		}
	}
	return slices.ContainsFunc(guess.Targets, func(t Target) bool { return !x.documents[t.Document] })
}

// at finds the definition of a name at a place of an index.
func (x *exactly) at(s spot, name string) (Target, bool) {
	return x.target(x.track(x.paths[s.file]), int(s.line)+1, name)
}

// target finds the definition of a name on a line of a file.
func (x *exactly) target(document uuid.UUID, line int, name string) (Target, bool) {
	of, ok := x.lines[document]
	if !ok && x.err == nil {
		if x.lineSize > maxLinesKnown {
			x.lines, x.lineSize = make(map[uuid.UUID]map[int][]symbol), 0
		}
		list, err := x.symbols.of(document)
		if err != nil {
			x.err = err
			return Target{}, false
		}
		of = make(map[int][]symbol)
		for _, s := range list {
			if s.Kind > 0 {
				of[s.Line] = append(of[s.Line], symbol{Name: s.Name, Qualified: s.Qualified, Kind: s.Kind})
			}
		}
		x.lines[document] = of
		x.lineSize += len(list)
	}
	name = plainName(name)
	for _, s := range of[line] {
		if s.Name == name {
			return Target{document, s.Qualified}, true
		}
	}
	return Target{}, false
}

// plainName returns the name of a definition as it stands in a text. Indexers mark accessors and constructors.
func plainName(name string) string {
	for _, mark := range []string{"<get>", "<set>"} {
		name = strings.TrimPrefix(name, mark)
	}
	if name == "<constructor>" {
		return constructor
	}
	return name
}

// constructor is the name of a constructor in JavaScript and TypeScript.
const constructor = "constructor"

// others returns edges for the references that an index has and the facts of the text lack.
func (x *exactly) others(p place, set *fact.Set, text []byte, at []*foundAt) (found []Edge) {
	for _, one := range at {
		if one.used || !isName(text[one.start:one.end]) || !slices.ContainsFunc(one.all, func(o scip.Occurrence) bool { return o.Roles&scip.Definition == 0 }) {
			continue
		}
		guess := Edge{Name: string(text[one.start:one.end]), Role: fact.RoleUse, Lines: []int{one.line + 1}}
		within := 0
		for _, d := range set.Definitions { // the innermost comes last
			if d.Start <= one.start && one.end <= d.End && d.Start >= within && d.Line != one.line+1 {
				guess.From, within = d.Qualified, d.Start
			}
		}
		for _, o := range one.all {
			switch {
			case o.Roles&scip.Import != 0:
				guess.Role = fact.RoleImport
			case o.Roles&scip.Write != 0:
				guess.Role = fact.RoleWrite
			case one.end < len(text) && text[one.end] == '(':
				guess.Role = fact.RoleCall
			case strings.HasSuffix(o.Symbol, "#"):
				guess.Role = fact.RoleType
			}
		}
		one.all = slices.DeleteFunc(slices.Clone(one.all), func(o scip.Occurrence) bool { return o.Roles&scip.Definition != 0 })
		if e, ok := x.told(guess, p, one); ok && e.Strategy == ByIndex && !slices.ContainsFunc(e.Targets, func(t Target) bool { return t.Qualified == "" }) {
			found = append(found, e)
		}
	}
	return found
}

// isName reports whether a text is an identifier.
func isName(text []byte) bool {
	if len(text) == 0 || len(text) > fact.MaxName {
		return false
	}
	for _, c := range string(text) {
		if c != '_' && c != '$' && c != '#' && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return false
		}
	}
	return true
}

// exact writes the edges that the indexes of a commit give. It returns the key of the indexes, and the number of files
// with such edges.
func (s *Step) exact(ctx context.Context, o catalog.OwedGraph, layout *Layout) (key string, files int, err error) {
	indexes, err := s.graphs.IndexesOf(ctx, o.Repository, o.Commit)
	if err != nil || len(indexes) == 0 {
		return "", 0, err
	}
	err = s.exactRows(ctx, o.Track, layout, indexes, func(_ []catalog.GraphRow, page []catalog.FileEdges) error {
		files += len(page)
		return s.graphs.PutExact(ctx, o.Track, page)
	}, s.graphs.Placed)
	return catalog.IndexKey(indexes), files, err
}

// exactRows calls each with the exact edges of those files of a graph that an index covers, some files at a time. It
// calls told once for each index, with the counts of all its files.
func (s *Step) exactRows(
	ctx context.Context, track uuid.UUID, layout *Layout, indexes []catalog.CommitIndex,
	each func([]catalog.GraphRow, []catalog.FileEdges) error, told func(ctx context.Context, index uuid.UUID, placed, strange int64) error,
) error {
	all, err := s.indexed(ctx, indexes)
	if err != nil {
		return err
	}
	x := &exactly{
		Indexed: all, lines: make(map[uuid.UUID]map[int][]symbol), symbols: graphSymbols{ctx, s.graphs},
		track: func(path string) uuid.UUID { return events.DocumentID(track, []byte(path)) },
	}
	r := &resolver{layout: layout, index: newIndex(ctx, s.graphs, track)}
	seen := make(map[string]bool) // a file belongs to the first index that covers it
	for _, one := range indexes {
		x.placed, x.strange = 0, 0
		err := s.indexPages(ctx, one.ID, func(docs []catalog.GraphIndexFile) error {
			fresh := slices.DeleteFunc(docs, func(d catalog.GraphIndexFile) bool { return seen[d.Path] })
			for _, d := range fresh {
				seen[d.Path] = true
			}
			return s.exactPage(ctx, r, x, track, fresh, each)
		})
		if err != nil {
			return err
		}
		if err := told(ctx, one.ID, x.placed, x.strange); err != nil {
			return err
		}
	}
	return nil
}

// indexed loads the definitions in indexes.
func (s *Step) indexed(ctx context.Context, indexes []catalog.CommitIndex) (*Indexed, error) {
	all := NewIndexed()
	for _, one := range indexes {
		err := s.indexPages(ctx, one.ID, func(docs []catalog.GraphIndexFile) error {
			for _, d := range docs {
				decoded, err := scip.Decode(d.Form)
				if err != nil {
					return fmt.Errorf("document %s of index %s: %w", d.Path, one.ID, err)
				}
				if !all.covered[d.Path] {
					all.Add(d.Path, decoded)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// indexPages calls each with the documents of an index, some at a time. The callback may keep the list.
func (s *Step) indexPages(ctx context.Context, index uuid.UUID, each func([]catalog.GraphIndexFile) error) error {
	for after := ""; ; {
		docs, err := s.graphs.IndexFiles(ctx, index, after, indexPage)
		if err != nil || len(docs) == 0 {
			return err
		}
		last := len(docs) < indexPage
		after = docs[len(docs)-1].Path
		if err := each(docs); err != nil || last {
			return err
		}
	}
}

// exactPage finds the edges of some documents of an index.
func (s *Step) exactPage(ctx context.Context, r *resolver, x *exactly, track uuid.UUID, docs []catalog.GraphIndexFile, each func([]catalog.GraphRow, []catalog.FileEdges) error) error {
	byID := make(map[uuid.UUID]catalog.GraphIndexFile, len(docs))
	var ids []uuid.UUID
	for _, d := range docs {
		id := x.track(d.Path)
		byID[id] = d
		ids = append(ids, id)
	}
	rows, err := s.graphs.RowsOf(ctx, track, ids)
	if err != nil || len(rows) == 0 {
		return err
	}
	sources := make([]catalog.GraphSource, len(rows))
	for i, row := range rows {
		sources[i] = row.GraphSource
	}
	find := s.facts
	if s.cutter == nil {
		find = s.knownFacts
	}
	sets, err := find(ctx, sources)
	if err != nil {
		return err
	}
	texts, err := s.read(ctx, sources)
	if err != nil {
		return err
	}
	var names []string
	for i, set := range sets {
		if set != nil {
			names = append(names, wanted(rows[i].Path, set)...)
		}
	}
	r.keys, r.ahead = make(map[string]bool), false
	r.load(names)
	out := make([]catalog.FileEdges, 0, len(rows))
	for i, row := range rows {
		if sets[i] == nil {
			continue
		}
		doc, err := scip.Decode(byID[row.StaleFile.Document].Form)
		if err != nil {
			return fmt.Errorf("document %s of an index: %w", row.Path, err)
		}
		p := place{document: row.StaleFile.Document, path: row.Path, language: row.Content.Language, package_: row.Package}
		edges := x.edges(r, p, sets[i], texts[i], doc)
		if err := cmp.Or(r.err, x.err); err != nil {
			return err
		}
		out = append(out, catalog.FileEdges{Document: row.StaleFile.Document, Edges: EncodeEdges(edges), Targets: targetKeys(edges)})
	}
	r.forget()
	return each(rows, out)
}

// knownFacts loads the facts of documents. Facts that are not stored are nil.
func (s *Step) knownFacts(ctx context.Context, sources []catalog.GraphSource) ([]*fact.Set, error) {
	sets, _, err := s.stored(ctx, sources)
	return sets, err
}

// graphSymbols looks definitions up in a stored graph.
type graphSymbols struct {
	ctx    context.Context
	graphs *catalog.Graphs
}

func (s graphSymbols) of(document uuid.UUID) ([]symbol, error) {
	of, err := symbolsOf(s.ctx, s.graphs, []uuid.UUID{document})
	return of[document], err
}
