package tree

import (
	"bytes"
	"slices"
)

// withEnds returns a text of TypeScript in which a semicolon ends each member of an interface, or
// of the type of an object, before a generic call signature on a line of its own. The language ends
// a member at the end of its line, but the grammar takes the "<" for a part of it, and loses the
// rest of the text. Each semicolon replaces a blank of the indentation, so everything keeps its
// place.
func withEnds(text []byte) []byte {
	if !bytes.Contains(text, []byte("\n\t<")) && !bytes.Contains(text, []byte("  <")) {
		return text
	}
	out := text
	type body struct{ indent, members int } // of the head and of the members; members < 0: not known yet
	var open []body
	last := byte(0) // of the last line that is not blank and no comment
	comment := false
	for at := 0; at < len(text); {
		end := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		line := bytes.TrimSpace(text[at:end])
		indent := bytes.IndexFunc(text[at:end], func(r rune) bool { return r != ' ' && r != '\t' })
		start := at + indent
		at = end
		switch {
		case comment:
			comment = !bytes.Contains(line, []byte("*/"))
			continue
		case len(line) == 0, bytes.HasPrefix(line, []byte("//")):
			continue
		case bytes.HasPrefix(line, []byte("/*")):
			comment = !bytes.Contains(line, []byte("*/"))
			continue
		}
		for len(open) > 0 && indent <= open[len(open)-1].indent && (line[0] == '}' || last != ',' && last != '<' && line[0] != '>') {
			open = open[:len(open)-1]
		}
		if n := len(open); n > 0 {
			b := &open[n-1]
			if b.members < 0 && last == '{' {
				b.members = indent
			}
			if indent == b.members && indent > 0 && line[0] == '<' && endsMember(last) {
				if &out[0] == &text[0] {
					out = slices.Clone(text)
				}
				out[start-1] = ';'
			}
		}
		if headsMembers(line) {
			open = append(open, body{indent, -1})
		}
		last = line[len(line)-1]
		if bytes.HasSuffix(line, []byte("=>")) {
			last = '='
		}
	}
	return out
}

// headsMembers reports whether a line begins an interface, or the type of an object with a name.
func headsMembers(line []byte) bool {
	for word := range bytes.FieldsSeq(line) {
		switch string(word) {
		case "export", "declare", "default":
		case "interface":
			return true
		case "type":
			return bytes.HasSuffix(line, []byte("= {"))
		default:
			return false
		}
	}
	return false
}

// endsMember reports whether a line with this last byte can be the end of a member.
func endsMember(last byte) bool {
	return bytes.IndexByte([]byte(")]}>'\"`_$"), last) >= 0 || last >= 'a' && last <= 'z' || last >= 'A' && last <= 'Z' || last >= '0' && last <= '9'
}
