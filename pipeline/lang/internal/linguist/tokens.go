package linguist

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed" // for the table
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// table is go-enry's table of the classifier (its data/frequencies.go), which linguist makes from its samples. For each
// language there is a line with TAB, the language, TAB, and the log of its probability. Below it is a line for each
// token, quoted, with the log of its probability in the language.
//
//go:embed tokens.gz
var table []byte

// Samples holds the data of the classifier.
type Samples struct {
	Languages map[string]float64            // the log of each language's probability
	Tokens    map[string]map[string]float64 // the log of each token's probability, by language
}

// Total is the number of tokens in the samples.
const Total = 2440725

// Known returns the data of the classifier. The first call reads the table.
var Known = sync.OnceValue(func() Samples {
	known, err := readSamples(table)
	if err != nil {
		panic(fmt.Sprintf("the embedded table of tokens: %v", err)) // cannot happen: a test reads the table
	}
	return known
})

func readSamples(packed []byte) (s Samples, err error) {
	s = Samples{make(map[string]float64), make(map[string]map[string]float64)}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return s, err
	}
	lines := bufio.NewScanner(unpacked)
	lines.Buffer(nil, 1<<20)
	var tokens map[string]float64
	for lines.Scan() {
		name, number, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "\t"), "\t")
		p, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return s, err
		}
		if strings.HasPrefix(lines.Text(), "\t") {
			tokens = make(map[string]float64)
			s.Languages[name], s.Tokens[name] = p, tokens
			continue
		}
		token, err := strconv.Unquote(name)
		if err != nil || tokens == nil {
			return s, fmt.Errorf("line %q is of no token", name)
		}
		tokens[token] = p
	}
	return s, lines.Err()
}
