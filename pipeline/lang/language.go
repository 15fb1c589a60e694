package lang

import (
	"bytes"
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leatworks/leat/pipeline/lang/internal/linguist"
)

// The sizes of the parts of a file that are read to find its language and its generator. GitHub's linguist reads 50
// KiB. The rules about the end of a file (editor modelines, references to source maps) read a few lines.
const (
	sampleHead = 48 << 10
	sampleTail = 4 << 10
)

// sample returns the content, or its beginning and its end if it is large. It cuts at line ends if there are any.
func sample(content []byte) []byte {
	if len(content) <= sampleHead+sampleTail {
		return content
	}
	head, tail := content[:sampleHead], content[len(content)-sampleTail:]
	if end := bytes.LastIndexByte(head, '\n'); end >= 0 {
		head = head[:end]
	}
	if begin := bytes.IndexByte(tail, '\n'); begin >= 0 {
		tail = tail[begin+1:]
	}
	out := make([]byte, 0, len(head)+1+len(tail))
	out = append(out, head...)
	out = append(out, '\n')
	return append(out, tail...)
}

// strategies holds go-enry's strategies in its order, without the last. That one is its classifier, which orders
// languages of equal score at random.
var strategies = []linguist.Strategy{
	byModeline,
	linguist.GetLanguagesByFilename,
	linguist.GetLanguagesByShebang,
	linguist.GetLanguagesByExtension,
	linguist.GetLanguagesByXML,
	linguist.GetLanguagesByManpage,
	byContent,
}

var (
	// cppMark matches a line that only C++ has among the languages of .inc files.
	cppMark = regexp.MustCompile(`(?m)^\s*#\s*include\s*[<"][\w./+-]+\.(?:h|hh|hpp|hxx|inc)[>"]|^\s*template\s*<|^\s*(?:inline\s+)?namespace\s+[\w:]+\s*\{|\bstd::\w`)
	// otherMark matches a line that NASL or PHP may have, but not C++.
	otherMark = regexp.MustCompile(`(?m)^<\?|^\s*include\s*\(\s*["']|^\s*(?:global|local)_var\b|^\s*object\s+\w+`)
)

// byContent is linguist's strategy, except for .inc files of C++. Linguist takes such a file for NASL if it has a
// namespace.
func byContent(path string, sample []byte, candidates []string) []string {
	if strings.HasSuffix(strings.ToLower(path), ".inc") && cppMark.Match(sample) && !otherMark.Match(sample) {
		return []string{"C++"}
	}
	return linguist.GetLanguagesByContent(path, sample, candidates)
}

// detect names the language of a file by its path and the sample of its content. It returns "" if it cannot.
func detect(path string, sample []byte) (language string) {
	defer func() {
		// go-enry's code indexes bytes by hand in places. Content that makes it panic loses its language, but stays in
		// the index.
		if recover() != nil {
			language, _ = linguist.GetLanguageByExtension(path)
		}
	}()
	var candidates []string
	for _, strategy := range strategies {
		switch found := strategy(path, sample, candidates); len(found) {
		case 0:
		case 1:
			return found[0]
		default:
			candidates = found
		}
	}
	return classify(candidates, sample)
}

// classify picks the candidate whose samples resemble the content most. Like go-enry, it uses naive Bayes over
// linguist's table of tokens, but with a simpler tokenizer. Among equal scores, the first candidate wins.
func classify(candidates []string, sample []byte) string {
	if len(candidates) == 0 {
		return linguist.OtherLanguage
	}
	tokens := tokenize(sample)
	samples := linguist.Known()
	unknown := math.Log(1 / float64(linguist.Total))
	best, highest := candidates[0], math.Inf(-1)
	for _, candidate := range candidates {
		score, trained := samples.Languages[candidate]
		if !trained {
			continue
		}
		known := samples.Tokens[candidate]
		for _, token := range tokens {
			p, ok := known[token]
			if !ok {
				p = unknown
			}
			score += p
		}
		if score > highest {
			best, highest = candidate, score
		}
	}
	return best
}

// maxTokens bounds the tokens that classify looks at.
const maxTokens = 10_000

// tokenize splits a text into words and single marks. It drops numbers and quotations, which say nothing about a
// language.
func tokenize(text []byte) []string {
	var tokens []string
	for len(text) > 0 && len(tokens) < maxTokens {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '"' || r == '\'':
			text = text[size+quoted(text[size:], byte(r)):]
		case isWord(r):
			end := bytes.IndexFunc(text, func(r rune) bool { return !isWord(r) })
			if end < 0 {
				end = len(text)
			}
			if r < '0' || r > '9' {
				tokens = append(tokens, string(text[:end]))
			}
			text = text[end:]
		default:
			if !unicode.IsSpace(r) {
				tokens = append(tokens, string(text[:size]))
			}
			text = text[size:]
		}
	}
	return tokens
}

// quoted returns the length of a quotation after its opening quote, with the closing one. It returns 0 if the line ends
// first.
func quoted(text []byte, quote byte) int {
	for i, b := range text {
		switch b {
		case quote:
			return i + 1
		case '\n':
			return 0
		}
	}
	return 0
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// Names lists the languages that an extension can stand for, in order.
func Names() []string { return linguist.Languages() }

// ByAlias returns the language for a name or an alias that GitHub knows.
func ByAlias(name string) (language string, found bool) {
	return linguist.GetLanguageByAlias(strings.ToLower(name))
}
