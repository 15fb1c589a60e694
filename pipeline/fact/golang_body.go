package fact

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
)

// maxDepth is how deep statements and expressions are followed.
const maxDepth = 500

// deeper runs fn unless the tree is too deep.
func (g *golang) deeper(fn func()) {
	if g.depth >= maxDepth {
		g.cut = true
		return
	}
	g.depth++
	fn()
	g.depth--
}

func (g *golang) statements(list []ast.Stmt) {
	for _, s := range list {
		g.statement(s)
	}
}

func (g *golang) statement(s ast.Stmt) {
	g.deeper(func() { g.statementOf(s) })
}

func (g *golang) statementOf(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.ExprStmt:
		g.expression(s.X)
	case *ast.SendStmt:
		g.expression(s.Chan)
		g.expression(s.Value)
	case *ast.IncDecStmt:
		g.write(s.X)
	case *ast.AssignStmt:
		g.assign(s)
	case *ast.GoStmt:
		g.expression(s.Call)
	case *ast.DeferStmt:
		g.expression(s.Call)
	case *ast.ReturnStmt:
		g.expressions(s.Results)
	case *ast.BlockStmt:
		g.inside(func() { g.statements(s.List) })
	case *ast.LabeledStmt:
		g.statement(s.Stmt)
	case *ast.DeclStmt:
		g.local(s.Decl)
	case *ast.IfStmt:
		g.inside(func() {
			g.optional(s.Init)
			g.expression(s.Cond)
			g.statement(s.Body)
			g.optional(s.Else)
		})
	case *ast.ForStmt:
		g.inside(func() {
			g.optional(s.Init)
			g.expression(s.Cond)
			g.optional(s.Post)
			g.statement(s.Body)
		})
	case *ast.RangeStmt:
		g.ranges(s)
	case *ast.SwitchStmt:
		g.inside(func() {
			g.optional(s.Init)
			g.expression(s.Tag)
			g.clauses(s.Body, "", nil)
		})
	case *ast.TypeSwitchStmt:
		g.typeSwitch(s)
	case *ast.SelectStmt:
		g.clauses(s.Body, "", nil)
	}
}

func (g *golang) optional(s ast.Stmt) {
	if s != nil {
		g.statement(s)
	}
}

func (g *golang) clauses(body *ast.BlockStmt, bound string, of func(*ast.CaseClause) word) {
	for _, s := range body.List {
		g.inside(func() {
			switch c := s.(type) {
			case *ast.CaseClause:
				g.expressions(c.List)
				if bound != "" {
					g.bind(bound, of(c))
				}
				g.statements(c.Body)
			case *ast.CommClause:
				g.optional(c.Comm)
				g.statements(c.Body)
			}
		})
	}
}

func (g *golang) typeSwitch(s *ast.TypeSwitchStmt) {
	g.inside(func() {
		g.optional(s.Init)
		bound, subject := "", ast.Expr(nil)
		switch a := s.Assign.(type) {
		case *ast.AssignStmt:
			if id, ok := a.Lhs[0].(*ast.Ident); ok && len(a.Rhs) == 1 {
				bound, subject = id.Name, a.Rhs[0]
			}
		case *ast.ExprStmt:
			subject = a.X
		}
		whole := unknownWord
		if t, ok := subject.(*ast.TypeAssertExpr); ok {
			whole = g.evaluated(t.X)
		}
		g.clauses(s.Body, bound, func(c *ast.CaseClause) word {
			if len(c.List) == 1 {
				return g.typeOf(c.List[0])
			}
			return whole
		})
	})
}

func (g *golang) ranges(s *ast.RangeStmt) {
	g.inside(func() {
		element := g.element(g.evaluated(s.X))
		for i, e := range []ast.Expr{s.Key, s.Value} {
			id, ok := e.(*ast.Ident)
			switch {
			case e == nil:
			case s.Tok == token.DEFINE && ok && i == 1:
				g.bind(id.Name, element)
			case s.Tok == token.DEFINE && ok:
				g.bind(id.Name, g.key(s, element))
			default:
				g.write(e)
			}
		}
		g.statement(s.Body)
	})
}

// key describes the first variable of a range. If it is the only one, and the range is over
// the result of a function, it may be an element of a sequence.
func (g *golang) key(s *ast.RangeStmt, element word) word {
	if _, call := s.X.(*ast.CallExpr); call && s.Value == nil {
		return element
	}
	return unknownWord
}

