// Package tree reads the syntax of programs with tree-sitter.
//
// It owns the library and the grammars: which there are, what a parse may cost,
// and that all memory of C is given back. What it returns is a pure function of
// the text: a parse is stopped after a number of steps, never by a clock.
//
// Built without cgo there are no grammars, and [Parse] finds no tree.
package tree

// MaxSize is the largest text that is parsed, in bytes. A tree takes some ten
// to thirty times the memory of its text.
const MaxSize = 1 << 20

// Cost is what a parse took. All of it is a function of the text.
type Cost struct {
	Steps     int // of the parser, in hundreds
	Read      int // bytes that the lexer asked for
	Allocated int // bytes, whether freed again or not
}

// What a parse may take at least, and what it may take more a byte of text.
// Programs that people write take up to 3 steps, 2 bytes read and 100 bytes
// allocated a byte.
var (
	least = Cost{Steps: 1 << 17, Read: 1 << 20, Allocated: 1 << 24}
	aByte = Cost{Steps: 8, Read: 8, Allocated: 256}
)

// readMore are the bytes read a byte of the grammars whose scanners look ahead
// from each place: Scala's, which finds out where lines end a statement, asks
// for up to 700.
var readMore = map[string]int{"Scala": 1024}

// budget returns what the parse of a text may take.
func budget(language string, size int) Cost {
	read := max(aByte.Read, readMore[language])
	return Cost{
		Steps: least.Steps + size*aByte.Steps, Read: least.Read + size*read, Allocated: least.Allocated + size*aByte.Allocated,
	}
}
