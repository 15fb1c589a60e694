package fact

import (
	"bytes"
	"go/ast"
	"go/token"
	"path"
	"strconv"
	"strings"
)

// OfGo finds the facts of a file of Go that was parsed with its comments, and returns
// them as Encode does.
func OfGo(tree *ast.File, file *token.File, text []byte) []byte {
	g := &golang{collector: newCollector(text, file.Lines()), base: file.Base()}
	if g.packageName = tree.Name.Name; len(g.packageName) > MaxName {
		g.packageName = ""
	}
	for _, spec := range tree.Imports {
		g.importSpec(spec)
	}
	for _, decl := range tree.Decls {
		switch d := decl.(type) {
		case *ast.GenDecl:
			g.general(d)
		case *ast.FuncDecl:
			g.function(d)
		}
	}
	return g.encoded()
}

// golang walks a file of Go.
type golang struct {
	*collector
	base  int // of the file's positions
	depth int // of statements and expressions around
	steps int // of the expression under way
}

func (g *golang) bind(name string, expression word) {
	if name != "_" {
		g.scopes.bind(g.word(name), expression)
	}
}

// inside runs fn in a scope of its own.
func (g *golang) inside(fn func()) {
	around := g.enter()
	fn()
	g.leave(around)
}

func (g *golang) at(p token.Pos) int { return min(max(int(p)-g.base, 0), len(g.text)) }

// source returns the text from one place to another, or its beginning.
func (g *golang) source(from, to token.Pos) []byte {
	start, end := g.at(from), g.at(to)
	if end <= start {
		return nil
	}
	return g.text[start:min(end, start+4*MaxSignature)]
}

// head returns the signature of a definition that takes one line.
func (g *golang) head(before string, from, to token.Pos) word {
	text := g.source(from, to)
	line := text
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	line = bytes.TrimSuffix(bytes.TrimSpace(line), []byte("{"))
	out, ok := squeeze(append(g.buffer[:0], before...), line)
	if g.buffer = out; ok && len(out) <= MaxSignature && len(out) > len(before) {
		return g.bytes(out)
	}
	return g.word(shorten(firstLine(before, string(text)), MaxSignature))
}

// heading returns the signature of a function, which may take several lines.
func (g *golang) heading(from, to token.Pos) word {
	text := g.source(from, to)
	out, ok := squeeze(g.buffer[:0], text)
	if g.buffer = out; ok && len(out) <= MaxSignature {
		return g.bytes(out)
	}
	return g.word(shorten(string(text), MaxSignature))
}

func visible(name string) Visibility {
	if ast.IsExported(name) {
		return Public
	}
	return Internal
}

func (g *golang) importSpec(spec *ast.ImportSpec) {
	module, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return
	}
	i := Import{Module: module, Local: PackageName(module)}
	if spec.Name != nil {
		switch i.Local = spec.Name.Name; i.Local {
		case "_":
			i.Local = ""
		case ".":
			i.Local, i.Name = "", "*"
		}
	}
	g.imports(i, g.at(spec.Pos()))
}

// PackageName guesses the name of a package of Go by its import path.
func PackageName(module string) string {
	base := path.Base(module)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" && strings.Contains(module, "/") {
		base = path.Base(path.Dir(module))
	}
	if i := strings.LastIndex(base, ".v"); i > 0 {
		base = base[:i]
	}
	base = strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(base, ".go"), "-go"), "go-")
	return strings.ReplaceAll(base, "-", "_")
}

func (g *golang) general(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			g.typeSpec(d, s)
		case *ast.ValueSpec:
			g.valueSpec(d, s)
		}
	}
}

// extent returns the span of a specification, or of its declaration if it stands alone.
func (g *golang) extent(d *ast.GenDecl, spec ast.Spec) (start, end int) {
	if !d.Lparen.IsValid() {
		return g.at(d.Pos()), g.at(d.End())
	}
	return g.at(spec.Pos()), g.at(spec.End())
}

func (g *golang) valueSpec(d *ast.GenDecl, s *ast.ValueSpec) {
	kind := KindVar
	if d.Tok == token.CONST {
		kind = KindConst
	}
	start, end := g.extent(d, s)
	before := "var "
	if kind == KindConst {
		before = "const "
	}
	head, doc, of := g.head(before, s.Pos(), s.End()), g.documentation(s.Doc, s.Comment, d.Doc), g.typeOf(s.Type)
	for i, name := range s.Names {
		f := definition{
			name: g.word(name.Name), kind: kind, visibility: visible(name.Name), start: int32(start), end: int32(end),
			signature: head, doc: doc, typ: of,
		}
		if s.Type == nil {
			f.typ = g.assigned(s.Values, i, len(s.Names))
		}
		index := g.define(f, g.at(name.Pos()))
		if len(s.Names) == 1 {
			around := g.in
			g.in = append(g.in, index)
			g.types(s.Type)
			g.expressions(s.Values)
			g.in = around
			return
		}
	}
	g.types(s.Type)
	g.expressions(s.Values)
}

