package extract

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// docxOf packs parts, which are given as alternating names and contents.
func docxOf(t testing.TB, parts ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i < len(parts); i += 2 {
		part, err := w.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(parts[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const word = `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>%s</w:body></w:document>`

const styles = `<?xml version="1.0"?><w:styles xmlns:w="w"><w:style w:styleId="Titel"><w:name w:val="Title"/></w:style>` +
	`<w:style w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style><w:style w:styleId="x"><w:name w:val="heading 99"/></w:style></w:styles>`

func document(t testing.TB, body string) []byte {
	t.Helper()
	return docxOf(t, "[Content_Types].xml", "<a/>", "word/document.xml", fmt.Sprintf(word, body), "word/styles.xml", styles, "word/media/a.png", "png")
}

func paragraph(style, text string) string {
	if style != "" {
		style = `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return `<w:p>` + style + `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

func TestDocx(t *testing.T) {
	cell := func(paragraphs ...string) string { return "<w:tc>" + strings.Join(paragraphs, "") + "</w:tc>" }
	for _, test := range []struct{ name, body, want string }{
		{"paragraphs", paragraph("", "The wheel") + paragraph("", "turns &amp; turns") + "<w:p/>", "The wheel\n\nturns & turns\n\n"},
		{"headings", paragraph("Titel", "Water") + paragraph("berschrift2", "Wheels") + paragraph("x", "text"), "# Water\n\n## Wheels\n\ntext\n\n"},
		{"runs", `<w:p><w:r><w:t>wa</w:t></w:r><w:r><w:t>ter</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>`, "water\tb\nc\n\n"},
		{"a list", `<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/></w:numPr></w:pPr><w:r><w:t>one</w:t></w:r></w:p>`, "- one\n\n"},
		{"what was deleted", `<w:p><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>`, "new\n\n"},
		{"fields", `<w:p><w:r><w:instrText>PAGE 7</w:instrText></w:r><w:r><w:t>7</w:t></w:r></w:p>`, "7\n\n"},
		{"a table", "<w:tbl><w:tr>" + cell(paragraph("", "a"), paragraph("", "b")) + cell(paragraph("Titel", "c")) + "</w:tr><w:tr>" + cell("<w:p/>") + cell(paragraph("", "d")) + "</w:tr></w:tbl>" + paragraph("", "e"),
			"a b | c\n | d\n\ne\n\n"},
		{"a table in a table", "<w:tbl><w:tr>" + cell("<w:tbl><w:tr>"+cell(paragraph("", "a"))+cell(paragraph("", "b"))+"</w:tr></w:tbl>") + cell(paragraph("", "c")) + "</w:tr></w:tbl>", "a b | c\n\n"},
		{"a text twice", `<w:p><w:r><mc:AlternateContent><mc:Choice><w:t>once</w:t></mc:Choice><mc:Fallback><w:t>once</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>`, "once\n\n"},
		{"line ends and controls", paragraph("", "a\nb\tc"), "a b\tc\n\n"},
	} {
		text, refused, _ := docxText(context.Background(), document(t, test.body), 1000)
		if refused != nil || string(text) != test.want {
			t.Errorf("%s: %q, refused %+v; want %q", test.name, text, refused, test.want)
		}
	}
}

func TestDocxBounds(t *testing.T) {
	long := document(t, paragraph("", strings.Repeat("water ", 1000)))
	if _, refused, _ := New(Config{}).Text(t.Context(), Docx, long, 100); refused == nil || refused.Cause != TooLong {
		t.Errorf("too long: %+v", refused)
	}
	many := make([]string, 0, 2*maxEntries+4)
	for i := range maxEntries + 1 {
		many = append(many, fmt.Sprint(i), "")
	}
	good := document(t, paragraph("", "a"))
	for _, test := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"no archive", []byte("PK\x03\x04 and more"), "no zip"},
		{"nothing", nil, "no zip"},
		{"another archive", docxOf(t, "a.txt", "a"), "no word/document.xml"},
		{"a path instead", docxOf(t, "../word/document.xml", fmt.Sprintf(word, paragraph("", "a"))), "no word/document.xml"},
		{"many files", docxOf(t, many...), "files are packed"},
		{"a bomb", document(t, strings.Repeat(" ", maxXML)), "unpacks to more than 200 times"},
		{"a bomb of styles", docxOf(t, "word/document.xml", "<a/>", "word/styles.xml", "<a>"+strings.Repeat("<b/>", maxXML/4)+"</a>"), "unpacks to more than 200 times"},
		{"deep", document(t, strings.Repeat("<w:p>", maxNesting)), "nests deeper"},
		{"entities", docxOf(t, "word/document.xml", `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><a><t>&b;</t></a>`), "document type"},
		{"an entity of a file", docxOf(t, "word/document.xml", `<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>`), "document type"},
		{"an entity of nothing", document(t, paragraph("", "&b;")), "damaged"},
		{"an open end", document(t, "<w:p>"), "damaged"},
		{"two names for one end", document(t, "<w:p></w:r>"), "damaged"},
		{"a foreign encoding", docxOf(t, "word/document.xml", `<?xml version="1.0" encoding="x-own"?><a/>`), "damaged"},
		{"a flipped byte", bytes.Replace(good, []byte("word/document.xml"), []byte("word/dOcument.xml"), 1), ""},
	} {
		text, refused, _ := docxText(context.Background(), test.content, 1<<20)
		if test.want == "" {
			continue // any valid end will do
		}
		if refused == nil || !strings.Contains(refused.Why, test.want) {
			t.Errorf("%s: %.100q, refused %+v; want %q", test.name, text, refused, test.want)
		}
	}
}

// TestDocxThatLies reads an archive whose directory gives wrong sizes.
func TestDocxThatLies(t *testing.T) {
	content := document(t, paragraph("", strings.Repeat("water ", 100)))
	at := bytes.LastIndex(content, []byte("word/document.xml")) - 46
	for _, size := range []uint32{0, 1, 1 << 31} {
		lie := bytes.Clone(content)
		binary.LittleEndian.PutUint32(lie[at+24:], size)
		if text, refused, _ := docxText(context.Background(), lie, 1<<20); refused == nil && len(text) > 1000 {
			t.Errorf("size %d: %d bytes of text", size, len(text))
		}
	}
}
