package eval

import (
	"path"
	"regexp"
	"strings"
)

// lines are numbered from 1, both included; the zero value means none.
type lines struct{ first, last int }

func (l lines) count() int { return l.last - l.first + 1 }

// definition is a function, method or type of a file.
type definition struct {
	name    string // as it is written where it is defined
	owner   string // the type of a Go method
	named   int    // the line with the name
	body    lines  // all of it, except the comment before it
	comment lines  // its documentation comment, if it has one
	doc     string // text of the comment, without its marks
}

// key identifies a definition in its file, as far as names are unique.
func (d definition) key() string { return d.owner + "." + d.name }

// syntax describes the definitions of a language.
type syntax struct {
	starts  []*regexp.Regexp // of a definition's first line; the last group is its name
	indents bool             // a body ends where its indentation does, as in Python
	hash    bool             // comments begin with #
}

// keywords look like a name before a bracket.
var keywords = map[string]bool{
	"if": true, "for": true, "while": true, "switch": true, "catch": true, "return": true, "function": true, "else": true, "do": true,
	"sizeof": true, "new": true, "throw": true, "assert": true, "delete": true, "defined": true, "with": true, "typeof": true, "using": true,
}

var (
	python = &syntax{indents: true, hash: true, starts: compile(
		`^\s*(?:async\s+)?def\s+(\w+)`,
		`^\s*class\s+(\w+)`,
	)}
	rust = &syntax{starts: compile(
		`^\s*(?:pub(?:\([^)]*\))?\s+)?(?:(?:default|const|async|unsafe|extern\s+"[^"]*")\s+)*(?:fn|struct|enum|trait|union|type|macro_rules!)\s+(\w+)`,
	)}
	ecma = &syntax{starts: compile(
		`^\s*(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\s*\*?|class|interface|enum|type)\s+(\w+)`,
		`^\s*(?:export\s+)?(?:const|let|var)\s+(\w+)[^=]*=\s*(?:async\s*)?(?:function\b|\([^)]*\)\s*(?::[^=]+)?=>|\w+\s*=>)`,
		`^\s+(?:(?:public|private|protected|static|async|readonly|override|get|set)\s+)*(\w+)\s*\([^()]*\)\s*(?::\s*[^{=]+)?\{\s*$`,
	)}
	java = &syntax{starts: compile(
		`^\s*(?:(?:public|protected|private|static|final|abstract|sealed|non-sealed|internal|partial)\s+)*(?:class|interface|enum|record|struct|@interface)\s+(\w+)`,
		`^\s+(?:(?:public|protected|private|static|final|abstract|synchronized|native|default|internal|override|virtual|async)\s+)*(?:<[^(]+>\s+)?(?:[\w.<>\[\]?]+(?:,\s+[\w.<>\[\]?]+)*\s+)+(\w+)\s*\([^;]*$`,
	)}
	clike = &syntax{starts: compile(
		`^\s*(?:template\s*<.*>\s*)?(?:typedef\s+)?(?:class|struct|enum(?:\s+class)?|union)\s+(?:[A-Z_]+(?:\([^)]*\))?\s+)*(\w+)[^;(]*$`,
		`^\s*(?:[\w:<>,*&\[\]]+(?:\([^)]*\))?\s+)+[*&]*([A-Za-z_]\w*)\s*\([^;]*$`,
	)}
)

var syntaxes = map[string]*syntax{
	".py": python, ".pyi": python, ".rs": rust, ".java": java, ".cs": java,
	".js": ecma, ".mjs": ecma, ".jsx": ecma, ".ts": ecma, ".mts": ecma, ".tsx": ecma,
	".c": clike, ".cc": clike, ".cpp": clike, ".cxx": clike, ".h": clike, ".hh": clike, ".hpp": clike,
}

func compile(patterns ...string) []*regexp.Regexp {
	list := make([]*regexp.Regexp, len(patterns))
	for i, p := range patterns {
		list[i] = regexp.MustCompile(p)
	}
	return list
}

func isSource(name string) bool { return path.Ext(name) == ".go" || syntaxes[path.Ext(name)] != nil }

// definitionsOf returns the definitions of a file, in its order, or nil if its
// language is not known.
func definitionsOf(f file) []definition {
	ext := path.Ext(f.path)
	if ext == ".go" {
		return goDefinitions(f.content)
	}
	if s := syntaxes[ext]; s != nil {
		return s.definitions(strings.Split(f.content, "\n"))
	}
	return nil
}

func (s *syntax) definitions(text []string) []definition {
	var list []definition
	commented := s.comments(text)
	for i, line := range text {
		name := ""
		if !commented[i] {
			name = s.name(line)
		}
		if name == "" {
			continue
		}
		d := definition{name: name, named: i + 1, body: lines{s.first(text, commented, i) + 1, s.last(text, i) + 1}}
		if s.indents {
			d.comment, d.doc = docstring(text, i, d.body.last)
		} else {
			d.comment, d.doc = commentBefore(text, commented, d.body.first-1)
		}
		list = append(list, d)
	}
	return list
}

func (s *syntax) name(line string) string {
	for _, start := range s.starts {
		m := start.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name := m[len(m)-1]; !keywords[name] && !keywords[first] {
			return name
		}
	}
	return ""
}

// comments says which lines hold only comments.
func (s *syntax) comments(text []string) []bool {
	is := make([]bool, len(text))
	open := false
	for i, line := range text {
		line = strings.TrimSpace(line)
		switch {
		case s.hash:
			is[i] = strings.HasPrefix(line, "#")
		case open, strings.HasPrefix(line, "/*"):
			is[i] = true
			open = !strings.Contains(line, "*/")
			if !open && !strings.HasSuffix(line, "*/") {
				is[i] = false // code follows
			}
		default:
			is[i] = strings.HasPrefix(line, "//")
		}
	}
	return is
}

// first finds the attributes and annotations before a definition.
func (s *syntax) first(text []string, commented []bool, at int) int {
	for at > 0 && !commented[at-1] {
		line := strings.TrimSpace(text[at-1])
		if !strings.HasPrefix(line, "@") && !strings.HasPrefix(line, "#[") && !strings.HasPrefix(line, "template") {
			break
		}
		at--
	}
	return at
}

// last finds the end of a definition: the line of its closing bracket at the
// indentation of its first line, or the line before the next one at that
// indentation.
func (s *syntax) last(text []string, at int) int {
	own := indent(text[at])
	line := strings.TrimSpace(text[at])
	if !s.indents && (strings.HasSuffix(line, ";") || strings.HasSuffix(line, "}")) {
		return at
	}
	end := at
	for i := at + 1; i < len(text); i++ {
		line = strings.TrimSpace(text[i])
		if line == "" {
			continue
		}
		if indent(text[i]) > own {
			end = i
			continue
		}
		if !s.indents && strings.HasPrefix(line, "}") && indent(text[i]) == own {
			return i
		}
		if indent(text[i]) < own || !continues(line, s.indents) {
			break
		}
		end = i
	}
	return end
}

var continued = regexp.MustCompile(`^(?:[)\]{:>#]|->|where\b|throws\b|(?:public|private|protected)\s*:)`)

// continues says whether a line belongs to the definition that began at the
// same indentation.
func continues(line string, indents bool) bool {
	if indents {
		return line[0] == ')' || line[0] == ']'
	}
	return continued.MatchString(line)
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
