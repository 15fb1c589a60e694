package fact

import (
	"bytes"
	"go/ast"
	"strings"
)

// documentation returns the first sentence of the first comment that says anything.
func (g *golang) documentation(groups ...*ast.CommentGroup) word {
	for _, group := range groups {
		if group == nil {
			continue
		}
		if g.plainSentence(group) {
			return g.bytes(g.buffer)
		}
		if text := opening(group); text != "" {
			return g.word(shorten(sentence(text), MaxSentence))
		}
	}
	return noWord
}

// plainSentence puts the first sentence of a comment into the buffer. It returns false if the
// comment has anything but printable ASCII in lines of "// ", which is rare.
func (g *golang) plainSentence(group *ast.CommentGroup) bool {
	out, left := g.buffer[:0], 4*MaxSentence-1
	for _, c := range group.List {
		if c.Text == "//" && len(out) > 0 { // a sentence ends with its paragraph
			break
		}
		line, ok := strings.CutPrefix(c.Text, "// ")
		if left -= len(c.Text); !ok || left <= 0 || strings.Trim(line, " ") == "" {
			return false
		}
		for i := range len(line) {
			b := line[i]
			if b < ' ' || b > '~' {
				return false
			}
			if b != ' ' {
				out = append(out, b)
				continue
			}
			if ends(out) {
				break
			}
			out = blank(out)
		}
		if ends(out) {
			break
		}
		out = blank(out)
	}
	out = bytes.TrimSuffix(out, []byte(" "))
	g.buffer = out
	return len(out) > 0 && len(out) <= MaxSentence
}

// blank adds a blank to a text, unless the text has one at its end.
func blank(text []byte) []byte {
	if n := len(text); n > 0 && text[n-1] != ' ' {
		return append(text, ' ')
	}
	return text
}

// ends says whether a text is a whole sentence, given that a blank follows.
func ends(text []byte) bool {
	if n := len(text); n == 0 || text[n-1] != '.' && text[n-1] != '!' && text[n-1] != '?' {
		return false
	}
	return !bytes.HasSuffix(text, []byte("e.g.")) && !bytes.HasSuffix(text, []byte("i.e."))
}

// opening returns the text of a comment, at least up to its first blank line: a sentence does
// not go further.
func opening(group *ast.CommentGroup) string {
	if group == nil {
		return ""
	}
	var most [4 * MaxSentence]byte
	text := most[:0]
	for _, c := range group.List {
		switch {
		case strings.HasPrefix(c.Text, "// ") && len(text)+len(c.Text) < len(most):
			text = append(append(text, c.Text[len("// "):]...), '\n')
		case c.Text == "//" && len(bytes.TrimSpace(text)) > 0:
			return string(text)
		default:
			return group.Text()
		}
	}
	return string(text)
}
