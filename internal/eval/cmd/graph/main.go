// Command graph compares the symbol graph of a tree with the answer of a program that knows the
// types: go/types, jedi for Python, the compilers of TypeScript and Java. docs/graph.md shows its
// figures.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/leatworks/leat/pipeline/fact"
	"github.com/leatworks/leat/pipeline/graph"
)

func main() {
	misses := flag.Int("misses", 0, "how many differences to print of each kind")
	by := flag.String("by", "go", "program that tells the truth: go, python (PYTHON names an interpreter with jedi), typescript (NODE_PATH leads to the module), or java (of a JDK; CLASSPATH leads to the classes that the tree needs)")
	sample := flag.Int("sample", 0, "how many references to compare; 0: all, and always all for Go")
	random := flag.Int("random", 0, "how many definitions, chosen at random, to print with their references")
	seed := flag.Uint64("seed", 1, "seed of the choice of -random")
	flag.StringVar(&pair[0], "from", "", "a directory: only references in it count, if they lead into -to")
	flag.StringVar(&pair[1], "to", "", "see -from")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: graph [-misses N] [-by go|python|typescript|java] [-sample N] DIR…")
		os.Exit(2)
	}
	for _, dir := range flag.Args() {
		if err := compare(dir, *by, *sample, *misses, *random, *seed); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
}

// pair are two directories of the tree, each with a slash at its end. Only references from the
// first to the second count; "": all.
var pair [2]string

// leads says whether a reference of a file counts.
func leads(o *graph.Offline, path string, targets []graph.Target, want []at) bool {
	if pair[0] == "" && pair[1] == "" {
		return true
	}
	into := slices.ContainsFunc(want, func(a at) bool { return strings.HasPrefix(a.path, pair[1]) })
	for _, t := range targets {
		into = into || strings.HasPrefix(o.Paths[t.Document], pair[1])
	}
	return into && strings.HasPrefix(path, pair[0])
}

// at is a place in a file of the module.
type at struct {
	path string
	byte int
}

// truth is the answer of a program that knows the types.
type truth struct {
	defined map[at]string // definitions that can be named from outside functions, by the place of their name
	refers  map[at][]at   // identifiers that mean one of these
	calls   map[at]bool   // identifiers that are called
	files   map[string]bool
	others  map[at]bool // definitions that only a function sees: they count neither way
	silent  map[at]bool // identifiers that the program says nothing about
	partial bool        // the program says nothing about identifiers that are not in refers
}

func load(dir string) (*truth, error) {
	pkgs, err := packages.Load(&packages.Config{
		Dir: dir, Tests: true, Fset: token.NewFileSet(),
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo,
	}, "./...")
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", dir, err)
	}
	t := &truth{defined: make(map[at]string), refers: make(map[at][]at), calls: make(map[at]bool), files: map[string]bool{"go.mod": true}}
	for _, p := range pkgs {
		for _, file := range p.Syntax {
			t.add(dir, p, file)
		}
	}
	return t, nil
}

func (t *truth) place(dir string, fset *token.FileSet, pos token.Pos) (at, bool) {
	p := fset.Position(pos)
	rel, err := filepath.Rel(dir, p.Filename)
	return at{filepath.ToSlash(rel), p.Offset}, err == nil && !strings.HasPrefix(rel, "..")
}

func (t *truth) add(dir string, p *packages.Package, file *ast.File) {
	here, ok := t.place(dir, p.Fset, file.Pos())
	if !ok || ast.IsGenerated(file) && strings.HasSuffix(here.path, "_test.main") {
		return
	}
	t.files[here.path] = true
	inner := bodies(file)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			fun := ast.Unparen(n.Fun)
			if ix, ok := fun.(*ast.IndexExpr); ok {
				fun = ix.X
			}
			if sel, ok := fun.(*ast.SelectorExpr); ok {
				fun = sel.Sel
			}
			if id, ok := fun.(*ast.Ident); ok {
				place, _ := t.place(dir, p.Fset, id.Pos())
				t.calls[place] = true
			}
		case *ast.Ident:
			place, _ := t.place(dir, p.Fset, n.Pos())
			if obj := p.TypesInfo.Defs[n]; obj != nil && n.Name != "_" && lasting(obj) && !inner(n.Pos()) {
				t.defined[place] = n.Name
			}
			if obj := p.TypesInfo.Uses[n]; obj != nil && obj.Pos().IsValid() {
				obj = origin(obj)
				if to, ok := t.place(dir, p.Fset, obj.Pos()); ok && lasting(obj) {
					t.refers[place] = []at{to}
				}
			}
		}
		return true
	})
}

