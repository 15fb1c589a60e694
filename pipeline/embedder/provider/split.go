package provider

import (
	"strings"
	"unicode/utf8"
)

// shortest is the least number of bytes worth sending as a part.
const shortest = 64

// split cuts a text that is longer than a model takes, as the chunker cuts what
// it cannot parse: into runs of whole lines, a line that is too long by itself
// after a blank, else between two characters. The parts are of about the same
// length, since a short rest would say little and weigh as much in a batch.
// Together they are the text.
func split(text string, most int) []string {
	var parts []string
	for left := (len(text) + most - 1) / most; len(text) > most; left-- {
		at := cutAt(text[:most], len(text)/max(left, 1))
		parts = append(parts, text[:at])
		text = text[at:]
	}
	return append(parts, text)
}

// cutAt returns where to cut: at the last place of the best kind in the half
// below want, which is where the part is to end, or above it.
func cutAt(text string, want int) int {
	want = min(max(want, 1), len(text))
	for _, breaks := range []string{"\n", " \t"} {
		if i := strings.LastIndexAny(text[:want], breaks); i >= want/2 {
			return i + 1
		}
		if i := strings.IndexAny(text[want:], breaks); i >= 0 {
			return want + i + 1
		}
	}
	for want > 1 && want < len(text) && !utf8.RuneStart(text[want]) {
		want--
	}
	if want == len(text) { // what follows is not in sight
		for want > 1 && !utf8.ValidString(text[:want]) {
			want--
		}
	}
	return want
}
