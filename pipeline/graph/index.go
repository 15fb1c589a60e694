package graph

import (
	"context"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/fact"
)

// symbol is a name in the track.
type symbol = catalog.GraphSymbol

// definition is what the resolution reads of a symbol. It is half as large.
type definition struct {
	*origin
	Name, Qualified, Type string
	Signature             string // of an import: the imported name
	Bases                 []string
	Kind, Visibility      int
}

// origin is the file of definitions.
type origin struct {
	Document                uuid.UUID
	Path, Language, Package string
}

// Names looks names up in a track.
type Names interface {
	Named(ctx context.Context, track uuid.UUID, names []string, mostOfEach int) ([]symbol, error)
}

// index looks names up and remembers the answers.
type index struct {
	ctx   context.Context
	names Names
	track uuid.UUID
	known map[string]*entry
	files map[uuid.UUID]*origin
	size  int
	pages int             // of files so far
	keys  map[string]bool // names looked up for the current file
	err   error
	ahead bool            // puts off names that are not known yet
	later map[string]bool // the names put off
}

const (
	maxKnown = 200_000 // symbols remembered
	maxNamed = 4_000   // definitions of one name looked at
	fewNamed = 16      // definitions of one name that are not sorted further
)

// entry holds the symbols of a name. If there are many, they are sorted further when that is asked for first, so that
// a use of a name costs no more where thousands of types have a member of that name.
type entry struct {
	all  []*definition            // in the order of path and place
	ends map[string][]*definition // by their qualified names, or the ends of these
	some map[choice][]*definition // those that sift was asked for
	page int                      // for which it was looked up last
}

// choice says which symbols of a name are wanted.
type choice struct {
	what, family string
	role         fact.Role
}

var none = &entry{}

func newIndex(ctx context.Context, names Names, track uuid.UUID) *index {
	return &index{ctx: ctx, names: names, track: track, known: make(map[string]*entry), pages: 1}
}

// named returns the symbols of a name, in the order of path and place. For a name that it puts off, it returns none.
func (x *index) named(name string) []*definition { return x.entry(name).all }

func (x *index) entry(name string) *entry {
	if !x.keys[name] {
		x.keys[name] = true
	}
	e, ok := x.known[name]
	if !ok && x.err == nil {
		if x.ahead && name != "" {
			x.later[name] = true
			return none
		}
		x.load([]string{name})
		e, ok = x.known[name]
	}
	if !ok || e == none {
		return none
	}
	e.page = x.pages
	return e
}

// qualified returns symbols of a name in the order of named. All of a family of languages with that qualified name are
// among them. Where a definition may have only the end of a qualified name, so are all with its last two parts.
func (x *index) qualified(name, of, qualified string) []*definition {
	e := x.entry(name)
	if len(e.all) <= fewNamed {
		return e.all
	}
	if e.ends == nil {
		e.ends = make(map[string][]*definition)
		for _, s := range e.all {
			end := endOf(s.Qualified, family(s.Language))
			e.ends[end] = append(e.ends[end], s)
		}
	}
	return e.ends[endOf(qualified, of)]
}

// endOf returns the part of a qualified name by which it is found.
func endOf(qualified, of string) string {
	if !ending[of] {
		return qualified
	}
	at := strings.LastIndexByte(qualified, '.')
	return qualified[strings.LastIndexByte(qualified[:max(at, 0)], '.')+1:]
}

// sift returns those of a name's symbols that keep keeps, in their order. It does not ask again for the same choice.
func (x *index) sift(name string, c choice, keep func(*definition) bool) []*definition {
	e := x.entry(name)
	if list, ok := e.some[c]; ok {
		return list
	}
	var list []*definition
	for _, s := range e.all {
		if keep(s) {
			list = append(list, s)
		}
	}
	list = slices.Clip(list) // so that nobody appends to it
	if len(e.all) > fewNamed {
		if e.some == nil {
			e.some = make(map[choice][]*definition)
		}
		e.some[c] = list
	}
	return list
}

// inDir returns those symbols whose path is in a directory, or deeper. list is in the order of path.
func inDir(list []*definition, dir string) []*definition {
	return under(list, strings.TrimPrefix(path.Clean(dir)+"/", "./"))
}

// under returns those symbols whose path begins with prefix. list is in the order of path.
func under(list []*definition, prefix string) []*definition {
	from, _ := slices.BinarySearchFunc(list, prefix, func(s *definition, prefix string) int { return strings.Compare(s.Path, prefix) })
	n := sort.Search(len(list)-from, func(i int) bool { return !strings.HasPrefix(list[from+i].Path, prefix) })
	return list[from : from+n]
}

