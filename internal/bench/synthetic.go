//go:build linux

package bench

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
)

// branch is the ref that is ingested.
const branch = "refs/heads/main"

// invent writes a commit of files for git fast-import. The same seed and number give the same
// bytes. A larger number of files includes those of a smaller one.
func invent(w io.Writer, seed uint64, files int) error {
	out := bufio.NewWriterSize(w, 1<<20)
	const message = "Invented"
	fmt.Fprintf(out, "commit %s\ncommitter leat <leat@example.com> 1700000000 +0000\ndata %d\n%s\n", branch, len(message), message)
	for i := range files {
		f := inventFile(seed, i)
		fmt.Fprintf(out, "M 100644 inline %s\ndata %d\n%s\n", f.path, len(f.content), f.content)
	}
	fmt.Fprintln(out)
	return out.Flush()
}

type file struct{ path, content string }

// Sizes are log-normal, as in source trees: half of the files are below medianBytes, the mean is
// about twice that, and a few are large.
const (
	medianBytes = 3 << 10
	spread      = 1.15 // of the logarithm
	leastBytes  = 120
	mostBytes   = 256 << 10
)

// inventFile makes the file with a number. One in fifty has the content of another, like copies and
// templates. One in a hundred must not be indexed.
func inventFile(seed uint64, number int) file {
	r := rand.New(rand.NewPCG(seed, uint64(number)))
	a := &author{r: r}
	language := pick(r, languages)
	path := fmt.Sprintf("%s/%s_%d%s", a.directory(), a.word(), number, language.extension)
	if number%100 == 99 {
		return file{path[:len(path)-len(language.extension)] + ".png", "\x89PNG\r\n\x1a\n\x00\x00" + a.identifier()}
	}
	if number%50 == 49 {
		r = rand.New(rand.NewPCG(seed, uint64(number/200)))
		a, language = &author{r: r}, languages[0]
	}
	size := int(medianBytes * math.Exp(spread*r.NormFloat64()))
	size = min(max(size, leastBytes), mostBytes)
	a.text.WriteString(language.head(a))
	for a.text.Len() < size {
		a.text.WriteString(language.part(a))
	}
	return file{path, a.text.String()}
}

// author writes with words from a random source.
type author struct {
	r    *rand.Rand
	text strings.Builder
}

var vocabulary = strings.Fields(`account address agent archive audit batch binary branch buffer cache channel chunk client clock cluster code
	commit config context counter cursor data delay delta device digest domain driver edge encoder engine entry error event filter flag flow
	frame gate graph group handle hash header heap host index input item job journal key label lane layer lease ledger level limit link list
	loader lock log mask merge message method metric mirror module monitor node notice object offset order origin output owner packet page
	parser patch path payload peer plan point policy pool port prefix probe process proxy query queue quota range rate reader record region
	registry release replica report request resource result retry ring role root route router rule sample schedule schema scope score segment
	sender sequence server session shard signal sink slot snapshot socket source span stage state status store stream subject table tag task
	tenant thread ticket timer token topic trace track tree trigger tunnel update user value vector verdict version view wait watch weight
	window worker zone`)

var verbs = strings.Fields("add apply build cancel check close collect compare compute count create decode delete encode find flush load make mark merge move open parse publish read remove render reset resolve scan send split start stop store sum sync update verify wait walk write")

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (a *author) word() string { return pick(a.r, vocabulary) }

func (a *author) verb() string { return pick(a.r, verbs) }

func (a *author) directory() string {
	parts := []string{pick(a.r, []string{"internal", "pkg", "services", "web", "tools", "docs"})}
	for range 1 + a.r.IntN(3) {
		parts = append(parts, a.word())
	}
	return strings.Join(parts, "/")
}

// identifier returns a name that few files share, so that a query can find
// them.
func (a *author) identifier() string { return a.verb() + title(a.word()) + title(a.word()) }

func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

func (a *author) sentence() string {
	words := make([]string, 6+a.r.IntN(10))
	for i := range words {
		words[i] = a.word()
		if i%3 == 1 {
			words[i] = pick(a.r, []string{"the", "of the", "which", "and", "to", "before", "until a", "for each"}) + " " + words[i]
		}
	}
	return title(strings.Join(words, " ")) + "."
}

func (a *author) number() int { return a.r.IntN(4096) }
