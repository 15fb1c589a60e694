package graph

import (
	"path"
	"strings"

	"github.com/leatworks/leat/pipeline/fact"
)

// module is a module that is, or may be, in the track.
type module struct {
	language string   // "" stands for no module
	dir      string   // for Go
	name     string   // a dotted name: for Python from the root, for Rust in its crate
	places   []string // for JavaScript: paths without endings
	crate    string   // for Rust
	relative bool     // for Python: the name is exact
}

// moduleOf finds a module by the name that a file uses. It returns the empty module if the module is outside the track.
func (r *resolver) moduleOf(name string, in place) module {
	switch family(in.language) {
	case "Go":
		if dir, ok := r.layout.goDir(name); ok {
			return module{language: "Go", dir: dir}
		}
		return module{}
	case "Python":
		return pythonNamed(name, in)
	case "JavaScript":
		if name == fact.OwnModule {
			return module{language: "JavaScript", places: []string{ownModule(in.path, in.language)}}
		}
		if places := r.layout.scripts(in.path, name); len(places) > 0 {
			return module{language: "JavaScript", places: places}
		}
		return module{}
	case "Rust":
		return rustNamed(name, in)
	case "C++":
		return module{language: "C++", name: name}
	case "Java", "C#", "PHP":
		return module{language: family(in.language), name: name}
	}
	return module{}
}

func pythonNamed(name string, in place) module {
	dots := len(name) - len(strings.TrimLeft(name, "."))
	if dots == 0 {
		return module{language: "Python", name: name}
	}
	dir := in.dir()
	for range dots - 1 {
		dir = path.Dir(dir)
	}
	base := strings.ReplaceAll(strings.Trim(dir, "./"), "/", ".")
	full := strings.Trim(base+"."+name[dots:], ".")
	return module{language: "Python", name: full, relative: true}
}

func rustNamed(name string, in place) module {
	crate, _ := rustCrate(in.path)
	own := rustModule(in.path)
	first, rest, _ := strings.Cut(name, ".")
	switch first {
	case "crate":
		return module{language: "Rust", crate: crate, name: rest}
	case "self":
		return module{language: "Rust", crate: crate, name: strings.Trim(own+"."+rest, ".")}
	case "super":
		up := own
		for first == "super" {
			up = up[:max(strings.LastIndexByte(up, '.'), 0)]
			name = rest
			first, rest, _ = strings.Cut(name, ".")
		}
		return module{language: "Rust", crate: crate, name: strings.Trim(up+"."+name, ".")}
	case "std", "core", "alloc":
		return module{}
	}
	return module{language: "Rust", crate: "?" + strings.ReplaceAll(first, "_", "-"), name: rest}
}

// moduleFiles lists the files of a module. One file stands for a Go package.
func (r *resolver) moduleFiles(m module) (files []place) {
	switch m.language {
	case "Go":
		for _, s := range r.named(moduleName(path.Clean(m.dir))) {
			files = append(files, placeOf(s))
		}
		return foremost(files)
	case "Python":
		if m.name == "" {
			return nil
		}
		last := m.name[strings.LastIndexByte(m.name, '.')+1:]
		for _, s := range r.named(moduleName(last)) {
			own := pythonModule(s.Path)
			if own == m.name || !m.relative && (strings.HasSuffix(own, "."+m.name) && likelyRoot(own, m.name)) {
				files = append(files, placeOf(s))
			}
		}
		if len(files) > 1 { // the file nearest to the root
			best := files[0]
			for _, f := range files {
				if len(f.path) < len(best.path) {
					best = f
				}
			}
			files = []place{best}
		}
	case "JavaScript":
		for _, at := range m.places {
			for _, s := range r.named(moduleName(strings.TrimSuffix(at, "/index"))) {
				files = append(files, placeOf(s))
			}
			if len(files) > 0 {
				return preferSource(files)
			}
		}
	case "Rust":
		last := path.Base("/" + strings.ReplaceAll(m.name, ".", "/"))
		for _, s := range r.named(moduleName(last)) {
			if r.inCrate(s.Path, m.crate) && rustModule(s.Path) == m.name {
				files = append(files, placeOf(s))
			}
		}
	case "C++":
		end := "/" + strings.TrimLeft(m.name, "./")
		for _, s := range r.named(moduleName(path.Base(m.name))) {
			if s.Path == m.name || strings.HasSuffix(s.Path, end) {
				files = append(files, placeOf(s))
			}
		}
	}
	return files
}

// foremost chooses the file that stands for a Go package: doc.go, the file with the package's name, or the first.
func foremost(files []place) []place {
	best, of := 0, 0
	for i, f := range files {
		rank := 0
		switch path.Base(f.path) {
		case "doc.go":
			rank = 2
		case f.package_ + ".go":
			rank = 1
		}
		if rank > of {
			best, of = i, rank
		}
	}
	return files[min(best, len(files)):min(best+1, len(files))]
}

