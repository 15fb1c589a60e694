package fact

import (
	"slices"
	"strings"
)

// definition defines a function or a type, and finds the facts in it.
func (w *walker) definition(n int, r *rule) {
	nameAt := w.child(n, r.name)
	if nameAt == 0 && r.fallback != "" {
		nameAt = w.child(n, r.fallback)
	}
	nameAt = w.declared(nameAt)
	name, owner := "", ""
	if nameAt != 0 {
		name, owner = w.split(nameAt)
	}
	if name == "" && r.named != "" {
		name = r.named
	}
	if name == "" || r.needs != "" && w.child(n, r.needs) == 0 {
		w.anonymous(n, r)
		return
	}
	if k := w.kind(nameAt); nameAt != 0 && (k == "computed_property_name" || k == "string" && r.kind == KindModule) {
		w.anonymous(n, r) // an expression, or a module that is defined elsewhere and gets more members here
		return
	}
	kind := r.kind
	if kind == KindFunction && (w.level == KindType || owner != "") {
		kind = KindMethod
	}
	body, result := w.child(n, r.body), w.child(n, r.typ)
	d := Definition{
		Name: name, Kind: kind, Visibility: w.visibility(n, name), Start: w.start(n), End: w.end(n),
		Signature: w.signature(n, body), Doc: w.documentation(n, body),
	}
	returned := w.returned
	if w.language.contextual {
		d.Type = w.callable(n, r, kind)
		w.returned = resultOf(d.Type)
	} else if result != 0 {
		d.Type = w.typeOf(result)
	}
	if kind == KindType || kind == KindModule {
		d.Bases = w.bases(n, r)
	}
	path := slices.Clone(w.path)
	if owner != "" {
		path = append(path, strings.Split(owner, ".")...)
	}
	if w.level == KindFunction {
		w.bind(name, localPrefix+strings.Join(path, "/"))
	}
	d.Qualified = strings.Join(append(slices.Clone(path), name), ".")
	index := w.defineAs(d, w.start(max(nameAt, n)))
	w.inside(n, r, index, append(path, name), kind, owner, nameAt)
	w.returned = returned
}

// anonymous finds the facts in a function without a name.
func (w *walker) anonymous(n int, r *rule) {
	if r.kind == KindFunction || r.kind == KindMethod {
		w.function(n, r, unknown)
		return
	}
	w.children(n, RoleUse)
}

// inside finds the facts in a definition.
func (w *walker) inside(n int, r *rule, index int, path []string, kind Kind, owner string, nameAt int) {
	around, in, outer, level, self, exported := w.enter(), w.in, w.path, w.level, w.self, w.exported
	w.in, w.path = append(w.in, index), path
	w.comment, w.exported = span{}, false
	switch kind {
	case KindType, KindModule:
		w.level = kind
		if kind == KindType {
			w.self = w.language.self(path)
		}
	default:
		if owner != "" {
			w.self = owner[strings.LastIndexByte(owner, '.')+1:]
		}
		w.level = KindFunction
	}
	w.typeParams(n)
	bases := w.child(n, r.bases)
	if bases != 0 {
		w.children(bases, RoleInherit)
	}
	if kind == KindFunction || kind == KindMethod {
		w.params(n, r)
	} else {
		w.classParams(n, r)
	}
	w.children(n, RoleUse, nameAt, w.child(n, r.name), w.child(n, r.params), bases)
	w.leave(around)
	w.in, w.path, w.level, w.self, w.exported, w.comment = in, outer, level, self, exported, span{}
}

