package httpapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

func TestSearchAnswersAsTheCommandLineDoes(t *testing.T) {
	d := open(t)
	repo := testpipe.NewRepo(t)
	commit := d.put(t, "acme", repo, "refs/heads/main", testpipe.Text("mill.go", "package mill\n\n// Sluice opens the sluice.\nfunc Sluice() {}\n"))
	a := get[service.SearchAnswer](t, d, all, "/api/v1/search?query=sluice&language=go&kind=function&path=*.go")
	if len(a.Hits) != 1 || a.Generation != d.Generation.Number || a.Next != "" || a.Cut != "" {
		t.Fatalf("got %+v", a)
	}
	if h := a.Hits[0]; h.Repository != repo.Dir || h.Ref != "refs/heads/main" || h.Commit != commit || h.Path != "mill.go" ||
		h.Symbol != "Sluice" || h.Revision != 1 || h.Underway || !strings.Contains(h.Text, "func Sluice") {
		t.Errorf("got %+v", h)
	}
	if a := get[service.SearchAnswer](t, d, installation, "/api/v1/search?query=sluice&tenant=acme"); len(a.Hits) != 1 {
		t.Errorf("the installation found %+v", a)
	}
	if a := d.ask(t, installation, http.MethodGet, "/api/v1/search?query=sluice", nil); string(a.body) == "" || strings.Contains(string(a.body), "Sluice") {
		t.Errorf("the default tenant found %s", a.body)
	}
}

// A token that reaches some repositories finds nothing in the others, whatever its request names.
func TestSearchReachesWhatTheTokenNames(t *testing.T) {
	d := open(t)
	seen, hidden := testpipe.NewRepo(t), testpipe.NewRepo(t)
	for _, repo := range []*testpipe.Repo{seen, hidden} {
		d.put(t, "acme", repo, "refs/heads/main", testpipe.Text("mill.txt", "sluice "+repo.Dir+"\n"))
	}
	name, _ := access.Name(seen.Dir)
	d.grants["some"] = access.Grant{Tenant: "acme", Token: "some", Scopes: access.Scopes, Repositories: []string{name}}
	d.grants["none"] = access.Grant{Tenant: "acme", Token: "none", Scopes: access.Scopes, Repositories: []string{"forge.test/x/y"}}
	if a := get[service.SearchAnswer](t, d, "some", "/api/v1/search?query=sluice"); len(a.Hits) != 1 || a.Hits[0].Repository != seen.Dir {
		t.Errorf("found %+v", a.Hits)
	}
	if a := get[service.SearchAnswer](t, d, "none", "/api/v1/search?query=sluice"); len(a.Hits) != 0 {
		t.Errorf("found %+v", a.Hits)
	}
	absent := d.ask(t, "some", http.MethodGet, "/api/v1/search?query=sluice&repository=nosuch", nil)
	other := d.ask(t, "some", http.MethodGet, "/api/v1/search?query=sluice&repository="+url.QueryEscape(hidden.Dir), nil)
	if absent.StatusCode != http.StatusNotFound || other.StatusCode != http.StatusNotFound {
		t.Errorf("%d and %d", absent.StatusCode, other.StatusCode)
	}
	if a, b := decode[httpapi.Problem](t, absent), decode[httpapi.Problem](t, other); strings.ReplaceAll(b.Detail, hidden.Dir, "nosuch") != a.Detail {
		t.Errorf("%q differs from %q", b.Detail, a.Detail)
	}
}

// Pages hold every hit once, within their bounds.
func TestSearchComesInPages(t *testing.T) {
	d := open(t)
	repo := testpipe.NewRepo(t)
	tree := make(testpipe.Tree)
	for i := range 25 {
		tree[fmt.Sprintf("f%02d.txt", i)] = testpipe.File{Content: fmt.Sprintf("sluice %d\n%s", i, strings.Repeat(fmt.Sprintf("gate %d of the mill\n", i), 10))}
	}
	d.put(t, "acme", repo, "refs/heads/main", tree)
	for _, test := range []struct {
		query string
		most  int // bytes
	}{{"limit=7", 0}, {"limit=100", 0}, {"limit=20&max_bytes=2048", 2048}, {"max_tokens=400", 1200}} {
		var paths []string
		for next := ""; ; {
			a := d.ask(t, all, http.MethodGet, "/api/v1/search?query=sluice+gate&"+test.query+"&cursor="+next, nil)
			if a.StatusCode != http.StatusOK {
				t.Fatalf("%s: %s", test.query, a.body)
			}
			if frame := 500 + len(next)*2; test.most > 0 && len(a.body) > test.most+frame {
				t.Errorf("%s: %d bytes", test.query, len(a.body))
			}
			found := decode[service.SearchAnswer](t, a)
			for _, h := range found.Hits {
				paths = append(paths, h.Path)
			}
			if next = found.Next; next == "" {
				break
			}
		}
		slices.Sort(paths)
		if n := len(paths); n != 25 || len(slices.Compact(paths)) != n {
			t.Errorf("%s: %d hits: %q", test.query, n, paths)
		}
	}
	a := get[service.SearchAnswer](t, d, all, "/api/v1/search?query=sluice+gate&limit=3")
	for _, path := range []string{"query=other&limit=3&cursor=" + a.Next, "query=sluice+gate&cursor=" + a.Next[:9], "query=sluice+gate&cursor=x"} {
		got := d.ask(t, all, http.MethodGet, "/api/v1/search?"+path, nil)
		if p := decode[httpapi.Problem](t, got); got.StatusCode != http.StatusUnprocessableEntity || p.Field != "cursor" {
			t.Errorf("%s: %d %+v", path, got.StatusCode, p)
		}
	}
}

// The bound also holds for a single hit that is larger.
func TestALargeHitIsCut(t *testing.T) {
	d := open(t)
	repo := testpipe.NewRepo(t)
	d.put(t, "acme", repo, "refs/heads/main", testpipe.Text(
		"wide.txt", "sluice "+strings.Repeat("\\\"é", 1000)+"\n", "long.go", "package a\n\nfunc Weir() {\n"+strings.Repeat("\tweir(1234567890)\n", 100)+"}\n"))
	for _, query := range []string{"sluice", "weir"} {
		a := d.ask(t, all, http.MethodGet, "/api/v1/search?max_bytes=1024&limit=1&query="+query, nil)
		found := decode[service.SearchAnswer](t, a)
		if len(a.body) > 1024+500 || len(found.Hits) != 1 || found.Cut == "" {
			t.Fatalf("%d bytes, %+v", len(a.body), found)
		}
		h := found.Hits[0]
		if lines := strings.Count(strings.TrimSuffix(h.Text, "\n"), "\n") + 1; h.Text == "" || h.EndLine != h.StartLine+lines-1 || h.CutLines == 0 && !h.Partial {
			t.Errorf("%s: %d lines, %+v", query, lines, h)
		}
	}
}
