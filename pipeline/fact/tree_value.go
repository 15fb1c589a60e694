package fact

import "strings"

// value describes the type of an expression, as far as the text states it.
func (w *walker) value(n int) string { return w.valueAt(n, 0) }

func (w *walker) valueAt(n, deep int) string {
	if n == 0 || deep > MaxExpression {
		return unknown
	}
	r := orNone(w.rule(n))
	if r.of != "" {
		return r.of
	}
	switch r.do {
	case actName, actTypeName:
		return w.nameValue(w.text(n))
	case actSelfField:
		return step(w.selfOr(unknown), "."+w.text(n))
	case actMember:
		object, name := w.child(n, r.object), w.child(n, r.name)
		if name == 0 {
			return unknown
		}
		of := w.selfOr(unknown)
		if object != 0 {
			of = w.valueAt(object, deep+1)
		}
		return w.stepName(of, w.plain(w.text(name)))
	case actCall:
		return w.callValue(n, r, deep)
	case actNew:
		if t := w.child(n, r.typ); t != 0 {
			return w.typeOf(t)
		}
	case actCast:
		return w.typeOf(w.child(n, r.typ))
	case actElement:
		return step(w.valueAt(w.child(n, orDefault(r.value, "#0")), deep+1), "[]")
	case actValue:
		return w.valueAt(w.child(n, orDefault(r.value, "#0")), deep+1)
	case actList:
		if first := w.child(n, "#0"); first != 0 && w.next(first) == w.next(n) {
			if of := w.valueAt(first, deep+1); of != unknown && !strings.HasPrefix(of, "[]") {
				return "[]" + of
			}
		}
	}
	return unknown
}