// impl walks a block that adds members to a type that is defined elsewhere.
func (w *walker) impl(n int, r *rule) {
	of := w.child(n, r.typ)
	name := lastName(w.typeOf(of))
	if name == "" || name == unknown {
		w.children(n, RoleUse)
		return
	}
	path, level, self, around := w.path, w.level, w.self, w.enter()
	w.path, w.level, w.self = append(slices.Clone(path), name), KindType, name
	w.typeParams(n)
	if base := w.child(n, r.value); base != 0 {
		if e := w.typeOf(base); bounded(e) != "" && e != unknown {
			open := w.typesNamed(name)
			for _, i := range open {
				w.definitions[i].bases = append(w.definitions[i].bases, w.word(e))
			}
			w.types[name] = slices.DeleteFunc(open, func(i int) bool { return len(w.definitions[i].bases) >= maxBases })
		}
		w.walk(base, RoleInherit)
	}
	w.walk(of, RoleType)
	w.bind("Self", name)
	w.children(n, RoleUse, of, w.child(n, r.value))
	w.leave(around)
	w.path, w.level, w.self = path, level, self
}

// typesNamed returns the places, among the definitions so far, of the types with a name that
// may have more bases. It looks at each definition once, and at each type as often as it may
// have bases, however many blocks ask.
func (w *walker) typesNamed(name string) []int {
	if w.types == nil {
		w.types = make(map[string][]int)
	}
	for ; w.typed < len(w.definitions); w.typed++ {
		if d := &w.definitions[w.typed]; d.kind == KindType && len(d.bases) < maxBases {
			name := w.vocabulary.text(d.name)
			w.types[name] = append(w.types[name], w.typed)
		}
	}
	return w.types[name]
}

func lastName(expression string) string {
	return expression[strings.LastIndexByte(expression, '.')+1:]
}

// declared finds the name among stars, brackets and parameters, as C has it.
func (w *walker) declared(n int) int {
	for range maxDepth {
		if d := w.rule(n); n != 0 && d != nil && d.do == actDeclared {
			n = w.child(n, d.name)
			continue
		}
		if n == 0 || w.does(n) != actDeclarator {
			return n
		}
		inner := w.child(n, "declarator")
		if inner == 0 {
			inner = w.child(n, "name")
		}
		if inner == 0 {
			inner = w.child(n, "#0")
		}
		n = inner
	}
	return 0
}

// split returns a name and the path before it.
func (w *walker) split(n int) (name, owner string) {
	text := w.plain(strings.Trim(w.text(n), `"'`))
	if w.does(n) == actMember {
		text = strings.ReplaceAll(strings.Join(strings.Fields(text), ""), "::", ".")
		if strings.ContainsAny(text, "<(") {
			return "", ""
		}
		if i := strings.LastIndexByte(text, '.'); i >= 0 {
			return text[i+1:], strings.TrimPrefix(text[:i], ".")
		}
	}
	return text, ""
}

// params binds the parameters of a function.
func (w *walker) params(n int, r *rule) {
	list := w.child(n, r.params)
	if list == 0 {
		for _, c := range w.list(n) {
			if w.does(c) == actDeclarator { // C: they stand in the declarator
				w.declaratorParams(c)
			}
		}
		return
	}
	if w.does(list) == actName { // a lambda with one
		w.bind(w.text(list), unknown)
		return
	}
	if w.does(list) == actParam {
		w.walk(list, RoleUse)
		return
	}
	expected := w.hope
	for i, c := range w.list(list) {
		of := unknown
		if expected != "" {
			of = parameter(expected, i)
		}
		w.hope = of
		switch {
		case i == 0 && w.language.receiver && w.does(c) == actName && w.self != "" && w.level == KindFunction && len(w.path) > 1:
			w.bind(w.text(c), w.self)
		case w.does(c) == actName:
			w.bind(w.text(c), of)
		case w.does(c) == actPattern:
			w.bindPattern(c, of)
		default:
			w.walk(c, RoleUse)
		}
	}
	w.hope = ""
}

func (w *walker) declaratorParams(n int) {
	for _, c := range w.list(n) {
		if w.does(c) == actDeclarator {
			w.declaratorParams(c)
		} else if w.kind(c) == "parameter_list" {
			w.children(c, RoleUse)
		}
	}
}

