package eval

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a commit that becomes a question.
const (
	maxPaths   = 20 // paths that it touches
	maxChanged = 5  // definitions that it adds or changes
)

// commit is a commit with its message and the source files that it touches.
type commit struct {
	message string
	changes []change
}

type change struct{ path, before, after string } // blobs

var (
	bots    = regexp.MustCompile(`(?i)\[bot\]|\bbot\b|dependabot|renovate|github-actions|pre-commit`)
	trivial = regexp.MustCompile(`(?i)^(?:merge|revert|bump|upgrade|release|version|prepare|changelog|chore|ci\b|build\(|deps?\b|lint|style|format|reformat|rustfmt|gofmt|clang-format|black|prettier|v?\d+\.\d+|update (?:dependenc|deps|changelog|version|copyright|readme))|typo|\bspelling\b|\bcargo fmt\b|skip ci`)
	trailer = regexp.MustCompile(`(?i)^(?:[\w-]+-by|fix(?:es|ed)?|close[sd]?|refs?|see(?: also)?|updates?|resolves?|change-id|cc|pr|bug|issue)\b:?\s+\S+(?: <.*>)?$|^[\w-]+-by:|^co-authored`)
	link    = regexp.MustCompile(`\(?\b(?:https?://\S+|GH-\d+)\)?|\(?#\d+\)?`)
)

// commitQuestions asks for the definitions that commits before head changed.
func commitQuestions(ctx context.Context, r repository, head string, history int, tree map[string][]definition) ([]question, error) {
	out, err := runGit(ctx, r.dir, nil, "log", "--no-merges", "--no-renames", "--diff-filter=AM", "--raw", "--no-abbrev",
		"--max-count="+strconv.Itoa(history), "--format=%x01%an <%ae>%x02%B%x02", head)
	if err != nil {
		return nil, err
	}
	var commits []commit
	for entry := range strings.SplitSeq(string(out), "\x01") {
		if c, ok := parseCommit(entry); ok {
			commits = append(commits, c)
		}
	}
	var asked []question
	for batch := range slices.Chunk(commits, 50) {
		var ids []string
		for _, c := range batch {
			for _, ch := range c.changes {
				ids = append(ids, ch.before, ch.after)
			}
		}
		contents, err := r.blobs(ctx, ids)
		if err != nil {
			return nil, err
		}
		for _, c := range batch {
			if answers := c.answers(contents, tree); len(answers) > 0 {
				asked = append(asked, newQuestion(KindCommit, c.message, answers...))
			}
		}
	}
	return asked, nil
}

// parseCommit reads an entry of the log: who, what, and a line for each path.
func parseCommit(entry string) (commit, bool) {
	fields := strings.SplitN(entry, "\x02", 3)
	if len(fields) != 3 || bots.MatchString(fields[0]) || trivial.MatchString(strings.TrimSpace(fields[1])) {
		return commit{}, false
	}
	c := commit{message: message(fields[1])}
	paths := 0
	for line := range strings.Lines(fields[2]) {
		about, path, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		paths++
		f := strings.Fields(about)
		if len(f) == 5 && isSource(path) {
			c.changes = append(c.changes, change{path, f[2], f[3]})
		}
	}
	return c, asks(c.message) && paths <= maxPaths && len(c.changes) > 0
}

// message returns a commit's message without the lines for programs.
func message(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); !trailer.MatchString(line) {
			words = append(words, strings.Fields(link.ReplaceAllString(line, ""))...)
		}
	}
	return clip(strings.Join(words, " "))
}

// answers returns the definitions that the commit changed, in their present state in the tree. It
// returns none if the commit changed too many.
func (c commit) answers(contents map[string]string, tree map[string][]definition) []answer {
	var found []answer
	n := 0
	for _, ch := range c.changes {
		after, known := contents[ch.after]
		if !known {
			return nil
		}
		now := byKey(tree[ch.path])
		for _, key := range changed(file{path: ch.path, content: contents[ch.before]}, file{path: ch.path, content: after}) {
			n++
			if d, stands := now[key]; stands {
				found = append(found, answer{ch.path, d.body})
			}
		}
	}
	if n > maxChanged {
		return nil
	}
	return found
}

// changed returns the keys of the definitions that are new or changed, except
// those that enclose another of them.
func changed(before, after file) []string {
	was, is := byKey(definitionsOf(before)), byKey(definitionsOf(after))
	old, text := strings.Split(before.content, "\n"), strings.Split(after.content, "\n")
	var list []definition
	for key, d := range is {
		if o, stood := was[key]; !stood || !slices.Equal(old[o.body.first-1:o.body.last], text[d.body.first-1:d.body.last]) {
			list = append(list, d)
		}
	}
	var keys []string
	for _, d := range list {
		if !slices.ContainsFunc(list, func(inner definition) bool {
			return inner.key() != d.key() && d.body.first <= inner.body.first && inner.body.last <= d.body.last
		}) {
			keys = append(keys, d.key())
		}
	}
	slices.Sort(keys)
	return keys
}

// byKey returns the definitions whose key is unique in the file.
func byKey(list []definition) map[string]definition {
	times, found := make(map[string]int), make(map[string]definition)
	for _, d := range list {
		times[d.key()]++
		found[d.key()] = d
	}
	for key, n := range times {
		if n > 1 {
			delete(found, key)
		}
	}
	return found
}
