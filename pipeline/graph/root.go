package graph

import (
	"iter"
	"path"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/fact"
)

// root finds what a name in a definition of a file stands for.
func (r *resolver) root(name string, in place, within string) value {
	if v, ok := r.importedAs(name, in); ok {
		return v
	}
	list := r.named(name)
	if v := r.around(list, name, in, within); v.kind != isUnknown {
		return v
	}
	if v := r.inPackage(name, in); v.kind != isUnknown {
		return v
	}
	if v := r.starred(name, in); v.kind != isUnknown {
		return v
	}
	if fact.Builtin(in.language, name) {
		return external
	}
	return r.anywhere(name, in)
}

// importedAs finds what a file imports under a name.
func (r *resolver) importedAs(name string, in place) (value, bool) {
	var found []fact.Import
	if in.own {
		found = in.imports[name]
	} else {
		for _, s := range r.named(importName(in.path, name)) {
			found = append(found, fact.Import{Module: s.Qualified, Name: s.Signature, Local: name})
		}
	}
	out, any := nothing, false
	for _, i := range found {
		if r.depth > maxSteps {
			return nothing, true
		}
		r.depth++
		v := r.imported(i, in)
		r.depth--
		if !any || v.kind > out.kind {
			out = v
		}
		any = true
	}
	return out, any
}

