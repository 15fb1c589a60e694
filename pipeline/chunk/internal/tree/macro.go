package tree

import "bytes"

// withoutMacros returns a text of C or C++ in which blanks replace the macros that fill
// a line between two statements, such as LIB_BEGIN_NAMESPACE. The grammar would take such
// a macro for the type of the next declaration, and a namespace for its name. Everything
// else keeps its place.
func withoutMacros(text []byte) []byte {
	out := text
	ended := true // no statement is open
	continued := false
	for at := 0; at < len(text); {
		end := at + len(text[at:])
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		line := bytes.TrimSpace(text[at:end])
		switch {
		case continued || len(line) == 0: // of a directive, or blank
		case ended && isMacro(line):
			if len(out) > 0 && &out[0] == &text[0] {
				out = bytes.Clone(text)
			}
			for i := at; i < end; i++ {
				if out[i] != '\n' && out[i] != '\r' {
					out[i] = ' '
				}
			}
		case line[0] == '#', bytes.HasPrefix(line, []byte("//")):
		default:
			if i := bytes.Index(line, []byte(" //")); i >= 0 {
				line = bytes.TrimSpace(line[:i])
			}
			ended = bytes.IndexByte([]byte(";{}:/"), line[len(line)-1]) >= 0 // a slash ends a comment
		}
		continued = (continued || len(line) > 0 && line[0] == '#') && bytes.HasSuffix(line, []byte{'\\'})
		at = end
	}
	return out
}

// isMacro says whether a line is a single name in capitals. It leaves out names of two
// letters, which are types in templates, or constants.
func isMacro(line []byte) bool {
	if len(line) < 3 || line[0] < 'A' || line[0] > 'Z' {
		return false
	}
	for _, b := range line {
		if b != '_' && (b < 'A' || b > 'Z') && (b < '0' || b > '9') {
			return false
		}
	}
	return true
}
