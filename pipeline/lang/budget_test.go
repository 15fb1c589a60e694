package lang

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/cputime"
)

// TestAPathHasABudget matches paths that would take seconds or run for ever. A path that needs too many steps is
// skipped, and the verdict says why. Shorter paths are not skipped, nor paths in a repository whose rule file has one
// pattern. The test measures processor time, because other programs delay it by the clock.
func TestAPathHasABudget(t *testing.T) {
	long := strings.Repeat("a", 250) + "/" + strings.Repeat("a/", 300) + "a"
	stars := strings.Repeat("*a", 100) + "b"
	for name, c := range map[string]struct {
		ignore, attributes, path string
		want                     Reason
	}{
		"many stars":         {strings.Repeat(stars+"\n", 1200), "", strings.Repeat("a", 1000), ReasonRules},
		"many attributes":    {"", strings.Repeat(strings.Repeat("*a", 400)+"b text\n", 1<<20/900), strings.Repeat("a", 1000), ReasonRules},
		"many names":         {strings.Repeat("b\n", 100_000), "", long, ReasonRules},
		"deep, 87,000 times": {strings.Repeat("**/", 87_000) + "b\n", "", long, ""},
		"deep, with names":   {strings.Repeat("**/a*/", 40_000) + "b\n", "", long, ""},
		"a short path":       {strings.Repeat(stars+"\n", 1200), "", "a.go", ""},
	} {
		rules := compile(t, Config{}, c.ignore, map[string][]byte{"": []byte(c.attributes)})
		begin := cputime.Used(t)
		for range 3 {
			if got := pathVerdict(t, rules, []byte(c.path), File, 1); got.Skip != c.want {
				t.Errorf("%s: skip %q (%s), want %q", name, got.Skip, got.Detail, c.want)
			}
		}
		if took := cputime.Used(t) - begin; took > 10*time.Second {
			t.Errorf("%s: three paths took %s", name, took)
		}
	}
}

// TestMatchingEndsWithItsContext ends a context while a path is matched that takes
// all of its steps. What the rules have found by then is no verdict.
func TestMatchingEndsWithItsContext(t *testing.T) {
	stars := strings.Repeat(strings.Repeat("*a", 100)+"b\n", 1200)
	rules := compile(t, Config{}, stars, map[string][]byte{"": []byte(strings.ReplaceAll(stars, "\n", " text\n"))})
	path := []byte(strings.Repeat("a", 1000))
	for name, judge := range map[string]func(context.Context) error{
		"path":     func(ctx context.Context) error { _, err := rules.Path(ctx, path, File, 1); return err },
		"content":  func(ctx context.Context) error { _, err := rules.Content(ctx, path, []byte("a")); return err },
		"encoding": func(ctx context.Context) error { _, err := rules.Encoding(ctx, path); return err },
	} {
		ctx := &ending{Context: t.Context(), after: 3}
		if err := judge(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		if ctx.after < -2 {
			t.Errorf("%s: went on for %d looks after the end", name, -ctx.after)
		}
	}
}

// ending is a context that ends after some looks at it.
type ending struct {
	context.Context
	after int
}

func (e *ending) Err() error {
	if e.after--; e.after < 0 {
		return context.Canceled
	}
	return nil
}

func TestARefusedFileIsSkipped(t *testing.T) {
	rules := compile(t, Config{}, "", nil)
	rules.Refuse(".leatignore", ReasonRules, "too large")
	if got := pathVerdict(t, rules, []byte(".leatignore"), File, 1); got.Skip != ReasonRules || got.Detail != "too large" {
		t.Errorf("got %+v", got)
	}
}
