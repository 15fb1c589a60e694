package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/fact"
	"github.com/leatworks/leat/pipeline/scip"
)

// OfflineFile is a file of a tree that is resolved in memory.
type OfflineFile struct {
	Path, Language string
	Text           []byte
}

// Offline is a graph in memory. Evaluations compare it with a compiler's answers.
type Offline struct {
	Facts map[string]*fact.Set // facts by path
	Paths map[uuid.UUID]string // paths of targets

	layout Layout
	ids    map[string]uuid.UUID
	langs  map[string]string
	names  map[string][]symbol
}

// NewOffline finds the facts of a tree.
func NewOffline(files []OfflineFile) (*Offline, error) {
	o := &Offline{
		Facts: make(map[string]*fact.Set), Paths: make(map[uuid.UUID]string), ids: make(map[string]uuid.UUID),
		langs: make(map[string]string), names: make(map[string][]symbol),
	}
	for _, f := range files {
		if strings.HasSuffix(f.Path, "go.mod") || strings.HasSuffix(f.Path, ".json") {
			o.layout.add(f.Path, f.Text)
			continue
		}
		c, err := chunk.Cut(context.Background(), f.Language, f.Text)
		if err != nil || c.Facts == nil {
			continue
		}
		set, err := fact.Decode(c.Facts)
		if err != nil {
			return nil, fmt.Errorf("facts of %s: %w", f.Path, err)
		}
		id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(f.Path))
		o.Facts[f.Path], o.Paths[id], o.ids[f.Path], o.langs[f.Path] = set, f.Path, id, f.Language
		for i, s := range Symbols(f.Path, f.Language, set) {
			s.Document, s.Ordinal, s.Path, s.Language, s.Package = id, i, f.Path, f.Language, set.Package
			o.names[s.Name] = append(o.names[s.Name], s)
		}
	}
	o.layout.sort()
	for _, list := range o.names {
		slices.SortStableFunc(list, func(a, b symbol) int { return strings.Compare(a.Path, b.Path) })
	}
	return o, nil
}

// Named implements Names.
func (o *Offline) Named(_ context.Context, _ uuid.UUID, names []string, mostOfEach int) (list []catalog.GraphSymbol, err error) {
	for _, name := range names {
		list = append(list, o.names[name][:min(len(o.names[name]), mostOfEach)]...)
	}
	return list, nil
}

// Found is a reference and what it was resolved to.
type Found struct {
	fact.Reference
	Strategy Strategy
	Targets  []Target
}

func (o *Offline) resolver() *resolver {
	x := newIndex(context.Background(), o, uuid.UUID{})
	x.keys = make(map[string]bool)
	return &resolver{layout: &o.layout, index: x}
}

// References resolves the references of a file, one by one.
func (o *Offline) References(path string) []Found {
	set := o.Facts[path]
	r := o.resolver()
	p := place{document: o.ids[path], path: path, language: o.langs[path], package_: set.Package}
	r.begin(p, set)
	found := make([]Found, len(set.References))
	for i, ref := range set.References {
		found[i].Reference = ref
		found[i].Strategy, found[i].Targets = r.reference(ref, withinOf(set, ref))
	}
	return found
}

// Definition finds the definition that a target names. If there are several, it returns the first.
func (o *Offline) Definition(t Target) (fact.Definition, bool) {
	for _, d := range o.Facts[o.Paths[t.Document]].Definitions {
		if d.Qualified == t.Qualified {
			return d, true
		}
	}
	return fact.Definition{}, false
}

// Exact finds the edges of a file that an index gives. placed counts the references whose meaning the index gives, and
// strange the index's occurrences at places where the text has no name.
func (o *Offline) Exact(x *Indexed, path string, text []byte, d scip.Document) (edges []Edge, placed, strange int64) {
	set := o.Facts[path]
	if set == nil {
		return nil, 0, 0
	}
	e := &exactly{Indexed: x, track: func(path string) uuid.UUID { return o.ids[path] }, symbols: o, lines: make(map[uuid.UUID]map[int][]symbol)}
	r := o.resolver()
	edges = e.edges(r, place{document: o.ids[path], path: path, language: o.langs[path], package_: set.Package}, set, text, d)
	return edges, e.placed, e.strange
}

// of lists the symbols of a document.
func (o *Offline) of(document uuid.UUID) ([]symbol, error) {
	path, ok := o.Paths[document]
	if !ok {
		return nil, nil
	}
	return Symbols(path, o.langs[path], o.Facts[path]), nil
}
