package eval

import (
	"cmp"
	"context"
	"crypto/sha256"
	"regexp"
	"slices"
	"strings"
)

// Kinds of questions.
const (
	KindDoc    = "doc"
	KindCommit = "commit"
	KindName   = "name"
)

var kinds = []string{KindDoc, KindCommit, KindName}

// answer is the right answer to a question: lines of a file in the copy that is asked.
type answer struct {
	path string
	lines
}

// question is a question and its right answers.
type question struct {
	kind    string
	text    string
	answers []answer
	hash    [32]byte
}

func newQuestion(kind, text string, answers ...answer) question {
	return question{kind, text, answers, sha256.Sum256([]byte(kind + "\x00" + text))}
}

// bare says whether the question is for the copy without comments.
func (q question) bare() bool { return q.kind == KindDoc }

// tuning says to which part the question belongs. That bit of the hash does not
// decide whether the question is asked.
func (q question) tuning() bool { return q.hash[31]&1 == 0 }

// aside says whether an answer is in tests or examples. A ranking may well put these after the code
// that they are about.
func (q question) aside() bool {
	return slices.ContainsFunc(q.answers, func(a answer) bool { return besides.MatchString(a.path) })
}

// besides finds directories and files of tests and examples.
var besides = regexp.MustCompile(`(?i)(^|[/._-])(tests?|specs?|examples?|samples?|fixtures?|bench(es|marks?)?)([/._-]|$)|(?-i:Tests?\.[a-z]+$)`)

// corpus is a repository with the questions about it.
type corpus struct {
	plain     []file // as they are in the repository
	bare      []file // without the documentation comments of definitions
	questions []question
}

// build reads a repository at its HEAD and makes up to most questions of each
// kind, from commits no further back than history.
func build(ctx context.Context, r repository, most, history int) (corpus, error) {
	commit, err := r.head(ctx)
	if err != nil {
		return corpus{}, err
	}
	var c corpus
	if c.plain, err = r.files(ctx, commit); err != nil {
		return corpus{}, err
	}
	is, err := indexed(ctx, c.plain)
	if err != nil {
		return corpus{}, err
	}
	tree := make(map[string][]definition)
	for _, f := range c.plain {
		if defs := definitionsOf(f); is[f.path] && len(defs) > 0 {
			tree[f.path] = defs
		}
	}
	var docs []question
	for _, f := range c.plain {
		without, asked := undocumented(f, tree[f.path])
		c.bare, docs = append(c.bare, without), append(docs, asked...)
	}
	commits, err := commitQuestions(ctx, r, commit, history, tree)
	if err != nil {
		return corpus{}, err
	}
	for _, list := range [][]question{docs, commits, nameQuestions(tree)} {
		c.questions = append(c.questions, choose(list, most)...)
	}
	return c, nil
}

// undocumented returns the file without its definitions' comments, and the
// comments as questions.
func undocumented(f file, defs []definition) (file, []question) {
	text := strings.SplitAfter(f.content, "\n")
	gone := make([]bool, len(text))
	for _, d := range defs {
		for n := d.comment.first; n > 0 && n <= d.comment.last; n++ {
			gone[n-1] = true
		}
	}
	at := make([]int, len(text)+1) // the new place of each line
	var left strings.Builder
	for i, line := range text {
		at[i+1] = at[i]
		if !gone[i] {
			at[i+1]++
			left.WriteString(line)
		}
	}
	var asked []question
	for _, d := range defs {
		if q := d.question(); asks(q) {
			asked = append(asked, newQuestion(KindDoc, q, answer{f.path, lines{at[d.body.first], at[d.body.last]}}))
		}
	}
	f.content = left.String()
	return f, asked
}

// shortest is the least length of a name that is asked for.
const shortest = 5

// nameQuestions asks for names that are defined once.
func nameQuestions(tree map[string][]definition) []question {
	defined := make(map[string][]answer)
	for path, defs := range tree {
		for _, d := range defs {
			defined[d.name] = append(defined[d.name], answer{path, lines{d.named, d.named}})
		}
	}
	var asked []question
	for name, places := range defined {
		if len(places) == 1 && len(name) >= shortest {
			asked = append(asked, newQuestion(KindName, name, places[0]))
		}
	}
	return asked
}

// choose picks the questions with the lowest hashes, and leaves out questions
// that occur twice.
func choose(list []question, most int) []question {
	times := make(map[[32]byte]int)
	for _, q := range list {
		times[q.hash]++
	}
	list = slices.DeleteFunc(list, func(q question) bool { return times[q.hash] > 1 })
	slices.SortFunc(list, func(a, b question) int { return slices.Compare(a.hash[:], b.hash[:]) })
	return list[:min(len(list), cmp.Or(max(most, 0), len(list)))]
}
