package service_test

import (
	"errors"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// mill is a pipe and the service over its stores.
type mill struct {
	*testpipe.Pipe
	*service.Service
}

func open(t *testing.T) mill {
	t.Helper()
	p := testpipe.Open(t, testpipe.Config{})
	return mill{p, service.New(service.Config{Index: p.Config().Index, OpenEmbedder: p.OpenEmbedder, GraphTime: testpipe.Patience}, p.Stores.Stores)}
}

// put commits tree to a ref of a tenant's repository, and indexes it. It returns the commit.
func (m mill) put(t *testing.T, tenant string, repo *testpipe.Repo, ref string, tree testpipe.Tree) string {
	t.Helper()
	commit := repo.CommitTo(t, ref, tree)
	submission := testpipe.Submission(t, tenant, events.RepoSubmitted{Tenant: tenant, URL: repo.Dir, Ref: ref})
	if err := m.Ingest.Handle(t.Context(), submission); err != nil {
		t.Fatal(err)
	}
	m.Settle(t)
	return commit
}

// Each failure has a kind that tells the caller what to do about it.
func TestErrorsHaveAKind(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "water\n", "b.bin", "\x00\x01\x02"))
	ctx := t.Context()
	for _, test := range []struct {
		name  string
		do    func() error
		kind  service.Kind
		field service.Field
	}{
		{"a tenant that cannot be", func() error { _, err := m.Tracks(ctx, service.TracksRequest{Tenant: "no tenant"}); return err }, service.Invalid, service.FieldTenant},
		{"an unknown repository", func() error {
			_, err := m.Tracks(ctx, service.TracksRequest{Tenant: "acme", Repository: "nosuch"})
			return err
		}, service.NotFound, service.FieldRepository},
		{"an unknown ref", func() error {
			_, err := m.Search(ctx, service.SearchRequest{Tenant: "acme", Query: "water", Ref: "nosuch"})
			return err
		}, service.NotFound, service.FieldRef},
		{"an unknown language", func() error {
			_, err := m.Search(ctx, service.SearchRequest{Tenant: "acme", Query: "water", Languages: []string{"Pyhton"}})
			return err
		}, service.Invalid, service.FieldLanguage},
		{"an unknown kind", func() error {
			_, err := m.Search(ctx, service.SearchRequest{Tenant: "acme", Query: "water", Kinds: []string{"verb"}})
			return err
		}, service.Invalid, service.FieldKind},
		{"too many hits", func() error {
			_, err := m.Search(ctx, service.SearchRequest{Tenant: "acme", Query: "water", Limit: 101})
			return err
		}, service.Invalid, service.FieldLimit},
		{"an empty query", func() error { _, err := m.Search(ctx, service.SearchRequest{Tenant: "acme"}); return err }, service.Invalid, ""},
		{"an absent file", func() error {
			_, err := m.Read(ctx, service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Path: "nosuch"})
			return err
		}, service.NotFound, service.FieldPath},
		{"a skipped file", func() error {
			_, err := m.Read(ctx, service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Path: "b.bin"})
			return err
		}, service.Refused, service.FieldPath},
		{"lines beyond the end", func() error {
			_, err := m.Read(ctx, service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Path: "a.txt", First: 2})
			return err
		}, service.Invalid, service.FieldLines},
		{"an absent letter", func() error { _, err := m.Letter(ctx, service.LetterRequest{Tenant: "acme", ID: 7}); return err }, service.NotFound, service.FieldLetter},
		{"a rollback to nothing", func() error { _, err := m.RollBack(ctx, 0); return err }, service.Refused, ""},
		{"a store that is not open", func() error {
			part := service.New(service.Config{}, &store.Stores{Catalog: m.Catalog})
			_, err := part.Search(ctx, service.SearchRequest{Tenant: "acme", Query: "water"})
			return err
		}, service.Unavailable, ""},
	} {
		err := test.do()
		var failed *service.Error
		if !errors.Is(err, test.kind) || !errors.As(err, &failed) || failed.Field != test.field {
			t.Errorf("%s: %v (%+v), want kind %q and field %q", test.name, err, failed, test.kind, test.field)
		}
	}
}

// The error for an index that does not exist yet differs from that for one that cannot be reached.
func TestAnEmptyCatalogIsExplained(t *testing.T) {
	m := open(t)
	m.Rows(t, "alter table generations rename to hidden")
	if err := m.Ready(t.Context()); !errors.Is(err, service.Unavailable) || errors.Is(err, service.ErrNoIndex) {
		t.Errorf("a broken catalog: %v", err)
	}
	m.Rows(t, "alter table hidden rename to generations")
	if err := m.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	m.Rows(t, "delete from generations")
	if err := m.Ready(t.Context()); !errors.Is(err, service.Unavailable) || !errors.Is(err, service.ErrNoIndex) {
		t.Errorf("no index: %v", err)
	}
}
