package chunk

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/leatworks/leat/pipeline/chunk/internal/tree"
	"github.com/leatworks/leat/pipeline/fact"
)

// Version of the output. Raise generation whenever any text would be cut
// differently: chunks are stored under the version. A program without grammars
// cuts differently too, and has versions of its own.
const (
	Version    = 2*generation + withTrees
	generation = 7
)

// Trees says whether this program can cut by syntax trees, which takes cgo.
const Trees = tree.Enabled

// Sizes in bytes. They are constants because all who store the same blob share
// its chunks.
const (
	Target = 1500 // the size that windows aim at: some 400 tokens of code
	Max    = 4096 // the size that no chunk exceeds

	whole = 2 * Target // a declaration or section up to here is not cut
	small = Target / 5 // a declaration below this, some eight lines, may share a chunk
	slack = Target / 4 // a rest no larger than this joins the window before it
)

// Kinds of spans. They are stored and searched: none changes its meaning.
const (
	KindFunction     = "function"
	KindMethod       = "method"
	KindType         = "type"
	KindConst        = "const"
	KindVar          = "var"
	KindDeclarations = "declarations" // neighbours of several kinds, each small
	KindHeader       = "header"       // package clause and imports; front matter
	KindSection      = "section"      // of a text, under a heading
	KindCell         = "cell"         // of a notebook: its source
	KindLines        = "lines"        // a window of lines, whatever they hold
)

// MaxSymbol bounds Span.Symbol, in bytes.
const MaxSymbol = 512

// MaxSymbols bounds Span.Symbols, and maxSymbolBytes the bytes of their names. Only a
// text of short constants has more.
const (
	MaxSymbols     = 256
	maxSymbolBytes = 8 << 10
)

// Span is a part of a text.
type Span struct {
	Start, End         int      // offsets in bytes, half open
	StartLine, EndLine int      // lines, from 1, both included
	Kind               string   // one of the kinds
	Symbol             string   // what it declares, or its headings; valid UTF-8; may be empty
	Symbols            []Symbol // each definition of which it holds a line, in the order of the text
}

// Symbol is a definition.
type Symbol struct {
	Name               string // with the names that lead to it; valid UTF-8, one line
	StartLine, EndLine int    // as far as they are in the span
}

// Text is a text to cut.
type Text struct {
	Language string // as go-enry names it; "": unknown
	Bytes    []byte
}

// Cutting is the result of one parse of a text.
type Cutting struct {
	Spans []Span
	// Facts are the definitions and references of the text, as fact.Encode writes them; nil:
	// its language has none, or it cannot be parsed.
	Facts []byte
}

// Cut cuts a text, written in language as go-enry names it, and finds its facts in the
// same parse. An empty text has no spans. It fails only if ctx has ended.
func Cut(ctx context.Context, language string, text []byte) (c Cutting, err error) {
	if err := ctx.Err(); err != nil {
		return c, err
	}
	c.Spans = split(ctx, language, text, &c.Facts)
	return c, ctx.Err()
}

// HasFacts says whether texts in language may have facts in this program.
func HasFacts(language string) bool {
	return language == "Go" || Trees && fact.Extracts(language)
}

// split cuts a text, and stores its facts if they are asked for. Once ctx has ended, the
// spans are not those of the text.
func split(ctx context.Context, language string, text []byte, facts *[]byte) []Span {
	if len(text) == 0 {
		return nil
	}
	var blocks []block
	switch {
	case language == "Go":
		blocks = goBlocks(text, facts)
	case formats[language] != nil:
		blocks = formats[language](text)
	case mixed[language] != nil:
		blocks = mixed[language](ctx, text)
	case layouts[language] != nil:
		blocks = layouts[language].blocks(text)
	default:
		blocks = syntaxBlocks(ctx, language, text, facts)
	}
	if len(blocks) == 0 {
		blocks = []block{{end: len(text), kind: KindLines}}
	}
	return cut(text, blocks)
}

// Parses says whether a text in language is cut by its structure and not by lines.
func Parses(language string) bool {
	return formats[language] != nil || mixed[language] != nil || layouts[language] != nil || rules[language] != nil
}

// Lines cuts text into windows of lines, as Cut does when no rule fits. It takes no ctx: it
// only counts, some milliseconds a MiB.
func Lines(text []byte) []Span { return split(context.Background(), "", text, nil) }

// block is a part of a text that is worth keeping together. The blocks of a text
// tile it, except those of a notebook. They begin at the beginning of lines, and may
// be of any size.
type block struct {
	start, end   int
	kind, symbol string
	path         string // the names that lead to the symbol, until blocks are merged
	opens        string // the path of a definition whose members follow
	inner        []name // definitions in it that have no block of their own
	own          place  // place of the symbol; the zero place: all of the block
	names        []name // its definitions, if symbol and inner do not name them
}

// shifted is a block of a part of a text that begins at an offset.
func (b block) shifted(by int) block {
	b.names = slices.Clone(b.defined())
	b.start, b.end = b.start+by, b.end+by
	for i := range b.names {
		b.names[i].start += by
		b.names[i].end += by
	}
	return b
}

// place is a part of a text, in bytes, half open.
type place struct{ start, end int }

func (p place) size() int { return p.end - p.start }

// name is the name of a definition, with the names that lead to it.
type name struct {
	path, symbol string
	place
	silent bool // not worth a mention in a span's Symbol: a field, a function in a function
}

// maxInner is how many names of definitions besides its own a block mentions.
const maxInner = 40

func (b *block) adopt(names ...name) {
	b.inner = append(b.inner, names[:min(len(names), max(0, MaxSymbols-len(b.inner)))]...)
}

// defined returns all definitions of a block.
func (b block) defined() []name {
	if b.names != nil {
		return b.names
	}
	var list []name
	if b.symbol != "" {
		list = append(list, name{path: b.path, symbol: b.symbol, place: cmp.Or(b.own, place{b.start, b.end})})
	}
	return append(list, b.inner...)
}

func (b block) size() int { return b.end - b.start }

// cut turns blocks into spans.
func cut(text []byte, blocks []block) []Span {
	spans := make([]Span, 0, len(blocks)+len(text)/Target)
	index := lineIndex{text: text}
	line, at := 1, 0
	for _, b := range blocks {
		line += bytes.Count(text[at:b.start], newline)
		at = b.end
		for start := b.start; start < b.end; {
			end := b.end
			if b.kind == KindLines || b.size() > whole {
				end = start + chunkSizes.window(text[start:b.end])
			}
			last := line + bytes.Count(text[start:end-1], newline)
			spans = append(spans, Span{start, end, line, last, b.kind, b.symbol, index.symbols(b.defined(), place{start, end}, line, last)})
			line = last
			if text[end-1] == '\n' {
				line++
			}
			start = end
		}
	}
	return spans
}

var newline = []byte("\n")
