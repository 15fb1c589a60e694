package fact

import (
	"slices"
	"strconv"
	"strings"
)

// expecting walks an expression at a place that expects a type. A function there has the
// parameters of that type, unless it states others.
func (w *walker) expecting(n int, of string) {
	if n == 0 {
		return
	}
	if of == "" || of == unknown || !w.language.contextual {
		w.walk(n, RoleUse)
		return
	}
	switch r := orNone(w.rule(n)); r.do {
	case actFunction:
		w.function(n, r, of)
	case actObject:
		if strings.HasPrefix(of, elementPrefix) {
			of = unknown
		}
		w.object(n, of)
	case actValue:
		for _, c := range w.list(n) {
			w.expecting(c, of)
		}
	default:
		w.walk(n, RoleUse)
	}
}

// object walks the members of an object at a place that expects a type.
func (w *walker) object(n int, of string) {
	for _, c := range w.list(n) {
		key, value := w.child(c, "key"), w.child(c, "value")
		if w.kind(c) == "method_definition" {
			key = w.child(c, "name")
		}
		switch {
		case key == 0 || w.kind(key) != "property_identifier":
			w.walk(c, RoleUse)
		case value != 0:
			w.expecting(value, step(of, "."+w.text(key)))
		default: // the walk over the method's parameters takes it
			w.hope = step(of, "."+w.text(key))
			w.walk(c, RoleUse)
			w.hope = ""
		}
	}
}

// arguments walks the arguments of a call. Only those are expected to have a type that can tell
// something by it.
func (w *walker) arguments(n, callee int) {
	of := ""
	for i, c := range w.list(n) {
		switch w.does(c) {
		case actFunction, actObject, actValue:
			if of == "" {
				of = w.calleeOf(callee)
			}
			if strings.HasPrefix(of, elementPrefix) {
				w.expecting(c, of)
			} else {
				w.expecting(c, step(of, "("+strconv.Itoa(i)+")"))
			}
		default:
			w.walk(c, RoleUse)
		}
	}
}

// elementPrefix begins what a method of a list expects: a function of an element.
const elementPrefix = "element:"

// TakesElement reports whether the function that a method of a list, or of a promise, is given takes an element first.
func TakesElement(method string) bool { return eachOf[method] }

var eachOf = names("map forEach filter some every find findIndex findLast flatMap then")

// calleeOf describes what is called.
func (w *walker) calleeOf(n int) string {
	if r := orNone(w.rule(n)); r.do == actMember {
		if name := w.child(n, r.name); name != 0 && TakesElement(w.text(name)) {
			if list := w.value(w.child(n, r.object)); strings.HasPrefix(list, "[]") {
				return elementPrefix + list[2:]
			}
		}
	}
	if of := w.value(n); !strings.HasPrefix(of, "[]") {
		return of
	}
	return unknown
}

// parameter is what a function of a type takes as its n-th parameter.
func parameter(of string, n int) string {
	if element, ok := strings.CutPrefix(of, elementPrefix); ok {
		if n > 0 {
			return unknown
		}
		return element
	}
	return step(of, "(:"+strconv.Itoa(n)+")")
}

// function finds the facts in a function without a name, at a place that expects a type.
func (w *walker) function(n int, r *rule, expected string) {
	hope, returned := w.hope, w.returned
	w.nested(func() {
		params := w.child(n, r.params)
		if w.language.contextual {
			w.hope = ""
			if r.body != "" {
				w.returned = ""
			}
			if expected != unknown {
				w.hope = expected
				if !strings.HasPrefix(expected, elementPrefix) {
					w.returned = step(expected, "()")
				}
			}
			w.typeParams(n)
			if t := w.child(n, "return_type"); t != 0 {
				w.returned = w.typeOf(t)
			}
		}
		if single := w.child(n, "parameter"); params == 0 && single != 0 && w.does(single) == actName {
			of := unknown
			if w.hope != "" {
				of = parameter(w.hope, 0)
			}
			w.hope = ""
			w.bind(w.text(single), of)
			params = single
		} else {
			w.params(n, r)
		}
		w.hope = ""
		body := w.child(n, r.body)
		if body == 0 || !w.language.contextual {
			w.children(n, RoleUse, params)
			return
		}
		w.children(n, RoleUse, params, body)
		w.expecting(body, w.returned)
	})
	w.hope, w.returned = hope, returned
}

