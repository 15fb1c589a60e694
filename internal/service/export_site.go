package service

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/wiki"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/fact"
	"github.com/leatworks/leat/pipeline/graph"
)

// The bounds of a wiki.
const (
	keptSites   = 2   // wikis that are kept in memory: one, and the one it is compared with
	contentPage = 500 // files that one statement lists
	fileSymbols = 200 // symbols that a page shows for a file
	symbolUsers = 8   // users that a page shows for a symbol
)

// sites keeps the wikis that were made last, so that a wiki is not made again for each page.
type sites struct {
	mu   sync.Mutex
	made []madeSite // the newest last
}

type madeSite struct {
	key  string
	site *wiki.Site
}

func (m *sites) get(key string) *wiki.Site {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, one := range m.made {
		if one.key == key {
			return one.site
		}
	}
	return nil
}

func (m *sites) put(key string, site *wiki.Site) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.made = append(m.made, madeSite{key, site})
	m.made = m.made[max(0, len(m.made)-keptSites):]
}

// site makes the wiki that a request names. It makes one at a time, since a wiki takes memory in
// proportion to its repository.
func (s *Service) site(ctx context.Context, r ExportRequest) (At, *wiki.Site, error) {
	g, err := s.graphOf(ctx, r.GraphRequest)
	if err != nil {
		return g.at, nil, err
	}
	if g.at.Underway {
		return g.at, nil, busy(g)
	}
	// A wiki quotes texts, so a kept one must not outlive the key that they were sealed with.
	domain, err := s.stores.Catalog.Keys.Domain(ctx, r.Tenant)
	if err != nil {
		return g.at, nil, err
	}
	key := fmt.Sprintf("%s %d %d %s %t %s %s", g.track, g.at.Revision, g.changed, domain.Name, domain.Destroyed, r.By, r.Link)
	if site := s.sites.get(key); site != nil {
		return g.at, site, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return g.at, nil, ctx.Err()
	}
	if site := s.sites.get(key); site != nil {
		return g.at, site, nil
	}
	source, err := s.source(ctx, g)
	if err != nil {
		return g.at, nil, err
	}
	now, err := s.graphOf(ctx, r.GraphRequest)
	if err != nil {
		return g.at, nil, err
	}
	if now.at.Underway || now.at.Revision != g.at.Revision || now.changed != g.changed {
		return g.at, nil, busy(g)
	}
	source.Link = r.Link
	site := wiki.New(source, r.By == ByCommunity)
	s.sites.put(key, site)
	return g.at, site, nil
}

func busy(g trackGraph) error {
	reason := fmt.Sprintf("newer work on %s of %s is under way: ask again when 'leat status' says that it is indexed", ShortRef(g.at.Ref), g.at.URL)
	return &Error{Kind: Refused, Field: FieldRef, Reason: reason}
}

// source collects the source of a wiki.
func (s *Service) source(ctx context.Context, g trackGraph) (wiki.Source, error) {
	w := wiki.Source{URL: g.at.URL, Ref: g.at.Ref, Commit: g.at.Commit, Skips: make(map[string]int)}
	w.Name = strings.TrimSuffix(path.Base(strings.TrimRight(g.at.URL, "/")), ".git")
	place, err := s.files(ctx, g, &w)
	if err != nil {
		return w, err
	}
	uses := make(map[graph.Target]*usage)
	var from []edgesOf
	all, err := s.readWhole(ctx, g, func(f catalog.StoredEdges) error {
		edges, err := graph.DecodeEdges(f.Edges)
		from = append(from, edgesOf{f.Document, sure(edges)})
		return err
	}, nil)
	if err != nil {
		return w, err
	}
	paths := make(map[uuid.UUID]string, len(all.files))
	of, names := all.communities()
	w.Groups = names
	for i, f := range all.files {
		paths[f.Document] = f.Path
		if at, ok := place[f.Path]; ok {
			w.Files[at].Group = of[i]
		}
	}
	for _, f := range from {
		addUses(uses, f, paths[f.file])
		linked := make(map[int]bool)
		for _, t := range f.targets {
			at, known := place[paths[t.to.Document]]
			if here, ok := place[paths[f.file]]; ok && known && at != here && !linked[at] {
				linked[at] = true
				w.Links = append(w.Links, wiki.Link{From: here, To: at})
			}
		}
	}
	return w, s.symbolsOf(ctx, all, place, uses, &w)
}

