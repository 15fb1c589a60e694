package fact

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

// Tree is a syntax tree of tree-sitter, flat: its named nodes, each before
// those below it.
type Tree struct {
	Kinds  []string // the names of kinds, by number
	Fields []string // the names of fields, by number; the first is empty
	Nodes  []Node
}

// Node is a node of a tree.
type Node struct {
	Kind, Field uint16
	Start, End  uint32 // bytes, half open
	Next        uint32 // number of the first node that is not below this one
}

// Extracts says whether OfTree finds facts of a language.
func Extracts(language string) bool { return language == "Go" || languages[language] != nil }

// OfTree finds the facts of a text in a language by its syntax tree, and returns them as
// Encode does. It returns nil for a language without rules.
func OfTree(language string, tree *Tree, text []byte) []byte {
	l := languages[language]
	if l == nil || len(tree.Nodes) == 0 {
		return nil
	}
	w := &walker{collector: newCollector(text, nil), all: string(text), language: l, tree: tree, rules: l.rulesOf(language, tree.Kinds)}
	w.children(0, RoleUse)
	return w.encoded()
}

// grammars holds the rules of languages by the numbers of kinds. Each is made once.
var grammars sync.Map // of a language's name to *grammar

type grammar struct {
	kinds []string
	rules []*rule
}

// rulesOf returns the rules of the kinds of a language's grammar.
func (l *language) rulesOf(name string, kinds []string) []*rule {
	if known, ok := grammars.Load(name); ok {
		if g := known.(*grammar); len(g.kinds) == len(kinds) && unsafe.SliceData(g.kinds) == unsafe.SliceData(kinds) {
			return g.rules
		}
	}
	g := &grammar{kinds: kinds, rules: make([]*rule, len(kinds))}
	for i, kind := range kinds {
		if r, ok := l.rules[kind]; ok {
			g.rules[i] = &r
		}
	}
	grammars.Store(name, g)
	return g.rules
}

// walker walks a tree by the rules of its language.
type walker struct {
	*collector
	all      string // the text: parts of it take no memory of their own
	language *language
	tree     *Tree
	rules    []*rule // by kind
	self     string  // the expression of the object whose method this is
	level    Kind    // of the innermost definition: a type, a function, or 0
	returned string  // the type that the innermost function returns; "" is unknown
	hope     string  // the type that the place of the present function expects of its present parameter; "" is unknown
	exported bool    // a wrapper around says so
	comment  span    // the last comment, with the ones right before it
	depth    int
	types    map[string][]int // places among the definitions, by name, of the first typed of them
	typed    int
}

type span struct{ start, end int }

func (w *walker) rule(n int) *rule {
	if kind := int(w.tree.Nodes[n].Kind); kind < len(w.rules) {
		return w.rules[kind]
	}
	return nil
}

var noRule = &rule{}

func (w *walker) does(n int) act { return orNone(w.rule(n)).do }

func orNone(r *rule) *rule {
	if r == nil {
		return noRule
	}
	return r
}

func (w *walker) kind(n int) string {
	if kind := int(w.tree.Nodes[n].Kind); kind < len(w.tree.Kinds) {
		return w.tree.Kinds[kind]
	}
	return ""
}

func (w *walker) text(n int) string {
	node := w.tree.Nodes[n]
	return w.all[node.Start:min(node.End, node.Start+4*MaxSignature)]
}

// plain returns a name without the mark of a variable.
func (w *walker) plain(name string) string {
	if w.language.dollar {
		return strings.TrimPrefix(name, "$")
	}
	return name
}

func (w *walker) start(n int) int { return int(w.tree.Nodes[n].Start) }
func (w *walker) end(n int) int   { return int(w.tree.Nodes[n].End) }

// first and next go through the nodes right below n.
func (w *walker) first(n int) int { return n + 1 }
func (w *walker) next(n int) int  { return int(w.tree.Nodes[n].Next) }

// list returns the nodes right below n.
func (w *walker) list(n int) []int {
	var all []int
	for c, end := w.first(n), w.next(n); c < end; c = w.next(c) {
		all = append(all, c)
	}
	return all
}

