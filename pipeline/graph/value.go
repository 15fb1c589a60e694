package graph

import (
	"path"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/fact"
)

// valueKind says what an expression stands for.
type valueKind uint8

const (
	isUnknown  valueKind = iota // the text does not say it
	isExternal                  // something outside the track
	isSymbols                   // definitions of the track: a type, its object, a function, a variable
	isModule                    // a module of the track
)

// value is what the resolution knows about an expression.
type value struct {
	kind    valueKind
	symbols []*definition
	module  module
	by      Strategy // the least sure strategy on the way
	list    int      // how many lists are around it: 2 is a list of lists
	object  bool     // the symbols are types, and the value is an object of one of them
	result  string   // the value is a function with these results, or in TypeScript with these signatures
	in      place    // the file in which result is written
	others  []value  // the value may be each of these, too
	sure    bool     // nothing unknown may be meant instead
}

var (
	nothing  = value{}
	external = value{kind: isExternal}
)

func (v value) atLeast(by Strategy) value {
	v.by = max(v.by, by)
	return v
}

// evaluate says what an expression of a file stands for. within is the qualified name
// of the definition around it.
func (r *resolver) evaluate(expression string, in place, within string) value {
	if expression == "" || expression == "?" || r.depth > maxSteps {
		return nothing
	}
	whole := asked{expression: expression, within: within}
	if in.own {
		if v, ok := r.memo[whole]; ok {
			return v
		}
	}
	key := asked{expression, within, in.document, in.own, r.depth}
	if v, ok := r.deep[key]; ok {
		return v
	}
	r.depth++
	v := r.compute(expression, in, within)
	r.depth--
	if in.own && r.depth == 0 {
		r.memo[whole] = v
		if len(r.deep) > 0 { // deep down, what stands in memo may be known that was too deep before
			r.deep = make(map[asked]value)
		}
	} else {
		r.deep[key] = v
	}
	return v
}

// asked is an expression of which it was asked what it stands for.
type asked struct {
	expression, within string
	document           uuid.UUID
	own                bool
	depth              int
}

func (r *resolver) compute(expression string, in place, within string) value {
	lists := 0
	for strings.HasPrefix(expression, "[]") {
		expression, lists = expression[2:], lists+1
	}
	if types, ok := strings.CutPrefix(expression, "any:"); ok {
		return r.either(types, in, within)
	}
	if results, ok := strings.CutPrefix(expression, "func:"); ok {
		return value{kind: isSymbols, result: results, in: in, by: ByType, sure: true, list: lists}
	}
	root, steps := splitRoot(expression)
	var v value
	switch root[0] {
	case '@':
		v = r.own(strings.ReplaceAll(root[1:], "/", "."), in)
	case '^':
		v = r.bases(strings.ReplaceAll(root[1:], "/", "."), in)
	case '?':
		return nothing
	default:
		v, steps = r.dotted(root, steps, in, within)
	}
	for steps != "" && v.kind != isUnknown {
		var s string
		s, steps = splitStep(steps)
		if s[0] == '.' && fact.TakesElement(s[1:]) && strings.HasPrefix(steps, "(0)(:0)") { // a function of each element
			if list := r.listed(v); list.list > 0 {
				steps = steps[len("(0)(:0)"):]
				v = r.element(list)
				continue
			}
		}
		if s == "()" && strings.HasPrefix(steps, "#") { // one result of several
			var number string
			number, steps = splitStep(steps)
			v = r.called(v, resultNumber(number))
			continue
		}
		v = r.step(v, s)
	}
	v.list += lists
	return v
}

// splitRoot splits an expression into its root and its steps.
func splitRoot(expression string) (root, steps string) {
	if i := strings.IndexAny(expression[1:], ".([#"); i >= 0 {
		return expression[:i+1], expression[i+1:]
	}
	return expression, ""
}

// splitStep splits the first step from the others.
func splitStep(steps string) (first, rest string) {
	if i := strings.IndexAny(steps[1:], ".([#"); i >= 0 {
		return steps[:i+1], steps[i+1:]
	}
	return steps, ""
}

// dotted finds a root. A module may be imported under a name with dots.
func (r *resolver) dotted(root, steps string, in place, within string) (value, string) {
	if in.language == "Python" && in.own {
		name, rest := root, steps
		for strings.HasPrefix(rest, ".") {
			if v := r.whole(name, in); v.kind != isUnknown {
				break
			}
			var s string
			s, rest = splitStep(rest)
			name += s
			if _, ok := in.imports[name]; ok {
				return r.root(name, in, within), rest
			}
		}
	}
	return r.root(root, in, within), steps
}

func (r *resolver) whole(name string, in place) value {
	if _, ok := in.imports[name]; ok {
		return external
	}
	return nothing
}

