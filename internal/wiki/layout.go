package wiki

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/leatworks/leat/internal/number"
)

// inline is a piece of a line: text, or code, with or without a link.
type inline struct {
	text string
	code bool
	href string // "": none
}

// shown is the text, or a replacement for a link without text.
func (i inline) shown() string {
	if i.text == "" && i.href != "" {
		return "unnamed"
	}
	return i.text
}

// item is an item of a list.
type item struct {
	line  []inline
	items []item
}

// block is a heading, a paragraph, a list, or a diagram in Mermaid's syntax.
type block struct {
	level   int // of a heading; 0: the block is no heading
	line    []inline
	list    []item
	mermaid string
}

func text(format string, args ...any) inline { return inline{text: fmt.Sprintf(format, args...)} }

// lay arranges a page. Links to other pages end with the suffix of their files.
func (s *Site) lay(p *Page, suffix string) []block {
	blocks := []block{{level: 1, line: []inline{text("%s", clean(p.Title, maxName))}}}
	if p.Kind == Overview {
		blocks = append(blocks, s.layOverview(p, suffix)...)
	} else {
		blocks = append(blocks, s.layFiles(p, suffix)...)
	}
	at := []inline{text("%s at commit ", clean(s.Source.Ref, maxName)), {text: s.Source.Commit, code: true}, text(". Inputs: "), {text: p.Hash, code: true}}
	return append(blocks, block{line: at})
}

func heading(level int, name string) block {
	return block{level: level, line: []inline{text("%s", name)}}
}

func (s *Site) layOverview(p *Page, suffix string) []block {
	var blocks []block
	if p.Readme != "" {
		blocks = append(blocks, block{line: []inline{text("%s", p.Readme)}})
	}
	var list []item
	for _, l := range p.Languages {
		list = append(list, item{line: []inline{text("%s: %s, %s", l.Name, files(l.Files), size(l.Bytes))}})
	}
	blocks = section(blocks, "Languages", list)
	list = nil
	for _, e := range p.Entries {
		list = append(list, item{line: s.place(e.Path, e.Symbol, e.Line, e.Line)})
	}
	blocks = section(blocks, "Where it begins", list)
	list = nil
	for _, b := range p.Builds {
		one := item{line: s.place(b.Path, "", 0, 0)}
		for _, line := range b.Lines {
			one.items = append(one.items, item{line: []inline{{text: line, code: true}}})
		}
		list = append(list, one)
	}
	blocks = section(blocks, "How it is built, by its own files", list)
	list = nil
	for _, c := range p.Pages {
		list = append(list, item{line: []inline{{text: clean(c.Title, maxName), href: c.ID + suffix}}})
	}
	blocks = section(blocks, "Pages", list)
	if len(p.Imports) > 0 {
		blocks = append(blocks, heading(2, "Imports"), block{mermaid: s.picture(p.Imports)})
	}
	list = nil
	for _, one := range p.Skips {
		list = append(list, item{line: []inline{text("%s: %s", one.Reason, files(one.Files))}})
	}
	return section(blocks, "Not indexed", list)
}

func section(blocks []block, name string, list []item) []block {
	if len(list) == 0 {
		return blocks
	}
	return append(blocks, heading(2, name), block{list: list})
}

func files(n int) string { return number.Count(n, "file", "files") }

func size(n int64) string { return number.Thousands(n) + " bytes" }

// place names a symbol of a file, or the file, with a link to its lines.
func (s *Site) place(path, symbol string, first, last int) []inline {
	where := clean(path, maxName)
	href := s.Source.link(path, first, last)
	if first > 0 {
		where += ":" + strconv.Itoa(first)
	}
	if symbol == "" {
		return []inline{{text: where, code: true, href: href}}
	}
	return []inline{{text: clean(symbol, maxName), code: true}, text(" in "), {text: where, code: true, href: href}}
}

func (s *Site) layFiles(p *Page, suffix string) []block {
	blocks := []block{heading(2, "Files")}
	for _, f := range p.Files {
		about := []string{size(f.Size)}
		if f.Language != "" {
			about = append([]string{f.Language}, about...)
		}
		blocks = append(blocks,
			block{level: 3, line: []inline{{text: clean(f.Path, maxName), code: true, href: s.Source.link(f.Path, 0, 0)}}},
			block{line: []inline{text("%s", strings.Join(about, ", "))}})
		if list := s.symbols(f); len(list) > 0 {
			blocks = append(blocks, block{list: list})
		}
	}
	var imports []Import
	for _, side := range []struct {
		name string
		list []Refer
		out  bool
	}{{"Refers to", p.Refers, true}, {"Is referred to by", p.Referred, false}} {
		var list []item
		for _, r := range side.list {
			list = append(list, item{line: []inline{{text: clean(r.Title, maxName), href: r.Page + suffix}, text(" (%s)", files(r.Files))}})
			if side.out {
				imports = append(imports, Import{p.ID, r.Page, r.Files})
			} else {
				imports = append(imports, Import{r.Page, p.ID, r.Files})
			}
		}
		blocks = section(blocks, side.name, list)
	}
	if len(imports) > 0 {
		blocks = append(blocks, heading(2, "Imports"), block{mermaid: s.picture(imports)})
	}
	return blocks
}

func (s *Site) symbols(f PageFile) (list []item) {
	for _, one := range f.Symbols {
		line := []inline{{text: signature(one), code: true, href: s.Source.link(f.Path, one.Line, one.End)}}
		if strings.Contains(one.Name, ".") && one.Signature != "" { // a signature holds only the last part of the name
			line = append([]inline{{text: clean(one.Name, maxName), code: true}, text(": ")}, line...)
		}
		if one.Doc != "" {
			line = append(line, text(" %s", clean(one.Doc, maxSentence)))
		}
		entry := item{line: line}
		for _, u := range one.Users {
			entry.items = append(entry.items, item{line: append([]inline{text("used by ")}, s.place(u.Path, u.Symbol, 0, 0)...)})
		}
		if more := one.Used - len(one.Users); more > 0 {
			entry.items = append(entry.items, item{line: []inline{text("and %d more", more)}})
		}
		list = append(list, entry)
	}
	if f.More > 0 {
		list = append(list, item{line: []inline{text("and %d more", f.More)}})
	}
	return list
}

func signature(s Symbol) string {
	if s.Signature != "" {
		return clean(s.Signature, maxSignature)
	}
	return clean(s.Kind+" "+s.Name, maxSignature)
}

// picture draws imports in Mermaid's syntax. Labels hold nothing but letters, digits and character
// codes, so that no text can end its label.
func (s *Site) picture(imports []Import) string {
	var out strings.Builder
	out.WriteString("graph LR\n")
	nodes := make(map[string]int)
	node := func(id string) string {
		n, known := nodes[id]
		if !known {
			n = len(nodes)
			nodes[id] = n
			fmt.Fprintf(&out, "  n%d[\"%s\"]\n", n, label(clean(s.titles[id], 60)))
		}
		return "n" + strconv.Itoa(n)
	}
	for _, i := range imports {
		from, to := node(i.From), node(i.To)
		fmt.Fprintf(&out, "  %s --> %s\n", from, to)
	}
	return out.String()
}

func label(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == ' ', r == '/', r == '.', r == '_', r == '-':
			out.WriteRune(r)
		default:
			fmt.Fprintf(&out, "#%d;", r)
		}
	}
	return out.String()
}
