package service_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
)

// A caller sees the work in hand on repositories that it reaches. The installation also sees idle
// workers, hosts and counts.
func TestWhatWorkersHoldIsShownByReach(t *testing.T) {
	m := open(t)
	mine, theirs, other := testpipe.NewRepo(t), testpipe.NewRepo(t), testpipe.NewRepo(t)
	for _, repo := range []*testpipe.Repo{mine, theirs} {
		m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.go", "package a\n"))
	}
	m.put(t, "other", other, "refs/heads/main", testpipe.Text("a.go", "package a\n"))
	holds := func(tenant, repository, path string) catalog.Holding {
		return catalog.Holding{
			Tenant: tenant, Repository: events.RepositoryID(tenant, repository), Ref: "refs/heads/main", Path: path, Lane: "live", Delivered: 1, Since: time.Now(),
		}
	}
	for _, w := range []catalog.Worker{
		{Name: "embedder", Held: 9, Holdings: []catalog.Holding{holds("acme", mine.Dir, "mine.go"), holds("acme", theirs.Dir, "theirs.go"), holds("other", other.Dir, "other.go")}},
		{Name: "indexer", Held: 0},
		{Name: "ingestor", Held: 1, Holdings: []catalog.Holding{{Tenant: "acme", URL: "https://forge.test/acme/new", Lane: "live", Delivered: 1, Since: time.Now()}}},
	} {
		w.ID, w.Host, w.StartedAt = uuid.New(), "host-7", time.Now()
		if err := m.Catalog.Workers.Tell(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	grant := func(tenant string, repositories ...string) context.Context {
		return access.With(t.Context(), access.Grant{Tenant: tenant, Scopes: access.Scopes, Repositories: repositories})
	}
	for _, test := range []struct {
		name   string
		ctx    context.Context
		tenant string
		reach  []string
		want   string
	}{
		{"an operator", t.Context(), "acme", nil, "embedder host-7 9 mine.go theirs.go; indexer host-7 0; ingestor host-7 1 new"},
		{"the installation", grant(""), "other", nil, "embedder host-7 9 other.go; indexer host-7 0; ingestor host-7 1"},
		{"the tenant", grant("acme"), "acme", nil, "embedder mine.go theirs.go; ingestor new"},
		{"a token of one repository", grant("acme", mine.Dir), "acme", nil, "embedder mine.go"},
		{"a request for one repository", t.Context(), "acme", []string{mine.Dir}, "embedder mine.go"},
		{"a token of the installation for one repository", grant("", "forge.test/acme/*"), "acme", nil, "ingestor new"},
	} {
		a, err := m.Workers(test.ctx, service.WorkersRequest{Tenant: test.tenant, Reach: test.reach})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if got := saidOf(a); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	if a, err := m.Workers(grant("other"), service.WorkersRequest{Tenant: "acme"}); err == nil {
		t.Errorf("a token of another tenant: %+v", a)
	}
}

func saidOf(a service.WorkersAnswer) string {
	var list []string
	for _, w := range a.Workers {
		said := w.Stage
		if w.Host != "" {
			said += " " + w.Host
		}
		if w.Held != nil {
			said += " " + string(rune('0'+*w.Held))
		}
		for _, h := range w.Holdings {
			if h.Path == "" {
				said += " " + h.URL[strings.LastIndexByte(h.URL, '/')+1:]
				continue
			}
			said += " " + h.Path
		}
		list = append(list, said)
	}
	return strings.Join(list, "; ")
}