// callable returns what Definition.Type says of a function or a type.
func (w *walker) callable(n int, r *rule, kind Kind) string {
	around := w.enter()
	defer w.leave(around)
	switch {
	case kind == KindFunction || kind == KindMethod:
		w.typeParams(n)
		return w.signatureType(n)
	case kind != KindType:
		return ""
	}
	w.typeParams(n)
	value := w.child(n, r.typ)
	if r.typ == "" {
		return w.callSignatures(w.child(n, r.body))
	}
	if w.kind(value) == "object_type" {
		return w.callSignatures(value)
	}
	return w.typeWhole(value)
}

// typeWhole returns a type that no step follows: it may be that of a function, or one of several.
func (w *walker) typeWhole(n int) string {
	switch of := w.part(n); {
	case strings.HasPrefix(of, "{"):
		return bounded("func:" + of[1:len(of)-1])
	case strings.Contains(of, "|"):
		return bounded("any:" + of)
	}
	return w.typeOf(n)
}

// callSignatures returns the type of an interface that can be called, or "" for another one.
func (w *walker) callSignatures(body int) string {
	if body == 0 {
		return ""
	}
	var all []string
	size := len("func:")
	for c, end := w.first(body), w.next(body); c < end; c = w.next(c) {
		if w.kind(c) != "call_signature" {
			continue
		}
		around := w.enter()
		w.typeParams(c)
		of := w.signatureType(c)
		w.leave(around)
		if of != "" && !slices.Contains(all, of) && size+len(of)+1 <= MaxExpression {
			all = append(all, of)
			size += len(of) + 1
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "func:" + strings.Join(all, "&")
}

// callableValue returns what Definition.Type says of a function that a variable of a type holds.
func (w *walker) callableValue(n int, of string) string {
	around := w.enter()
	defer w.leave(around)
	w.typeParams(n)
	if signature, ok := strings.CutPrefix(of, "func:"); ok {
		return signature
	}
	if t := w.child(n, "return_type"); t == 0 && !strings.HasPrefix(of, "any:") && of != "" && of != unknown {
		return step(of, "()")
	}
	return w.signatureType(n)
}

// signatureType returns the result of a function and the types of its parameters.
func (w *walker) signatureType(n int) string {
	result := ""
	if t := w.child(n, "return_type"); t != 0 {
		if result = w.typeOf(t); result == unknown {
			result = ""
		}
	}
	parts := []string{result}
	size, known := len(result), 1
	if list := w.child(n, "parameters"); list != 0 {
		for _, c := range w.list(list) {
			of := ""
			if t := w.child(c, "type"); t != 0 {
				of = w.part(t)
			}
			if name := w.child(c, "pattern"); name != 0 && w.kind(name) == "this" {
				continue
			} else if name != 0 && w.kind(name) == "rest_pattern" && of != "" {
				of = "*" + strings.TrimPrefix(of, "[]")
			}
			if size += len(of) + 1; size > MaxExpression {
				break
			}
			if parts = append(parts, of); of != "" {
				known = len(parts)
			}
		}
	}
	return strings.Join(parts[:known], ";")
}

// part returns the type of a parameter, or "" if the text does not say it. Several types are joined
// by "|".
func (w *walker) part(n int) string {
	switch w.kind(n) {
	case "type_annotation", "parenthesized_type", "readonly_type":
		return w.part(w.child(n, "#0"))
	case "function_type":
		around := w.enter()
		defer w.leave(around)
		w.typeParams(n)
		return "{" + w.signatureType(n) + "}"
	case "union_type":
		var all []string
		for _, c := range w.list(n) {
			parts := []string{w.part(c)}
			if !strings.HasPrefix(parts[0], "{") {
				parts = strings.Split(parts[0], "|")
			}
			for _, of := range parts {
				if of != "" && !slices.Contains(all, of) {
					all = append(all, of)
				}
			}
		}
		if len(all) > maxUnion || len(all) > 1 && slices.ContainsFunc(all, func(of string) bool { return strings.HasPrefix(of, "{") }) {
			return ""
		}
		return strings.Join(all, "|")
	}
	if of := w.typeOf(n); of != unknown && !strings.HasPrefix(of, "func:") {
		return of
	}
	return ""
}

const maxUnion = 4

// resultOf returns the result that a type of a function begins with.
func resultOf(of string) string {
	if i := strings.IndexAny(of, ";&"); i >= 0 {
		return of[:i]
	}
	return of
}
