package search

import (
	"slices"

	"golang.org/x/text/unicode/norm"
)

// contains reports whether a list has a name, whatever the form of its letters.
func contains(list []string, name string) bool {
	name = norm.NFC.String(name)
	return slices.ContainsFunc(list, func(s string) bool { return norm.NFC.String(s) == name })
}
