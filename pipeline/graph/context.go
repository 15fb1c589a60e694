package graph

import (
	"slices"
	"strconv"
	"strings"

	"github.com/leatworks/leat/pipeline/fact"
)

// This file says what a place expects, as TypeScript has it: a function that stands there has the parameters of the
// type that is expected. fact.Definition tells how types of functions are written.

// maxSignatures bounds the signatures of one function that are looked at.
const maxSignatures = 16

// signature is one way to call a function.
type signature struct {
	params []string
	in     place
	within string
	by     Strategy
}

// param returns the type of the n-th parameter; "": unknown.
func (s signature) param(n int) string {
	if last := len(s.params) - 1; last >= 0 && n >= last {
		if rest, ok := strings.CutPrefix(s.params[last], "*"); ok {
			return rest
		}
	}
	if n >= len(s.params) {
		return ""
	}
	return s.params[n]
}

// placeIn returns the number in a step such as "(1)".
func placeIn(s string) int {
	n, err := strconv.Atoi(strings.TrimSuffix(s, ")"))
	if err != nil {
		return 1 << 20
	}
	return n
}

// cut splits a type of a function at a separator outside of braces.
func cut(of string, separator byte) (parts []string) {
	deep, start := 0, 0
	for i := range len(of) {
		switch {
		case of[i] == '{':
			deep++
		case of[i] == '}':
			deep--
		case of[i] == separator && deep == 0:
			parts = append(parts, of[start:i])
			start = i + 1
		}
	}
	return append(parts, of[start:])
}

// resultsOf returns the results in a type of a function. Signatures that differ in them have none.
func resultsOf(of string) string {
	if !strings.ContainsAny(of, ";&") {
		return of
	}
	result := ""
	for _, s := range cut(of, '&') {
		switch one, _, _ := strings.Cut(s, ";"); {
		case one == "":
		case result == "":
			result = one
		case result != one:
			return ""
		}
	}
	return result
}

// either returns a value that is of one of several types.
func (r *resolver) either(types string, in place, within string) value {
	all := nothing
	for _, one := range cut(types, '|') {
		v := value{kind: isSymbols, in: in, by: ByType, sure: true}
		if inner, ok := strings.CutPrefix(one, "{"); ok {
			v.result = strings.TrimSuffix(inner, "}")
		} else {
			v = r.evaluate(one, in, within)
			v.object = true
		}
		switch v.kind {
		case isSymbols:
			all.others = append(all.others, v)
		case isExternal:
			all.kind = isExternal
		}
	}
	if len(all.others) == 1 {
		return all.others[0]
	}
	if len(all.others) > 0 {
		all.kind = isSymbols
	}
	return all
}

// signatures lists the ways to call a value.
func (r *resolver) signatures(v value) (all []signature) {
	if r.depth > maxSteps || v.list > 0 {
		return nil
	}
	r.depth++
	defer func() { r.depth-- }()
	add := func(of string, in place, within string) {
		for _, s := range cut(of, '&') {
			if parts := cut(s, ';'); len(all) < maxSignatures {
				all = append(all, signature{parts[1:], in, within, v.by})
			}
		}
	}
	for _, other := range v.others {
		all = append(all, r.signatures(other)...)
	}
	if v.result != "" {
		add(v.result, v.in, "")
	}
	for _, s := range v.symbols {
		switch kind := fact.Kind(s.Kind); {
		case len(all) >= maxSignatures:
		case kind == fact.KindFunction || kind == fact.KindMethod:
			add(s.Type, placeOf(s), s.Qualified)
		case kind == fact.KindType && !v.object: // an object of a class is made
			for _, c := range r.membersOf(s, "constructor") {
				add(c.Type, placeOf(c), c.Qualified)
			}
			if s.Type != "" {
				all = append(all, r.signatures(r.typeOf(s, v.by))...)
			}
		case s.Type != "":
			all = append(all, r.signatures(r.typeOf(s, v.by))...)
		}
	}
	return all[:min(len(all), maxSignatures)]
}

// listed returns the list that a value is, or the one that a variable holds.
func (r *resolver) listed(v value) value {
	for _, s := range v.symbols {
		if kind := fact.Kind(s.Kind); v.list == 0 && (kind == fact.KindVar || kind == fact.KindField || kind == fact.KindConst) {
			return r.typeOf(s, v.by)
		}
	}
	return v
}

// argument returns what a call of a value expects as its n-th argument.
func (r *resolver) argument(v value, n int) value {
	if v.kind != isSymbols {
		return value{kind: v.kind}
	}
	all := value{kind: isUnknown}
	seen := make(map[string]bool)
	for _, s := range r.signatures(v) {
		of := s.param(n)
		if key := s.in.path + " " + of; of == "" || seen[key] {
			continue
		} else {
			seen[key] = true
		}
		switch one := r.either(of, s.in, s.within); {
		case one.kind == isExternal && all.kind == isUnknown:
			all.kind = isExternal
		case one.kind == isSymbols:
			all.kind = isSymbols
			all.others = append(all.others, one.atLeast(max(s.by, ByType)))
		}
	}
	if len(all.others) == 1 {
		return all.others[0]
	}
	return all
}

// same reports whether two values stand for the same.
func (v value) same(w value) bool {
	return v.result == w.result && slices.EqualFunc(v.symbols, w.symbols, func(a, b *definition) bool { return a.Document == b.Document && a.Qualified == b.Qualified })
}

// parameter returns what a function takes as its n-th parameter. If its signatures do not agree, nothing is known.
func (r *resolver) parameter(v value, n int) value {
	if v.kind != isSymbols {
		return value{kind: v.kind}
	}
	found := nothing
	for _, s := range r.signatures(v) {
		of := s.param(n)
		if of == "" {
			continue
		}
		one := r.either(of, s.in, s.within)
		one = one.atLeast(max(s.by, ByType))
		switch {
		case one.kind == isUnknown || one.kind == isExternal && found.kind != isUnknown:
		case found.kind != isSymbols:
			found = one
		case !found.same(one):
			return nothing
		}
	}
	return found
}
