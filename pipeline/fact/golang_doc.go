package fact

import (
	"bytes"
	"go/ast"
	"strings"
)

// documentation returns the first sentence of the first comment that says anything.
func documentation(groups ...*ast.CommentGroup) string {
	for _, group := range groups {
		if text := opening(group); text != "" {
			return sentence(text)
		}
	}
	return ""
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