// load looks up names that are not known yet.
func (x *index) load(names []string) {
	var missing []string
	for _, name := range names {
		if _, ok := x.known[name]; !ok && name != "" {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 || x.err != nil {
		return
	}
	slices.Sort(missing)
	missing = slices.Compact(missing)
	for chunk := range slices.Chunk(missing, 500) {
		list, err := x.names.Named(x.ctx, x.track, chunk, maxNamed)
		if err != nil {
			x.err = err
			return
		}
		for _, name := range chunk {
			x.known[name] = none
		}
		for _, s := range list {
			e := x.known[s.Name]
			if e == none {
				e = &entry{}
				x.known[s.Name] = e
			}
			e.all = append(e.all, x.definition(s))
			x.size++
		}
	}
}

// definition keeps once what many definitions share.
func (x *index) definition(s symbol) *definition {
	file := x.files[s.Document]
	if file == nil {
		file = &origin{s.Document, s.Path, s.Language, s.Package}
		if x.files == nil {
			x.files = make(map[uuid.UUID]*origin)
		}
		x.files[s.Document] = file
	}
	d := &definition{origin: file, Name: s.Name, Qualified: s.Qualified, Type: s.Type, Bases: s.Bases, Kind: s.Kind, Visibility: s.Visibility}
	if all := x.known[s.Name].all; len(all) > 0 {
		d.Name = all[0].Name
	}
	if s.Kind == 0 {
		d.Signature = s.Signature
	}
	return d
}

// forget makes room in memory. It is called between pages of files. The names of the last page are kept if they are not
// too many: most pages of a large track look up the same ones, which have most definitions.
func (x *index) forget() {
	if x.size > maxKnown {
		was := x.known
		x.known, x.files, x.size = make(map[string]*entry), nil, 0
		for name, e := range was {
			if e != none && e.page == x.pages {
				x.known[name] = e
				x.size += len(e.all)
			}
		}
		if x.size > maxKnown {
			x.known, x.size = make(map[string]*entry), 0
		}
	}
	x.pages++
}

// The names of symbols of kind 0. They stand for an import under a local name, for a module that is imported whole, and
// for a file that is a module.
func importName(file, local string) string { return "import " + file + " " + local }
func starName(file string) string          { return "import " + file + " *" }
func moduleName(module string) string      { return "module " + module }

// Symbols returns the rows of a file: its definitions, its imports, and its module.
func Symbols(file, language string, s *fact.Set) []symbol {
	var rows []symbol
	for _, d := range s.Definitions {
		rows = append(rows, symbol{
			Name: d.Name, Qualified: d.Qualified, Kind: int(d.Kind), Visibility: int(d.Visibility),
			StartLine: max(d.StartLine, 1), EndLine: max(d.EndLine, d.StartLine, 1), Line: max(d.Line, 1),
			Signature: d.Signature, Doc: d.Doc, Type: d.Type, Bases: d.Bases,
		})
	}
	aside := func(name, qualified, signature string, line int) {
		rows = append(rows, symbol{
			Name: name, Qualified: qualified, Visibility: int(fact.Private), StartLine: max(line, 1), EndLine: max(line, 1), Line: max(line, 1), Signature: signature,
		})
	}
	for _, i := range s.Imports {
		switch {
		case i.Local != "":
			aside(importName(file, i.Local), i.Module, i.Name, i.Line)
		case i.Name == "*":
			aside(starName(file), i.Module, "*", i.Line)
		}
	}
	if name := ownModule(file, language); name != "" {
		aside(moduleName(name), file, "", 1)
	}
	return rows
}

// ownModule returns the name under which a file is found as a module, or "" if it is none.
func ownModule(file, language string) string {
	switch language {
	case "Go": // a package is a directory; nothing imports its tests
		if strings.HasSuffix(file, "_test.go") {
			return ""
		}
		return path.Dir(file)
	case "Python":
		dir, base := path.Split(strings.TrimSuffix(strings.TrimSuffix(file, ".pyi"), ".py"))
		if base == "__init__" {
			base = path.Base(path.Clean(dir))
		}
		return base
	case "JavaScript", "TypeScript", "TSX":
		return strings.TrimSuffix(scriptPath(file), "/index")
	case "Rust":
		return path.Base("/" + strings.ReplaceAll(rustModule(file), ".", "/"))
	case "C", "C++":
		return path.Base(file)
	}
	return ""
}

// pythonModule returns the dotted name of a file from the root of the track.
func pythonModule(file string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(file, ".pyi"), ".py")
	name = strings.TrimSuffix(name, "/__init__")
	return strings.ReplaceAll(name, "/", ".")
}

// rustModule returns the path of a file's module in its crate.
func rustModule(file string) string {
	_, in := rustCrate(file)
	in = strings.TrimSuffix(in, ".rs")
	for _, end := range []string{"lib", "main", "mod"} {
		if in == end {
			return ""
		}
		in = strings.TrimSuffix(in, "/"+end)
	}
	return strings.ReplaceAll(in, "/", ".")
}

// rustCrate splits a path into the directory of its crate and the path in it.
func rustCrate(file string) (crate, in string) {
	if i := strings.LastIndex("/"+file, "/src/"); i >= 0 {
		return strings.TrimSuffix(file[:i], "/"), file[i+4:]
	}
	dir, base := path.Split(file)
	return strings.TrimSuffix(dir, "/"), base
}
