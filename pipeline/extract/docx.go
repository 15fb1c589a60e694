package extract

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of the parts of a .docx. Word's XML is some ten times as long as its text, and is packed to a tenth of its
// size.
const (
	maxEntries = 4096
	maxXML     = 32 << 20 // bytes of one unpacked part
	maxRatio   = 200      // unpacked to packed size, for more than freeRatio bytes
	freeRatio  = 1 << 20
	maxNesting = 256 // depth of nested elements
	maxStyles  = 4096
)

var errOver = errors.New("over a bound")

// docxText lays out the body of a Word document like Markdown: headings begin with #, items begin with -, the cells of
// a row stand between |, and any other paragraph is one line.
func docxText(ctx context.Context, content []byte, most int) ([]byte, *Refusal, error) {
	// The library reads the archive's whole directory, so its entries are counted first, by their marks.
	if n := bytes.Count(content, []byte("PK\x01\x02")); n > maxEntries {
		return nil, unreadable("%d files are packed in it; the limit is %d", n, maxEntries), nil
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, unreadable("it is no zip archive, or a damaged one"), nil
	}
	var body, styles *zip.File
	for _, f := range archive.File {
		switch f.Name {
		case "word/document.xml":
			body = f
		case "word/styles.xml":
			styles = f
		}
	}
	if body == nil {
		return nil, unreadable("it holds no word/document.xml"), nil
	}
	d := docx{most: most}
	if styles != nil {
		if err := read(ctx, styles, d.style); err != nil {
			return nil, broken("word/styles.xml", err), ctx.Err()
		}
	}
	if err := read(ctx, body, d.element); err != nil && !errors.Is(err, errFull) {
		return nil, broken("word/document.xml", err), ctx.Err()
	}
	return clean(d.out.Bytes()), nil, nil
}

func broken(part string, err error) *Refusal {
	if over := (*overError)(nil); errors.As(err, &over) {
		return unreadable("%s %s", part, over.why)
	}
	return unreadable("%s is damaged", part)
}

// overError names the bound that a part exceeds.
type overError struct{ why string }

func (e *overError) Error() string { return e.why }
func (e *overError) Unwrap() error { return errOver }

// inflated counts the bytes that a part unpacks to.
type inflated struct {
	from         io.Reader
	size, packed int64
}

func (r *inflated) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.size += int64(n)
	switch {
	case r.size > maxXML:
		return 0, &overError{fmt.Sprintf("unpacks to more than %d bytes", maxXML)}
	case r.size > freeRatio && r.size > maxRatio*r.packed:
		return 0, &overError{fmt.Sprintf("unpacks to more than %d times its size", maxRatio)}
	}
	return n, err
}

// read calls each with every token of a part.
func read(ctx context.Context, f *zip.File, each func(xml.Token) error) error {
	part, err := f.Open()
	if err != nil {
		return err
	}
	defer part.Close()
	decoder := xml.NewDecoder(&inflated{from: until{ctx, part}, packed: int64(min(f.CompressedSize64, MaxSize))})
	depth := 0
	for tags := 0; ; tags++ {
		if tags > maxTags {
			return &overError{fmt.Sprintf("has more than %d tags and texts", maxTags)}
		}
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			if depth++; depth > maxNesting {
				return &overError{fmt.Sprintf("nests deeper than %d elements", maxNesting)}
			}
		case xml.EndElement:
			depth--
		case xml.Directive: // a document type, which could define entities; the format has none
			return &overError{"declares a document type"}
		}
		if err := each(token); err != nil {
			return err
		}
	}
}

// errFull ends reading when there is more text than the caller wants.
var errFull = errors.New("text is too long")

// docx gathers the text of a document.
type docx struct {
	most     int
	out      bytes.Buffer
	headings map[string]int // level of a heading by its style
	current  string         // the style that is being read

	text   bool // in an element that holds text
	hidden int  // depth below an element that is shown elsewhere or nowhere
	cell   bool // the row has some text already
	rows   int  // depth of nested rows
	line   bool // the paragraph has some text already
	gap    bool // a blank is owed before the next word of this cell
}

// style records which styles are headings. Their ids are in the author's language, but their names are always English.
func (d *docx) style(token xml.Token) error {
	start, ok := token.(xml.StartElement)
	if !ok {
		return nil
	}
	switch start.Name.Local {
	case "style":
		d.current = attr(start, "styleId")
	case "name":
		level := 0
		name := strings.ToLower(attr(start, "val"))
		if name == "title" {
			level = 1
		} else if rest, ok := strings.CutPrefix(name, "heading "); ok && len(rest) == 1 && '1' <= rest[0] && rest[0] <= '6' {
			level = int(rest[0] - '0')
		}
		if level > 0 && d.current != "" && len(d.headings) < maxStyles {
			if d.headings == nil {
				d.headings = make(map[string]int)
			}
			d.headings[d.current] = level
		}
	}
	return nil
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (d *docx) element(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		d.start(t)
	case xml.EndElement:
		d.end(t.Name.Local)
	case xml.CharData:
		if d.text && d.hidden == 0 {
			d.write(bytes.Map(func(r rune) rune {
				if r == '\n' || r == '\r' || r == '\f' {
					return ' '
				}
				return r
			}, t))
		}
	}
	if d.out.Len() > d.most {
		return errFull
	}
	return nil
}

func (d *docx) start(e xml.StartElement) {
	if d.hidden > 0 || e.Name.Local == "Fallback" { // the element beside it holds the same text
		d.hidden++
		return
	}
	switch e.Name.Local {
	case "pStyle":
		if level := d.headings[attr(e, "val")]; level > 0 && d.rows == 0 && !d.line {
			d.out.WriteString(strings.Repeat("#", level) + " ")
		}
	case "numPr":
		if d.rows == 0 && !d.line && d.fresh() {
			d.out.WriteString("- ")
		}
	case "t":
		d.text = true
	case "tab":
		if d.line {
			d.out.WriteByte('\t')
		}
	case "br", "cr":
		d.breakLine()
	case "tr":
		if d.rows++; d.rows == 1 {
			d.cell = false
		}
	case "tc":
		if d.rows == 1 { // a cell inside a cell adds its words to the outer one
			if d.cell {
				d.out.WriteString(" | ")
			}
			d.cell, d.line, d.gap = true, false, false
		}
	}
}

func (d *docx) end(name string) {
	if d.hidden > 0 {
		d.hidden--
		return
	}
	switch name {
	case "t":
		d.text = false
	case "p":
		if d.rows > 0 {
			d.breakLine()
		} else if !d.fresh() {
			d.out.WriteString("\n\n")
		}
		d.line = false
	case "tr":
		if d.rows = max(d.rows-1, 0); d.rows == 0 {
			d.gap = false
			d.out.WriteByte('\n')
		}
	case "tbl":
		if d.rows == 0 {
			d.out.WriteByte('\n')
		}
	}
}

// fresh reports whether the next text begins a line.
func (d *docx) fresh() bool {
	b := d.out.Bytes()
	return len(b) == 0 || b[len(b)-1] == '\n'
}

// breakLine ends a line. In a row, which is one line, it writes a blank.
func (d *docx) breakLine() {
	switch {
	case !d.line:
	case d.rows > 0:
		d.gap = true
	default:
		d.out.WriteByte('\n')
	}
	d.line = false
}

func (d *docx) write(text []byte) {
	if len(text) > 0 {
		if d.gap {
			d.out.WriteByte(' ')
		}
		d.line, d.gap = true, false
		d.out.Write(text)
	}
}