// firstLine returns the first line of a text, after a word.
func firstLine(word, text string) string {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	return strings.TrimSpace(word + strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "{")))
}

func (g *golang) typeSpec(d *ast.GenDecl, s *ast.TypeSpec) {
	start, end := g.extent(d, s)
	f := definition{
		name: g.word(s.Name.Name), kind: KindType, visibility: visible(s.Name.Name), start: int32(start), end: int32(end),
		signature: g.head("type ", s.Pos(), s.End()), doc: g.documentation(s.Doc, s.Comment, d.Doc),
	}
	var members *ast.FieldList
	switch t := s.Type.(type) {
	case *ast.StructType:
		members = t.Fields
	case *ast.InterfaceType:
		members = t.Methods
	default:
		f.typ = g.typeOf(s.Type)
	}
	for _, m := range fields(members) {
		if len(m.Names) == 0 {
			f.bases = append(f.bases, g.typeOf(m.Type))
		}
	}
	index := g.define(f, g.at(s.Name.Pos()))
	g.in, g.path = append(g.in, index), append(g.path, s.Name.Name)
	g.inside(func() {
		g.typeParams(s.TypeParams)
		if members == nil {
			g.types(s.Type)
		} else {
			g.members(members)
		}
	})
	g.in, g.path = g.in[:len(g.in)-1], g.path[:len(g.path)-1]
}

func fields(list *ast.FieldList) []*ast.Field {
	if list == nil {
		return nil
	}
	return list.List
}

// members defines the fields of a struct and the methods of an interface.
func (g *golang) members(list *ast.FieldList) {
	for _, m := range list.List {
		call, isMethod := m.Type.(*ast.FuncType)
		f := definition{
			kind: KindField, start: int32(g.at(m.Pos())), end: int32(g.at(m.End())), doc: g.documentation(m.Doc, m.Comment),
			signature: g.head("", m.Pos(), m.End()),
		}
		if len(m.Names) == 0 {
			if name, at := embedded(m.Type); name != "" {
				f.name, f.visibility, f.typ = g.word(name), visible(name), g.typeOf(m.Type)
				g.define(f, g.at(at))
			}
			g.inherit(m.Type)
			continue
		}
		if f.typ = g.typed(m.Type); isMethod && g.isInterface(m) {
			f.kind, f.typ = KindMethod, g.results(call)
		}
		for _, name := range m.Names {
			f.name, f.visibility = g.word(name.Name), visible(name.Name)
			g.define(f, g.at(name.Pos()))
		}
	}
}

// isInterface says whether a member with the type of a function is a method: its
// parameters follow its name.
func (g *golang) isInterface(m *ast.Field) bool {
	call, ok := m.Type.(*ast.FuncType)
	return ok && !call.Func.IsValid()
}

// embedded returns the name that an embedded type has as a field.
func embedded(e ast.Expr) (string, token.Pos) {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name, e.Pos()
	case *ast.StarExpr:
		return embedded(e.X)
	case *ast.SelectorExpr:
		return e.Sel.Name, e.Sel.Pos()
	case *ast.IndexExpr:
		return embedded(e.X)
	case *ast.IndexListExpr:
		return embedded(e.X)
	}
	return "", 0
}

func (g *golang) inherit(e ast.Expr) {
	switch e := e.(type) {
	case *ast.StarExpr:
		g.inherit(e.X)
	case *ast.IndexExpr:
		g.inherit(e.X)
		g.types(e.Index)
	case *ast.Ident:
		g.name(e, RoleInherit)
	case *ast.SelectorExpr:
		g.selector(e, RoleInherit)
	default:
		g.types(e)
	}
}

func (g *golang) function(d *ast.FuncDecl) {
	f := definition{
		name: g.word(d.Name.Name), kind: KindFunction, visibility: visible(d.Name.Name), start: int32(g.at(d.Pos())), end: int32(g.at(d.End())),
		doc: g.documentation(d.Doc), typ: g.results(d.Type),
	}
	head := d.End()
	if d.Body != nil {
		head = d.Body.Lbrace
	}
	f.signature = g.heading(d.Pos(), head)
	own := ""
	if d.Recv != nil && len(d.Recv.List) > 0 {
		f.kind = KindMethod
		own, _ = embedded(d.Recv.List[0].Type)
	}
	f.qualified = f.name
	if own != "" {
		g.buffer = append(append(append(g.buffer[:0], own...), '.'), d.Name.Name...)
		f.qualified = g.bytes(g.buffer)
	}
	index := -1
	if d.Name.Name != "_" && (d.Name.Name != "init" || own != "") {
		index = g.defineAs(f, g.at(d.Name.Pos()))
	}
	g.in = append(g.in, index)
	g.inside(func() {
		if d.Recv != nil {
			for _, r := range d.Recv.List {
				g.receiver(r)
			}
		}
		g.signature(d.Type)
		if d.Body != nil {
			g.statements(d.Body.List)
		}
	})
	g.in = g.in[:len(g.in)-1]
}

