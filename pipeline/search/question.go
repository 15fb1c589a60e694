package search

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/leatworks/leat/pipeline/embedder"
)

// question holds the features of a query's text that the ranking uses.
type question struct {
	terms       terms
	words       []word             // each once
	met         uint64             // the words that the path of some candidate holds, as bits
	identifiers map[string]mention // names as in code, letter by letter
	tokens      []string           // the parts between blanks, without quotes and the like
	asks        role               // roles of files that the query asks for
	name        bool               // the query is one name in code, or another token that is no word
	how         bool               // the query asks how, where or why something is done
	parts       bool               // several parts of a file are wanted
	own         terms              // memory for the terms of a name
	anywhere    bool               // the query is a name that no candidate defines, so any file may hold it
	spots       map[string]spot    // by path
	dirs        map[string]dir     // by path
	kin         map[string]uint64  // by a word's text: the query's words to which it is related, as bits
}

// dir is what the paths of a directory's files have in common.
type dir struct {
	inPath uint64 // the query's words that it holds, as bits
	words  int
	role   role
}

// spot is how well a path fits the question.
type spot struct {
	inPath uint64  // the query's words that the path holds, as bits
	inName float64 // the share of the file name's words that the query holds
	named  bool    // the query holds the file's name, its path, or the end of its path
	alike  bool    // the query holds a name in code that is the file's name without the ending
	role   role    // the file's role by its path
}

func newQuestion(text string) *question {
	q := &question{terms: termsOf(text), identifiers: make(map[string]mention), spots: make(map[string]spot), dirs: make(map[string]dir), kin: make(map[string]uint64)}
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
	q.how = len(fields) > 1 && slices.Contains(howWords, strings.ToLower(fields[0]))
	for _, token := range fields[:min(len(fields), maxWords)] {
		if token = strings.Trim(token, "`'\"()[]{}<>,;:?!"); token != "" {
			q.tokens = append(q.tokens, token)
		}
		mentionsIn(token, func(name string, m mention) {
			known, again := q.identifiers[name]
			if (len(fields) == 1 || codeLike(name)) && (!again || known.leads) {
				q.identifiers[name] = m
			}
		})
	}
	return q
}

// howWords holds the words that begin a question about a place in the code, not about a name.
var howWords = strings.Fields("how where what which why when who")

// codeLike reports whether a token is spelt like a name in code: with an underscore, or with a small letter and a
// capital that is not the first letter.
func codeLike(token string) bool {
	inner := strings.IndexFunc(token, unicode.IsLower)
	capital := strings.LastIndexFunc(token, unicode.IsUpper)
	return strings.Contains(token, "_") || capital > 0 && inner >= 0
}

// related returns the query's words to which a word is related, as bits. It remembers the answers, because names and
// paths have few different words.
func (q *question) related(text string) uint64 {
	kin, known := q.kin[text]
	if !known {
		w := newWord(text)
		for i := range q.words {
			if q.words[i].related(w) {
				kin |= 1 << i
			}
		}
		q.kin[text] = kin
	}
	return kin
}

// share returns which share of the words the query holds.
func (q *question) share(texts []string) float64 {
	n := 0
	for _, text := range texts {
		if q.related(text) != 0 {
			n++
		}
	}
	return float64(n) / float64(max(1, len(texts)))
}

// meet finds the words of the query that count for paths. A word counts if the path of some candidate holds it. Other
// words, such as the little words of a sentence in any language, weigh nothing.
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
	parent, name := path.Split(of)
	above := q.dir(parent)
	words := embedder.Words(name, maxWords)
	p.inPath = above.inPath | q.held(words[:min(len(words), maxWords-above.words)])
	bare := stemOfFile(name)
	p.inName = q.share(embedder.Words(bare, maxWords))
	p.named, p.alike = q.names(of), q.spells(bare)
	p.role = above.role | roleOfName(words)
	q.spots[of] = p
	return p
}

// dir compares a directory, which ends in a slash, with the query, once.
func (q *question) dir(of string) dir {
	d, known := q.dirs[of]
	if !known {
		words := embedder.Words(of, maxWords)
		d = dir{q.held(words), len(words), roleOfDir(of)}
		q.dirs[of] = d
	}
	return d
}

// held returns the query's words to which one of the texts is related, as bits.
func (q *question) held(texts []string) (held uint64) {
	for _, text := range texts {
		held |= q.related(text)
	}
	return held
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

// spells reports whether the query holds a file's name as one in code. Case, underscores and hyphens do not count: the
// file mill_gate spells MillGate.
func (q *question) spells(bare string) bool {
	for identifier := range q.identifiers {
		if strings.EqualFold(unjoined.Replace(identifier), unjoined.Replace(bare)) {
			return true
		}
	}
	return false
}

var unjoined = strings.NewReplacer("_", "", "-", "")

// stemOfFile returns a file's name up to its first dot. A dot at the beginning of the name does not count.
func stemOfFile(name string) string {
	if i := strings.IndexByte(name[min(1, len(name)):], '.'); i >= 0 {
		return name[:i+1]
	}
	return name
}
