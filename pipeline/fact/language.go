package fact

import (
	"bytes"
	"sort"
	"strings"
)

// act is the meaning of a kind of node to the walker.
type act uint8

const (
	actNone          act = iota // its parts are expressions and statements
	actComment                  // may document the next node
	actSkip                     // holds nothing
	actExport                   // the node inside is exported
	actDefine                   // defines a function, a type or a module
	actImpl                     // adds members to a type
	actBind                     // declares variables or fields
	actMembers                  // its named parts are constants
	actDeclared                 // one of the variables of an actBind
	actAssign                   // assigns
	actFor                      // binds the elements of a list
	actFunction                 // a function without a name
	actReturn                   // returns its content
	actObject                   // an object, as it is written down
	actParam                    // a parameter
	actComprehension            // binds its names at its end
	actCall
	actMember    // a member of the expression before it
	actNew       // makes an object
	actCast      // has the type that it names
	actElement   // an element of its content
	actValue     // has the value of its content
	actPair      // a name that is no reference, and a value
	actList      // a list of its content
	actType      // its parts keep its role
	actTypes     // its parts are types
	actBases     // its parts are bases
	actName      // a name
	actTypeName  // a name of a type
	actSelfField // a field of the object, as Ruby has it
	actImport
	actPackage
	actPattern    // binds several names
	actShorthand  // a member that is bound under its own name
	actDeclarator // C: a name among stars and brackets
)

// as is the meaning of a kind of node when it stands for a type.
type as uint8

const (
	asNone as = iota // the first of its parts that is one
	asName
	asMember
	asGeneric
	asList
	asUnion
	asSkip // none
)

// rule says what a kind of node means. Its texts are names of fields, or places in the form
// that Tree's child takes.
type rule struct {
	do       act
	as       as
	kind     Kind
	name     string
	fallback string // the name, if the first field is not there
	named    string // the name, if no field says one
	needs    string // a field without which it defines nothing
	typ      string // a type, or a function's result
	value    string
	object   string
	params   string
	body     string
	bases    string
	of       string // the type of a literal
	typed    bool   // a member that names a type
	spread   bool   // takes several arguments
	isField  func(w *walker, n int) bool
}

func (r *rule) field(w *walker, n int) bool { return r.isField != nil && r.isField(w, n) }

// language holds the rules of a language.
type language struct {
	rules      map[string]rule
	builtin    map[string]bool // names that every text has
	selfs      map[string]bool // names of the object
	supers     map[string]bool // names of the object that stand for its bases
	inferred   map[string]bool // types that say nothing: var, auto
	receiver   bool            // the first parameter of a method is the object
	declares   bool            // an assignment declares
	dollar     bool            // variables have a dollar before their name
	loops      bool            // the variable of a loop lasts
	fields     bool            // an assignment to a member of the object declares it
	contextual bool            // a function has the parameters that its place expects
	closed     bool            // no text adds members to the types of the language itself
	outside    bool            // members of a type may stand in another file: the object is named by its type alone
	visible    func(name, said string) Visibility
	imports    func(w *walker, n int)
	requires   func(w *walker, name, value int) bool // says that a variable is an import
	docs       bool                                  // the documentation is the first string of the body
}

// self returns the expression of the object in the methods of a type.
func (l *language) self(path []string) string {
	if l.outside {
		return path[len(path)-1]
	}
	return "@" + strings.Join(path, "/")
}

// aside says whether a line may stand between a comment and the definition that it documents.
func (l *language) aside(line []byte) bool {
	return bytes.HasPrefix(line, []byte("@")) || bytes.HasPrefix(line, []byte("#[")) || bytes.HasPrefix(line, []byte("["))
}

// documentation returns the first sentence of the comment right before a definition, or of
// the string that begins its body.
func (w *walker) documentation(n, body int) string {
	if w.language.docs {
		return w.docstring(body)
	}
	at := w.start(n)
	if w.tree.Nodes[n].Start > 0 && w.exported {
		at = w.lineStart(at)
	}
	if !w.gap(at) && !w.gap(w.lineStart(at)) {
		return ""
	}
	return plain(string(w.collector.text[w.comment.start:w.comment.end]))
}

func (w *walker) lineStart(at int) int { return w.lines[w.line(at)-1] }

func (w *walker) docstring(body int) string {
	if body == 0 {
		return ""
	}
	first := w.child(body, "#0")
	for range 2 {
		if first != 0 && w.kind(first) == "expression_statement" {
			first = w.child(first, "#0")
		}
	}
	if first == 0 || w.kind(first) != "string" {
		return ""
	}
	text := strings.TrimLeft(w.text(first), "rRuUbB")
	return sentence(strings.Trim(text, "\"' \t\n"))
}

// plain takes the marks of comments away.
func plain(comment string) string {
	var out []string
	for line := range strings.Lines(comment[:min(len(comment), 4*MaxSentence)]) {
		line = strings.TrimSpace(line)
		line = strings.TrimLeft(strings.TrimSuffix(line, "*/"), "/*#!- \t")
		for _, tag := range []string{"<summary>", "</summary>", "<p>", "</p>"} {
			line = strings.ReplaceAll(line, tag, "")
		}
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "@") && len(out) > 0 {
			break
		}
		if line == "" && len(out) > 0 {
			line = "\n"
		}
		if line != "" {
			out = append(out, line)
		}
	}
	return sentence(strings.Join(out, "\n"))
}

var languages = map[string]*language{
	"C":          cLanguage(nil),
	"C#":         csharp,
	"C++":        cLanguage(cpp),
	"Java":       java,
	"JavaScript": ecma,
	"Kotlin":     kotlin,
	"PHP":        php,
	"Python":     python,
	"Ruby":       ruby,
	"Rust":       rust,
	"Scala":      scala,
	"TSX":        typescript,
	"TypeScript": typescript,
}

// said returns the visibility that modifiers name.
func said(modifiers string, otherwise Visibility) Visibility {
	switch {
	case strings.Contains(modifiers, "private"):
		return Private
	case strings.Contains(modifiers, "protected"):
		return Protected
	case strings.Contains(modifiers, "internal"):
		return Internal
	case strings.Contains(modifiers, "public"):
		return Public
	}
	return otherwise
}

// Builtin says whether a name is one that every text of a language has.
func Builtin(language, name string) bool {
	if language == "Go" {
		return predeclared(name)
	}
	l := languages[language]
	return l != nil && (l.builtin[name] || l.selfs[name] || l.supers[name])
}

// Languages lists the languages whose facts OfTree finds, and Go.
func Languages() []string {
	all := []string{"Go"}
	for name := range languages {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}
