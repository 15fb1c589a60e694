package chunk

// formats cut what is no program, by the names that go-enry gives to languages,
// and by those that package lang gives to files whose text is extracted.
// Each takes time in proportion to the text. A nil result means by lines.
var formats = map[string]func(text []byte) []block{
	"Astro":              componentBlocks,
	"AsciiDoc":           asciidocBlocks,
	"CSS":                braces(sheet),
	"Go":                 func(text []byte) []block { return goBlocks(text, nil) },
	"Dockerfile":         dockerBlocks,
	"GraphQL":            braces(hashed),
	"HCL":                braces(hashed),
	"HTML":               htmlBlocks,
	"INI":                tomlBlocks,
	"JSON":               jsonBlocks,
	"JSON with Comments": jsonBlocks,
	"JSON5":              jsonBlocks,
	"Jupyter Notebook":   notebookBlocks,
	"Less":               braces(slashed),
	"MDX":                markdownBlocks,
	"Markdown":           markdownBlocks,
	"PDF":                pageBlocks,
	"PLSQL":              sqlBlocks,
	"PLpgSQL":            sqlBlocks,
	"Protocol Buffer":    braces(slashed),
	"RMarkdown":          markdownBlocks,
	"SCSS":               braces(slashed),
	"SQL":                sqlBlocks,
	"TOML":               tomlBlocks,
	"Svelte":             componentBlocks,
	"TSQL":               sqlBlocks,
	"Vue":                componentBlocks,
	"Word":               hashBlocks,
	"YAML":               yamlBlocks,
	"reStructuredText":   rstBlocks,
}

func init() {
	for language, tag := range templates {
		formats[language] = templateBlocks(tag)
	}
}

// maxLevels is how deep parts of parts are looked for in data. Each level reads
// its text once more.
const maxLevels = 8
