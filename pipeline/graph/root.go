package graph

import (
	"path"
	"slices"
	"strings"

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
	if v := r.inPackage(list, name, in); v.kind != isUnknown {
		return v
	}
	if v := r.starred(name, in); v.kind != isUnknown {
		return v
	}
	if fact.Builtin(in.language, name) {
		return external
	}
	return r.anywhere(list, in)
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
func (r *resolver) around(list []*symbol, name string, in place, within string) value {
	for path := within; ; {
		qualified := name
		if path != "" {
			qualified = path + "." + name
		}
		by := ByScope
		if path == "" {
			by = ByFile
		}
		var own []*symbol
		for _, s := range list {
			if s.Document == in.document && s.Qualified == qualified && s.Kind > 0 && r.visible(s, path, in) && !constructs(s) {
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

// visible reports whether a definition inside the definition at path can be named there by its own name alone.
func (r *resolver) visible(s *symbol, path string, in place) bool {
	if path == "" || implicit[family(in.language)] || in.language == "Rust" && s.Kind == int(fact.KindType) {
		return true
	}
	holder := path[strings.LastIndexByte(path, '.')+1:]
	for _, h := range r.named(holder) {
		if h.Document == in.document && h.Qualified == path {
			return h.Kind != int(fact.KindType) // a member is named through its object
		}
	}
	return true
}

// memberOfPath finds a member that an enclosing type has from a base.
func (r *resolver) memberOfPath(path, name string, in place) value {
	holder := path[strings.LastIndexByte(path, '.')+1:]
	for _, h := range r.named(holder) {
		if h.Document == in.document && h.Qualified == path && h.Kind == int(fact.KindType) {
			return r.member(value{kind: isSymbols, symbols: []*symbol{h}, by: ByType, object: true}, name)
		}
	}
	if family(in.language) == "C++" { // the type may be in a header
		for _, h := range r.named(holder) {
			if h.Kind == int(fact.KindType) && family(h.Language) == "C++" {
				if v := r.member(value{kind: isSymbols, symbols: []*symbol{h}, by: ByType, object: true}, name); len(v.symbols) > 0 {
					return v
				}
			}
		}
	}
	return nothing
}

// inPackage finds a name that another file of the same package defines.
func (r *resolver) inPackage(list []*symbol, name string, in place) value {
	var own []*symbol
	for _, s := range list {
		if s.Kind == 0 || s.Qualified != name || family(s.Language) != family(in.language) {
			continue
		}
		switch {
		case in.language == "Go":
			if path.Dir(s.Path) != in.dir() || s.Package != in.package_ {
				continue
			}
			if strings.HasSuffix(s.Path, "_test.go") && !strings.HasSuffix(in.path, "_test.go") {
				continue
			}
		case packaged[family(in.language)]:
			if s.Package != in.package_ && (in.language != "C#" || !strings.HasPrefix(in.package_, s.Package+".")) {
				continue
			}
		default:
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
	stars := in.stars
	if !in.own {
		for _, s := range r.named(starName(in.path)) {
			stars = append(stars, s.Qualified)
		}
	}
	found := nothing
	for _, module := range stars {
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
	return found
}

// anywhere finds a name that only one file of the track defines. It does so for languages in which a text does not say
// where its names come from.
func (r *resolver) anywhere(list []*symbol, in place) value {
	if !global[family(in.language)] {
		return nothing
	}
	var own []*symbol
	for _, s := range list {
		top := !strings.Contains(s.Qualified, ".") || family(s.Language) == "C++" && s.Kind != int(fact.KindField) && s.Kind != int(fact.KindMethod)
		if s.Kind > 0 && family(s.Language) == family(in.language) && top && s.Visibility != int(fact.Private) {
			own = append(own, s)
		}
	}
	own = slices.CompactFunc(own, func(a, b *symbol) bool { return a.Document == b.Document && a.Qualified == b.Qualified })
	switch {
	case len(own) == 0:
		return nothing
	case len(own) == 1:
		return value{kind: isSymbols, symbols: own, by: ByUnique}
	}
	return value{kind: isSymbols, symbols: own, by: ByName}
}