// bodies says whether a place is in the body of a function of a file: nothing there
// can be named from outside.
func bodies(file *ast.File) func(token.Pos) bool {
	var all []*ast.BlockStmt
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			all = append(all, f.Body)
		}
	}
	return func(p token.Pos) bool {
		for _, b := range all {
			if b.Pos() <= p && p < b.End() {
				return true
			}
		}
		return false
	}
}

// origin is the declaration of an object, which is that of the generic for an instance of one.
func origin(obj types.Object) types.Object {
	switch o := obj.(type) {
	case *types.Func:
		return o.Origin()
	case *types.Var:
		return o.Origin()
	}
	return obj
}

// lasting says whether a definition can be named from outside a function.
func lasting(obj types.Object) bool {
	switch o := obj.(type) {
	case *types.PkgName, *types.Label:
		return false
	case *types.Var:
		return o.IsField() && o.Name() != "" || o.Parent() != nil && o.Pkg() != nil && o.Parent() == o.Pkg().Scope()
	case *types.Func:
		return o.Name() != "init"
	case *types.TypeName:
		return o.Parent() == nil || o.Pkg() != nil && o.Parent() == o.Pkg().Scope()
	}
	return obj.Parent() != nil && obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope()
}

// tally counts the right, wrong and missed answers of a kind.
type tally struct{ right, wrong, missed int }

func (c tally) String() string {
	precision, recall := 0.0, 0.0
	if n := c.right + c.wrong; n > 0 {
		precision = float64(c.right) / float64(n)
	}
	if n := c.right + c.missed; n > 0 {
		recall = float64(c.right) / float64(n)
	}
	return fmt.Sprintf("precision %.4f  recall %.4f  (%d right, %d wrong, %d missed)", precision, recall, c.right, c.wrong, c.missed)
}

func compare(dir, by string, sample, show, random int, seed uint64) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	clear(texts)
	clear(names)
	t := (*truth)(nil)
	if by == "go" {
		t, err = load(dir)
	} else {
		t, err = told(by, dir, sample)
	}
	if err != nil {
		return err
	}
	o, err := read(dir, t)
	if err != nil {
		return err
	}
	var defs tally
	found := make(map[at]bool)
	for path, set := range o.Facts {
		right := make(map[string]bool) // by qualified name, which overloads share
		for _, d := range set.Definitions {
			place, ok := nameOf(path, d)
			if _, is := t.defined[place]; ok && is && !inFunction(set, d) {
				defs.right++
				found[place], right[d.Qualified] = true, true
			}
		}
		for _, d := range set.Definitions {
			place, ok := nameOf(path, d)
			if ok && (found[place] || t.others[place]) || by != "go" && right[d.Qualified] || inFunction(set, d) {
				continue
			}
			if defs.wrong++; defs.wrong <= show {
				fmt.Printf("no definition: %s:%d %s\n", path, d.Line, d.Qualified)
			}
		}
	}
	for place, name := range t.defined {
		if !found[place] {
			if defs.missed++; defs.missed <= show {
				fmt.Printf("missed definition: %s:%d %s\n", place.path, 1+bytes.Count(texts[place.path][:place.byte], []byte("\n")), name)
			}
		}
	}
	fmt.Printf("%s: %d files\ndefinitions  %s\n", dir, len(o.Facts), defs)
	references(o, t, show)
	if random > 0 {
		examples(o, t, found, random, seed)
	}
	return nil
}

// texts are the texts of files, in which names are found.
var texts = make(map[string][]byte)

// names are the places of names that were found before.
var names = make(map[string]at)

// nameOf is the place of a definition's name.
func nameOf(path string, d fact.Definition) (at, bool) {
	key := fmt.Sprint(path, d.Start, d.Line, d.Qualified)
	if known, ok := names[key]; ok {
		return known, known.path != ""
	}
	place, ok := findName(path, d)
	names[key] = place
	return place, ok
}