// local adds the declarations of a function.
func (g *golang) local(d ast.Decl) {
	decl, ok := d.(*ast.GenDecl)
	if !ok {
		return
	}
	for _, spec := range decl.Specs {
		switch s := spec.(type) {
		case *ast.ValueSpec:
			g.types(s.Type)
			g.expressions(s.Values)
			for i, name := range s.Names {
				of := g.typeOf(s.Type)
				if s.Type == nil {
					of = g.assigned(s.Values, i, len(s.Names))
				}
				g.bind(name.Name, of)
			}
		case *ast.TypeSpec:
			g.bind(s.Name.Name, g.typeOf(s.Type))
			g.types(s.Type)
		}
	}
}

func (g *golang) assign(s *ast.AssignStmt) {
	if s.Tok != token.DEFINE {
		g.expressions(s.Rhs)
		for _, e := range s.Lhs {
			g.write(e)
		}
		return
	}
	var few [4]word // nearly always enough
	bound := few[:0]
	if len(s.Rhs) == len(s.Lhs) {
		for _, e := range s.Rhs {
			bound = append(bound, g.evaluated(e))
		}
	} else {
		g.expressions(s.Rhs)
		for i := range s.Lhs {
			bound = append(bound, g.assigned(s.Rhs, i, len(s.Lhs)))
		}
	}
	for i, e := range s.Lhs {
		id, ok := e.(*ast.Ident)
		if !ok || id.Name == "_" {
			continue
		}
		name := g.word(id.Name)
		if _, again := g.own(name); !again || bound[i] != unknownWord {
			g.scopes.bind(name, bound[i])
		}
	}
}

// assigned returns the expression of the i-th of n variables.
func (g *golang) assigned(values []ast.Expr, i, n int) word {
	switch {
	case len(values) == n:
		return g.value(values[i])
	case len(values) != 1:
		return unknownWord
	}
	switch v := values[0].(type) {
	case *ast.CallExpr:
		of := g.value(v)
		if i > 0 {
			return g.word(step(g.vocabulary.text(of), "#"+strconv.Itoa(i)))
		}
		return of
	case *ast.TypeAssertExpr, *ast.IndexExpr, *ast.UnaryExpr:
		if i == 0 {
			return g.value(v)
		}
	}
	return unknownWord
}

// write adds a reference to the target of an assignment.
func (g *golang) write(e ast.Expr) {
	switch e := e.(type) {
	case *ast.Ident:
		g.name(e, RoleWrite)
	case *ast.SelectorExpr:
		g.selector(e, RoleWrite)
	case *ast.ParenExpr:
		g.write(e.X)
	default:
		g.expression(e)
	}
}

func (g *golang) expressions(list []ast.Expr) {
	for _, e := range list {
		g.expression(e)
	}
}

func (g *golang) expression(e ast.Expr) {
	if e != nil {
		g.deeper(func() { g.expressionOf(e) })
	}
}

func (g *golang) expressionOf(e ast.Expr) {
	switch e := e.(type) {
	case *ast.Ident:
		g.name(e, RoleUse)
	case *ast.SelectorExpr:
		g.selector(e, RoleUse)
	case *ast.CallExpr:
		g.callee(e.Fun)
		g.expressions(e.Args)
	case *ast.ParenExpr:
		g.expression(e.X)
	case *ast.StarExpr:
		g.expression(e.X)
	case *ast.UnaryExpr:
		g.expression(e.X)
	case *ast.BinaryExpr:
		g.expression(e.X)
		g.expression(e.Y)
	case *ast.IndexExpr:
		g.expression(e.X)
		g.expression(e.Index)
	case *ast.IndexListExpr:
		g.expression(e.X)
		g.expressions(e.Indices)
	case *ast.SliceExpr:
		g.expression(e.X)
		g.expressions([]ast.Expr{e.Low, e.High, e.Max})
	case *ast.TypeAssertExpr:
		g.expression(e.X)
		g.types(e.Type)
	case *ast.KeyValueExpr:
		g.expression(e.Key)
		g.expression(e.Value)
	case *ast.CompositeLit:
		g.composite(e)
	case *ast.FuncLit:
		g.inside(func() {
			g.signature(e.Type)
			g.statements(e.Body.List)
		})
	default:
		g.types(e)
	}
}

// literal adds references to the fields that a literal of a type names.
func (g *golang) literal(l *ast.CompositeLit, of word) {
	element := g.element(of)
	list := g.has(of, markList)
	for _, item := range l.Elts {
		if pair, ok := item.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok && !list && of != unknownWord {
				g.refer(g.word(key.Name), of, RoleWrite, g.at(key.Pos()))
			} else if list {
				g.expression(pair.Key)
			}
			item = pair.Value
		}
		if inner, ok := item.(*ast.CompositeLit); ok && inner.Type == nil {
			g.deeper(func() { g.literal(inner, element) })
			continue
		}
		g.expression(item)
	}
}

