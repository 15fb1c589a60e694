package graph

import (
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/fact"
)

// place is a file in which a name is resolved.
type place struct {
	document                 uuid.UUID
	path, language, package_ string
	imports                  map[string][]fact.Import // by local name; if nil, they are looked up in the track
	stars                    []string                 // modules that are imported whole
	own                      bool                     // imports and stars are set: this is the current file
}

func (p place) dir() string { return path.Dir(p.path) }

// family joins languages that can name each other's definitions.
func family(language string) string {
	switch language {
	case "TypeScript", "TSX":
		return "JavaScript"
	case "C":
		return "C++"
	case "Kotlin", "Scala":
		return "Java"
	}
	return language
}

// ending holds the languages in which a definition may have only the end of its qualified name.
var ending = map[string]bool{"C++": true, "Rust": true}

// implicit holds the languages in which a member can be named without its object.
var implicit = map[string]bool{"Java": true, "C++": true, "C#": true, "Ruby": true}

// packaged holds the languages whose files name their package in the text. Files of one package see each other.
var packaged = map[string]bool{"Java": true, "C#": true, "PHP": true}

// global holds the languages in which a name may come from any file if no import explains it.
var global = map[string]bool{"C++": true, "Ruby": true, "PHP": true, "C#": true, "Java": true}

// resolver resolves references in the files of one track.
type resolver struct {
	*index
	layout *Layout
	file   place
	depth  int
	memo   map[asked]value         // values of whole expressions in the current file
	deep   map[asked]value         // values of expressions that others led to, for as long as memo is the same
	heads  map[uuid.UUID]*includes // what a file of C or C++ includes, as far as the current file leads there
	crates map[string]string       // directories of crates by their names, for a file of another track; otherwise nil
}

// maxSteps bounds how deep one name leads to another.
const maxSteps = 24

// begin prepares for the references of a file.
func (r *resolver) begin(p place, s *fact.Set) {
	p.imports, p.own = make(map[string][]fact.Import), true
	for _, i := range s.Imports {
		switch {
		case i.Local != "":
			p.imports[i.Local] = append(p.imports[i.Local], i)
			if first, _, dotted := strings.Cut(i.Local, "."); dotted && p.language == "Python" { // "import a.b" binds a
				p.imports[first] = append(p.imports[first], fact.Import{Module: first, Local: first, Line: i.Line})
			}
		case i.Name == "*":
			p.stars = append(p.stars, i.Module)
		}
	}
	r.enter(p)
}

// enter forgets what was known of another file.
func (r *resolver) enter(p place) {
	r.deep = make(map[asked]value)
	r.file, r.memo, r.heads = p, make(map[asked]value), make(map[uuid.UUID]*includes)
}

// withinOf returns the qualified name of the definition around a reference, or "" if there is none.
func withinOf(s *fact.Set, ref fact.Reference) string {
	if ref.Within < 0 {
		return ""
	}
	return s.Definitions[ref.Within].Qualified
}

// resolve resolves the references and imports of a file. The result depends only on the facts, the layout, and the
// symbols whose names it looks up.
func (r *resolver) resolve(p place, s *fact.Set) []Edge {
	r.begin(p, s)
	found := make([]Edge, 0, len(s.References)+len(s.Imports))
	for _, i := range s.Imports {
		found = append(found, r.importEdge(i))
	}
	for _, ref := range s.References {
		from := withinOf(s, ref)
		e := Edge{From: from, Name: ref.Name, Receiver: ref.Receiver, Role: ref.Role, Lines: []int{ref.Line}}
		e.Strategy, e.Targets = r.reference(ref, from)
		found = append(found, e)
	}
	return gather(found)
}

// importEdge returns the edge of an import. It leads to a symbol, or to the files of a module.
func (r *resolver) importEdge(i fact.Import) Edge {
	e := Edge{Name: i.Name, Module: i.Module, Role: fact.RoleImport, Strategy: External, Lines: []int{i.Line}}
	if i.Name == "" || i.Name == "*" {
		e.Name = i.Module
		if i.Name == "*" && packaged[family(r.file.language)] {
			return e // a package is no file
		}
		files := r.moduleFiles(r.moduleOf(i.Module, r.file))
		if len(files) > 0 && len(files) <= MaxCandidates {
			e.Strategy = ByImport
			for _, f := range files {
				e.Targets = append(e.Targets, Target{f.document, ""})
			}
			slices.SortFunc(e.Targets, compareTargets)
		}
		return e
	}
	v := r.imported(i, r.file)
	switch {
	case len(v.symbols) > 0:
		e.Strategy, e.Targets = r.targets(ByImport, v.symbols)
	case v.module.language != "":
		for _, f := range r.moduleFiles(v.module) {
			if len(e.Targets) < MaxCandidates {
				e.Strategy, e.Targets = ByImport, append(e.Targets, Target{f.document, ""})
			}
		}
		slices.SortFunc(e.Targets, compareTargets)
	case v.kind == isUnknown:
		e.Strategy = Unresolved
	}
	return e
}