func orDefault(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// nameValue describes the type of a name, as far as it is known.
func (w *walker) nameValue(name string) string {
	if w.language.selfs[name] {
		return w.selfOr(unknown)
	}
	if w.language.supers[name] {
		if own := w.selfOr(""); own != "" {
			return "^" + strings.TrimPrefix(own, "@")
		}
		return unknown
	}
	if bound, ok := w.find(name); ok {
		if path, inner := strings.CutPrefix(bound, localPrefix); inner {
			return "@" + orDefault(path, "") + "/" + name
		}
		return bound
	}
	if w.language.builtin[name] && !w.language.closed {
		return unknown
	}
	return name
}

// stepName adds a member. The members of lists that return an element are steps
// to an element.
func (w *walker) stepName(of, name string) string {
	if strings.HasPrefix(of, "[]") {
		if same[name] {
			return of
		}
		if taken[name] {
			return "[]" + of // the call takes this one away
		}
	}
	return step(of, "."+name)
}

// taken are methods of lists and wrappers that return an element, in any language;
// same are those that return the list or a part of it.
var (
	taken = names(`get pop popitem first last find orElse orElseThrow next peek poll element getFirst getLast at shift unwrap expect
unwrap_or_default unwrap_or_else unwrap_or lock borrow borrow_mut read write as_ref as_mut getOrNull firstOrNull FirstOrDefault First
Single SingleOrDefault Last back front top value setdefault head min max sample`)
	same = names(`values copy iter iter_mut into_iter filter sort sorted reversed reverse slice clone stream toList ToList Where OrderBy
rev skip take peekable filterNotNull sortedBy asSequence collect concat to_a select reject as_deref`)
)

func (w *walker) callValue(n int, r *rule, deep int) string {
	name := w.child(n, r.name)
	if name == 0 {
		return unknown
	}
	var of string
	if r.object == "" {
		of = w.valueAt(name, deep+1)
	} else if object := w.child(n, r.object); object != 0 {
		of = w.stepName(w.valueAt(object, deep+1), w.text(name))
	} else {
		of = w.nameValue(w.text(name))
	}
	switch {
	case strings.HasPrefix(of, "^"):
		return of // super() is the object, as its bases have it
	case strings.HasPrefix(of, "[][]"):
		return strings.TrimPrefix(of, "[][]")
	case strings.HasPrefix(of, "[]"):
		return of
	}
	return step(of, "()")
}

// typeOf returns the expression of a type.
func (w *walker) typeOf(n int) string { return w.typeAt(n, 0) }

func (w *walker) typeAt(n, deep int) string {
	if n == 0 || deep > maxDepth/10 {
		return unknown
	}
	r := orNone(w.rule(n))
	switch r.as {
	case asName:
		return w.typeName(w.text(n))
	case asMember:
		object, name := w.child(n, r.object), w.child(n, r.name)
		if object == 0 {
			object, name = w.child(n, "#0"), w.child(n, "#-1")
		}
		if orNone(w.rule(name)).as == asGeneric {
			return w.generic(name, orNone(w.rule(name)), deep)
		}
		if object == 0 || name == 0 || object == name {
			return w.typeName(w.text(n))
		}
		return step(w.typeAt(object, deep+1), "."+w.text(name))
	case asGeneric:
		return w.generic(n, r, deep)
	case asList:
		if of := w.typeAt(w.child(n, orDefault(r.typ, "#0")), deep+1); of != unknown {
			return "[]" + of
		}
		return unknown
	case asUnion:
		found := unknown
		for _, c := range w.list(n) {
			switch of := w.typeAt(c, deep+1); {
			case of == unknown:
			case found == unknown:
				found = of
			case found != of:
				return unknown
			}
		}
		return found
	case asSkip:
		return unknown
	}
	for _, c := range w.list(n) {
		if of := w.typeAt(c, deep+1); of != unknown {
			return of
		}
	}
	return unknown
}

func (w *walker) typeName(name string) string {
	if w.language.selfs[name] || name == "Self" || name == "static" {
		if of := w.selfOr(""); of != "" {
			return of
		}
	}
	if bound, ok := w.find(name); ok {
		if path, inner := strings.CutPrefix(bound, localPrefix); inner {
			return "@" + path + "/" + name
		}
		return bound
	}
	if w.language.builtin[name] && !w.language.closed || !sound(name) {
		return unknown
	}
	return name
}

// generic returns the type of a generic with its arguments.
func (w *walker) generic(n int, r *rule, deep int) string {
	parts := w.list(n)
	if len(parts) == 0 {
		return w.typeName(w.text(n))
	}
	base := parts[0]
	name := lastName(w.text(base))
	var args []int
	if len(parts) > 1 {
		args = w.list(parts[len(parts)-1])
		if r.object != "" { // a subscript: the arguments stand in it
			args = parts[1:]
		}
	}
	if i := strings.LastIndexAny(name, ":."); i >= 0 {
		name = name[i+1:]
	}
	switch {
	case len(args) == 0:
	case transparent[name]:
		return w.typeAt(args[0], deep+1)
	case lists[name]:
		at := args[len(args)-1]
		if firsts[name] {
			at = args[0]
		}
		if of := w.typeAt(at, deep+1); of != unknown {
			return "[]" + of
		}
		return unknown
	}
	return w.typeAt(base, deep+1)
}

// transparent wrappers have the members of the type inside. lists hold elements, whose type
// the last argument gives, or the first.
var (
	transparent = names(`Box Rc Arc Ref RefMut Cow Optional Annotated ClassVar Final Readonly Partial Required NonNullable Awaited Pin
unique_ptr shared_ptr weak_ptr Type type Lazy`)
	lists = names(`Vec VecDeque Option Result HashMap BTreeMap HashSet BTreeSet Mutex RwLock RefCell Cell List list Sequence Iterable Iterator
Collection Set set FrozenSet frozenset Tuple tuple Deque deque Generator AsyncIterator AsyncGenerator Awaitable Coroutine Dict dict Mapping
MutableMapping DefaultDict defaultdict OrderedDict Promise Array ReadonlyArray Map ReadonlyMap WeakMap Record ArrayList LinkedList Queue
Stream Future CompletableFuture HashSet LinkedHashMap TreeMap ConcurrentHashMap ConcurrentMap Supplier Provider Task ValueTask IEnumerable
IList ICollection IReadOnlyList IReadOnlyCollection Dictionary IDictionary IReadOnlyDictionary HashSet Nullable vector array deque map
unordered_map optional Seq MutableList Flow Vector Either Try`)
	firsts = names("Result Generator AsyncGenerator array")
)
