package wiki_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"

	"github.com/leatworks/leat/internal/wiki"
)

// hostile are texts with a special meaning in Markdown, HTML, Mermaid or a URL.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "[x](javascript:alert(1))", "![x](https://evil.example/p.png)", "```\n<b>\n```", "`", "``` `` `",
	"\n\n# Heading", "1. one\n- two", "www.evil.example https://evil.example <https://evil.example> me@evil.example", "a]b)c(d[e", `\`, "*_~|^$", "&lt;script&gt; &#60;b&#62;",
	"x\"] --> y[\"z; click x javascript:alert(1)", "--- %% {{ <% #quot;", "\u202egnp.exe\u2066\u200b\ufeff", "\x00\x1b[31m\x7f", "\xff\xfe", "</pre></code></a><h1>", "../../../etc/passwd", "?a=b#c d%2f", "- [ ] task\n> quote", "[^1]: note", ":smile: @everyone", "    indented code", "<!-- -->", "|a|b|\n|-|-|\n", "~~~",
}

func hostileSource(texts []string) wiki.Source {
	s := mill()
	s.Files, s.Builds, s.Links, s.Groups = nil, nil, nil, nil
	s.Skips = map[string]int{"binary": 1}
	for i, t := range texts {
		path := t + "/" + t
		s.Readme += wiki.FirstWords(t) + " "
		s.Groups = append(s.Groups, t)
		s.Builds = append(s.Builds, wiki.BuildOf("Makefile", []byte(t+"\nall: "+t+"\n")), wiki.Build{Path: path, Lines: []string{strings.ToValidUTF8(strings.Join(strings.Fields(t), " "), "")}})
		s.Files = append(s.Files, wiki.File{Path: path, Language: "Go", Group: i + 1, Symbols: []wiki.Symbol{
			{Name: t, Kind: "function", Signature: t, Doc: t, Line: 1, End: 2, Used: 1, Users: []wiki.User{{Path: path, Symbol: t}}},
			{Name: t + ".main", Kind: "function", Line: 3, End: 3},
		}})
		if i > 0 {
			s.Links = append(s.Links, wiki.Link{From: i, To: i - 1})
		}
	}
	s.Name, s.Ref = texts[0], "refs/heads/"+texts[0]
	return s
}

// No name or sentence of a repository becomes markup in a wiki.
func TestHostileTextIsText(t *testing.T) {
	for _, one := range hostile {
		checkHostile(t, []string{one})
	}
	checkHostile(t, hostile)
}

func FuzzHostileTextIsText(f *testing.F) {
	for _, one := range hostile {
		f.Add(one, "a")
	}
	f.Fuzz(func(t *testing.T, one, other string) { checkHostile(t, []string{one, other}) })
}

func checkHostile(t *testing.T, texts []string) {
	t.Helper()
	for _, community := range []bool{false, true} {
		site := wiki.New(hostileSource(texts), community)
		for i := range site.Pages {
			p := &site.Pages[i]
			checkMarkdown(t, texts, site.Render(p, wiki.Markdown).Content)
			checkHTML(t, texts, site.Render(p, wiki.HTML).Content)
		}
		for _, f := range site.Contents(wiki.Markdown) {
			if f.Name == "SUMMARY.md" {
				checkMarkdown(t, texts, f.Content)
			}
		}
	}
}

// mayLead says whether a page may link to an address.
func mayLead(to string) bool {
	return strings.HasPrefix(to, "https://github.com/example/mill/blob/abab") || strings.Trim(to, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}

func checkMarkdown(t *testing.T, texts []string, page string) {
	t.Helper()
	source := []byte(page)
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote, extension.DefinitionList)).Parser().Parse(text.NewReader(source))
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Document, *ast.Paragraph, *ast.TextBlock, *ast.List, *ast.ListItem, *ast.Text, *ast.String, *ast.CodeSpan:
		case *ast.Heading:
			if n.Level > 3 {
				t.Errorf("%q: a heading of level %d in\n%s", texts, n.Level, page)
			}
		case *ast.FencedCodeBlock:
			if string(n.Language(source)) != "mermaid" {
				t.Errorf("%q: code of %s in\n%s", texts, n.Language(source), page)
			}
			checkMermaid(t, texts, string(n.Lines().Value(source)))
		case *ast.Link:
			if !mayLead(string(n.Destination)) {
				t.Errorf("%q: a link to %s in\n%s", texts, n.Destination, page)
			}
		default:
			t.Errorf("%q: %s in\n%s", texts, n.Kind(), page)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Error(err)
	}
}

func checkMermaid(t *testing.T, texts []string, picture string) {
	t.Helper()
	for line := range strings.Lines(picture) {
		line = strings.TrimSpace(line)
		if name, label, ok := strings.Cut(line, `["`); ok {
			inner, closed := strings.CutSuffix(label, `"]`)
			if !closed || strings.ContainsAny(inner, "\"[](){}<>|`\\\n:") || strings.Trim(name, "n0123456789") != "" {
				t.Errorf("%q: a picture has the line %s", texts, line)
			}
		} else if line != "graph LR" && strings.Trim(line, "n0123456789 ->") != "" {
			t.Errorf("%q: a picture has the line %s", texts, line)
		}
	}
}

func checkHTML(t *testing.T, texts []string, page string) {
	t.Helper()
	allowed := []string{"html", "head", "meta", "title", "body", "h1", "h2", "h3", "p", "ul", "li", "code", "a", "pre"}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Errorf("%q: %v", texts, z.Err())
			}
			return
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			token := z.Token()
			if !slices.Contains(allowed, token.Data) {
				t.Errorf("%q: a tag %s in\n%s", texts, token, page)
			}
			for _, a := range token.Attr {
				if token.Data == "a" && (a.Key == "href" && mayLead(a.Val) || a.Key == "rel") || token.Data == "meta" || token.Data == "html" || token.Data == "pre" && a.Val == "mermaid" {
					continue
				}
				t.Errorf("%q: %s has %s=%q", texts, token.Data, a.Key, a.Val)
			}
		case html.CommentToken:
			t.Errorf("%q: a comment in\n%s", texts, page)
		}
	}
}