// param binds one parameter. A parameter that is also a field defines it.
func (w *walker) param(n int, r *rule) {
	t, value := w.child(n, r.typ), w.child(n, r.value)
	of := unknown
	if w.hope != "" {
		of, w.hope = w.hope, ""
	}
	w.walk(t, RoleType)
	w.walk(value, RoleUse)
	if t != 0 {
		of = w.typeOf(t)
	} else if value != 0 && of == unknown {
		of = w.value(value)
	}
	name := w.declared(w.child(n, r.name))
	if r.spread && of != unknown && of != "" {
		of = "[]" + of
	}
	w.bindPattern(name, of)
	if name != 0 && r.field(w, n) && w.self != "" {
		w.selfField(n, w.plain(w.text(name)), w.start(name), of)
	}
	w.children(n, RoleUse, t, value, w.child(n, r.name))
}

// classParams defines the fields that the head of a type declares.
func (w *walker) classParams(n int, r *rule) {
	list := w.child(n, r.params)
	if list == 0 {
		return
	}
	for _, c := range w.list(list) {
		p := w.rule(c)
		if p == nil || p.do != actParam {
			w.walk(c, RoleUse)
			continue
		}
		t, name := w.child(c, p.typ), w.child(c, p.name)
		w.walk(t, RoleType)
		if name != 0 {
			w.selfField(c, w.text(name), w.start(name), w.typeOf(t))
		}
	}
}

// typeParams binds the parameters of a generic.
func (w *walker) typeParams(n int) {
	for _, c := range w.list(n) {
		if k := w.kind(c); k != "type_parameters" && k != "type_parameter_list" {
			continue
		}
		for _, p := range w.list(c) {
			name := w.child(p, "name")
			if name == 0 {
				name = p
				if first := w.list(p); len(first) > 0 {
					name = first[0]
				}
			}
			of := unknown
			if c := w.child(p, "constraint"); c != 0 && w.language.contextual {
				of = w.typeOf(c)
			}
			w.bind(w.text(name), of)
		}
	}
}

// variables declares the names of a declaration.
func (w *walker) variables(n int, r *rule) {
	t := w.child(n, r.typ)
	w.walk(t, RoleType)
	of := ""
	if t != 0 {
		of = w.typeOf(t)
	}
	kind := r.kind
	if kind == 0 {
		kind = KindVar
	}
	inferred := t == 0 || w.language.inferred[w.text(t)]
	for _, c := range w.list(n) {
		if c == t || w.field(c) != r.name && (r.name == "" || r.name[0] != '#' || w.child(n, r.name) != c) {
			continue
		}
		name, value := c, w.child(n, r.value)
		if d := w.rule(c); d != nil && d.do == actDeclared {
			name = w.child(c, d.name)
			if d.value != "" {
				value = w.child(c, d.value)
			}
			if dt := w.child(c, d.typ); dt != 0 {
				w.walk(dt, RoleType)
				of, inferred = w.typeOf(dt), false
			}
		}
		name = w.declared(name)
		if w.language.requires != nil && w.language.requires(w, name, value) {
			continue
		}
		w.expecting(value, of)
		part := of
		if inferred {
			part = unknown
			if value != 0 {
				part = w.value(value)
			}
		}
		if part == unknown && t != 0 && w.language.contextual && w.level != KindFunction {
			part = w.typeWhole(t)
		}
		w.declarePattern(n, name, part, kind, value)
	}
	w.children(n, RoleUse, w.declarations(n, r, t)...)
}

// declarations are the parts of a declaration that variables has dealt with.
func (w *walker) declarations(n int, r *rule, t int) []int {
	done := []int{t, w.child(n, r.value)}
	for _, c := range w.list(n) {
		if w.field(c) == r.name || r.name != "" && r.name[0] == '#' && w.child(n, r.name) == c {
			done = append(done, c)
		}
	}
	return done
}