// child returns the node below n in a field, or at a place: "#0" is the first, "#-1" the
// last, "~block" the last of the kind block. It returns 0 if there is none.
func (w *walker) child(n int, field string) int {
	if field == "" {
		return 0
	}
	if place, ok := strings.CutPrefix(field, "#"); ok {
		at, _ := strconv.Atoi(place)
		list := w.list(n)
		if at < 0 {
			at += len(list)
		}
		if at < 0 || at >= len(list) {
			return 0
		}
		return list[at]
	}
	if kind, ok := strings.CutPrefix(field, "~"); ok {
		last := 0
		for c, end := w.first(n), w.next(n); c < end; c = w.next(c) {
			if w.kind(c) == kind {
				last = c
			}
		}
		return last
	}
	for c, end := w.first(n), w.next(n); c < end; c = w.next(c) {
		if f := int(w.tree.Nodes[c].Field); f < len(w.tree.Fields) && w.tree.Fields[f] == field {
			return c
		}
	}
	return 0
}

// field returns the name of the field in which a node is.
func (w *walker) field(n int) string {
	if f := int(w.tree.Nodes[n].Field); f < len(w.tree.Fields) {
		return w.tree.Fields[f]
	}
	return ""
}

func (w *walker) children(n int, role Role, but ...int) {
	for c, end := w.first(n), w.next(n); c < end; c = w.next(c) {
		skip := false
		for _, b := range but {
			skip = skip || b == c
		}
		if !skip {
			w.walk(c, role)
		}
	}
}

// walk finds the facts of a node and of all nodes below it.
func (w *walker) walk(n int, role Role) {
	if n == 0 {
		return
	}
	if w.depth >= maxDepth {
		w.cut = true
		return
	}
	w.depth++
	defer func() { w.depth-- }()
	r := orNone(w.rule(n))
	switch r.do {
	case actComment:
		w.remember(n)
	case actSkip, actShorthand:
	case actExport:
		was := w.exported
		w.exported = true
		w.exports(n)
		w.children(n, RoleUse, w.child(n, "source"))
		w.exported = was
	case actDefine:
		w.definition(n, r)
	case actImpl:
		w.impl(n, r)
	case actBind:
		w.variables(n, r)
	case actMembers:
		for _, c := range w.list(n) {
			if w.field(c) == "name" {
				w.declare(c, c, unknown, KindConst)
			} else {
				w.walk(c, RoleUse)
			}
		}
	case actAssign:
		w.assign(n, r)
	case actFor:
		value := w.child(n, r.value)
		w.walk(value, RoleUse)
		of := step(w.value(value), "[]")
		if t := w.child(n, r.typ); t != 0 && w.typeOf(t) != unknown {
			w.walk(t, RoleType)
			of = w.typeOf(t)
		}
		name := w.child(n, r.name)
		if w.language.loops && w.level != KindFunction {
			w.assignTo(name, name, of, 0)
		} else {
			w.bindPattern(name, of)
		}
		w.children(n, RoleUse, value, name, w.child(n, r.typ))
	case actFunction:
		w.function(n, r, unknown)
	case actReturn:
		for _, c := range w.list(n) {
			w.expecting(c, w.returned)
		}
	case actParam:
		w.param(n, r)
	case actComprehension:
		w.comprehension(n)
	case actCall:
		w.call(n, r)
	case actMember:
		w.member(n, r, role)
	case actNew:
		w.created(n, r)
	case actCast:
		w.walk(w.child(n, r.value), RoleUse)
		w.walk(w.child(n, r.typ), RoleType)
		w.bindPattern(w.child(n, r.name), w.typeOf(w.child(n, r.typ)))
		w.children(n, RoleUse, w.child(n, r.value), w.child(n, r.typ), w.child(n, r.name))
	case actElement:
		w.children(n, RoleUse)
	case actValue, actType:
		w.children(n, role)
	case actPair:
		w.walk(w.child(n, r.value), role)
		w.walk(w.child(n, r.typ), role)
	case actTypes:
		w.children(n, RoleType)
	case actBases:
		w.children(n, RoleInherit)
	case actName:
		w.name(n, role)
	case actTypeName:
		if role == RoleUse || role == RoleWrite {
			role = RoleType
		}
		w.name(n, role)
	case actSelfField:
		w.refer(w.text(n), w.selfOr(unknown), role, w.start(n))
	case actImport:
		w.language.imports(w, n)
	case actPackage:
		w.packages(n, r)
	default:
		w.children(n, RoleUse)
	}
}

// remember notes a comment, which may document the next definition.
func (w *walker) remember(n int) {
	if gap := w.gap(w.start(n)); gap {
		w.comment.end = w.end(n)
	} else {
		w.comment = span{w.start(n), w.end(n)}
	}
}

// gap says whether the last comment stands right before a place.
func (w *walker) gap(at int) bool {
	if w.comment.end == 0 || w.comment.end > at || at-w.comment.end > 400 {
		return false
	}
	between := w.collector.text[w.comment.end:at]
	if w.collector.text[w.comment.end-1] == '\n' {
		between = append([]byte{'\n'}, between...)
	}
	for line := range bytes.Lines(between) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && !w.language.aside(line) {
			return false
		}
	}
	return !bytes.Contains(bytes.ReplaceAll(between, []byte("\r"), nil), []byte("\n\n"))
}

