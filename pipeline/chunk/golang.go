package chunk

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/fact"
)

// maxNesting is the depth of brackets from which Go is cut by lines. The parser follows
// brackets by recursion, and gives up at 100,000, when it has 128 MiB of stack. Programs
// that people write stay below 100.
const maxNesting = 2000

// goBlocks cuts Go by top-level declarations. It returns nil if the text cannot be parsed.
// A text with a few syntax errors is cut as far as the parser understands it.
func goBlocks(text []byte, facts *[]byte) []block {
	if nests(text) {
		return nil
	}
	files := token.NewFileSet()
	tree, _ := parser.ParseFile(files, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if tree == nil || !tree.Package.IsValid() || !tree.Name.Pos().IsValid() {
		return nil
	}
	file := files.File(tree.Package)
	if file == nil {
		return nil
	}
	if facts != nil {
		*facts = fact.OfGo(tree, file, text)
	}
	header := block{end: file.Offset(tree.Name.End()), kind: KindHeader, symbol: clip(tree.Name.Name, MaxSymbol)}
	blocks := []block{header}
	next := follower{text: text}
	for _, decl := range tree.Decls {
		last := &blocks[len(blocks)-1]
		start, end := file.Offset(decl.Pos()), file.Offset(decl.End())
		kind, symbol := describe(decl)
		own := defines(decl, file)
		follow := next.after(last.end)
		if kind == last.kind && kind == KindHeader || start < follow { // more imports, or on the line where last ends
			last.end = max(last.end, end)
			last.names = append(last.names, own...)
			if kind != KindHeader {
				last.inner = append(last.inner, own...)
			}
			continue
		}
		last.end = follow
		blocks = append(blocks, block{start: follow, end: max(follow, end), kind: kind, symbol: symbol, names: own})
	}
	blocks[len(blocks)-1].end = len(text)
	return slices.Insert(mergeSmall(blocks[1:]), 0, blocks[0])
}

// nests says whether brackets nest deeper than maxNesting, strings and comments included.
func nests(text []byte) bool {
	if bytes.Count(text, []byte("("))+bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) <= maxNesting {
		return false // nearly every text; counting takes a tenth of the time
	}
	depth := 0
	for _, c := range text {
		switch c {
		case '(', '[', '{':
			if depth++; depth > maxNesting {
				return true
			}
		case ')', ']', '}':
			depth = max(0, depth-1)
		}
	}
	return false
}

// follower finds where blocks begin. It remembers its last answer, so that many
// blocks on one line, or before the same blank lines, read them once.
type follower struct {
	text       []byte
	from, next int // the answer for each end in [from, next] is next
}

// after returns the beginning of the block after one that ends at end: the next line that
// is not blank. Comments on the way belong to the next block.
func (f *follower) after(end int) int {
	if f.from <= end && end <= f.next && f.next > 0 {
		return f.next
	}
	at := end
	if at == 0 || f.text[at-1] != '\n' {
		at = lineEnd(f.text, at)
	}
	for at < len(f.text) {
		next := lineEnd(f.text, at)
		if !isBlank(f.text[at:next]) {
			break
		}
		at = next
	}
	f.from, f.next = end, at
	return at
}

// describe names a declaration.
func describe(decl ast.Decl) (kind, symbol string) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil && len(d.Recv.List) > 0 {
			return KindMethod, clip(receiver(d.Recv.List[0].Type)+"."+d.Name.Name, MaxSymbol)
		}
		return KindFunction, clip(d.Name.Name, MaxSymbol)
	case *ast.GenDecl:
		switch d.Tok {
		case token.IMPORT:
			return KindHeader, ""
		case token.TYPE:
			return KindType, names(d.Specs)
		case token.CONST:
			return KindConst, names(d.Specs)
		case token.VAR:
			return KindVar, names(d.Specs)
		}
	}
	return KindLines, ""
}