// likelyRoot reports whether the path before a module's name may be a directory that Python searches. It may be if it
// is at most three directories deep.
func likelyRoot(own, name string) bool {
	before := strings.TrimSuffix(own, "."+name)
	return strings.Count(before, ".") < 3
}

// preferSource leaves out files of declarations (.d.ts) if there is a file with the source.
func preferSource(files []place) []place {
	if len(files) < 2 {
		return files
	}
	var sources []place
	for _, f := range files {
		if !strings.HasSuffix(f.path, ".d.ts") {
			sources = append(sources, f)
		}
	}
	if len(sources) > 0 {
		return sources[:1]
	}
	return files[:1]
}

func (r *resolver) inCrate(file, crate string) bool {
	own, _ := rustCrate(file)
	if name, other := strings.CutPrefix(crate, "?"); other {
		if dir, ok := r.crates[strings.ReplaceAll(name, "-", "_")]; ok {
			return own == dir
		}
		base := path.Base(own)
		return base == name || strings.ReplaceAll(base, "-", "_") == strings.ReplaceAll(name, "-", "_")
	}
	return own == crate
}

// imported finds what an import of a file names.
func (r *resolver) imported(i fact.Import, in place) value {
	m := r.moduleOf(i.Module, in)
	if m.language == "" {
		return external
	}
	if i.Name == "" {
		if m.language == "Go" {
			return value{kind: isModule, module: m, by: ByImport, sure: true}
		}
		if len(r.moduleFiles(m)) == 0 {
			if m.language == "Python" { // a package without a file of its own, or something outside the track
				return value{kind: isModule, module: m, by: ByImport, sure: true}
			}
			return external
		}
		return value{kind: isModule, module: m, by: ByImport, sure: true}
	}
	return r.moduleMember(m, i.Name).atLeast(ByImport)
}

// moduleMember finds a name in a module: a definition, an import that the module re-exports, or a module in it.
func (r *resolver) moduleMember(m module, name string) value {
	if r.depth > maxSteps {
		return nothing
	}
	r.depth++
	defer func() { r.depth-- }()
	switch m.language {
	case "Go":
		return r.goMember(m, name)
	case "Java", "C#", "PHP":
		var list []*definition
		for _, s := range r.named(name) {
			if s.Kind > 0 && family(s.Language) == m.language && strings.TrimPrefix(s.Package+"."+s.Qualified, ".") == m.name+"."+name {
				list = append(list, s)
			}
		}
		if len(list) > 0 {
			return value{kind: isSymbols, symbols: list, by: ByImport, sure: true}
		}
		return external
	case "Python", "JavaScript", "Rust":
		return r.fileMember(m, name)
	}
	return external
}

func (r *resolver) goMember(m module, name string) value {
	var list []*definition
	for _, s := range inDir(r.qualified(name, "Go", name), m.dir) {
		if s.Kind > 0 && s.Language == "Go" && s.Qualified == name && path.Dir("/"+s.Path) == path.Join("/", m.dir) && r.testOf(s.Path) {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return value{kind: isUnknown, sure: true}
	}
	return value{kind: isSymbols, symbols: list, by: ByImport, sure: true}
}

// testOf reports whether the current file may name what a Go file defines. Only tests in the same directory may name
// what a test defines.
func (r *resolver) testOf(file string) bool {
	return !strings.HasSuffix(file, "_test.go") || strings.HasSuffix(r.file.path, "_test.go") && path.Dir(file) == r.file.dir()
}

func (r *resolver) fileMember(m module, name string) value {
	files := r.moduleFiles(m)
	for _, f := range files {
		for _, s := range under(r.named(name), f.path) {
			if s.Document == f.document && s.Kind > 0 && s.Qualified == name {
				return value{kind: isSymbols, symbols: []*definition{s}, by: ByImport, sure: true}
			}
		}
		if v, ok := r.importedAs(name, r.asPlace(f)); ok && v.kind != isUnknown {
			return v
		}
		if name != "default" {
			if v := r.starred(name, r.asPlace(f)); len(v.symbols) > 0 {
				return v
			}
		}
	}
	if m.language == "Python" || m.language == "Rust" {
		inner := m
		inner.name = strings.TrimPrefix(m.name+"."+name, ".")
		if len(r.moduleFiles(inner)) > 0 {
			return value{kind: isModule, module: inner, by: ByImport, sure: true}
		}
	}
	if len(files) == 0 {
		return external
	}
	return value{kind: isUnknown, sure: true}
}

// asPlace returns the place of a file whose imports have to be looked up, or the place of the current file, whose
// imports are known.
func (r *resolver) asPlace(f place) place {
	if f.document == r.file.document {
		return r.file
	}
	return f
}
