package lang

import (
	"iter"
	"strings"
)

// ignoreFile is the .leatignore at the root of a repository.
type ignoreFile struct {
	rules []ignoreRule
}

type ignoreRule struct {
	pattern
	line int
}

// parseIgnore reads a file in the syntax of .gitignore.
func parseIgnore(content []byte) ignoreFile {
	var file ignoreFile
	for number, line := range lines(content) {
		line = trimSpaces(strings.TrimSuffix(line, "\r"))
		if line == "" || line[0] == '#' || line == "!" || line == "/" {
			continue
		}
		file.rules = append(file.rules, ignoreRule{parsePattern(line), number})
	}
	return file
}

// match returns the rule that leaves out the file at path. As in git, no rule can bring back a file in a directory that
// is left out.
func (f *ignoreFile) match(path string, b *budget) (ignoreRule, bool) {
	for end := 0; end < len(path) && !b.spent(); end++ {
		slash := strings.IndexByte(path[end:], '/')
		if slash < 0 {
			break
		}
		end += slash
		if rule, ok := f.last(path[:end], true, b); ok && !rule.negative {
			return rule, true
		}
	}
	rule, ok := f.last(path, false, b)
	return rule, ok && !rule.negative
}

// last returns the last rule that matches, which decides.
func (f *ignoreFile) last(path string, dir bool, b *budget) (ignoreRule, bool) {
	for i := len(f.rules) - 1; i >= 0 && !b.spent(); i-- {
		if f.rules[i].match(path, dir, b) {
			return f.rules[i], true
		}
	}
	return ignoreRule{}, false
}

// lines yields the lines of a rule file with their numbers from 1, without newlines. It drops the rest of a line after
// a NUL, because git reads lines as C strings.
func lines(content []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		rest := strings.TrimPrefix(string(content), "\uFEFF")
		for number := 1; rest != ""; number++ {
			line, after, _ := strings.Cut(rest, "\n")
			line, _, _ = strings.Cut(line, "\x00")
			if !yield(number, line) {
				return
			}
			rest = after
		}
	}
}

// trimSpaces drops trailing spaces (no other blanks), but keeps a space after a backslash.
func trimSpaces(line string) string {
	end := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ' ':
			continue
		case '\\':
			if i++; i == len(line) {
				return line
			}
		}
		end = i + 1
	}
	return line[:end]
}
