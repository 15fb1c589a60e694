package search

import (
	"slices"

	"golang.org/x/text/unicode/norm"
)

// inForms returns a text in each of the two forms in which files write letters with
// accents: as one character, and as a letter and a mark, as macOS does. Terms are of
// the text as it is written, so a query asks for both.
func inForms(text string) string {
	composed, apart := norm.NFC.String(text), norm.NFD.String(text)
	if composed == apart {
		return text
	}
	return composed + "\n" + apart
}

// contains reports whether a list has a name, whatever the form of its letters.
func contains(list []string, name string) bool {
	name = norm.NFC.String(name)
	return slices.ContainsFunc(list, func(s string) bool { return norm.NFC.String(s) == name })
}
