package service

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/fact"
	"github.com/leatworks/leat/pipeline/graph"
)

// The bounds of a search in other repositories.
const (
	maxAcrossFiles   = 1_000 // files of other repositories that are read
	maxAcrossGraphs  = 50    // graphs into which a name is resolved
	maxAcrossModules = 500   // names that a repository declares
)

// crossing is an edge between two repositories.
type crossing struct {
	asker, asked catalog.Head // the refs where it begins and ends
	path         string       // of the file where it begins
	from, to     graph.Target
	edge         graph.Edge
}

// across finds edges between symbols of a graph and other repositories of the tenant: references
// from these to the symbols, or if outward, references from the symbols to these. Nothing of it is
// stored. It is the meaning of written imports in the present graphs.
func (s *Service) across(ctx context.Context, g trackGraph, r UsesRequest, nodes []node) (found []crossing, more bool, err error) {
	heads, err := s.Tracks(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach})
	if err != nil {
		return nil, false, err
	}
	a := acrossing{Service: s, g: g, others: standing(heads, g.at), outside: make(map[uuid.UUID]*graph.Outside)}
	if len(a.others) == 0 {
		return nil, false, nil
	}
	of := make(map[graph.Target]bool, len(nodes))
	var documents []uuid.UUID
	for _, n := range nodes {
		of[n.target] = true
		documents = append(documents, n.target.Document)
	}
	late, err := s.inTime(ctx, func(ctx context.Context) error {
		if r.Outward {
			return a.outward(ctx, compact(documents), of)
		}
		return a.inward(ctx, of)
	})
	return a.found, a.more || late, err
}

// standing chooses a track of each other repository: the one of the requested ref, of main or of
// master, or else the first.
func standing(heads []catalog.Head, at At) map[uuid.UUID]catalog.Head {
	byRepository := make(map[uuid.UUID][]catalog.Head)
	for _, h := range heads {
		if h.Commit != "" && h.Repository.String() != at.ID {
			byRepository[h.Repository] = append(byRepository[h.Repository], h)
		}
	}
	chosen := make(map[uuid.UUID]catalog.Head)
	for _, list := range byRepository {
		list = current(list)
		best := slices.MinFunc(list, func(a, b catalog.Head) int {
			rank := func(h catalog.Head) int {
				if i := slices.Index([]string{at.Ref, "refs/heads/main", "refs/heads/master"}, h.Ref); i >= 0 {
					return i
				}
				return 3
			}
			return cmp.Or(rank(a)-rank(b), strings.Compare(a.Ref, b.Ref))
		})
		chosen[best.ID] = best
	}
	return chosen
}

// acrossing is a search in other repositories.
type acrossing struct {
	*Service
	g       trackGraph
	others  map[uuid.UUID]catalog.Head   // by track
	outside map[uuid.UUID]*graph.Outside // by track
	found   []crossing
	more    bool
}

func (a *acrossing) own() catalog.Head {
	id, _ := uuid.Parse(a.g.at.ID) // the service wrote it
	return catalog.Head{Track: catalog.Track{ID: a.g.track, Repository: id, URL: a.g.at.URL, Ref: a.g.at.Ref}, Commit: a.g.at.Commit, Revision: a.g.at.Revision}
}

// tracks returns the tracks of the other repositories, in order.
func (a *acrossing) tracks() []uuid.UUID { return compact(slices.Collect(maps.Keys(a.others))) }

// outward finds the references of symbols to other repositories.
func (a *acrossing) outward(ctx context.Context, documents []uuid.UUID, of map[graph.Target]bool) error {
	files, err := a.stores.Catalog.Graphs.FilesOf(ctx, a.g.track, documents)
	if err != nil {
		return err
	}
	var list []catalog.ImportingFile
	for _, f := range files {
		list = append(list, catalog.ImportingFile{StoredEdges: f, Track: a.g.track})
	}
	return a.resolve(ctx, list, func(f catalog.ImportingFile, e graph.Edge) bool {
		return inside(graph.Target{Document: f.Document, Qualified: e.From}, of)
	}, nil)
}