// nested runs fn in the scope of a function inside.
func (w *walker) nested(fn func()) {
	around, level := w.enter(), w.level
	if w.level != KindFunction {
		w.level = KindFunction
	}
	fn()
	w.leave(around)
	w.level = level
}

func (w *walker) bind(name, expression string) {
	if name == "" || name == "_" {
		return
	}
	at, of := w.word(name), w.word(expression)
	if known, ok := w.own(at); ok && of == unknownWord && known != unknownWord && w.level == KindFunction {
		return // it was given a value that says more
	}
	w.scopes.bind(at, of)
}

// find returns the expression of a name's innermost binding.
func (w *walker) find(name string) (expression string, ok bool) {
	of, ok := w.scopes.find(w.word(name))
	return w.vocabulary.text(of), ok
}

func (w *walker) refer(name, receiver string, role Role, start int) {
	w.collector.refer(w.word(name), w.word(receiver), role, start)
}

// defineAs adds a definition whose qualified name is known.
func (w *walker) defineAs(d Definition, nameAt int) int {
	if !sound(d.Name) || !sound(d.Qualified) { // which none of the others would be kept for
		return w.collector.defineAs(definition{}, nameAt)
	}
	f := definition{
		name: w.word(d.Name), qualified: w.word(d.Qualified), kind: d.Kind, visibility: d.Visibility, start: int32(d.Start), end: int32(d.End),
		signature: w.word(shorten(d.Signature, MaxSignature)), doc: w.word(shorten(d.Doc, MaxSentence)), typ: w.word(d.Type),
	}
	for _, b := range d.Bases {
		f.bases = append(f.bases, w.word(b))
	}
	return w.collector.defineAs(f, nameAt)
}

// given says whether a word is a name that every text of the language has, or that of
// the object.
func (w *walker) given(name word) bool {
	if !w.has(name, markAsked) {
		w.mark(name, markAsked)
		if text, l := w.vocabulary.text(name), w.language; l.builtin[text] || l.selfs[text] || l.supers[text] {
			w.mark(name, markBuiltin)
		}
	}
	return w.has(name, markBuiltin)
}

// name adds a reference to a name that stands alone.
func (w *walker) name(n int, role Role) {
	name := w.word(w.text(n))
	if w.given(name) {
		return
	}
	if of, ok := w.scopes.find(name); ok {
		if path, inner := strings.CutPrefix(w.vocabulary.text(of), localPrefix); inner {
			w.collector.refer(name, w.word("@"+path), role, w.start(n))
		}
		return
	}
	if role != RoleUse || !w.has(name, markModule) {
		w.collector.refer(name, noWord, role, w.start(n))
	}
}

// seen says whether a qualified name was asked for before.
func (w *walker) seen(qualified string) bool {
	name := w.word(qualified)
	before := w.has(name, markSeen)
	w.mark(name, markSeen)
	return before
}

// localPrefix marks names that stand for definitions inside a function.
const localPrefix = "local:"

func (w *walker) selfOr(other string) string {
	if w.self == "" {
		return other
	}
	return w.self
}

func (w *walker) call(n int, r *rule) {
	object, name := w.child(n, r.object), w.child(n, r.name)
	if name == 0 || w.does(name) != actName && w.does(name) != actTypeName && r.object != "" {
		w.walk(name, RoleCall)
		w.children(n, RoleUse, name)
		return
	}
	if r.object == "" {
		w.walk(name, RoleCall)
		if args := w.child(n, "arguments"); args != 0 && w.language.contextual {
			w.arguments(args, name)
			w.children(n, RoleUse, name, args)
			return
		}
		w.children(n, RoleUse, name)
		return
	}
	if object == 0 {
		w.name(name, RoleCall)
	} else {
		w.walk(object, RoleUse)
		w.refer(w.text(name), w.value(object), RoleCall, w.start(name))
	}
	w.children(n, RoleUse, object, name)
}