// around finds a name in the enclosing definitions, from the inside out.
func (r *resolver) around(list []*definition, name string, in place, within string) value {
	list = under(list, in.path)
	for path := within; ; {
		by := ByScope
		if path == "" {
			by = ByFile
		}
		var own []*definition
		for _, s := range list {
			if s.Document == in.document && isIn(s.Qualified, path, name) && s.Kind > 0 && r.visible(s, path, in) && !constructs(s) {
				own = append(own, s)
			}
		}
		if len(own) > 0 {
			return value{kind: isSymbols, symbols: own[:1], by: by, sure: true}
		}
		if path == "" {
			return nothing
		}
		if implicit[family(in.language)] {
			if v := r.memberOfPath(path, name, in); len(v.symbols) > 0 {
				return v
			}
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
}

// isIn reports whether a qualified name is that of a name in the definition at path.
func isIn(qualified, path, name string) bool {
	if path == "" {
		return qualified == name
	}
	return len(qualified) == len(path)+1+len(name) && endsWith(qualified, name) && strings.HasPrefix(qualified, path)
}

// visible reports whether a definition inside the definition at path can be named there by its own name alone.
func (r *resolver) visible(s *definition, path string, in place) bool {
	if path == "" || implicit[family(in.language)] || in.language == "Rust" && s.Kind == int(fact.KindType) {
		return true
	}
	holder := path[strings.LastIndexByte(path, '.')+1:]
	for _, h := range under(r.named(holder), in.path) {
		if h.Document == in.document && h.Qualified == path {
			return h.Kind != int(fact.KindType) // a member is named through its object
		}
	}
	return true
}

// memberOfPath finds a member that an enclosing type has from a base.
func (r *resolver) memberOfPath(path, name string, in place) value {
	holder := path[strings.LastIndexByte(path, '.')+1:]
	for _, h := range under(r.named(holder), in.path) {
		if h.Document == in.document && h.Qualified == path && h.Kind == int(fact.KindType) {
			return r.member(value{kind: isSymbols, symbols: []*definition{h}, by: ByType, object: true}, name)
		}
	}
	if family(in.language) == "C++" { // the type may be in a header
		for _, h := range r.sift(holder, choice{what: "type", family: "C++"}, func(s *definition) bool { return s.Kind == int(fact.KindType) && family(s.Language) == "C++" }) {
			if v := r.member(value{kind: isSymbols, symbols: []*definition{h}, by: ByType, object: true}, name); len(v.symbols) > 0 {
				return v
			}
		}
	}
	return nothing
}

// inPackage finds a name that another file of the same package defines.
func (r *resolver) inPackage(name string, in place) value {
	of := family(in.language)
	if of != "Go" && !packaged[of] {
		return nothing
	}
	list := r.qualified(name, of, name)
	if of == "Go" {
		list = inDir(list, in.dir())
	}
	var own []*definition
	for _, s := range list {
		if s.Kind == 0 || s.Qualified != name || family(s.Language) != of {
			continue
		}
		if of == "Go" {
			if path.Dir(s.Path) != in.dir() || s.Package != in.package_ {
				continue
			}
			if strings.HasSuffix(s.Path, "_test.go") && !strings.HasSuffix(in.path, "_test.go") {
				continue
			}
		} else if s.Package != in.package_ && (of != "C#" || !strings.HasPrefix(in.package_, s.Package+".")) {
			continue
		}
		own = append(own, s)
	}
	if len(own) == 0 {
		return nothing
	}
	return value{kind: isSymbols, symbols: own, by: ByPackage, sure: true}
}

// starred finds a name in the modules that a file imports whole.
func (r *resolver) starred(name string, in place) value {
	if family(in.language) == "C++" {
		files := r.included(in)
		if r.depth >= maxSteps {
			return nothing
		}
		return r.firstOf(files, name)
	}
	for _, module := range r.starsOf(in) {
		if r.depth > maxSteps {
			return nothing
		}
		r.depth++
		v := r.moduleMember(r.moduleOf(module, in), name)
		r.depth--
		if len(v.symbols) > 0 {
			return v.atLeast(ByImport)
		}
	}
	return nothing
}

// starsOf lists the modules that a file imports whole.
func (r *resolver) starsOf(in place) (stars []string) {
	if in.own {
		return in.stars
	}
	for _, s := range r.named(starName(in.path)) {
		stars = append(stars, s.Qualified)
	}
	return stars
}

// includes holds the files that a file of C or C++ includes. They are looked up when one before them does not define
// what is looked for.
type includes struct {
	files []place
	left  []string // modules not looked up yet
}

// included lists the files that a file of C or C++ includes.
func (r *resolver) included(in place) iter.Seq[place] {
	of := in.document
	if in.own { // elsewhere, the file is looked up like another
		of = uuid.Nil
	}
	heads, ok := r.heads[of]
	if !ok {
		heads = &includes{left: r.starsOf(in)}
		r.heads[of] = heads
	}
	return func(yield func(place) bool) {
		for i := 0; ; i++ {
			for i == len(heads.files) {
				if len(heads.left) == 0 {
					return
				}
				heads.files = append(heads.files, r.moduleFiles(r.moduleOf(heads.left[0], in))...)
				heads.left = heads.left[1:]
			}
			if !yield(heads.files[i]) {
				return
			}
		}
	}
}

// firstOf finds a name in the first of several files of C or C++ that defines it.
func (r *resolver) firstOf(files iter.Seq[place], name string) value {
	list := r.sift(name, choice{what: "top"}, func(s *definition) bool {
		return s.Kind > 0 && (s.Qualified == name || !strings.Contains(strings.TrimPrefix(s.Qualified, s.Package), "."))
	})
	for f := range files {
		for _, s := range under(list, f.path) {
			if s.Document == f.document {
				return value{kind: isSymbols, symbols: []*definition{s}, by: ByImport, sure: true}
			}
		}
	}
	return nothing
}

// anywhere finds a name that only one file of the track defines. It does so for languages in which a text does not say
// where its names come from.
func (r *resolver) anywhere(name string, in place) value {
	of := family(in.language)
	if !global[of] {
		return nothing
	}
	var last *definition
	own := r.sift(name, choice{what: "anywhere", family: of}, func(s *definition) bool {
		top := !strings.Contains(s.Qualified, ".") || of == "C++" && s.Kind != int(fact.KindField) && s.Kind != int(fact.KindMethod)
		if s.Kind == 0 || family(s.Language) != of || !top || s.Visibility == int(fact.Private) {
			return false
		}
		again := last != nil && last.Document == s.Document && last.Qualified == s.Qualified
		last = s
		return !again
	})
	switch {
	case len(own) == 0:
		return nothing
	case len(own) == 1:
		return value{kind: isSymbols, symbols: own, by: ByUnique}
	}
	return value{kind: isSymbols, symbols: own, by: ByName}
}