func (w *walker) declarePattern(n, name int, of string, kind Kind, value int) {
	if name == 0 {
		return
	}
	if w.does(name) == actPattern {
		w.bindPattern(name, of)
		return
	}
	if value != 0 && w.level != KindFunction && w.does(value) == actFunction {
		kind = KindFunction
		if w.level == KindType {
			kind = KindMethod
		}
		if w.language.contextual {
			of = w.callableValue(value, of)
		} else if of = ""; w.child(value, "return_type") != 0 {
			of = w.typeOf(w.child(value, "return_type"))
		}
	}
	w.declare(n, name, of, kind)
}

// bindPattern binds the names of a pattern. The type of the whole says nothing about its
// parts, except for members that are taken by their names.
func (w *walker) bindPattern(n int, of string) {
	if n == 0 {
		return
	}
	r := orNone(w.rule(n))
	switch r.do {
	case actName, actShorthand:
		w.bind(strings.TrimSpace(w.text(n)), of)
	case actTypeName:
	case actDeclared:
		if t := w.child(n, r.typ); t != 0 && t != w.child(n, r.name) {
			w.walk(t, RoleType)
			of = w.typeOf(t)
		}
		w.bindPattern(w.declared(n), of)
	case actPattern, actDeclarator, actNone, actType, actCast, actParam:
		single := r.do == actDeclarator
		for _, c := range w.list(n) {
			switch f := w.field(c); {
			case f == "type" || f == "key" || f == "path":
				w.walk(c, RoleType)
			case single:
				w.bindPattern(c, of)
			case w.does(c) == actShorthand:
				w.bind(w.text(c), step(of, "."+w.text(c)))
			case w.unwraps(n):
				w.bindPattern(c, step(of, "[]"))
			default:
				w.bindPattern(c, unknown)
			}
		}
	default:
		w.walk(n, RoleUse)
	}
}

// unwraps says whether a pattern takes the one element out of a wrapper.
func (w *walker) unwraps(n int) bool {
	t := w.child(n, "type")
	return t != 0 && (w.text(t) == "Some" || w.text(t) == "Ok")
}

// bases returns the expressions of the types that a type extends.
func (w *walker) bases(n int, r *rule) (all []string) {
	var visit func(n int)
	visit = func(n int) {
		switch orNone(w.rule(n)).as {
		case asSkip:
			return
		case asName, asMember, asGeneric:
			if of := w.typeOf(n); of != unknown && of != "" && !strings.HasPrefix(of, "[]") && len(all) < maxBases {
				all = append(all, of)
			}
			return
		}
		for _, c := range w.list(n) {
			visit(c)
		}
	}
	for _, c := range w.list(n) {
		if w.does(c) == actBases || r.bases != "" && w.field(c) == r.bases {
			for _, b := range w.list(c) {
				visit(b)
			}
			if len(w.list(c)) == 0 {
				visit(c)
			}
		}
	}
	return all
}

// signature returns the head of a definition.
func (w *walker) signature(n, body int) string {
	start, end := w.start(n), w.end(n)
	if body != 0 {
		end = w.start(body)
	}
	text := strings.TrimSpace(string(w.collector.text[start:min(end, start+4*MaxSignature)]))
	if body == 0 {
		text = firstLine("", text)
	}
	return strings.TrimSpace(strings.TrimRight(text, "{:=; \t\n"))
}

// visibility looks for a modifier right below a definition.
func (w *walker) visibility(n int, name string) Visibility {
	said := ""
	for c, end := w.first(n), w.next(n); c < end; c = w.next(c) {
		if strings.Contains(w.kind(c), "modifier") || w.kind(c) == "storage_class_specifier" {
			said += w.text(c) + " "
		}
	}
	if w.exported {
		said += "export "
	}
	return w.language.visible(name, said)
}

// packages notes the package of a text, or walks the names of a namespace.
func (w *walker) packages(n int, r *rule) {
	at := w.child(n, r.name)
	if at == 0 {
		at = n
	}
	name := strings.Join(strings.Fields(strings.Trim(w.text(at), "; ")), "")
	name = strings.NewReplacer(`\`, ".", "::", ".", "package", "").Replace(name)
	if w.packageName == "" && sound(name) {
		w.packageName = name
	}
	w.children(n, RoleUse, at)
}
