package chunk

import (
	"bytes"
	"context"
	"slices"
)

// formats holds the cutters of texts that are no programs, by the names that go-enry gives
// to languages, and by the names that package lang gives to files whose text is extracted.
// Each takes time in proportion to the text. A nil result means that the text is cut by
// lines.
var formats = map[string]func(text []byte) []block{
	"AsciiDoc":           asciidocBlocks,
	"CSS":                braces(sheet),
	"Go":                 func(text []byte) []block { return goBlocks(text, nil) },
	"Dockerfile":         dockerBlocks,
	"GraphQL":            withNames(braces(hashed), graphqlName),
	"HCL":                withNames(braces(hashed), hclName),
	"INI":                tomlBlocks,
	"JSON":               jsonBlocks,
	"JSON with Comments": jsonBlocks,
	"JSON5":              jsonBlocks,
	"Jupyter Notebook":   notebookBlocks,
	"Less":               braces(slashed),
	"MDX":                withNames(markdownBlocks, mdxName),
	"Markdown":           markdownBlocks,
	"PDF":                pageBlocks,
	"PLSQL":              sqlBlocks,
	"PLpgSQL":            sqlBlocks,
	"Protocol Buffer":    withNames(braces(slashed), protobufName),
	"RMarkdown":          markdownBlocks,
	"SCSS":               braces(slashed),
	"SQL":                sqlBlocks,
	"TOML":               tomlBlocks,
	"TSQL":               sqlBlocks,
	"Word":               hashBlocks,
	"YAML":               yamlBlocks,
	"reStructuredText":   rstBlocks,
}

// mixed holds the cutters of texts with programs in other languages, whose parse ends with
// ctx.
var mixed = map[string]func(ctx context.Context, text []byte) []block{
	"Astro":  componentBlocks,
	"HTML":   htmlBlocks,
	"Svelte": componentBlocks,
	"Vue":    componentBlocks,
}

func init() {
	for language, tag := range templates {
		mixed[language] = templateBlocks(tag)
	}
}

// Lines that define something, with its name. They give the names of definitions in parts that
// are kept whole, or whose titles hold other words too.
var (
	graphqlName  = lazily(`(?m)^[ \t]*(?:extend[ \t]+)?(?:type|interface|input|enum|union|scalar|fragment|query|mutation|subscription|directive)[ \t]+@?(\w+)`)
	hclName      = lazily(`(?m)^[ \t]*(?:resource|data|module|variable|output|provider)[ \t]+"(?:[\w-]+"[ \t]+")?([\w-]+)"`)
	mdxName      = lazily(`(?m)^export[ \t]+(?:default[ \t]+)?(?:async[ \t]+)?(?:function|const|let|class)[ \t]+([\w$]+)`)
	protobufName = lazily(`(?m)(?:^|[ \t{;}])(?:message|enum|service|oneof|rpc)[ \t]+(\w+)[ \t]*[{(]`)
)

// withNames adds the names that a pattern finds to the blocks of a format. A name on the first
// line of a definition belongs to that definition.
func withNames(format func(text []byte) []block, pattern lazy) func(text []byte) []block {
	return func(text []byte) []block {
		blocks := format(text)
		i := 0
		for _, m := range pattern().FindAllSubmatchIndex(text, -1) {
			for i < len(blocks) && blocks[i].end <= m[2] {
				i++
			}
			if i == len(blocks) {
				break
			}
			if b := &blocks[i]; b.start <= m[2] {
				b.name(name{symbol: string(text[m[2]:m[3]]), place: place{m[2], lineEnd(text, m[3])}}, text)
			}
		}
		return blocks
	}
}

// name adds a name to the definitions of a block, in the order of the text.
func (b *block) name(n name, text []byte) {
	list := b.defined()
	if len(list) >= MaxSymbols || slices.ContainsFunc(list, func(other name) bool { return other.symbol == n.symbol }) {
		return
	}
	at := 0
	for at < len(list) && list[at].start <= n.start {
		at++
	}
	if at > 0 {
		if before := list[at-1]; n.start < before.end && bytes.IndexByte(text[before.start:n.start], '\n') < 0 {
			n.end = before.end
		}
	}
	b.names = slices.Insert(slices.Clone(list), at, n)
}

// maxLevels is how deep parts of parts are looked for in data. Each level reads
// its text once more.
const maxLevels = 8