func findName(path string, d fact.Definition) (at, bool) {
	text := texts[path]
	line, start := 1, 0
	for ; line < d.Line; line++ {
		start += bytes.IndexByte(text[start:], '\n') + 1
	}
	from := max(start, 0)
	if d.StartLine == d.Line {
		from = max(from, d.Start)
	}
	for {
		i := bytes.Index(text[from:], []byte(d.Name))
		if i < 0 {
			return at{}, false
		}
		place := from + i
		before, after := byte(' '), byte(' ')
		if place > 0 {
			before = text[place-1]
		}
		if end := place + len(d.Name); end < len(text) {
			after = text[end]
		}
		owner := d.Kind == fact.KindMethod && strings.Count(d.Qualified, ".") == 1 && strings.HasPrefix(string(text[d.Start:min(d.Start+6, len(text))]), "func (")
		if !letter(before) && !letter(after) && (!owner || after == '(' || after == '[') {
			return at{path, place}, true
		}
		from = place + 1
	}
}

func letter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}

func read(dir string, t *truth) (*graph.Offline, error) {
	var files []graph.OfflineFile
	add := func(path, language string) error {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		texts[path] = text
		files = append(files, graph.OfflineFile{Path: path, Language: language, Text: text})
		return err
	}
	for path := range t.files {
		if err := add(path, languages[filepath.Ext(path)]); err != nil {
			return nil, err
		}
	}
	return graph.NewOffline(files)
}

func references(o *graph.Offline, t *truth, show int) {
	all, calls := make(map[string]*tally), make(map[string]*tally)
	count := func(m map[string]*tally, key string) *tally {
		if m[key] == nil {
			m[key] = &tally{}
		}
		return m[key]
	}
	for place, to := range t.refers {
		lasts := slices.DeleteFunc(slices.Clone(to), func(a at) bool { _, lasts := t.defined[a]; return !lasts }) // a field of a struct inside a function
		t.refers[place] = lasts
		switch {
		case len(lasts) > 0 || len(to) == 0:
		case t.partial: // a decorator may have put something else in the place of a function
			t.silent[place] = true
		default:
			delete(t.refers, place)
		}
	}
	seen := make(map[at]bool)
	shown := make(map[string]int)
	for path := range o.Facts {
		for _, f := range o.References(path) {
			place := at{path, f.Start}
			want, judged := t.refers[place]
			inside := len(want) > 0
			seen[place] = true
			if t.partial && !judged || t.silent[place] || !leads(o, path, f.Targets, want) {
				continue
			}
			right := false
			for _, target := range f.Targets {
				path := o.Paths[target.Document]
				for _, d := range o.Facts[path].Definitions { // overloads share a name
					if d.Qualified == target.Qualified && inside {
						got, ok := nameOf(path, d)
						right = right || ok && slices.Contains(want, got)
					}
				}
			}
			add := func(m map[string]*tally) {
				c, whole := count(m, f.Strategy.String()), count(m, "sure")
				if len(f.Targets) > 0 {
					if right {
						c.right++
					} else {
						c.wrong++
					}
					if f.Strategy.Confidence(len(f.Targets)) >= 0.8 {
						if right {
							whole.right++
						} else {
							whole.wrong++
						}
					} else if inside {
						whole.missed++
					}
				} else if inside {
					c.missed++
					whole.missed++
				}
			}
			add(all)
			if t.calls[place] {
				add(calls)
				key := ""
				switch {
				case len(f.Targets) > 0 && !right:
					key = "wrong"
				case len(f.Targets) == 0 && inside:
					key = "missed"
				}
				if key != "" {
					if shown[key]++; shown[key] <= show {
						fmt.Printf("%s call: %s:%d %s . %s (%s) -> %v, want %v\n", key, path, f.Line, f.Receiver, f.Name, f.Strategy, f.Targets, want)
					}
				}
			}
		}
	}
	unseen := map[string]int{}
	for place, want := range t.refers {
		if !seen[place] && len(want) > 0 && leads(o, place.path, nil, want) {
			count(all, "sure").missed++
			unseen["reference"]++
			if t.calls[place] {
				count(calls, "sure").missed++
				unseen["call"]++
				if unseen["call"] <= show {
					fmt.Printf("unseen call: %s:%d\n", place.path, 1+bytes.Count(texts[place.path][:place.byte], []byte("\n")))
				}
			}
		}
	}
	fmt.Printf("not seen as references: %v\n", unseen)
	for _, part := range []struct {
		name string
		m    map[string]*tally
	}{{"references", all}, {"calls", calls}} {
		var keys []string
		for k := range part.m {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			fmt.Printf("%-10s %-10s %s\n", part.name, k, part.m[k])
		}
	}
}
