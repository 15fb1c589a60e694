package graph

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/chunk"
	"github.com/leatworks/leat/pipeline/fact"
)

// Config says how often the step looks for owed graphs, and how much it handles at once.
type Config struct {
	Interval time.Duration // between two looks for owed graphs; default 2 s
	Files    int           // files in memory together; default 128
}

// The defaults.
const (
	DefaultInterval = 2 * time.Second
	DefaultFiles    = 128
)

// Cutter finds the facts of texts. It treats each as chunk.Cut does.
type Cutter interface {
	Cut(ctx context.Context, texts []chunk.Text) ([]chunk.Cutting, error)
}

// Step makes the graphs that are owed.
type Step struct {
	cfg       Config
	core      *catalog.Core
	places    *catalog.Facts
	graphs    *catalog.Graphs
	locks     *catalog.Locks
	blobs     *blob.Store
	cutter    Cutter   // if nil, facts that are not stored are not found again
	languages []string // languages that this program can read
	log       *slog.Logger
}

// Rooms are the parts of the catalog that the step may touch.
type Rooms struct {
	Core   *catalog.Core
	Facts  *catalog.Facts
	Graphs *catalog.Graphs
	Locks  *catalog.Locks
}

// RoomsOf returns the step's rooms of a catalog.
func RoomsOf(c *catalog.Catalog) Rooms { return Rooms{c.Core, c.Facts, c.Graphs, c.Locks} }

// NewChecker returns a step that only checks. It finds no facts.
func NewChecker(r Rooms, blobs *blob.Store) *Step {
	return New(Config{}, r, blobs, nil, slog.New(slog.DiscardHandler))
}

// New returns a step.
func New(cfg Config, r Rooms, blobs *blob.Store, cutter Cutter, log *slog.Logger) *Step {
	if cfg.Interval == 0 {
		cfg.Interval = DefaultInterval
	}
	if cfg.Files == 0 {
		cfg.Files = DefaultFiles
	}
	s := &Step{cfg: cfg, core: r.Core, places: r.Facts, graphs: r.Graphs, locks: r.Locks, blobs: blobs, cutter: cutter, log: log}
	s.languages = slices.DeleteFunc(fact.Languages(), func(l string) bool { return !chunk.HasFacts(l) })
	return s
}

// CodeVersion is the version of the code that makes graphs. A program without grammars has a version of its own,
// because it makes other graphs.
func CodeVersion() int64 {
	version := int64(fact.Version)<<20 | Version<<1
	if chunk.Trees {
		version++
	}
	return version
}

// Each look is for graphs that have lately come to be owed. Once in wholeEvery it is for all:
// that takes longer with each track.
const (
	wholeEvery = time.Minute
	lately     = 5 * wholeEvery
)