// own finds a definition of the same file by its path.
func (r *resolver) own(qualified string, in place) value {
	name := qualified[strings.LastIndexByte(qualified, '.')+1:]
	for _, s := range under(r.qualified(name, family(in.language), qualified), in.path) {
		if s.Document == in.document && s.Qualified == qualified && s.Kind > 0 {
			return value{kind: isSymbols, symbols: []*definition{s}, by: ByScope, sure: true}
		}
	}
	return nothing
}

// bases finds what a type of the same file extends.
func (r *resolver) bases(qualified string, in place) value {
	own := r.own(qualified, in)
	if len(own.symbols) == 0 {
		return nothing
	}
	all := value{kind: isExternal, by: ByType, object: true, sure: true}
	for _, b := range own.symbols[0].Bases {
		v := r.evaluate(b, in, "")
		if len(v.symbols) > 0 {
			all.kind = isSymbols
			all.symbols = append(all.symbols, v.symbols...)
		}
	}
	return all
}

// step follows an expression by one step.
func (r *resolver) step(v value, s string) value {
	switch {
	case s[0] == '.':
		if v.list > 0 {
			return external // a member of a list
		}
		return r.member(v, s[1:])
	case s == "()":
		return r.called(v, 0)
	case s == "[]":
		return r.element(v)
	case strings.HasPrefix(s, "(:"):
		return r.parameter(v, placeIn(s[2:]))
	case s[0] == '(':
		return r.argument(v, placeIn(s[1:]))
	}
	return nothing
}

// placeOf returns the file of a symbol.
func placeOf(s *definition) place {
	return place{document: s.Document, path: s.Path, language: s.Language, package_: s.Package}
}

// called returns the result of calling a value: the n-th result of a function, or an object of a type.
func (r *resolver) called(v value, n int) value {
	if v.result != "" {
		return r.nth(v.result, v.in, "", n).atLeast(v.by)
	}
	if v.kind != isSymbols {
		return value{kind: v.kind}
	}
	if r.depth > maxSteps { // a variable may stand for itself
		return nothing
	}
	r.depth++
	defer func() { r.depth-- }()
	for _, other := range v.others {
		if of := r.called(other, n); of.kind != isUnknown {
			return of
		}
	}
	for _, s := range v.symbols {
		switch fact.Kind(s.Kind) {
		case fact.KindType:
			if v.object && s.Type != "" && family(s.Language) == "JavaScript" { // what the type stands for can be called
				return r.called(r.typeOf(s, v.by), n)
			}
			v.object = true
			return v
		case fact.KindFunction, fact.KindMethod:
			if s.Name == "constructor" || s.Name == "__construct" {
				continue
			}
			if resultsOf(s.Type) == "" {
				return nothing
			}
			return r.nth(s.Type, placeOf(s), s.Qualified, n).atLeast(max(v.by, ByType))
		default:
			if results, ok := strings.CutPrefix(s.Type, "func:"); ok {
				return r.nth(results, placeOf(s), s.Qualified, n).atLeast(max(v.by, ByType))
			}
			return r.called(r.typeOf(s, v.by), n)
		}
	}
	return nothing
}

// nth returns the n-th of several results.
func (r *resolver) nth(results string, in place, within string, n int) value {
	all := strings.Split(resultsOf(results), ",")
	if n >= len(all) || r.depth > maxSteps {
		return nothing
	}
	v := r.evaluate(all[n], in, within)
	v.object = true
	return v
}

// element returns an element of a list.
func (r *resolver) element(v value) value {
	if v.list > 0 {
		v.list--
		return v
	}
	if r.depth > maxSteps {
		return nothing
	}
	r.depth++
	defer func() { r.depth-- }()
	for _, s := range v.symbols {
		if s.Type == "" {
			return v
		}
		of := r.typeOf(s, v.by)
		if of.list > 0 {
			of.list--
			return of
		}
		if fact.Kind(s.Kind) != fact.KindType && of.kind != isUnknown {
			return r.element(of)
		}
	}
	return v
}

// typeOf returns the type of a variable or field, or what a type stands for.
func (r *resolver) typeOf(s *definition, by Strategy) value {
	if s.Type == "" || r.depth > maxSteps {
		return nothing
	}
	r.depth++
	v := r.evaluate(s.Type, placeOf(s), s.Qualified)
	r.depth--
	v.object = true
	return v.atLeast(max(by, ByType))
}

// member finds a member of what an expression stands for.
func (r *resolver) member(v value, name string) value {
	if r.depth > maxSteps {
		return nothing
	}
	switch v.kind {
	case isModule:
		return r.moduleMember(v.module, name).atLeast(ByImport)
	case isSymbols:
	default:
		return value{kind: v.kind}
	}
	if v.list > 0 || v.result != "" {
		return external
	}
	found := value{kind: isUnknown}
	for _, other := range v.others {
		r.depth++
		of := r.member(other, name)
		r.depth--
		if len(of.symbols) > 0 {
			found.kind, found.sure, found.by = isSymbols, true, max(found.by, of.by)
			found.symbols = append(found.symbols, of.symbols...)
		}
	}
	for _, s := range v.symbols {
		r.depth++
		of := r.memberOf(s, name, v, make(map[*definition]bool))
		r.depth--
		switch {
		case len(of.symbols) > 0:
			if len(found.symbols) == 0 {
				found = of
			} else {
				found.symbols = append(found.symbols, of.symbols...)
				found.by = max(found.by, of.by)
			}
		case of.kind == isExternal && found.kind == isUnknown, of.kind == isModule:
			found = of
		}
	}
	return found
}

