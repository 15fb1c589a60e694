package service_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// Posted pages are found by hash, list and words. Only their own tenant finds them, and within
// bounds.
func TestPostedPagesAreFound(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "water\n"))
	at := service.WikiRequest{Tenant: "acme", Repository: repo.Dir}
	put := func(hash, page, body string) error {
		_, err := m.PutWikiPage(t.Context(), service.PutWikiRequest{WikiRequest: at, Hash: hash, Page: page, Title: "Page " + page, Body: body})
		return err
	}
	hash := func(n int) string { return fmt.Sprintf("%064x", n) }
	for i, body := range []string{"A <b>sluice</b> leads water.", "The wheel turns in water.", "Nothing of that."} {
		if err := put(hash(i), fmt.Sprint("p", i), body); err != nil {
			t.Fatal(err)
		}
	}
	if err := put(hash(1), "p1", "The wheel stands still."); err != nil {
		t.Fatal(err)
	}
	p, err := m.WikiPage(t.Context(), service.WikiPageRequest{WikiRequest: at, Hash: hash(1)})
	if err != nil || p.Body != "The wheel stands still." || p.Page != "p1" || p.Repository != repo.Dir || p.Hash != hash(1) {
		t.Errorf("a page: %+v, %v", p, err)
	}
	var listed []string
	for after := ""; ; {
		a, err := m.WikiPages(t.Context(), service.WikiPagesRequest{WikiRequest: at, After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range a.Pages {
			listed = append(listed, p.Page+p.Body)
		}
		if after = a.Next; after == "" {
			break
		}
	}
	if got := strings.Join(listed, " "); got != "p0 p1 p2" {
		t.Errorf("listed: %s", got)
	}
	found := func(tenant string, reach []string, query string) string {
		a, err := m.SearchWiki(t.Context(), service.SearchWikiRequest{Tenant: tenant, Reach: reach, Query: query})
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, p := range a.Pages {
			list = append(list, p.Page)
		}
		return strings.Join(list, " ")
	}
	for query, want := range map[string]string{"sluice water": "p0", "WHEEL": "p1", "\"stands still\"": "p1", "turns": "", "' or 1=1; --": "", "wheel -still": ""} {
		if got := found("acme", nil, query); got != want {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
	}
	if got := found("other", nil, "wheel"); got != "" {
		t.Errorf("another tenant finds %q", got)
	}
	if got := found("acme", []string{"forge.test/x/y"}, "wheel"); got != "" {
		t.Errorf("a token of another repository finds %q", got)
	}
	_, err = m.WikiPage(t.Context(), service.WikiPageRequest{WikiRequest: service.WikiRequest{Tenant: "other", Repository: repo.Dir}, Hash: hash(1)})
	wantKind(t, "another tenant's page", err, service.NotFound)
	_, err = m.WikiPage(t.Context(), service.WikiPageRequest{WikiRequest: at, Hash: "zz"})
	wantKind(t, "no hash", err, service.NotFound)
	wantKind(t, "a body that is too large", put(hash(9), "p", strings.Repeat("x", service.MaxWikiBody+1)), service.Invalid)
	wantKind(t, "a zero byte", put(hash(9), "p", "a\x00b"), service.Invalid)
	wantKind(t, "no page", put(hash(9), "", "b"), service.Invalid)
	_, err = m.SearchWiki(t.Context(), service.SearchWikiRequest{Tenant: "acme", Query: " "})
	wantKind(t, "no words", err, service.Invalid)
	one := m.One(t, "select id::text from tracks")
	m.Rows(t, fmt.Sprintf("insert into wiki_pages (track, hash, page, title, body) select '%s', sha256(n::text::bytea), 'x' || n, 't', 'b' from generate_series(1, %d) n", one, service.MaxWikiPages))
	if err := put(hash(7), "p7", "new"); err != nil {
		t.Fatal(err)
	}
	if n := m.One(t, "select count(*) from wiki_pages"); n != fmt.Sprint(service.MaxWikiPages) {
		t.Errorf("%s pages are kept, want %d", n, service.MaxWikiPages)
	}
}
