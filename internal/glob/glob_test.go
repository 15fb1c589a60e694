package glob_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/glob"
)

func TestCheck(t *testing.T) {
	for pattern, want := range map[string]error{
		"":                         nil,
		"src/**/*.{ts,tsx,js,jsx}": nil,
		"{a,b{c,d}}/[{,]x/\\{":     nil,
		"**/*.{" + strings.Repeat("ab,", 60) + "}": nil,

		"src/[a":   glob.ErrSyntax,
		"src/{a,b": glob.ErrSyntax,

		strings.Repeat("a", glob.MaxBytes+1):                glob.ErrCostly,
		strings.Repeat("{a,b}", 40):                         glob.ErrCostly,
		"a,b" + strings.Repeat("{a,{b,{c,d}}}", 12):         glob.ErrCostly,
		strings.Repeat("{,a}", 200) + "b":                   glob.ErrCostly,
		"**/" + strings.Repeat("{*a,*b}*/", 20):             glob.ErrCostly,
		"{" + strings.Repeat("a,", 400) + "}/{b,c,d,e,f}/g": glob.ErrCostly,
	} {
		if err := glob.Check(pattern); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%.60q: %v, want %v", pattern, err, want)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"*.go", "a.go", true},
		{"*.go", "dir/a.go", false},
		{"**/*.go", "a.go", true},
		{"**/*.go", "dir/sub/a.go", true},
		{"dir/**", "dir/sub/a.go", true},
		{"{lib,src}/[a-c]?.go", "src/b1.go", true},
		{`app/\[id\]/*`, "app/[id]/page.tsx", true},
	} {
		if got := glob.Match(c.pattern, c.path); got != c.want {
			t.Errorf("%q matches %q: %t", c.pattern, c.path, got)
		}
	}
}

// BenchmarkMatch matches patterns at the bounds that take longest.
func BenchmarkMatch(b *testing.B) {
	class := "[" + strings.Repeat("b", 30) + "a]"
	for name, c := range map[string]struct{ pattern, path string }{
		"stars":   {strings.Repeat("*a", 500) + "b", strings.Repeat("a", 1024)},
		"classes": {"**/*" + strings.Repeat(class, 30) + "b", strings.Repeat(strings.Repeat("a", 255)+"/", 4)},
		"levels":  {"**/" + strings.Repeat("*a*/", 250) + "b", strings.Repeat("a/", 512)},
		"ways":    {strings.Repeat("{a,a}", 5) + "**/*" + strings.Repeat(class, 5) + "b", strings.Repeat("a", 5) + strings.Repeat("aaa/", 255)},
	} {
		if err := glob.Check(c.pattern); err != nil {
			b.Fatalf("%s: %v", name, err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if glob.Match(c.pattern, c.path) {
					b.Fatal("it matches")
				}
			}
		})
	}
}
