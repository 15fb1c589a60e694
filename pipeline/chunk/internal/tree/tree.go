// Package tree reads the syntax of programs with tree-sitter.
//
// It owns the library and the grammars: which there are, what a parse may cost,
// and that all memory of C is given back. What it returns is a pure function of
// the text: a parse is stopped by its budget of steps, bytes read and bytes
// allocated, never by a clock.
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

// The budget of a parse: what it may take at the beginning, and what each byte
// that it has got past adds. Programs that people write take up to 3 steps, 2
// bytes read and 100 bytes allocated a byte; a parser alone takes less than
// 1 MiB. The budget is counted along the text: what would cost gigabytes ends
// after a few megabytes.
var (
	least = Cost{Steps: 1 << 17, Read: 1 << 20, Allocated: 8 << 20}
	aByte = Cost{Steps: 8, Read: 8, Allocated: 256}
)

// readMore are the bytes read a byte of the grammars whose scanners look ahead
// from each place: Scala's, which finds out where lines end a statement, asks
// for up to 700.
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
