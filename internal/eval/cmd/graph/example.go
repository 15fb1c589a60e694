package main

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/fact"
	"github.com/leatworks/leat/pipeline/graph"
)

// line is a line of a file.
type line struct {
	path   string
	number int
}

func (l line) String() string { return fmt.Sprintf("%s:%d", l.path, l.number) }

func lineOf(p at) line {
	return line{p.path, 1 + bytes.Count(texts[p.path][:p.byte], []byte("\n"))}
}

// examples prints definitions chosen at random. For each it prints the lines that refer to it by
// the graph and by the truth, and how many lines hold the name.
func examples(o *graph.Offline, t *truth, found map[at]bool, count int, seed uint64) {
	var all []at
	for place := range found {
		all = append(all, place)
	}
	slices.SortFunc(all, func(a, b at) int { return cmp.Or(strings.Compare(a.path, b.path), a.byte-b.byte) })
	random := rand.New(rand.NewPCG(seed, 0))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	chosen := all[:min(count, len(all))]
	ours, theirs := make(map[at][]line), make(map[at][]line)
	for path := range o.Facts {
		for _, f := range o.References(path) {
			if f.Strategy.Confidence(len(f.Targets)) < 0.8 {
				continue
			}
			for _, target := range f.Targets {
				if d, ok := o.Definition(target); ok {
					place, _ := nameOf(o.Paths[target.Document], d)
					ours[place] = append(ours[place], line{path, f.Line})
				}
			}
		}
	}
	for from, to := range t.refers {
		for _, place := range to {
			theirs[place] = append(theirs[place], lineOf(from))
		}
	}
	fmt.Println("| symbol | kind | lines with the name | leat | truth | only leat | only truth |\n|---|---|---|---|---|---|---|")
	for _, place := range chosen {
		mine, yours := distinct(ours[place]), distinct(theirs[place])
		fmt.Printf("| `%s` %s | %s | %d | %d | %d | %v | %v |\n", t.defined[place], lineOf(place), kindAt(o, place), named(t.defined[place]), len(mine), len(yours),
			without(mine, yours), without(yours, mine))
	}
}

func kindAt(o *graph.Offline, place at) fact.Kind {
	for _, d := range o.Facts[place.path].Definitions {
		if p, ok := nameOf(place.path, d); ok && p == place {
			return d.Kind
		}
	}
	return 0
}

func distinct(list []line) []line {
	slices.SortFunc(list, func(a, b line) int { return cmp.Or(strings.Compare(a.path, b.path), a.number-b.number) })
	return slices.Compact(list)
}

func without(list, other []line) []line {
	return slices.DeleteFunc(slices.Clone(list), func(l line) bool { return slices.Contains(other, l) })
}

// named counts the lines that hold a name as a word, as 'git grep -w' does.
func named(name string) (n int) {
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`)
	for _, text := range texts {
		for _, l := range bytes.Split(text, []byte("\n")) {
			if word.Match(l) {
				n++
			}
		}
	}
	return n
}