// defines lists the names that a declaration defines, with their places. It includes each
// name of a group, and the methods of an interface.
func defines(decl ast.Decl, file *token.File) []name {
	list := []name{} // not nil: it says all
	add := func(path, symbol string, n ast.Node) {
		list = append(list, name{path: path, symbol: symbol, place: place{file.Offset(n.Pos()), file.Offset(n.End())}})
	}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		_, symbol := describe(d)
		add("", symbol, d)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			at := ast.Node(spec)
			if !d.Lparen.IsValid() {
				at = d
			}
			switch s := spec.(type) {
			case *ast.TypeSpec:
				add("", s.Name.Name, at)
				if t, ok := s.Type.(*ast.InterfaceType); ok {
					for _, m := range t.Methods.List {
						for _, n := range m.Names {
							add("", s.Name.Name+"."+n.Name, m)
						}
					}
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					add("", n.Name, at)
				}
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
		case *ast.ParenExpr:
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

// names lists the names that a group of types, constants or variables declares.
func names(specs []ast.Spec) string {
	var list symbols
	for _, spec := range specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			list.add("", s.Name.Name)
		case *ast.ValueSpec:
			for _, name := range s.Names {
				list.add("", name.Name)
			}
		}
	}
	return list.String()
}

// mergeSmall joins small neighbours, up to Target together. A larger block stays alone, so
// that a hit on a function is that function. The header stays alone too.
func mergeSmall(blocks []block) []block {
	var out []block
	for i := 0; i < len(blocks); {
		first := blocks[i]
		merged := block{start: first.start, end: first.end, kind: first.kind, names: first.defined()}
		var list symbols
		if i+1 < len(blocks) && scant(first, blocks[i+1]) {
			i++ // the path of what follows names it
			first = blocks[i]
			merged.names = append(merged.names, first.defined()...)
			first.start = merged.start
			merged.kind, merged.end = first.kind, first.end
		}
		list.addAll(first)
		for i++; i < len(blocks); i++ {
			b := blocks[i]
			large := first.size() >= small || b.size() >= small || b.end-first.start > Target
			inside := first.opens != "" && strings.HasPrefix(b.path, first.opens)
			begins := b.opens != "" && b.kind != KindDeclarations && !inside // a large type or function
			if large || begins || first.kind == KindHeader {
				break
			}
			switch {
			case b.kind == merged.kind || b.kind == KindLines:
			case merged.kind == KindLines:
				merged.kind = b.kind
			case inside: // a type with its fields
			default:
				merged.kind = KindDeclarations
			}
			list.addAll(b)
			merged.names = append(merged.names, b.defined()...)
			merged.end = b.end
		}
		merged.symbol = list.String()
		out = append(out, merged)
	}
	return out
}

// scant says whether the head of a large definition is too short to stand
// alone, but fits before the first of its members.
func scant(head, member block) bool {
	return head.opens != "" && head.size() < small/4 && member.opens == "" && strings.HasPrefix(member.path, head.opens) &&
		member.size() >= small && member.end-head.start <= whole
}

// symbols joins names, as many as fit into MaxSymbol. It writes a path once for successive
// names to which it leads: "Mill > open, close; Weir".
type symbols struct {
	out  strings.Builder
	path string // of the last name
	name string // the last, without its path
	full bool
}

func (s *symbols) addAll(b block) {
	s.add(b.path, b.symbol)
	left := maxInner
	for _, n := range b.inner {
		if !n.silent && left > 0 {
			s.add(n.path, n.symbol)
			left--
		}
	}
}

func (s *symbols) add(path, name string) {
	const more = ", …"
	separator := ", "
	switch {
	case s.full || name == "_" || name == s.name && path == s.path:
		return
	case name == "" && (path == "" || s.out.Len() > 0):
		return
	case s.out.Len() == 0 || path != s.path:
		separator = "; "
		s.path, s.name = path, name
		name = join(path, name)
	default:
		s.name = name
	}
	switch {
	case s.out.Len() == 0:
		s.out.WriteString(clip(name, MaxSymbol-len(more)))
	case s.out.Len()+len(separator)+len(name) > MaxSymbol-len(more):
		s.out.WriteString(more)
		s.full = true
	default:
		s.out.WriteString(separator + name)
	}
}

func (s *symbols) String() string { return s.out.String() }

// clip shortens a name to at most limit bytes of valid UTF-8.
func clip(name string, limit int) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	if len(name) <= limit {
		return name
	}
	return name[:runeStart([]byte(name[:limit+1]), limit)]
}