func (r *resolver) memberOf(s *definition, name string, v value, seen map[*definition]bool) value {
	if seen[s] || len(seen) > 32 {
		return nothing
	}
	seen[s] = true
	switch fact.Kind(s.Kind) {
	case fact.KindType, fact.KindModule:
		if list := r.membersOf(s, name); len(list) > 0 {
			by := v.by
			if v.object || by < ByType && by != ByScope {
				by = max(by, ByType)
			}
			return value{kind: isSymbols, symbols: list, by: by, sure: true}
		}
		if name == "new" && (s.Language == "Ruby") {
			return value{kind: isSymbols, symbols: []*definition{s}, by: v.by, object: true, sure: true}
		}
		outside, known := nothing, true // all bases
		for _, b := range s.Bases {
			r.depth++
			of := r.evaluate(b, placeOf(s), s.Qualified)
			r.depth--
			if of.kind == isExternal {
				outside = external
			}
			known = known && of.kind != isUnknown
			for _, base := range of.symbols {
				if m := r.memberOf(base, name, value{by: max(v.by, ByType), object: true}, seen); len(m.symbols) > 0 {
					return m.atLeast(ByType)
				} else if m.kind == isExternal {
					outside = external
				}
			}
		}
		if s.Type != "" && outside.kind == isUnknown {
			of := r.typeOf(s, v.by)
			for _, to := range of.symbols {
				if m := r.memberOf(to, name, of, seen); len(m.symbols) > 0 || m.kind == isExternal {
					return m
				}
			}
			if of.kind == isExternal {
				return external
			}
		}
		if s.Language == "Java" && known { // the base of all types has it
			return external
		}
		return outside
	case fact.KindFunction, fact.KindMethod:
		if s.Language == "Go" || resultsOf(s.Type) == "" {
			return r.innerOf(s, name)
		}
		return r.member(r.called(value{kind: isSymbols, symbols: []*definition{s}, by: max(v.by, ByType)}, 0), name)
	default:
		if s.Type == "" {
			return nothing
		}
		return r.member(r.typeOf(s, v.by), name)
	}
}

// innerOf finds a definition inside a function.
func (r *resolver) innerOf(s *definition, name string) value {
	for _, m := range under(r.qualified(name, family(s.Language), s.Qualified+"."+name), s.Path) {
		if m.Document == s.Document && m.Qualified == s.Qualified+"."+name {
			return value{kind: isSymbols, symbols: []*definition{m}, by: ByScope, sure: true}
		}
	}
	return nothing
}

// constructs reports whether a definition is a constructor with the name of its type. The name means the type, also
// where an object is made.
func constructs(s *definition) bool {
	return s.Kind == int(fact.KindMethod) && (family(s.Language) == "Java" || s.Language == "C#") && endsWith(s.Qualified, s.Name+"."+s.Name)
}

// membersOf lists the definitions of a member of a type, without those of its bases.
func (r *resolver) membersOf(s *definition, name string) (list []*definition) {
	of, qualified, end := family(s.Language), s.Qualified+"."+name, s.Name+"."+name
	named := r.qualified(name, of, qualified)
	if ending[of] && !endsWith(qualified, end) {
		named = r.named(name)
	}
	for _, m := range named {
		its := m.Qualified == qualified || ending[of] && endsWith(m.Qualified, end)
		if m.Kind == 0 || !its || family(m.Language) != of || constructs(m) {
			continue
		}
		same := m.Document == s.Document
		switch of {
		case "Go":
			same = path.Dir(m.Path) == path.Dir(s.Path) && m.Package == s.Package
		case "Rust":
			own, _ := rustCrate(s.Path)
			crate, _ := rustCrate(m.Path)
			same = own == crate
		case "C#", "Java":
			same = same || m.Package == s.Package
		case "C++", "Ruby":
			same = true
		}
		if same {
			list = append(list, m)
		}
	}
	return list
}

// endsWith reports whether a qualified name has the same last parts as another. It makes no string,
// because a name such as "next" has thousands of definitions.
func endsWith(qualified, end string) bool {
	at := len(qualified) - len(end)
	return strings.HasSuffix(qualified, end) && (at == 0 || qualified[at-1] == '.')
}

// resultNumber returns which of several results a step takes.
func resultNumber(s string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(s, "#"))
	if err != nil {
		return 0
	}
	return n
}
