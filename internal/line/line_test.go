package line_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/line"
)

// fill adds items that are named by their tenant and a number: "a1", "b2".
func fill(items ...string) *line.Line[string] {
	l := new(line.Line[string])
	for _, item := range items {
		l.Add(item[:1], item)
	}
	return l
}

func drain(t *testing.T, l *line.Line[string], may func(string) bool) (served []string) {
	t.Helper()
	for {
		tenant, item, found := l.Next(may)
		if !found {
			return served
		}
		if !strings.HasPrefix(item, tenant) {
			t.Errorf("%s is served to tenant %s", item, tenant)
		}
		served = append(served, item)
	}
}

func TestTenantsTakeTurns(t *testing.T) {
	l := fill("a1", "a2", "a3", "b1", "b2", "c1")
	if got, want := drain(t, l, nil), []string{"a1", "b1", "c1", "a2", "b2", "a3"}; !slices.Equal(got, want) {
		t.Errorf("served %v, want %v", got, want)
	}
	l.Add("a", "a4")
	if got, want := drain(t, l, nil), []string{"a4"}; !slices.Equal(got, want) {
		t.Errorf("served %v from a line that was empty, want %v", got, want)
	}
}

// A tenant that may not have a turn keeps its place before tenants that come later.
func TestWhoMayNotKeepsItsPlace(t *testing.T) {
	l := fill("a1", "a2", "b1")
	if got, want := drain(t, l, func(tenant string) bool { return tenant != "a" }), []string{"b1"}; !slices.Equal(got, want) {
		t.Errorf("served %v, want %v", got, want)
	}
	l.Add("b", "b2")
	if got, want := drain(t, l, nil), []string{"a1", "b2", "a2"}; !slices.Equal(got, want) {
		t.Errorf("served %v, want %v", got, want)
	}
}

func TestWhoLeavesIsNotServed(t *testing.T) {
	l := fill("a1", "a2", "b1", "c1")
	for _, item := range []string{"a1", "b1"} {
		if !l.Leave(item[:1], item) {
			t.Errorf("%s was not in the line", item)
		}
		if l.Leave(item[:1], item) {
			t.Errorf("%s was in the line twice", item)
		}
	}
	if !l.Has("a") || l.Has("b") {
		t.Errorf("a has items: %t, b: %t, want true, false", l.Has("a"), l.Has("b"))
	}
	if got, want := drain(t, l, nil), []string{"a2", "c1"}; !slices.Equal(got, want) {
		t.Errorf("served %v, want %v", got, want)
	}
	if l.Leave("a", "a2") {
		t.Error("a2 was in the line after it was served")
	}
}
