package scip

import (
	"path"
	"strings"
	"unicode/utf8"
)

// The bounds of an index. A document, an occurrence or a relation beyond a bound is left out and
// counted.
// An index beyond a bound is refused.
const (
	MaxIndex       = 1 << 30   // bytes of an index, unpacked
	MaxDocument    = 32 << 20  // bytes of a document in it
	MaxDocuments   = 50_000    // of an index
	MaxStored      = 64 << 20  // bytes of the stored forms of an index
	MaxOccurrences = 1_000_000 // of a document
	MaxRelations   = 100_000   // of a document
	MaxSymbol      = 2048      // bytes of a symbol
	MaxPath        = 1024      // bytes; leat indexes no file with a longer path
	maxPlace       = 1 << 24   // lines of a document, and characters of a line
	maxToolName    = 128       // bytes of an indexer's name and version
)

// Encoding says in which units an index counts the characters of a line.
type Encoding uint8

// The encodings, with the numbers of the schema.
const (
	Unsaid Encoding = iota
	UTF8
	UTF16
	UTF32
	lastEncoding = UTF32
)

// Tool is the indexer that made an index.
type Tool struct{ Name, Version string }

// Document is a file of an index.
type Document struct {
	Path        string // from the root of the index
	Encoding    Encoding
	Occurrences []Occurrence // in the order of the index
	Relations   []Relation   // in the order of the index
}

// Relation says that one symbol, which the document defines, has to do with another. It stands at
// no place in a text: a type implements an interface without naming it.
type Relation struct {
	Symbol, To string
	Kinds      RelationKind
}

// RelationKind says what a symbol has to do with another.
type RelationKind uint8

// The kinds that leat heeds.
const (
	Reference      RelationKind = 1 << iota // a reference to the other counts as one to the symbol
	Implementation                          // the symbol implements the other, or overrides it
	TypeDefinition                          // the other is the symbol's type
	allKinds       = Reference | Implementation | TypeDefinition
)

// Occurrence is a name in a file. It stands on one line.
type Occurrence struct {
	Line, Start, End int    // from 0; characters, half open
	Symbol           string // as in the index; "local …" belongs to the document alone
	Roles            Role
}

// Role says what an occurrence does with its symbol.
type Role uint8

// The roles that leat heeds, with the numbers of the schema.
const (
	Definition Role = 1
	Import     Role = 2
	Write      Role = 4
	heeded          = Definition | Import | Write
)

// Local says whether a symbol belongs to its document alone.
func Local(symbol string) bool { return strings.HasPrefix(symbol, "local ") }

// Package returns the part of a symbol that names its package, without the version, or "" if
// there is none.
func Package(symbol string) string {
	end := 0
	for range 3 { // the scheme, the manager and the name; a space in one is doubled
		for {
			i := strings.IndexByte(symbol[end:], ' ')
			if i < 0 || Local(symbol) {
				return ""
			}
			end += i + 1
			if end == len(symbol) || symbol[end] != ' ' {
				break
			}
			end++
		}
	}
	return symbol[:end-1]
}

// Name returns the name in a symbol's last descriptor. space says that the symbol is a
// namespace: a package, a module or a file. A local symbol has no name.
func Name(symbol string) (name string, space bool) {
	if Local(symbol) || symbol == "" {
		return "", false
	}
	switch last := symbol[len(symbol)-1]; last {
	case '/':
		space = true
		symbol = symbol[:len(symbol)-1]
	case ')': // a parameter
		return before(symbol[:len(symbol)-1], '('), false
	case ']': // a parameter of a type
		return before(symbol[:len(symbol)-1], '['), false
	case '.':
		symbol = symbol[:len(symbol)-1]
		if strings.HasSuffix(symbol, ")") { // a method, with what tells it from others of its name
			symbol = symbol[:max(strings.LastIndexByte(symbol, '('), 0)]
		}
	case '#', '!':
		symbol = symbol[:len(symbol)-1]
	case ':':
		symbol = symbol[:len(symbol)-1]
		space = strings.HasSuffix(symbol, "/__init__") // scip-python calls a module so
	default:
		return "", false
	}
	return lastName(symbol), space
}

// before returns the part after the last mark of a text.
func before(text string, mark byte) string {
	return lastName(text[strings.LastIndexByte(text, mark)+1:])
}

// lastName returns the identifier at the end of a text. An identifier with unusual characters
// stands between backticks, in which two backticks stand for one.
func lastName(text string) string {
	if body, quoted := strings.CutSuffix(text, "`"); quoted {
		for i := len(body) - 1; i >= 0; i-- {
			if body[i] != '`' {
				continue
			}
			if i > 0 && body[i-1] == '`' {
				i--
				continue
			}
			return strings.ReplaceAll(body[i+1:], "``", "`")
		}
		return ""
	}
	at := len(text)
	for at > 0 && simple(text[at-1]) {
		at--
	}
	return text[at:]
}

func simple(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '+' || c == '-' || c == '$'
}

// CleanPath says whether a path is the path of a file below a root, in its shortest form. Such
// a path is never opened, only compared with the paths of a repository.
func CleanPath(name string) bool {
	return name != "" && len(name) <= MaxPath && utf8.ValidString(name) && !strings.ContainsRune(name, 0) &&
		!path.IsAbs(name) && path.Clean(name) == name && name != "." && name != ".." && !strings.HasPrefix(name, "../")
}
