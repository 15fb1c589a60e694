//go:build linux

package chaos

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/scip"
)

// An index of the harness is one that leat reads. Where a name has several definitions, its variants
// say different ones.
func TestIndexesCanBeReadAndDiffer(t *testing.T) {
	h, err := invent(t.TempDir()+"/repo.git", 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	said := make(map[int][]string) // the symbols of calls, by variant
	for variant := range 2 {
		one := index{dir: h.dir, commit: h.commits[0], language: "go", variant: variant}
		content, err := one.encode()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := one.encode(); err != nil || !bytes.Equal(again, content) {
			t.Errorf("variant %d is another the second time: %v", variant, err)
		}
		defined := make(map[string]bool)
		report, err := scip.Read(t.Context(), bytes.NewReader(content), func(d scip.Document) error {
			for _, o := range d.Occurrences {
				if o.Roles&scip.Definition != 0 {
					defined[o.Symbol] = true
				} else {
					said[variant] = append(said[variant], o.Symbol)
				}
			}
			return nil
		})
		if err != nil || report.LeftOut > 0 || report.Documents < 5 || len(defined) < 50 {
			t.Fatalf("variant %d: %+v with %d definitions, %v", variant, report, len(defined), err)
		}
		for _, symbol := range said[variant] {
			if !defined[symbol] && !strings.HasPrefix(symbol, "chaos . outside ") {
				t.Fatalf("variant %d: %s is not defined", variant, symbol)
			}
		}
	}
	if len(said[0]) != len(said[1]) || slices.Equal(said[0], said[1]) {
		t.Errorf("the variants say the same of %d calls", len(said[0]))
	}
}

// Every seed leaves an index at the last commits of two repositories, and at the one that never changes.
func TestDrawIndexes(t *testing.T) {
	for seed := range uint64(50) {
		const commits = 9
		others := drawMoves(seed, commits)
		moves := drawIndexes(seed, commits, slices.Clone(others))
		if !reflect.DeepEqual(moves, drawIndexes(seed, commits, slices.Clone(others))) {
			t.Fatalf("seed %d: the moves differ the second time", seed)
		}
		heads, has, drops := map[int]int{}, map[move]bool{}, 0
		var left []move
		for _, m := range moves {
			of := move{track: m.track, commit: m.commit, index: indexMove{language: m.index.language}}
			switch {
			case m.index.language == "":
				left = append(left, m)
				if m.filter == 0 {
					heads[m.track] = m.commit
				}
			case m.index.drop:
				if !has[of] {
					t.Errorf("seed %d: %+v drops what is not there", seed, m)
				}
				delete(has, of)
				drops++
			default:
				has[of] = true
			}
		}
		if !reflect.DeepEqual(left, others) {
			t.Errorf("seed %d: the other moves changed", seed)
		}
		for _, of := range []int{trackMain, trackFork, trackCalm} {
			if !has[move{track: of, commit: heads[of], index: indexMove{language: "go"}}] {
				t.Errorf("seed %d: track %d has no index in the end", seed, of)
			}
		}
		if drops == 0 || len(has) > 16 {
			t.Errorf("seed %d: %d drops, %d indexes are left", seed, drops, len(has))
		}
	}
}