func (w *walker) member(n int, r *rule, role Role) {
	object, name := w.child(n, r.object), w.child(n, r.name)
	if name == 0 || name == object {
		w.children(n, RoleUse)
		return
	}
	receiver := w.selfOr(unknown)
	if object != 0 {
		receiver = w.value(object)
		w.walk(object, RoleUse)
	}
	at := name
	if w.does(name) == actType { // a generic with its arguments
		at = w.first(name)
		w.children(name, RoleType, at)
	} else if w.does(name) == actMember {
		w.walk(name, role)
		return
	}
	if r.typed && (role == RoleUse || role == RoleWrite) {
		role = RoleType
	}
	if at < len(w.tree.Nodes) {
		w.refer(w.plain(w.text(at)), receiver, role, w.start(at))
	}
	w.children(n, RoleUse, object, name)
}

func (w *walker) created(n int, r *rule) {
	of := w.child(n, r.typ)
	if of == 0 {
		w.children(n, RoleUse)
		return
	}
	w.walk(of, RoleCall)
	if args := w.child(n, "arguments"); args != 0 && w.language.contextual {
		w.arguments(args, of)
		w.children(n, RoleUse, of, args)
		return
	}
	w.children(n, RoleUse, of)
}

// assign binds or defines a name that is assigned for the first time, and adds references to
// the others.
func (w *walker) assign(n int, r *rule) {
	left, value := w.child(n, r.name), w.child(n, r.value)
	w.walk(w.child(n, r.typ), RoleType)
	w.walk(value, RoleUse)
	of := w.value(value)
	if t := w.child(n, r.typ); t != 0 {
		of = w.typeOf(t)
	}
	w.assignTo(n, left, of, value)
	w.children(n, RoleUse, left, value, w.child(n, r.typ))
}

func (w *walker) assignTo(n, left int, of string, value int) {
	if left == 0 {
		return
	}
	switch w.does(left) {
	case actName:
		if !w.language.declares { // an assignment to a name that was declared
			w.walk(left, RoleWrite)
			return
		}
		w.declare(n, left, of, KindVar)
	case actSelfField:
		w.selfField(n, w.text(left), w.start(left), of)
		w.walk(left, RoleWrite)
	case actMember:
		m := w.rule(left)
		object, name := w.child(left, m.object), w.child(left, m.name)
		if object != 0 && name != 0 && w.language.fields && w.self != "" && w.value(object) == w.self {
			w.selfField(n, w.text(name), w.start(name), of)
		}
		w.walk(left, RoleWrite)
	case actPattern:
		list := w.list(left)
		if w.kind(left) == "as_pattern_target" && len(list) == 1 && w.does(value) != actCall { // what Python catches
			w.assignTo(n, list[0], of, value)
			return
		}
		for i, c := range list {
			part := unknown
			if values := w.list(value); w.does(value) == actPattern && len(values) == len(list) {
				part = w.value(values[i])
			} else if of != unknown && value != 0 && w.does(value) == actCall {
				part = step(of, "#"+strconv.Itoa(i))
				if i == 0 {
					part = step(of, "#0")
				}
			}
			w.assignTo(n, c, part, 0)
		}
	default:
		w.walk(left, RoleWrite)
	}
}

// selfField defines a field that a method assigns to its object, once.
func (w *walker) selfField(n int, name string, at int, of string) {
	path := strings.ReplaceAll(strings.TrimPrefix(w.self, "@"), "/", ".")
	qualified := path + "." + name
	if path == "" || w.seen(qualified) {
		return
	}
	w.defineAs(Definition{
		Name: name, Qualified: qualified, Kind: KindField, Visibility: w.language.visible(name, ""), Start: w.start(n), End: w.end(n),
		Signature: firstLine("", w.text(n)), Type: of,
	}, at)
}

// declare defines a variable of a file or a type, and binds one of a function.
func (w *walker) declare(n, name int, of string, kind Kind) {
	text := w.plain(w.text(name))
	if k := w.kind(name); k == "computed_property_name" || k == "number" { // an expression or a number, which nothing names
		return
	}
	if w.level == KindFunction {
		w.bind(w.text(name), of)
		return
	}
	if w.level == KindType && kind == KindVar {
		kind = KindField
	}
	qualified := strings.Join(append(append([]string{}, w.path...), text), ".")
	if w.seen(qualified) {
		return
	}
	w.defineAs(Definition{
		Name: text, Qualified: qualified, Kind: kind, Visibility: w.visibility(n, text), Start: w.start(n), End: w.end(n),
		Signature: firstLine("", w.text(n)), Doc: w.documentation(n, 0), Type: of,
	}, w.start(name))
}

func (w *walker) comprehension(n int) {
	w.nested(func() {
		list := w.list(n)
		for _, c := range list {
			if w.does(c) == actFor {
				w.walk(c, RoleUse)
			}
		}
		for _, c := range list {
			if w.does(c) != actFor {
				w.walk(c, RoleUse)
			}
		}
	})
}
