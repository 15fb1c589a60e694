package linguist

import (
	"math/rand/v2"
	"regexp/syntax"
	"strings"
	"testing"
)

// A guard lets each text pass that its pattern matches.
func TestGuardsLetMatchesPass(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	guards, matches := 0, 0
	for _, e := range contents {
		for _, c := range e.is {
			for _, pattern := range patternsOf(c) {
				g := guard(pattern)
				if len(g.needs) == 0 {
					continue
				}
				guards++
				parsed, err := syntax.Parse(pattern, syntax.Perl)
				if err != nil {
					t.Fatal(err)
				}
				for range 200 {
					var b strings.Builder
					write(&b, r, parsed)
					text := []byte([]string{"", "x", "\n", "a b\n\t "}[r.IntN(4)] + b.String() + []string{"", "\n", " y"}[r.IntN(3)])
					if !g.pattern.Match(text) {
						continue
					}
					if matches++; !g.Match(text) {
						t.Fatalf("%s: %q matches %s, but none of %v is in it", e.name, text, pattern, g.needs)
					}
				}
			}
		}
	}
	if guards < 50 || matches < 5000 {
		t.Errorf("%d guards, %d matches", guards, matches)
	}
}

func TestGuardOfHeaders(t *testing.T) {
	conditions, _ := look(contents, ".h")
	for _, c := range conditions {
		for _, pattern := range patternsOf(c) {
			g := guard(pattern)
			if len(g.needs) == 0 {
				t.Errorf("%s has no guard", pattern)
			}
			for _, n := range g.needs {
				if n.in([]byte("/* an entry: try, class, @end */\n#include <linux/list.h>\nint try;\n")) {
					t.Errorf("%+v is in a header of C", n)
				}
			}
		}
	}
}

func patternsOf(c condition) (list []string) {
	if c.op == match {
		list = append(list, c.pattern)
	}
	for _, part := range c.of {
		list = append(list, patternsOf(part)...)
	}
	return list
}

// write writes a text that an expression matches but for its conditions on what is around it.
func write(b *strings.Builder, r *rand.Rand, e *syntax.Regexp) {
	repeat := func(least, most int) {
		for range least + r.IntN(most-least+1) {
			write(b, r, e.Sub[0])
		}
	}
	switch e.Op {
	case syntax.OpLiteral:
		b.WriteString(string(e.Rune))
	case syntax.OpCharClass:
		i := 2 * r.IntN(len(e.Rune)/2)
		b.WriteRune(e.Rune[i] + r.Int32N(min(e.Rune[i+1]-e.Rune[i], 60)+1))
	case syntax.OpAnyCharNotNL, syntax.OpAnyChar:
		b.WriteByte("aZ0 _"[r.IntN(5)])
	case syntax.OpCapture:
		write(b, r, e.Sub[0])
	case syntax.OpStar:
		repeat(0, 3)
	case syntax.OpPlus:
		repeat(1, 3)
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpRepeat:
		repeat(e.Min, max(e.Max, e.Min))
	case syntax.OpConcat:
		for _, sub := range e.Sub {
			write(b, r, sub)
		}
	case syntax.OpAlternate:
		write(b, r, e.Sub[r.IntN(len(e.Sub))])
	}
}
