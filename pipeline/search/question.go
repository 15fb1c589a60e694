package search

import (
	"path"
	"slices"
	"strings"
	"unicode"
)

// question is what the ranking knows of a query's text.
type question struct {
	terms       terms
	words       []word          // each once
	met         uint64          // those of the words, as bits, that a candidate's path holds
	identifiers map[string]bool // what is spelt like a name in code, letter by letter
	tokens      []string        // what stands between blanks, without quotes and the like
	asks        role            // roles of files that the query asks for
	name        bool            // it is one name in code, or another token that is no word
	anywhere    bool            // it is a name that no candidate defines: any file may hold it
	spots       map[string]spot // by path
}

// spot is how well a path fits the question.
type spot struct {
	inPath uint64  // those of the query's words, as bits, that the path holds
	inName float64 // share of the file name's words that the query holds
	named  bool    // the query holds the file's name, or its path or the end of it
	alike  bool    // the query holds a name in code that is the file's without its ending
	role   role    // of the file, by its path
}

func newQuestion(text string) *question {
	q := &question{terms: termsOf(text), identifiers: make(map[string]bool), spots: make(map[string]spot)}
	for _, w := range wordsOf(text, 4*maxWords) {
		known := func(other word) bool { return other.text == w.text }
		if len(w.text) < 2 || slices.ContainsFunc(q.words, known) || len(q.words) == maxWords {
			continue
		}
		q.words = append(q.words, w)
		q.asks |= askWords[w.text]
	}
	fields := strings.Fields(text)
	q.name = len(fields) == 1 && (codeLike(text) || strings.ContainsFunc(text, unicode.IsDigit))
	for _, token := range fields[:min(len(fields), maxWords)] {
		if token = strings.Trim(token, "`'\"()[]{}<>,;:?!"); token != "" {
			q.tokens = append(q.tokens, token)
		}
		for name := range strings.FieldsFuncSeq(token, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_'
		}) {
			if len(fields) == 1 || codeLike(name) {
				q.identifiers[name] = true
			}
		}
	}
	return q
}

// codeLike says whether a token is spelt like a name in code: with an
// underscore, or with a capital after a small letter or before one inside.
func codeLike(token string) bool {
	inner := strings.IndexFunc(token, unicode.IsLower)
	capital := strings.LastIndexFunc(token, unicode.IsUpper)
	return strings.Contains(token, "_") || capital > 0 && inner >= 0
}

// share returns the share of the list that the query holds.
func (q *question) share(list []word) float64 {
	n := 0
	for _, w := range list {
		if slices.ContainsFunc(q.words, w.related) {
			n++
		}
	}
	return float64(n) / float64(max(1, len(list)))
}

// meet finds which words of the query count for paths: those that the path of a
// candidate holds. Others, such as the little words of a sentence in any language,
// weigh nothing.
func (q *question) meet(list []candidate) {
	for i := range list {
		q.met |= q.spot(list[i].hit.Path).inPath
	}
}

// spot compares a path with the query, once.
func (q *question) spot(of string) spot {
	p, known := q.spots[of]
	if known {
		return p
	}
	all := wordsOf(of, maxWords)
	for i, w := range q.words {
		if slices.ContainsFunc(all, w.related) {
			p.inPath |= 1 << i
		}
	}
	name := path.Base(of)
	bare := stemOfFile(name)
	p.inName = q.share(wordsOf(bare, maxWords))
	p.named, p.alike = q.names(of), q.spells(bare)
	p.role = roleOf(of)
	q.spots[of] = p
	return p
}

func (q *question) names(of string) bool {
	for _, token := range q.tokens {
		token = strings.TrimPrefix(token, "./")
		if strings.ContainsAny(token, "./") && (of == token || strings.HasSuffix(of, "/"+token)) {
			return true
		}
	}
	return false
}

// spells compares without case and joints: the file mill_gate spells MillGate.
func (q *question) spells(bare string) bool {
	for identifier := range q.identifiers {
		if strings.EqualFold(unjoined.Replace(identifier), unjoined.Replace(bare)) {
			return true
		}
	}
	return false
}

var unjoined = strings.NewReplacer("_", "", "-", "")

// stemOfFile is a file's name up to its first point, which may begin it.
func stemOfFile(name string) string {
	if i := strings.IndexByte(name[min(1, len(name)):], '.'); i >= 0 {
		return name[:i+1]
	}
	return name
}