// inward finds the references of other repositories to symbols.
func (a *acrossing) inward(ctx context.Context, of map[graph.Target]bool) error {
	modules, err := a.stores.Catalog.Graphs.Modules(ctx, a.g.track)
	if err != nil || len(modules) == 0 {
		return err
	}
	a.more = len(modules) > maxAcrossModules
	var keys []int64
	for _, name := range modules[:min(len(modules), maxAcrossModules)] {
		keys = append(keys, graph.ModuleKey(name))
	}
	tracks := a.tracks()
	var after *catalog.ImportingFile
	for read := 0; ; read += graphPage {
		if read >= maxAcrossFiles {
			a.more = true
			return nil
		}
		page, err := a.stores.Catalog.Graphs.Importing(ctx, tracks, keys, after, graphPage)
		if err != nil {
			return err
		}
		if err := a.resolve(ctx, page, nil, of); err != nil || len(page) < graphPage {
			return err
		}
		after = &page[len(page)-1]
	}
}

// resolve resolves the names of other repositories in files. from, if it is not nil, chooses edges.
// to, if it is not nil, chooses the targets of this graph that count.
func (a *acrossing) resolve(ctx context.Context, files []catalog.ImportingFile, from func(catalog.ImportingFile, graph.Edge) bool, to map[graph.Target]bool) error {
	if len(files) == 0 {
		return nil
	}
	var documents []uuid.UUID
	for _, f := range files {
		documents = append(documents, f.Document)
	}
	rows, err := a.stores.Catalog.Graphs.ImportsOf(ctx, documents, len(documents)*fact.MaxImports)
	if err != nil {
		return err
	}
	names := make(map[uuid.UUID][]catalog.GraphSymbol)
	var modules []string
	for _, row := range rows {
		names[row.Document] = append(names[row.Document], row)
		modules = append(modules, graph.ModuleNames(row.Qualified)...)
	}
	slices.Sort(modules)
	graphs, err := a.declaring(ctx, slices.Compact(modules))
	if err != nil {
		return err
	}
	for _, f := range files {
		edges, err := graph.DecodeEdges(f.Edges)
		if err != nil {
			return err
		}
		asker := graph.Asker{Document: f.Document, Language: f.Language, Imports: graph.ImportsOf(f.Path, names[f.Document])}
		if err := a.file(f, asker, edges, graphs, from, to); err != nil {
			return err
		}
	}
	return nil
}