// reference resolves one reference.
func (r *resolver) reference(ref fact.Reference, from string) (Strategy, []Target) {
	if ref.Receiver == "" {
		v := r.root(ref.Name, r.file, from)
		return r.outcome(ref, v)
	}
	of := r.evaluate(ref.Receiver, r.file, from)
	if of.kind == isUnknown {
		return r.byName(ref)
	}
	v := r.member(of, ref.Name)
	if v.kind == isUnknown && of.kind == isSymbols && !of.sure {
		return r.byName(ref)
	}
	return r.outcome(ref, v)
}

func (r *resolver) outcome(ref fact.Reference, v value) (Strategy, []Target) {
	switch {
	case len(v.symbols) > 0:
		return r.targets(v.by, v.symbols)
	case v.kind == isExternal:
		return External, nil
	case v.kind == isModule:
		return ByImport, nil
	}
	return Unresolved, nil
}

// targets returns the candidates of an edge. An edge with more than MaxCandidates stays unresolved.
func (r *resolver) targets(by Strategy, list []*definition) (Strategy, []Target) {
	var all []Target
	for _, s := range list {
		t := Target{s.Document, s.Qualified}
		if slices.Contains(all, t) {
			continue
		}
		if len(all) == MaxCandidates {
			return Unresolved, nil
		}
		all = append(all, t)
	}
	slices.SortFunc(all, compareTargets)
	return by, all
}

// byName looks for members by their name alone, for a reference that does not say whose member it names.
func (r *resolver) byName(ref fact.Reference) (Strategy, []Target) {
	// One in twenty-six such edges to fields was right (docs/graph.md).
	if common[ref.Name] || ref.Role == fact.RoleUse || ref.Role == fact.RoleWrite {
		return Unresolved, nil
	}
	of, list := family(r.file.language), []*definition(nil)
	for _, s := range r.sift(ref.Name, choice{"member", of, ref.Role}, func(s *definition) bool {
		kind := fact.Kind(s.Kind)
		return family(s.Language) == of && strings.Contains(s.Qualified, ".") &&
			(ref.Role != fact.RoleCall || kind == fact.KindMethod || kind == fact.KindFunction) && (ref.Role != fact.RoleType || kind == fact.KindType)
	}) {
		switch {
		case s.Language == "Go" && s.Visibility != int(fact.Public) && path.Dir(s.Path) != r.file.dir():
		case s.Visibility == int(fact.Private) && s.Document != r.file.document && !strings.HasPrefix(ref.Name, "_"):
		default:
			list = append(list, s)
		}
	}
	by := ByName
	if len(list) == 1 && !foreign[of] {
		by = ByUnique
	}
	if len(list) == 0 {
		return Unresolved, nil
	}
	return r.targets(by, list)
}

// foreign holds the families of languages in which the library has most of what is called without a known type, so
// that one definition of a name is seldom meant (docs/graph.md).
var foreign = map[string]bool{"Java": true, "PHP": true, "Ruby": true}

// common holds member names that the standard libraries give to so many types that a definition in the track is seldom
// meant.
var common = func() map[string]bool {
	all := make(map[string]bool)
	for _, name := range strings.Fields(`String Error Close Read Write Len Less Swap get set add append push pop join split format strip
replace keys values items update copy map filter forEach reduce then catch finally toString equals hashCode length size find index
lower upper encode decode startswith endswith sort reverse slice concat indexOf includes test exec call apply bind next send throw
close read write flush seek open start stop run clear remove delete has iterator count insert extend put contains isEmpty stream
collect unwrap clone iter into to_string as_str as_ref expect ok err map_err and_then push_str to_owned trim match search group
info debug warn warning error log exception print emit on off once resolve reject`) {
		all[name] = true
	}
	return all
}()