func (g *golang) callee(e ast.Expr) {
	switch e := e.(type) {
	case *ast.Ident:
		g.name(e, RoleCall)
	case *ast.SelectorExpr:
		g.selector(e, RoleCall)
	case *ast.ParenExpr:
		g.callee(e.X)
	case *ast.IndexExpr:
		g.callee(e.X)
		g.expression(e.Index)
	case *ast.IndexListExpr:
		g.callee(e.X)
		g.expressions(e.Indices)
	default:
		g.expression(e)
	}
}

func (g *golang) selector(e *ast.SelectorExpr, role Role) { g.selects(e, role) }

// selects adds references to a member and to what stands before it. It returns what value
// returns for the member.
func (g *golang) selects(e *ast.SelectorExpr, role Role) word {
	var of word
	if id, ok := e.X.(*ast.Ident); ok && g.depth < maxDepth {
		of = g.selected(id)
	} else {
		of = g.evaluated(e.X)
	}
	name := g.word(e.Sel.Name)
	g.refer(name, of, role, g.at(e.Sel.Pos()))
	return g.member(of, name)
}

// evaluated does what expression and value do in one walk, because most expressions are names,
// members of them and their calls.
func (g *golang) evaluated(e ast.Expr) (of word) {
	if g.depth >= maxDepth {
		g.cut = true
		return g.value(e)
	}
	g.depth++
	of, ok := g.evaluatedOf(e)
	if !ok {
		g.expressionOf(e)
		of = g.value(e)
	}
	g.depth--
	return of
}

func (g *golang) evaluatedOf(e ast.Expr) (of word, ok bool) {
	switch e := e.(type) {
	case *ast.Ident:
		return g.named(e, RoleUse), true
	case *ast.SelectorExpr:
		return g.selects(e, RoleUse), true
	case *ast.IndexExpr:
		of := g.evaluated(e.X)
		g.expression(e.Index)
		return g.element(of), true
	case *ast.CompositeLit:
		return g.composite(e), true
	case *ast.UnaryExpr:
		if _, literal := e.X.(*ast.CompositeLit); literal && e.Op == token.AND {
			return g.evaluated(e.X), true
		}
	case *ast.CallExpr:
		switch fun := e.Fun.(type) {
		case *ast.SelectorExpr:
			of = g.selects(fun, RoleCall)
		case *ast.Ident:
			if of = g.named(fun, RoleCall); of == unknownWord { // make and new are known by their arguments
				g.expressions(e.Args)
				return g.called(e), true
			}
		default:
			return noWord, false
		}
		g.expressions(e.Args)
		return g.resultOf(of), true
	}
	return noWord, false
}

// composite adds references to what a literal of a type names, and returns the type.
func (g *golang) composite(e *ast.CompositeLit) word {
	of := g.typed(e.Type)
	g.literal(e, of)
	return of
}

// selected adds a reference to a name from which a member is taken, unless the name is a
// package. It returns what value returns.
func (g *golang) selected(id *ast.Ident) word {
	name := g.word(id.Name)
	bound, ok := g.find(name)
	switch {
	case ok:
		return bound
	case g.given(name):
		return unknownWord
	case !g.has(name, markModule):
		g.refer(name, noWord, RoleUse, g.at(id.Pos()))
	}
	return name
}

// given says whether a word is a name that no text defines.
func (g *golang) given(name word) bool {
	if !g.has(name, markAsked) {
		g.mark(name, markAsked)
		if predeclared(g.vocabulary.text(name)) {
			g.mark(name, markBuiltin)
		}
	}
	return g.has(name, markBuiltin)
}

// predeclared says whether a name of Go is one that no text defines.
func predeclared(name string) bool {
	switch name {
	case "any", "bool", "byte", "comparable", "complex64", "complex128", "error", "float32", "float64", "int", "int8", "int16", "int32",
		"int64", "rune", "string", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr", "true", "false", "iota", "nil", "append",
		"cap", "clear", "close", "complex", "copy", "delete", "imag", "len", "make", "max", "min", "new", "panic", "print", "println",
		"real", "recover":
		return true
	}
	return false
}

func names(list string) map[string]bool {
	all := make(map[string]bool)
	for _, name := range strings.Fields(list) {
		all[name] = true
	}
	return all
}

func (g *golang) name(id *ast.Ident, role Role) { g.named(id, role) }

// named adds a reference to a name that stands alone. It returns what value returns.
func (g *golang) named(id *ast.Ident, role Role) word {
	name := g.word(id.Name)
	if bound, ok := g.find(name); ok {
		return bound
	}
	if g.given(name) {
		return unknownWord
	}
	g.refer(name, noWord, role, g.at(id.Pos()))
	return name
}

