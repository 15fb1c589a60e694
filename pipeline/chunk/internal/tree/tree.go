// Package tree reads the syntax of programs with tree-sitter.
//
// It owns the library and the grammars. It decides which grammars there are and what a
// parse may cost, and gives back all memory of C. Its results are pure functions of the
// text: a budget of steps, bytes read and bytes allocated stops a parse, and never a clock.
//
// Built without cgo there are no grammars, and [Parse] finds no tree.
package tree

// MaxSize is the largest text that is parsed, in bytes. A tree takes some ten
// to thirty times the memory of its text.
const MaxSize = 1 << 20

// Cost counts the work of a parse. All of it is a function of the text.
type Cost struct {
	Steps     int // of the parser, in hundreds
	Read      int // bytes that the lexer asked for
	Allocated int // bytes, whether freed again or not
}

// The budget of a parse: an amount at the beginning, and an amount that each byte adds
// when the parse has got past it. For each byte, programs that people write take up to 3
// steps, 2 bytes read and 100 bytes allocated; a parser alone takes less than 1 MiB. The
// budget grows along the text, so a parse that would cost gigabytes ends after a few
// megabytes.
var (
	least = Cost{Steps: 1 << 17, Read: 1 << 20, Allocated: 8 << 20}
	aByte = Cost{Steps: 8, Read: 8, Allocated: 256}
)

// readMore gives the bytes read for each byte of text, for grammars whose scanners look
// ahead from each place. Scala's, which finds out which line ends end a statement, asks for
// up to 700.
var readMore = map[string]int{"Scala": 1024}

// perByte returns what each byte of a text adds to its budget.
func perByte(language string) Cost {
	more := aByte
	more.Read = max(more.Read, readMore[language])
	return more
}

// budget returns the most that the parse of a text may take.
func budget(language string, size int) Cost {
	more := perByte(language)
	return Cost{
		Steps: least.Steps + size*more.Steps, Read: least.Read + size*more.Read, Allocated: least.Allocated + size*more.Allocated,
	}
}