// Run makes owed graphs until ctx ends. It logs a graph that fails, and tries it again.
func (s *Step) Run(ctx context.Context) {
	ticker := time.NewTicker(s.cfg.Interval)
	defer ticker.Stop()
	var whole time.Time // when the next look is for all
	for {
		look := s.lookLately
		if now := time.Now(); !now.Before(whole) {
			look, whole = s.Look, now.Add(wholeEvery)
		}
		if err := look(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("the symbol graph was not made; will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// owedAtOnce bounds the owed graphs that one look takes up.
const owedAtOnce = 100

// Look makes each graph that is owed and that no other process is making. If one graph fails, the others are still
// made.
func (s *Step) Look(ctx context.Context) error {
	owed, err := s.graphs.Owed(ctx, CodeVersion(), owedAtOnce)
	if err != nil {
		return err
	}
	return s.makeAll(ctx, owed)
}

func (s *Step) lookLately(ctx context.Context) error {
	owed, err := s.graphs.LatelyOwed(ctx, CodeVersion(), lately, owedAtOnce)
	if err != nil {
		return err
	}
	return s.makeAll(ctx, owed)
}

func (s *Step) makeAll(ctx context.Context, owed []catalog.OwedGraph) error {
	var failed []error
	for _, o := range owed {
		if _, err := s.locks.Try(ctx, lockOf(o.Track), func(ctx context.Context) error { return s.Make(ctx, o) }); err != nil {
			failed = append(failed, fmt.Errorf("make graph of track %s at revision %d: %w", o.Track, o.Revision, err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errors.Join(failed...)
}

// graphLock is the advisory lock under which a graph is made. Its lower half holds a hash of the track.
const graphLock = 0x6c656167_00000000

func lockOf(track uuid.UUID) int64 {
	h := fnv.New32a()
	_, _ = h.Write(track[:]) // a hash never returns an error
	return graphLock | int64(h.Sum32())
}

// Make brings the graph of a track up to its documents. It may be interrupted at any place and repeated, because
// everything that it has written is true or marked stale.
func (s *Step) Make(ctx context.Context, o catalog.OwedGraph) error {
	began := time.Now()
	layout, whole, err := s.begin(ctx, o.Track)
	if err != nil {
		return err
	}
	if err := s.graphs.DropExact(ctx, o.Track); err != nil {
		return err
	}
	changed, err := s.changes(ctx, o.Track, whole)
	if err != nil {
		return err
	}
	resolved, err := s.edges(ctx, o.Track, layout)
	if err != nil {
		return err
	}
	indexes, exact, err := s.exact(ctx, o, layout)
	if err != nil {
		return err
	}
	done, err := s.graphs.Finish(ctx, o, CodeVersion(), indexes)
	if done {
		s.log.Info("made a symbol graph", "track", o.Track, "revision", o.Revision, "changed", changed, "resolved", resolved, "exact", exact,
			"took", time.Since(began).Round(time.Millisecond))
	}
	return err
}

// begin reads the layout of modules, and decides whether the whole graph is made anew. whole says that all documents
// are to be compared with the graph: it has never been made whole, or it was found to be wrong.
func (s *Step) begin(ctx context.Context, track uuid.UUID) (layout *Layout, whole bool, err error) {
	known, err := s.graphs.Graph(ctx, track)
	exists := err == nil
	if err != nil && !errors.Is(err, catalog.ErrNotFound) {
		return nil, false, err
	}
	if exists && known.Version != CodeVersion() {
		if err := s.graphs.Drop(ctx, track); err != nil {
			return nil, false, err
		}
		exists = false
	}
	whole = !exists || known.Revision == 0 || known.Owed
	inputs, err := s.graphs.Inputs(ctx, track, inputLanguages, inputPattern, maxInputs)
	if err != nil {
		return nil, false, err
	}
	hash := sha256.New()
	for _, i := range inputs {
		fmt.Fprintf(hash, "%d %s %x", len(i.Path), i.Path, i.Content.Blob)
	}
	sum := [32]byte(hash.Sum(nil))
	layout = &Layout{}
	if exists && known.Inputs == sum {
		return layout, whole, json.Unmarshal(known.Layout, layout)
	}
	texts, err := s.read(ctx, inputs)
	if err != nil {
		return nil, false, err
	}
	for i, in := range inputs {
		layout.add(in.Path, texts[i])
	}
	layout.sort()
	encoded, err := json.Marshal(layout)
	if err != nil {
		return nil, false, fmt.Errorf("encode layout: %w", err)
	}
	was := &Layout{}
	same := exists && json.Unmarshal(known.Layout, was) == nil && was.within(layout)
	return layout, whole, s.graphs.Begin(ctx, track, catalog.GraphBegun{Version: CodeVersion(), Inputs: sum, Layout: encoded, Modules: layout.modules()}, !same)
}

// within reports whether two layouts resolve the files of their track alike. The names that they declare for other
// repositories do not count.
func (l *Layout) within(other *Layout) bool {
	return slices.Equal(l.Go, other.Go) && slices.Equal(l.Packages, other.Packages) && slices.Equal(l.Paths, other.Paths)
}

// edges resolves the stale files.
func (s *Step) edges(ctx context.Context, track uuid.UUID, layout *Layout) (files int, err error) {
	r := &resolver{layout: layout, index: newIndex(ctx, s.graphs, track)}
	for {
		page, err := s.graphs.Stale(ctx, track, s.cfg.Files)
		if err != nil || len(page) == 0 {
			return files, err
		}
		sources := make([]catalog.GraphSource, len(page))
		for i, p := range page {
			sources[i] = p.GraphSource
		}
		sets, err := s.facts(ctx, sources)
		if err != nil {
			return files, err
		}
		var names []string
		for i, set := range sets {
			names = append(names, wanted(page[i].Path, set)...)
		}
		r.keys = make(map[string]bool)
		r.load(names)
		out := r.page(page, sets)
		if r.err != nil {
			return files, r.err
		}
		if err := s.graphs.PutEdges(ctx, track, out); err != nil {
			return files, err
		}
		files += len(page)
		r.forget()
	}
}

// wanted returns the names that the resolution of a file will look up first.
func wanted(file string, s *fact.Set) []string {
	names := []string{starName(file)}
	for _, r := range s.References {
		names = append(names, r.Name)
		root, steps := splitRoot(r.Receiver + " ")
		if root = strings.TrimSpace(root); root != "" && strings.IndexByte("?@^[", root[0]) < 0 {
			names = append(names, root)
		}
		for steps != "" {
			var one string
			if one, steps = splitStep(steps); one[0] == '.' {
				names = append(names, strings.TrimSpace(one[1:]))
			}
		}
	}
	return names
}

// rounds bounds how often the files of a page are resolved with names put off. One name leads to another, but a chain
// of more than three is rare.
const rounds = 6

// page resolves files. If a file needs names that are not known yet, page puts them off, looks up all such names of the
// page together, and resolves the file again. Names that were looked up one by one would cost two statements a file.
func (r *resolver) page(files []catalog.StaleFile, sets []*fact.Set) []catalog.FileEdges {
	out := make([]catalog.FileEdges, len(files))
	left := make([]int, len(files))
	for i := range left {
		left[i] = i
	}
	for round := 1; len(left) > 0 && r.err == nil; round++ {
		r.ahead = round <= rounds
		var again []int
		var names []string
		for _, i := range left {
			r.later = make(map[string]bool)
			out[i] = r.fileEdges(files[i], sets[i])
			if len(r.later) > 0 {
				again = append(again, i)
				names = slices.AppendSeq(names, maps.Keys(r.later))
			}
		}
		r.load(names)
		left = again
	}
	return out
}

// fileEdges resolves a file.
func (r *resolver) fileEdges(f catalog.StaleFile, set *fact.Set) catalog.FileEdges {
	r.keys = make(map[string]bool)
	edges := r.resolve(place{document: f.Document, path: f.Path, language: f.Content.Language, package_: f.Package}, set)
	out := catalog.FileEdges{Document: f.Document, Edges: EncodeEdges(edges)}
	for name := range maps.Keys(r.keys) {
		out.Keys = append(out.Keys, nameKey(r.track, name))
	}
	out.Keys = sorted(out.Keys)
	out.Targets = targetKeys(edges)
	return out
}

// targetKeys returns the hashes under which edges are found by their targets. Imports from outside the track are found
// by the names that another repository may declare.
func targetKeys(edges []Edge) (keys []int64) {
	for _, e := range edges {
		for _, t := range e.Targets {
			keys = append(keys, TargetKey(t), TargetKey(Target{Document: t.Document}))
		}
		if e.Strategy == External && e.Role == fact.RoleImport {
			for _, name := range ModuleNames(e.Module) {
				keys = append(keys, ModuleKey(name))
			}
		}
	}
	return sorted(keys)
}

// sorted sorts numbers and keeps each once.
func sorted(list []int64) []int64 {
	slices.Sort(list)
	return slices.Compact(list)
}
