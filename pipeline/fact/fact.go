package fact

// Version of the extraction. Raise it whenever any text would have other
// facts: sets are stored under the version.
const Version = 5

// The bounds of a set. A name that is longer is left out; a text is shortened.
const (
	MaxDefinitions = 20_000
	MaxReferences  = 100_000
	MaxImports     = 5_000
	MaxName        = 256 // bytes of a name, a qualified name or a module
	MaxExpression  = 200 // bytes of a receiver or a type
	MaxSignature   = 240 // bytes
	MaxSentence    = 240 // bytes of the documentation
)

// Kind says what a definition defines. Kinds are stored: none changes its number.
type Kind uint8

// The kinds of definitions.
const (
	KindFunction Kind = iota + 1
	KindMethod
	KindType
	KindConst
	KindVar
	KindField
	KindModule // a namespace, a module of Rust or Ruby
	lastKind   = KindModule
)

var kinds = [...]string{"", "function", "method", "type", "const", "var", "field", "module"}

func (k Kind) String() string { return kinds[min(int(k), len(kinds)-1)] }

// ParseKind returns the kind of a name; 0: there is none.
func ParseKind(name string) Kind {
	for k, n := range kinds {
		if n == name {
			return Kind(k)
		}
	}
	return 0
}

// Kinds lists the names of the kinds.
func Kinds() []string { return kinds[1:] }

// Role says what a reference does with the thing that it names. Roles are stored: none
// changes its number.
type Role uint8

// The roles of references.
const (
	RoleUse     Role = iota + 1 // reads it, passes it on
	RoleCall                    // calls it; makes an object of it
	RoleType                    // names it as a type
	RoleImport                  // imports it
	RoleInherit                 // extends, implements or embeds it
	RoleWrite                   // assigns to it
	lastRole    = RoleWrite
)

var roles = [...]string{"", "use", "call", "type", "import", "inherit", "write"}

func (r Role) String() string { return roles[min(int(r), len(roles)-1)] }

// ParseRole returns the role of a name; 0: there is none.
func ParseRole(name string) Role {
	for r, n := range roles {
		if n == name {
			return Role(r)
		}
	}
	return 0
}

// Roles lists the names of the roles.
func Roles() []string { return roles[1:] }

// Visibility says who may name a definition, as far as the text states it.
type Visibility uint8

// The visibilities.
const (
	Public   Visibility = iota + 1
	Internal            // its package, module or assembly
	Protected
	Private
	lastVisibility = Private
)

var visibilities = [...]string{"", "public", "internal", "protected", "private"}

func (v Visibility) String() string { return visibilities[min(int(v), len(visibilities)-1)] }

// Set holds the facts of a text, each list in the order of the text.
type Set struct {
	Package     string // to which the text says it belongs: Go's package clause, Java's package, a namespace of C# or PHP
	Definitions []Definition
	References  []Reference
	Imports     []Import
	Cut         bool // a bound was reached: there are more
}

// Definition is a name that a text defines for others.
type Definition struct {
	Name       string
	Qualified  string // the names that lead to it, joined by dots: "Mill.grind"
	Kind       Kind
	Visibility Visibility

	Start, End         int // bytes, half open
	StartLine, EndLine int // from 1, both included
	Line               int // of the name

	Signature string // its head on one line
	Doc       string // the first sentence of its documentation
	// Type is an expression: the type of a variable or field, the results of a function, joined by commas, or the
	// type for which a type stands. In TypeScript, ";" and the type of a parameter follow a result, for each parameter
	// up to the last with a type that the text states. The type of a function is "func:" and its signatures, joined by
	// "&", or one signature in braces where it is a part. "any:" and several types, joined by "|", is one of them; "*"
	// marks a parameter that takes the rest.
	Type  string
	Bases []string // of a type: expressions of the types that it extends, implements or embeds
}

// Reference is a name that a text uses and does not bind in the same function.
//
// Receiver is the expression before the name: a root, and steps
// from it. A root is a name ("catalog"), a definition of the same text by its
// path ("@Mill/Wheel"), the bases of one ("^Mill"), or "?", which is unknown. A
// step is a member (".name"), a call ("()"), the n-th of several results
// ("#1"), an element ("[]"), what a call expects as its n-th argument ("(1)"), or what a function
// takes as its n-th parameter ("(:0)"), both counted from 0. "[]" before a root says that it is a list of
// these. A variable of the function is replaced by its declared type or by the
// expression that it was assigned, so that the receiver of "s.wheel.Turn()" in
// a method of *Mill is "Mill.wheel" in Go.
type Reference struct {
	Name       string
	Receiver   string // "": nothing stands before the name
	Role       Role
	Start, End int // bytes of the name, half open
	Line       int // from 1
	Within     int // index of the innermost definition around it; -1: none
}

// Import is a name that comes from another file or module.
type Import struct {
	Module string // as written, without quotes
	Name   string // the one name that is imported; "*": all; "": the module itself
	Local  string // its name in the text; "": it has none here
	Line   int
}

// Extent returns the end of the text that the facts cover, in bytes: no definition and no
// reference reaches further.
func (s *Set) Extent() int {
	most := 0
	for _, d := range s.Definitions {
		most = max(most, d.End)
	}
	for _, r := range s.References {
		most = max(most, r.End)
	}
	return most
}
