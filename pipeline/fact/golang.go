package fact

import (
	"go/ast"
	"go/token"
	"path"
	"strconv"
	"strings"
)

// OfGo finds the facts of a file of Go that was parsed with its comments, and returns
// them as Encode does.
func OfGo(tree *ast.File, file *token.File, text []byte) []byte {
	g := &golang{collector: newCollector(text), file: file}
	g.set.Package = tree.Name.Name
	if len(g.set.Package) > MaxName {
		g.set.Package = ""
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
	file  *token.File
	depth int // of statements and expressions around
	steps int // of the expression under way
}

func (g *golang) bind(name, expression string) {
	if name != "_" {
		g.scopes.bind(name, expression)
	}
}

// inside runs fn in a scope of its own.
func (g *golang) inside(fn func()) {
	around := g.enter()
	fn()
	g.leave(around)
}

func (g *golang) at(p token.Pos) int { return min(max(g.file.Offset(p), 0), len(g.text)) }

func (g *golang) source(from, to token.Pos) string {
	start, end := g.at(from), g.at(to)
	if end <= start {
		return ""
	}
	return g.all[start:min(end, start+4*MaxSignature)]
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
	head, doc, of := firstLine(d.Tok.String()+" ", g.source(s.Pos(), s.End())), documentation(s.Doc, s.Comment, d.Doc), g.typeOf(s.Type)
	for i, name := range s.Names {
		f := Definition{
			Name: name.Name, Kind: kind, Visibility: visible(name.Name), Start: start, End: end,
			Signature: head, Doc: doc, Type: of,
		}
		if s.Type == nil {
			f.Type = g.assigned(s.Values, i, len(s.Names))
		}
		at := g.at(name.Pos())
		if index := g.define(f, at); len(s.Names) == 1 {
			g.in = append(g.in, index)
			defer func() { g.in = g.in[:len(g.in)-1] }()
		}
	}
	g.types(s.Type)
	for _, v := range s.Values {
		g.expression(v)
	}
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
	f := Definition{
		Name: s.Name.Name, Kind: KindType, Visibility: visible(s.Name.Name), Start: start, End: end,
		Signature: firstLine("type ", g.source(s.Pos(), s.End())), Doc: documentation(s.Doc, s.Comment, d.Doc),
	}
	var members *ast.FieldList
	switch t := s.Type.(type) {
	case *ast.StructType:
		members = t.Fields
	case *ast.InterfaceType:
		members = t.Methods
	default:
		f.Type = g.typeOf(s.Type)
	}
	for _, m := range fields(members) {
		if len(m.Names) == 0 {
			f.Bases = append(f.Bases, g.typeOf(m.Type))
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
		f := Definition{Kind: KindField, Start: g.at(m.Pos()), End: g.at(m.End()), Doc: documentation(m.Doc, m.Comment), Type: g.typeOf(m.Type)}
		for _, name := range m.Names {
			f.Name, f.Visibility, f.Signature = name.Name, visible(name.Name), firstLine("", g.source(m.Pos(), m.End()))
			if isMethod && g.isInterface(m) {
				f.Kind, f.Type = KindMethod, g.results(call)
			}
			g.define(f, g.at(name.Pos()))
		}
		if len(m.Names) == 0 {
			name, at := embedded(m.Type)
			if name != "" {
				f.Name, f.Visibility, f.Signature = name, visible(name), firstLine("", g.source(m.Pos(), m.End()))
				g.define(f, g.at(at))
			}
			g.inherit(m.Type)
			continue
		}
		g.types(m.Type)
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
	f := Definition{
		Name: d.Name.Name, Kind: KindFunction, Visibility: visible(d.Name.Name), Start: g.at(d.Pos()), End: g.at(d.End()),
		Doc: documentation(d.Doc), Type: g.results(d.Type),
	}
	head := d.End()
	if d.Body != nil {
		head = d.Body.Lbrace
	}
	f.Signature = g.source(d.Pos(), head)
	own := ""
	if d.Recv != nil && len(d.Recv.List) > 0 {
		f.Kind = KindMethod
		own, _ = embedded(d.Recv.List[0].Type)
	}
	f.Qualified = f.Name
	if own != "" {
		f.Qualified = own + "." + f.Name
	}
	index := -1
	if f.Name != "_" && (f.Name != "init" || own != "") {
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
			g.bind(id.Name, unknown)
		}
	}
	name, at := embedded(r.Type)
	if name != "" {
		g.refer(name, "", RoleType, g.at(at))
	}
	for _, n := range r.Names {
		g.bind(n.Name, name)
	}
}

// signature binds parameters and results.
func (g *golang) signature(t *ast.FuncType) {
	g.typeParams(t.TypeParams)
	for _, list := range []*ast.FieldList{t.Params, t.Results} {
		for _, p := range fields(list) {
			g.types(p.Type)
			of := g.typeOf(p.Type)
			for _, name := range p.Names {
				g.bind(name.Name, of)
			}
		}
	}
}

func (g *golang) typeParams(list *ast.FieldList) {
	for _, p := range fields(list) {
		for _, name := range p.Names {
			g.bind(name.Name, unknown)
		}
	}
	for _, p := range fields(list) {
		g.types(p.Type)
	}
}

// results returns the types of a function's results.
func (g *golang) results(t *ast.FuncType) string {
	var all []string
	for _, r := range fields(t.Results) {
		of := g.typeOf(r.Type)
		if of == "" || strings.Contains(of, ",") {
			of = unknown
		}
		for range max(1, len(r.Names)) {
			all = append(all, of)
		}
	}
	return strings.Join(all, ",")
}

// elements lists types of the standard library that stand for a list of another type.
var elements = map[string]int{"iter.Seq": 0, "iter.Seq2": 1, "atomic.Pointer": 0}

// typeOf returns the expression of a type, or "?" if it has no name.
func (g *golang) typeOf(e ast.Expr) string {
	switch e := e.(type) {
	case nil:
		return ""
	case *ast.Ident:
		if t, ok := g.find(e.Name); ok {
			return t
		}
		return e.Name
	case *ast.ParenExpr:
		return g.typeOf(e.X)
	case *ast.StarExpr:
		return g.typeOf(e.X)
	case *ast.SelectorExpr:
		return member(g.typeOf(e.X), e.Sel.Name)
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
		if _, known := elements[of]; known {
			return g.listOf(e.Index)
		}
		return of
	case *ast.IndexListExpr:
		of := g.typeOf(e.X)
		if n, known := elements[of]; known && n < len(e.Indices) {
			return g.listOf(e.Indices[n])
		}
		return of
	case *ast.FuncType:
		if all := g.results(e); all != "" {
			return "func:" + all
		}
	}
	return unknown
}

func (g *golang) listOf(e ast.Expr) string {
	if of := g.typeOf(e); of != unknown && of != "" {
		return "[]" + of
	}
	return unknown
}
