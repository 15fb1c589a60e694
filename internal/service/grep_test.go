package service_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// grepped lists path:line:column of all lines, over as many pages as they take.
func (m mill) grepped(t *testing.T, r service.GrepRequest) (places []string) {
	t.Helper()
	for range 1000 {
		a, err := m.Grep(t.Context(), r)
		if err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
		if r.Limit > 0 && len(a.Lines) > r.Limit || (a.Next == "") != (a.Cut == "") {
			t.Fatalf("%d lines, next %q, cut %q", len(a.Lines), a.Next, a.Cut)
		}
		for _, l := range a.Lines {
			places = append(places, fmt.Sprintf("%s:%d:%d", l.Path, l.Line, l.Column))
		}
		if r.After = a.Next; r.After == "" {
			return places
		}
	}
	t.Fatalf("%+v does not end", r)
	return nil
}

func TestGrepFindsLinesInTheOrderOfPaths(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	commit := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text(
		"b/water.go", "package b\n\nfunc Water() {} // water\n", "a.txt", "Water\r\nno\r\nwater", "c[1].md", "# water\n", "d.bin", "\x00water",
		"empty.txt", "", "long.txt", strings.Repeat("é", 1000)+"water"+strings.Repeat("x", 1000)+"\n"))
	for _, test := range []struct {
		r    service.GrepRequest
		want []string
	}{
		{service.GrepRequest{Pattern: "water"}, []string{"a.txt:3:1", "b/water.go:3:20", "c[1].md:1:3", "long.txt:1:2001"}},
		{service.GrepRequest{Pattern: "water", IgnoreCase: true}, []string{"a.txt:1:1", "a.txt:3:1", "b/water.go:3:6", "c[1].md:1:3", "long.txt:1:2001"}},
		{service.GrepRequest{Pattern: "^water$"}, []string{"a.txt:3:1"}},
		{service.GrepRequest{Pattern: "^Water$"}, []string{"a.txt:1:1"}},
		{service.GrepRequest{Pattern: `\Awater\z`}, []string{"a.txt:3:1"}},
		{service.GrepRequest{Pattern: "Water()", Literal: true}, []string{"b/water.go:3:6"}},
		{service.GrepRequest{Pattern: "WATER()", Literal: true, IgnoreCase: true}, []string{"b/water.go:3:6"}},
		{service.GrepRequest{Pattern: "water", Path: "b"}, []string{"b/water.go:3:20"}},
		{service.GrepRequest{Pattern: "water", Path: "*.txt"}, []string{"a.txt:3:1", "long.txt:1:2001"}},
		{service.GrepRequest{Pattern: "water", Path: "c[1].md"}, []string{"c[1].md:1:3"}},
		{service.GrepRequest{Pattern: "water", Languages: []string{"go", "markdown"}}, []string{"b/water.go:3:20", "c[1].md:1:3"}},
		{service.GrepRequest{Pattern: "nosuch"}, nil},
	} {
		test.r.Tenant, test.r.Repository = "acme", repo.Dir
		for _, limit := range []int{0, 1, 2} {
			test.r.Limit = limit
			if got := m.grepped(t, test.r); !slices.Equal(got, test.want) {
				t.Errorf("%+v: %q, want %q", test.r, got, test.want)
			}
		}
		test.r.Limit, test.r.MaxBytes = 0, 1
		if got := m.grepped(t, test.r); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %q, want %q", test.r, got, test.want)
		}
	}
	a, err := m.Grep(t.Context(), service.GrepRequest{Tenant: "acme", Repository: repo.Dir, Pattern: "water"})
	if err != nil || a.Commit != commit || a.Revision != 1 || a.Files != 4 {
		t.Errorf("%+v, %v", a, err)
	}
	if text := a.Lines[3].Text; len(text) > 500 || !strings.Contains(text, "water") {
		t.Errorf("%d bytes of a long line: %q", len(text), text)
	}
}

func TestGrepRefusesWhatItCannotLookFor(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "water\n"))
	for want, r := range map[string]service.GrepRequest{
		"empty":             {},
		"at most 1000":      {Pattern: strings.Repeat("x", 1001)},
		"end of a line":     {Pattern: "a\nb"},
		"literal text":      {Pattern: "a("},
		"invalid repeat":    {Pattern: "(a{1000}){1000}"},
		"1 to 1,000":        {Pattern: "a", Limit: 1001},
		"begin without one": {Pattern: "a", After: "g1.!"},
		"unknown language":  {Pattern: "a", Languages: []string{"pyhton"}},
		"no repository":     {Pattern: "a", Repository: "nosuch"},
	} {
		r.Tenant = "acme"
		if r.Repository == "" {
			r.Repository = repo.Dir
		}
		_, err := m.Grep(t.Context(), r)
		if failed := (*service.Error)(nil); !errors.As(err, &failed) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	for _, ctx := range []struct{ tenant, glob string }{{"other", ""}, {"acme", "forge.test/*"}} {
		grant := access.Grant{Tenant: ctx.tenant, Scopes: access.Scopes}
		if ctx.glob != "" {
			grant.Repositories = []string{ctx.glob}
		}
		a, err := m.Grep(access.With(t.Context(), grant), service.GrepRequest{Tenant: ctx.tenant, Repository: repo.Dir, Pattern: "water"})
		if !errors.Is(err, service.NotFound) || len(a.Lines) > 0 {
			t.Errorf("%+v: %+v, %v", ctx, a, err)
		}
	}
}

// More texts than one answer looks at come in several answers.
func TestGrepEndsAnAnswerWithItsWork(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	text := strings.Repeat(strings.Repeat("x", 999)+"\n", 900) + "last\n" // four of these are read at once
	var files []string
	for i := range 6 {
		files = append(files, fmt.Sprintf("%d.txt", i), text)
	}
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text(files...))
	r := service.GrepRequest{Tenant: "acme", Repository: repo.Dir, Pattern: "^last$"}
	hasty := mill{m.Pipe, service.New(service.Config{GrepBytes: 3 << 20}, m.Stores.Stores)}
	a, err := hasty.Grep(t.Context(), r)
	if err != nil || a.Next == "" || !strings.HasPrefix(a.Cut, "3 MiB of texts were looked at: continue") || len(a.Lines) != 4 {
		t.Fatalf("%d lines, cut %q, next %q, %v", len(a.Lines), a.Cut, a.Next, err)
	}
	if got := hasty.grepped(t, r); len(got) != 6 {
		t.Errorf("%d lines", len(got))
	}
}