// declaring loads the graphs that declare modules, by track.
func (a *acrossing) declaring(ctx context.Context, modules []string) ([]uuid.UUID, error) {
	graphs, err := a.stores.Catalog.Graphs.Declaring(ctx, compact(append(a.tracks(), a.g.track)), modules, maxAcrossGraphs+1)
	if err != nil {
		return nil, err
	}
	if len(graphs) > maxAcrossGraphs {
		graphs, a.more = graphs[:maxAcrossGraphs], true
	}
	var list []uuid.UUID
	for _, one := range graphs {
		list = append(list, one.Track)
		if a.outside[one.Track] == nil {
			if a.outside[one.Track], err = graph.NewOutside(ctx, a.stores.Catalog.Graphs, one.Track, one.Layout); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// file resolves the edges of a file in each graph. Among the graphs that declare its module, the
// ones with the longest name count, by the rule of package managers.
func (a *acrossing) file(
	f catalog.ImportingFile, asker graph.Asker, edges []graph.Edge, graphs []uuid.UUID, from func(catalog.ImportingFile, graph.Edge) bool, to map[graph.Target]bool,
) error {
	type end struct {
		track uuid.UUID
		graph.Reached
	}
	ends := make([][]end, len(edges))
	for _, track := range graphs {
		if track == f.Track {
			continue
		}
		o := a.outside[track]
		o.Begin(asker)
		for i, e := range edges {
			if e.Strategy != graph.External || from != nil && !from(f, e) {
				continue
			}
			found, err := o.Resolve(e)
			if err != nil {
				return err
			}
			if len(found.Targets) > 0 {
				ends[i] = append(ends[i], end{track, found})
			}
		}
	}
	for i, all := range ends {
		longest := 0
		for _, one := range all {
			longest = max(longest, len(one.Declared))
		}
		all = slices.DeleteFunc(all, func(one end) bool { return len(one.Declared) < longest })
		e := edges[i]
		e.Strategy = graph.ByModule
		for _, one := range all {
			e.Targets = append(e.Targets, one.Targets...)
		}
		if len(e.Targets) > graph.MaxCandidates {
			continue
		}
		for _, one := range all {
			for _, t := range one.Targets {
				if to != nil && (one.track != a.g.track || !to[t] && !to[graph.Target{Document: t.Document}]) {
					continue
				}
				a.found = append(a.found, crossing{a.head(f.Track), a.head(one.track), f.Path, graph.Target{Document: f.Document, Qualified: e.From}, t, e})
			}
		}
	}
	return nil
}

func (a *acrossing) head(track uuid.UUID) catalog.Head {
	if h, ok := a.others[track]; ok {
		return h
	}
	return a.own()
}

// usesAcross returns the crossings that a request asks for.
func (s *Service) usesAcross(ctx context.Context, g trackGraph, r UsesRequest, nodes []node, roles map[fact.Role]bool, a *UsesAnswer) error {
	skip, err := skipped(r.After)
	if err != nil {
		return err
	}
	found, more, err := s.across(ctx, g, r, nodes)
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(c crossing) bool {
		return len(roles) > 0 && !roles[c.edge.Role] || c.edge.Confidence() < r.MinConfidence
	})
	slices.SortStableFunc(found, func(x, y crossing) int {
		first := func(c crossing) int { return slices.Min(append([]int{1 << 30}, c.edge.Lines...)) }
		return cmp.Or(
			strings.Compare(x.asker.URL, y.asker.URL), strings.Compare(x.path, y.path), first(x)-first(y), strings.Compare(x.edge.Name, y.edge.Name),
			strings.Compare(x.asked.URL, y.asked.URL), strings.Compare(x.to.Qualified, y.to.Qualified), slices.Compare(x.to.Document[:], y.to.Document[:]),
		)
	})
	a.More = more
	found, a.Next = part(found, skip, r.Limit)
	return s.described(ctx, g, r, found, a)
}

// described adds crossings to an answer, each with the place of the other end.
func (s *Service) described(ctx context.Context, g trackGraph, r UsesRequest, found []crossing, a *UsesAnswer) error {
	targets := make(map[uuid.UUID][]graph.Target)
	heads := make(map[uuid.UUID]catalog.Head)
	for _, c := range found {
		heads[c.asker.ID], heads[c.asked.ID] = c.asker, c.asked
		targets[c.asker.ID] = append(targets[c.asker.ID], c.from, graph.Target{Document: c.from.Document})
		targets[c.asked.ID] = append(targets[c.asked.ID], c.to)
	}
	known := make(map[uuid.UUID]map[graph.Target]Symbol)
	places := make(map[uuid.UUID]*At)
	for track, list := range targets {
		of, err := s.describe(ctx, trackGraph{track: track}, list)
		if err != nil {
			return err
		}
		known[track] = of
		state, err := s.stores.Catalog.Graphs.Graph(ctx, track)
		if err != nil && !isNotFound(err) {
			return err
		}
		h := heads[track]
		places[track] = &At{
			ID: h.Repository.String(), URL: h.URL, Ref: h.Ref, Commit: state.Commit, Revision: state.Revision, Generation: g.at.Generation,
			Underway: underway(h) || h.Revision != state.Revision || state.Owed,
		}
	}
	for _, c := range found {
		from, ok := known[c.asker.ID][c.from]
		if !ok {
			from = known[c.asker.ID][graph.Target{Document: c.from.Document}]
		}
		to, ok := known[c.asked.ID][c.to]
		if !ok {
			continue // gone since
		}
		other := places[c.asker.ID]
		if r.Outward {
			other = places[c.asked.ID]
		}
		a.Uses = append(a.Uses, Use{
			From: from, To: to, Name: c.edge.Name, Role: c.edge.Role.String(), Strategy: c.edge.Strategy.String(), Confidence: c.edge.Confidence(),
			Lines: c.edge.Lines, Count: c.edge.Count, Elsewhere: other,
		})
	}
	return nil
}