// types adds references to the names in a type.
func (g *golang) types(e ast.Expr) {
	if e != nil {
		g.deeper(func() { g.typesOf(e) })
	}
}

func (g *golang) typesOf(e ast.Expr) {
	switch e := e.(type) {
	case *ast.Ident:
		g.name(e, RoleType)
	case *ast.SelectorExpr:
		g.selector(e, RoleType)
	case *ast.ParenExpr:
		g.types(e.X)
	case *ast.StarExpr:
		g.types(e.X)
	case *ast.ArrayType:
		g.expression(e.Len)
		g.types(e.Elt)
	case *ast.Ellipsis:
		g.types(e.Elt)
	case *ast.MapType:
		g.types(e.Key)
		g.types(e.Value)
	case *ast.ChanType:
		g.types(e.Value)
	case *ast.IndexExpr:
		g.types(e.X)
		g.types(e.Index)
	case *ast.IndexListExpr:
		g.types(e.X)
		for _, i := range e.Indices {
			g.types(i)
		}
	case *ast.BinaryExpr: // a union of types
		g.types(e.X)
		g.types(e.Y)
	case *ast.UnaryExpr:
		g.types(e.X)
	case *ast.FuncType:
		for _, list := range []*ast.FieldList{e.Params, e.Results} {
			for _, p := range fields(list) {
				g.types(p.Type)
			}
		}
	case *ast.StructType:
		for _, f := range fields(e.Fields) {
			g.types(f.Type)
		}
	case *ast.InterfaceType:
		for _, f := range fields(e.Methods) {
			g.types(f.Type)
		}
	}
}

// value describes the type of an expression, as far as the text says it.
func (g *golang) value(e ast.Expr) word {
	if g.steps >= MaxExpression { // each step adds to the expression
		return unknownWord
	}
	g.steps++
	of := g.valueOf(e)
	g.steps--
	return of
}

func (g *golang) valueOf(e ast.Expr) word {
	for range maxDepth {
		switch v := e.(type) {
		case *ast.ParenExpr:
			e = v.X
			continue
		case *ast.StarExpr:
			e = v.X
			continue
		case *ast.SliceExpr:
			e = v.X
			continue
		case *ast.UnaryExpr:
			if v.Op == token.ARROW {
				return g.element(g.value(v.X))
			}
			if v.Op == token.AND {
				e = v.X
				continue
			}
		case *ast.Ident:
			name := g.word(v.Name)
			if bound, ok := g.find(name); ok {
				return bound
			}
			if g.given(name) {
				return unknownWord
			}
			return name
		case *ast.SelectorExpr:
			return g.member(g.value(v.X), g.word(v.Sel.Name))
		case *ast.IndexExpr:
			return g.element(g.value(v.X))
		case *ast.TypeAssertExpr:
			return g.typeOf(v.Type)
		case *ast.CompositeLit:
			return g.typeOf(v.Type)
		case *ast.FuncLit:
			return g.typeOf(v.Type)
		case *ast.ArrayType, *ast.MapType, *ast.ChanType:
			return g.typeOf(v)
		case *ast.CallExpr:
			return g.called(v)
		}
		return unknownWord
	}
	return unknownWord
}

// called describes the result of a call.
func (g *golang) called(c *ast.CallExpr) word {
	fun := c.Fun
	if paren, ok := fun.(*ast.ParenExpr); ok {
		fun = paren.X
	}
	if id, ok := fun.(*ast.Ident); ok && len(c.Args) > 0 {
		name := g.word(id.Name)
		if _, bound := g.find(name); !bound && g.given(name) {
			switch id.Name {
			case "new", "make":
				return g.typeOf(c.Args[0])
			case "append", "min", "max":
				return g.value(c.Args[0])
			}
			return unknownWord
		}
	}
	switch f := fun.(type) {
	case *ast.ArrayType, *ast.MapType, *ast.ChanType:
		return g.typeOf(f)
	case *ast.IndexExpr: // a function with its types
		fun = f.X
	case *ast.IndexListExpr:
		fun = f.X
	case *ast.StarExpr:
		return g.typeOf(f.X)
	}
	return g.resultOf(g.value(fun))
}

// resultOf returns the first result of a function, by the expression of the function.
func (g *golang) resultOf(of word) word {
	if results, ok := strings.CutPrefix(g.vocabulary.text(of), "func:"); ok {
		first, _, _ := strings.Cut(results, ",")
		return g.word(first)
	}
	return g.call(of)
}