// receiver binds the receiver of a method, and the names of its type's parameters.
func (g *golang) receiver(r *ast.Field) {
	expr := r.Type
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	var params []ast.Expr
	switch e := expr.(type) {
	case *ast.IndexExpr:
		params = []ast.Expr{e.Index}
	case *ast.IndexListExpr:
		params = e.Indices
	}
	for _, p := range params {
		if id, ok := p.(*ast.Ident); ok {
			g.bind(id.Name, unknownWord)
		}
	}
	name, at := embedded(r.Type)
	of := g.word(name)
	if name != "" {
		g.refer(of, noWord, RoleType, g.at(at))
	}
	for _, n := range r.Names {
		g.bind(n.Name, of)
	}
}

// signature binds parameters and results.
func (g *golang) signature(t *ast.FuncType) {
	g.typeParams(t.TypeParams)
	for _, list := range []*ast.FieldList{t.Params, t.Results} {
		for _, p := range fields(list) {
			of := g.typed(p.Type)
			for _, name := range p.Names {
				g.bind(name.Name, of)
			}
		}
	}
}

func (g *golang) typeParams(list *ast.FieldList) {
	for _, p := range fields(list) {
		for _, name := range p.Names {
			g.bind(name.Name, unknownWord)
		}
	}
	for _, p := range fields(list) {
		g.types(p.Type)
	}
}

// results returns the types of a function's results.
func (g *golang) results(t *ast.FuncType) word {
	list := fields(t.Results)
	if len(list) == 0 {
		return noWord
	}
	if len(list) == 1 && len(list[0].Names) <= 1 {
		return g.result(list[0].Type)
	}
	var few [8]word // nearly always enough
	all := few[:0]
	for _, r := range list {
		of := g.result(r.Type)
		for range max(1, len(r.Names)) {
			all = append(all, of)
		}
	}
	out := g.buffer[:0]
	for i, of := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, g.vocabulary.text(of)...)
	}
	g.buffer = out
	return g.bytes(out)
}

func (g *golang) result(e ast.Expr) word {
	of := g.typeOf(e)
	if of == noWord || strings.IndexByte(g.vocabulary.text(of), ',') >= 0 {
		return unknownWord
	}
	return of
}

// elements lists types of the standard library that stand for a list of another type.
var elements = map[string]int{"iter.Seq": 0, "iter.Seq2": 1, "atomic.Pointer": 0}

// typeOf returns the expression of a type, or "?" if it has no name.
func (g *golang) typeOf(e ast.Expr) word {
	switch e := e.(type) {
	case nil:
		return noWord
	case *ast.Ident:
		name := g.word(e.Name)
		if t, ok := g.find(name); ok {
			return t
		}
		return name
	case *ast.ParenExpr:
		return g.typeOf(e.X)
	case *ast.StarExpr:
		return g.typeOf(e.X)
	case *ast.SelectorExpr:
		return g.member(g.typeOf(e.X), g.word(e.Sel.Name))
	case *ast.ArrayType:
		return g.listOf(e.Elt)
	case *ast.Ellipsis:
		return g.listOf(e.Elt)
	case *ast.MapType:
		return g.listOf(e.Value)
	case *ast.ChanType:
		return g.listOf(e.Value)
	case *ast.IndexExpr:
		of := g.typeOf(e.X)
		if _, known := elements[g.vocabulary.text(of)]; known {
			return g.listOf(e.Index)
		}
		return of
	case *ast.IndexListExpr:
		of := g.typeOf(e.X)
		if n, known := elements[g.vocabulary.text(of)]; known && n < len(e.Indices) {
			return g.listOf(e.Indices[n])
		}
		return of
	case *ast.FuncType:
		if all := g.results(e); all != noWord {
			return g.word("func:" + g.vocabulary.text(all))
		}
	}
	return unknownWord
}

func (g *golang) listOf(e ast.Expr) word { return g.list(g.typeOf(e)) }

// typed does what types and typeOf do in one walk, because most types are names.
func (g *golang) typed(e ast.Expr) word {
	if g.depth >= maxDepth {
		g.types(e)
		return g.typeOf(e)
	}
	switch t := e.(type) {
	case *ast.Ident:
		name := g.word(t.Name)
		if of, bound := g.find(name); bound {
			return of
		}
		if !g.given(name) {
			g.refer(name, noWord, RoleType, g.at(t.Pos()))
		}
		return name
	case *ast.StarExpr:
		g.depth++
		of := g.typed(t.X)
		g.depth--
		return of
	case *ast.SelectorExpr:
		g.depth++
		of := g.selects(t, RoleType)
		g.depth--
		if _, plain := t.X.(*ast.Ident); plain && of != unknownWord {
			return of
		}
	default:
		g.types(e)
	}
	return g.typeOf(e)
}
