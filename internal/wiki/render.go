package wiki

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
)

// The formats of pages.
const (
	Markdown = "md"
	HTML     = "html"
	JSON     = "json"
)

// Formats lists the formats.
func Formats() []string { return []string{Markdown, HTML, JSON} }

// Written is a file of a wiki: a page, or a table of contents.
type Written struct {
	Name    string `json:"name"`
	Content string `json:"content"`
}

// Render writes a page in a format.
func (s *Site) Render(p *Page, format string) Written {
	name := p.ID + "." + format
	switch format {
	case Markdown:
		return Written{name, renderMarkdown(s.lay(p, ".md"))}
	case HTML:
		return Written{name, renderHTML(clean(p.Title, maxName), s.lay(p, ".html"))}
	}
	return Written{name, encode(struct {
		Page
		Repository string `json:"repository"`
		Ref        string `json:"ref"`
		Commit     string `json:"commit"`
	}{*p, s.Source.URL, s.Source.Ref, s.Source.Commit})}
}

// Contents returns the tables of contents in the forms that generators read. contents.json lists
// every page with its hash, files and neighbours. Markdown also has the SUMMARY.md of mdBook and
// GitBook.
func (s *Site) Contents(format string) []Written {
	type entry struct {
		ID      string   `json:"id"`
		File    string   `json:"file"`
		Title   string   `json:"title"`
		Kind    string   `json:"kind"`
		Hash    string   `json:"hash"`
		Files   []string `json:"files"`
		Related []string `json:"related"`
	}
	list := struct {
		Title      string  `json:"title"`
		Repository string  `json:"repository"`
		Ref        string  `json:"ref"`
		Commit     string  `json:"commit"`
		Pages      []entry `json:"pages"`
	}{s.Source.Name, s.Source.URL, s.Source.Ref, s.Source.Commit, []entry{}}
	for _, p := range s.Pages {
		e := entry{p.ID, p.ID + "." + format, p.Title, p.Kind, p.Hash, []string{}, []string{}}
		for _, f := range p.Files {
			e.Files = append(e.Files, f.Path)
		}
		for _, r := range p.Refers {
			e.Related = append(e.Related, r.Page)
		}
		list.Pages = append(list.Pages, e)
	}
	all := []Written{{"contents.json", encode(list)}}
	if format == Markdown {
		all = append(all, Written{"SUMMARY.md", s.summary()})
	}
	return all
}

func (s *Site) summary() string {
	var out strings.Builder
	out.WriteString("# Summary\n\n")
	fmt.Fprintf(&out, "- [%s](index.md)\n", markdown(clean(s.Source.Name, maxName)))
	depths := []int{-1} // of the directories around the next one
	for _, c := range s.Pages[0].Pages {
		for len(depths) > 1 && depths[len(depths)-1] >= c.Depth {
			depths = depths[:len(depths)-1]
		}
		fmt.Fprintf(&out, "%s- [%s](%s.md)\n", strings.Repeat("  ", len(depths)-1), markdown(clean(c.Title, maxName)), c.ID)
		depths = append(depths, c.Depth)
	}
	return out.String()
}

func encode(v any) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic("wiki: texts and numbers have no JSON: " + err.Error())
	}
	return out.String()
}

func renderMarkdown(blocks []block) string {
	var out strings.Builder
	for i, b := range blocks {
		if i > 0 {
			out.WriteByte('\n')
		}
		switch {
		case b.mermaid != "":
			out.WriteString("```mermaid\n" + b.mermaid + "```\n")
		case len(b.list) > 0:
			markdownList(&out, b.list, "")
		default:
			if b.level > 0 {
				out.WriteString(strings.Repeat("#", b.level) + " ")
			}
			out.WriteString(markdownLine(b.line) + "\n")
		}
	}
	return out.String()
}

func markdownList(out *strings.Builder, list []item, indent string) {
	for _, i := range list {
		out.WriteString(indent + "- " + markdownLine(i.line) + "\n")
		markdownList(out, i.items, indent+"  ")
	}
}

func markdownLine(line []inline) string {
	var out strings.Builder
	for _, i := range line {
		i.text = i.shown()
		shown := markdown(i.text)
		if i.code && i.text != "" {
			shown = span(i.text)
		}
		if i.href != "" {
			shown = "[" + shown + "](" + i.href + ")"
		}
		out.WriteString(shown)
	}
	return out.String()
}

const (
	htmlHead = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width">
<title>%s</title>
</head>
<body>
`
	htmlFoot = "</body>\n</html>\n"
)

func renderHTML(title string, blocks []block) string {
	var out strings.Builder
	fmt.Fprintf(&out, htmlHead, html.EscapeString(title))
	for _, b := range blocks {
		switch {
		case b.mermaid != "":
			out.WriteString("<pre class=\"mermaid\">\n" + html.EscapeString(b.mermaid) + "</pre>\n")
		case len(b.list) > 0:
			htmlList(&out, b.list)
		case b.level > 0:
			fmt.Fprintf(&out, "<h%d>%s</h%[1]d>\n", b.level, htmlLine(b.line))
		default:
			out.WriteString("<p>" + htmlLine(b.line) + "</p>\n")
		}
	}
	return out.String() + htmlFoot
}

func htmlList(out *strings.Builder, list []item) {
	out.WriteString("<ul>\n")
	for _, i := range list {
		out.WriteString("<li>" + htmlLine(i.line))
		if len(i.items) > 0 {
			out.WriteByte('\n')
			htmlList(out, i.items)
		}
		out.WriteString("</li>\n")
	}
	out.WriteString("</ul>\n")
}

func htmlLine(line []inline) string {
	var out strings.Builder
	for _, i := range line {
		shown := html.EscapeString(i.shown())
		if i.code {
			shown = "<code>" + shown + "</code>"
		}
		if i.href != "" {
			shown = `<a href="` + html.EscapeString(i.href) + `" rel="noreferrer">` + shown + "</a>"
		}
		out.WriteString(shown)
	}
	return out.String()
}