// files lists the files of a graph's commit with their contents, and reads the files that describe
// the whole repository. It returns the index of each path.
func (s *Service) files(ctx context.Context, g trackGraph, w *wiki.Source) (map[string]int, error) {
	place := make(map[string]int)
	for after := []byte(nil); ; {
		page, err := s.stores.Catalog.Trees.DocumentBlobs(ctx, g.track, after, contentPage)
		if err != nil {
			return nil, err
		}
		for _, f := range page {
			after = f.Path
			if f.SkipReason != "" {
				w.Skips[f.SkipReason]++
				continue
			}
			file := string(f.Path)
			place[file] = len(w.Files)
			w.Files = append(w.Files, wiki.File{Path: file, Language: f.Language, Blob: hex.EncodeToString(f.Blob[:]), Size: int64(f.Size)})
			if err := s.readAbout(ctx, f, w); err != nil {
				return nil, err
			}
		}
		if len(w.Files) > maxGraphFiles {
			reason := fmt.Sprintf("the repository has more than %d files, too many for a wiki", maxGraphFiles)
			return nil, &Error{Kind: Refused, Field: FieldRepository, Reason: reason}
		}
		if len(page) < contentPage {
			return place, nil
		}
	}
}

// readAbout reads a file that says how its repository is built or what it is for.
func (s *Service) readAbout(ctx context.Context, f catalog.DocumentBlob, w *wiki.Source) error {
	file := string(f.Path)
	readme := w.Readme == "" && !strings.Contains(file, "/") && strings.HasPrefix(strings.ToLower(file), "readme")
	build := wiki.IsBuild(file) && len(w.Builds) < wiki.MaxBuilds
	if f.Size > wiki.MaxBuildBytes || !readme && !build {
		return nil
	}
	text, err := s.content(ctx, catalog.StoredFile{Blob: f.Blob})
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	if readme {
		w.Readme = wiki.FirstWords(string(text))
	}
	if build {
		w.Builds = append(w.Builds, wiki.BuildOf(file, text))
	}
	return nil
}

// edgesOf are the sure edges of a file.
type edgesOf struct {
	file    uuid.UUID
	targets []sureEdge
}

type sureEdge struct {
	from string // qualified name of the referring definition
	to   graph.Target
}

func sure(edges []graph.Edge) (list []sureEdge) {
	for _, e := range edges {
		for _, t := range e.Targets {
			if one := (sureEdge{e.From, t}); e.Confidence() >= sureness && !slices.Contains(list[max(0, len(list)-4):], one) {
				list = append(list, one)
			}
		}
	}
	return list
}

// usage lists the users of a symbol.
type usage struct {
	users []wiki.User // the first by path
	count int
}

// addUses adds the definitions of a file to the users of the symbols that they refer to. Files come
// by path.
func addUses(uses map[graph.Target]*usage, f edgesOf, file string) {
	seen := make(map[sureEdge]bool)
	for _, t := range f.targets {
		if t.to.Qualified == "" || seen[t] || t.to == (graph.Target{Document: f.file, Qualified: t.from}) {
			continue
		}
		seen[t] = true
		u := uses[t.to]
		if u == nil {
			u = &usage{}
			uses[t.to] = u
		}
		if u.count++; len(u.users) < symbolUsers {
			u.users = append(u.users, wiki.User{Path: file, Symbol: t.from})
		}
	}
}

// symbolsOf adds the symbols of a graph's files to a wiki's source.
func (s *Service) symbolsOf(ctx context.Context, all *whole, place map[string]int, uses map[graph.Target]*usage, w *wiki.Source) error {
	for part := range slices.Chunk(all.files, graphPage) {
		documents := make([]uuid.UUID, len(part))
		for i, f := range part {
			documents[i] = f.Document
		}
		list, err := s.stores.Catalog.Graphs.SymbolsOf(ctx, documents, len(part)*(fact.MaxDefinitions+fact.MaxImports+1))
		if err != nil {
			return err
		}
		seen := make(map[graph.Target]bool)
		for _, one := range list {
			target := graph.Target{Document: one.Document, Qualified: one.Qualified}
			at, known := place[one.Path]
			if !known || one.Kind == 0 || fact.Kind(one.Kind) == fact.KindField || seen[target] {
				continue
			}
			seen[target] = true
			file := &w.Files[at]
			if len(file.Symbols) == fileSymbols {
				file.More++
				continue
			}
			shown := wiki.Symbol{Name: one.Qualified, Kind: fact.Kind(one.Kind).String(), Signature: one.Signature, Doc: one.Doc, Line: one.StartLine, End: one.EndLine}
			if u := uses[target]; u != nil {
				shown.Users, shown.Used = u.users, u.count
			}
			file.Symbols = append(file.Symbols, shown)
		}
	}
	for i := range w.Files {
		slices.SortStableFunc(w.Files[i].Symbols, func(a, b wiki.Symbol) int { return cmp.Or(a.Line-b.Line, strings.Compare(a.Name, b.Name)) })
	}
	return nil
}
