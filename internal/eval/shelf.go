package eval

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// shelf is a copy of a repository for an agent that only has grep and a way to read files.
type shelf struct {
	files []file
	lower []string       // the contents in lower case
	held  map[string]int // number of files with each word
}

// The bounds of such an agent. It looks for the rarest words of a question, sees some lines of each
// list, and reads some lines of a file.
const (
	grepWords = 3
	grepLines = 100
	readLines = 2000
)

var word = regexp.MustCompile(`[\pL_][\pL\pN_]{2,}`)

func newShelf(files []file) *shelf {
	s := &shelf{files: slices.Clone(files), held: make(map[string]int)}
	slices.SortFunc(s.files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	for _, f := range s.files {
		text := strings.ToLower(f.content)
		s.lower = append(s.lower, text)
		words := make(map[string]bool)
		for _, w := range word.FindAllString(text, -1) {
			words[w] = true
		}
		for w := range words {
			s.held[w]++
		}
	}
	return s
}

// look returns the tokens that were read when a list of lines names a right file, and when the
// readable lines of such a file have been read. The files that hold the most of the words are read
// first, and among them those that hold the words most often.
func (s *shelf) look(q question) (named, read int) {
	named, read = never, never
	bytes := 0
	words := s.rarest(strings.ToLower(q.text))
	hold, often := make(map[int]int), make(map[int]int)
	for _, w := range words {
		shown := 0
		for i, text := range s.lower {
			n := strings.Count(text, w)
			if n == 0 {
				continue
			}
			hold[i]++
			often[i] += n
			number := 0
			for line := range strings.Lines(s.files[i].content) {
				if number++; shown == grepLines || !strings.Contains(strings.ToLower(line), w) {
					continue
				}
				shown++
				bytes += len(fmt.Sprintf("%s:%d:", s.files[i].path, number)) + len(line)
				if named == never && q.right(s.files[i].path) {
					named = tokensOf(bytes)
				}
			}
		}
	}
	order := slices.SortedFunc(maps.Keys(hold), func(a, b int) int {
		return cmp.Or(cmp.Compare(hold[b], hold[a]), cmp.Compare(often[b], often[a]), cmp.Compare(a, b))
	})
	for _, i := range order {
		bytes += len(head(s.files[i].content, readLines))
		if tokensOf(bytes) > enough {
			break
		}
		if q.right(s.files[i].path) {
			read = tokensOf(bytes)
			break
		}
	}
	if named > enough {
		named = never
	}
	return named, read
}

// rarest returns the words of a question that the fewest files hold, but at least one.
func (s *shelf) rarest(text string) []string {
	words := word.FindAllString(text, -1)
	words = slices.DeleteFunc(words, func(w string) bool { return s.held[w] == 0 })
	slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(s.held[a], s.held[b]) })
	var list []string
	for _, w := range words {
		if !slices.Contains(list, w) && len(list) < grepWords {
			list = append(list, w)
		}
	}
	return list
}

// right says whether a file holds an answer.
func (q question) right(path string) bool {
	return slices.ContainsFunc(q.answers, func(a answer) bool { return a.path == path })
}

// head returns the first lines of a text.
func head(text string, most int) string {
	at := 0
	for line := range strings.Lines(text) {
		if most--; most < 0 {
			break
		}
		at += len(line)
	}
	return text[:at]
}
