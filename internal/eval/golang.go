package eval

import (
	"go/ast"
	"go/parser"
	"go/token"
)

// goDefinitions returns the functions, methods and types of a Go file.
func goDefinitions(text string) []definition {
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	line := func(p token.Pos) int { return files.PositionFor(p, false).Line }
	between := func(n ast.Node) lines { return lines{line(n.Pos()), line(n.End() - 1)} }
	var list []definition
	add := func(d definition, name *ast.Ident, doc *ast.CommentGroup) {
		d.name, d.named = name.Name, line(name.Pos())
		if doc != nil && line(doc.End()-1) < d.body.first {
			d.comment, d.doc = between(doc), doc.Text()
		}
		list = append(list, d)
	}
	for _, decl := range tree.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			d := definition{body: lines{line(decl.Type.Func), line(decl.End() - 1)}}
			if decl.Recv != nil && len(decl.Recv.List) == 1 {
				d.owner = receiver(decl.Recv.List[0].Type)
			}
			add(d, decl.Name, decl.Doc)
		case *ast.GenDecl:
			if decl.Tok != token.TYPE {
				continue
			}
			for _, spec := range decl.Specs {
				s := spec.(*ast.TypeSpec)
				d, doc := definition{body: between(s)}, s.Doc
				if !decl.Lparen.IsValid() {
					d.body.first, doc = line(decl.TokPos), decl.Doc
				}
				add(d, s.Name, doc)
			}
		}
	}
	return list
}

// receiver returns the name of a method's type.
func receiver(expr ast.Expr) string {
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}
