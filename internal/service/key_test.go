package service_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/syncer/object"
)

// counter is a model that counts how often each text was paid for.
type counter struct {
	embedder.Local
	mu   sync.Mutex
	paid map[string]int
}

func (c *counter) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	if purpose == embedder.Document {
		c.mu.Lock()
		for _, text := range texts {
			c.paid[text]++
		}
		c.mu.Unlock()
	}
	return c.Local.Embed(ctx, texts, purpose)
}

// sealed is a mill whose packs are sealed.
func sealed(t *testing.T) (mill, *counter) {
	t.Helper()
	model := &counter{paid: make(map[string]int)}
	p := testpipe.Open(t, testpipe.Config{PackKey: seal.NewKey(), Embedder: model})
	return mill{p, service.New(service.Config{Index: p.Config().Index, OpenEmbedder: p.OpenEmbedder, GraphTime: testpipe.Patience}, p.Stores.Stores)}, model
}

// own gives a tenant a key of its own.
func (m mill) own(t *testing.T, tenant string) service.PackKey {
	t.Helper()
	if _, err := m.CreateTenant(t.Context(), service.CreateTenantRequest{Tenant: tenant}); err != nil && !errors.Is(err, service.Refused) {
		t.Fatal(err)
	}
	k, err := m.CreateKey(t.Context(), service.CreateKeyRequest{Tenant: tenant})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// wiki returns the skeleton of a repository's wiki.
func (m mill) wiki(t *testing.T, tenant string, repo *testpipe.Repo) (string, error) {
	t.Helper()
	a, err := m.Export(t.Context(), service.ExportRequest{GraphRequest: service.GraphRequest{Tenant: tenant, Repository: repo.Dir}})
	var text strings.Builder
	for _, p := range a.Pages {
		text.WriteString(p.Content)
	}
	return text.String(), err
}

// collect collects garbage without any grace.
func (m mill) collect(t *testing.T) {
	t.Helper()
	k := object.New(object.Config{GarbageInterval: time.Hour}, m.Catalog.Packs, m.Catalog.Garbage, m.Catalog.Generations, m.Blobs, m.Mirrors, m.Logs.Logger())
	for _, w := range k.Work() {
		if _, err := m.Now(t, w); err != nil {
			t.Fatal(err)
		}
	}
}

func (m mill) lines(t *testing.T, tenant string, repo *testpipe.Repo) (string, error) {
	t.Helper()
	a, err := m.Read(t.Context(), service.ReadRequest{Tenant: tenant, Repository: repo.Dir, Path: "a.txt"})
	return a.Text, err
}

// Law 5, with its clause. Tenants that share the installation's key domain pay for a text once
// together. A tenant with its own domain pays once for itself, whatever the others have. Only its
// own key seals its texts, facts and vectors.
func TestTextsArePaidForOnceWithinADomain(t *testing.T) {
	m, model := sealed(t)
	key := m.own(t, "acme")
	tree := testpipe.Text("a.txt", "water for the mill\n", "b.go", "package b\n\nfunc Wheel() int { return 1 }\n", "empty.go", "")
	want := 0
	for _, tenant := range []string{"ours", "theirs", "acme", "acme"} {
		repo := testpipe.NewRepo(t)
		m.put(t, tenant, repo, "refs/heads/main", tree)
		if tenant == "ours" || tenant == "acme" && want == 1 {
			want++
		}
		if n := model.paid["water for the mill\n"]; n != want {
			t.Errorf("after %s the text was paid for %d times, want %d", tenant, n, want)
		}
		if text, err := m.lines(t, tenant, repo); err != nil || text != "water for the mill\n" {
			t.Errorf("%s reads %q, %v", tenant, text, err)
		}
	}
	m.CheckReadable(t)
	kinds := make(map[string][]string) // by whether acme's key has sealed them
	for _, key2 := range m.Rows(t, "select key from packs where deleted_at is null order by key") {
		kind, _, _ := strings.Cut(key2, "/")
		by := blob.SealedBy(key2)
		if by == "" {
			t.Errorf("%s is not sealed", key2)
		}
		owner := "others"
		if by == key.Key {
			owner = "acme"
		}
		if !slices.Contains(kinds[owner], kind) {
			kinds[owner] = append(kinds[owner], kind)
		}
	}
	for _, owner := range []string{"acme", "others"} {
		if got := strings.Join(kinds[owner], " "); got != "fact text vector" {
			t.Errorf("the keys of %s have sealed packs of %q", owner, got)
		}
	}
	if n := m.One(t, `select count(*) from chunks c join chunkings k on k.id = c.chunking join blobs b on b.sha256 = k.blob join packs p on p.id = b.pack
		join vectors v on v.text = c.text join packs q on q.id = v.pack
		where (p.key like '%.`+key.Key+`.%') <> (q.key like '%.`+key.Key+`.%')`); n != "0" {
		t.Errorf("%s chunks have text and vector in different domains", n)
	}
}

// When a tenant gets a key of its own, its repositories are read again, which moves its texts under
// the key. The others' texts stay.
func TestATenantMovesIntoItsOwnDomain(t *testing.T) {
	m, _ := sealed(t)
	tree := testpipe.Text("a.txt", "water\n")
	mine, other := testpipe.NewRepo(t), testpipe.NewRepo(t)
	m.put(t, "acme", mine, "refs/heads/main", tree)
	m.put(t, "other", other, "refs/heads/main", tree)
	before := m.Pipe.Digest(t)
	key := m.own(t, "acme")
	if err := m.Ingest.ReadAgain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := m.One(t, "select count(*) from submissions where state = 'pending' and tenant = 'acme'"); n != "1" {
		t.Errorf("%s repositories of the tenant are to be read again", n)
	}
	if n := m.One(t, "select count(*) from submissions where state = 'pending' and tenant = 'other'"); n != "0" {
		t.Errorf("%s repositories of the other are to be read again", n)
	}
	submission := testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: mine.Dir, Ref: "refs/heads/main"})
	if err := m.Ingest.Handle(t.Context(), submission); err != nil {
		t.Fatal(err)
	}
	m.Settle(t)
	m.collect(t)
	if n := m.One(t, "select count(*) from packs where deleted_at is null and key like '%."+key.Key+".%'"); n == "0" {
		t.Error("nothing is sealed by the new key")
	}
	for tenant, repo := range map[string]*testpipe.Repo{"acme": mine, "other": other} {
		if text, err := m.lines(t, tenant, repo); err != nil || text != "water\n" {
			t.Errorf("%s reads %q, %v", tenant, text, err)
		}
	}
	if n := m.Pipe.Digest(t).Points; n != before.Points {
		t.Errorf("%d points, want %d", n, before.Points)
	}
	if report, found := m.Pipe.Verify(t); !report.OK {
		t.Errorf("%+v: %v", report, found)
	}
}

// Destroying a tenant's key makes its texts unreadable for good, in the stores and in a copy of the
// packs. All others go on, and nothing counts as damage.
func TestDestroyAKey(t *testing.T) {
	m, _ := sealed(t)
	ctx := t.Context()
	m.own(t, "acme")
	tree := testpipe.Text("a.txt", "water\n", "b.go", "package b\n\nfunc Wheel() int { return 1 }\n", "empty.txt", "", "README.md", "# Mill\n\nA sluice leads the river.\n")
	mine, other := testpipe.NewRepo(t), testpipe.NewRepo(t)
	m.put(t, "acme", mine, "refs/heads/main", tree)
	m.graphs(t)
	m.Rows(t, "update graphs set changed = 0") // what the graph has that is made after the destruction
	wiki := service.WikiRequest{Tenant: "acme", Repository: mine.Dir}
	if _, err := m.PutWikiPage(ctx, service.PutWikiRequest{WikiRequest: wiki, Hash: strings.Repeat("0", 64), Page: "p", Title: "Mill", Body: "A sluice leads the river."}); err != nil {
		t.Fatal(err)
	}
	if text, err := m.wiki(t, "acme", mine); err != nil || !strings.Contains(text, "sluice") {
		t.Fatalf("the wiki says %q, %v", text, err)
	}
	m.put(t, "other", other, "refs/heads/main", tree)
	for confirm, kind := range map[string]service.Kind{"": service.Invalid, "other": service.Invalid} {
		if _, err := m.DestroyKey(ctx, service.DestroyKeyRequest{Tenant: "acme", Confirm: confirm}); !errors.Is(err, kind) {
			t.Errorf("confirmed with %q: %v", confirm, err)
		}
	}
	if _, err := m.DestroyKey(ctx, service.DestroyKeyRequest{Tenant: "other", Confirm: "other"}); !errors.Is(err, service.Refused) {
		t.Errorf("a tenant without a key of its own: %v", err)
	}
	span := m.Rows(t, "select p.key from blobs b join packs p on p.id = b.pack where p.kind = 'text' and p.key like '%.' || (select id from pack_keys where domain = 'acme.1') || '.%'")
	done, err := m.DestroyKey(ctx, service.DestroyKeyRequest{Tenant: "acme", Confirm: "acme"})
	if err != nil || len(done.Keys) != 1 || done.Documents != 3 || len(span) == 0 {
		t.Fatalf("%+v, %v; %d blobs", done, err, len(span))
	}
	if n := m.One(t, "select count(*) from pack_keys where id = '"+done.Keys[0]+"' and wrapped is null"); n != "1" {
		t.Error("the wrapped key is still there")
	}

	if _, err := m.lines(t, "acme", mine); !errors.Is(err, service.Refused) || !strings.Contains(err.Error(), catalog.SkipDestroyed) {
		t.Errorf("a read says %v", err)
	}
	report, found := m.Pipe.Verify(t)
	if report.MissingObjects+report.CorruptObjects+report.OrphanObjects+report.MissingPoints != 0 || report.DestroyedObjects == 0 {
		t.Errorf("%+v: %v", report, found)
	}
	m.SettleOwed(t)
	a, err := m.Search(ctx, service.SearchRequest{Tenant: "acme", Query: "water"})
	if err != nil || len(a.Hits) > 0 {
		t.Errorf("a search finds %v, %v", a.Hits, err)
	}
	if text, err := m.lines(t, "other", other); err != nil || text != "water\n" {
		t.Errorf("the other reads %q, %v", text, err)
	}
	m.graphs(t)
	if text, err := m.wiki(t, "acme", mine); err != nil || strings.Contains(text, "sluice") {
		t.Errorf("the wiki says %q, %v", text, err)
	}
	if a, err := m.WikiPages(ctx, service.WikiPagesRequest{WikiRequest: wiki}); err != nil || len(a.Pages) > 0 {
		t.Errorf("pages that were made of the texts are left: %+v, %v", a.Pages, err)
	}
	skipped, err := m.Skipped(ctx, service.SkippedRequest{Tenant: "acme", Repository: mine.Dir})
	if err != nil || len(skipped.Files) != 3 || skipped.Files[0].Reason != catalog.SkipDestroyed {
		t.Errorf("skipped: %+v, %v", skipped, err)
	}

	m.collect(t) // the rows
	m.collect(t) // the objects
	if n := m.One(t, "select count(*) from packs where deleted_at is null and key like '%."+done.Keys[0]+".%'"); n != "0" {
		t.Errorf("%s packs of the destroyed key are left", n)
	}
	if report, found := m.Pipe.Verify(t); !report.OK || report.DestroyedObjects != 0 {
		t.Errorf("after the collection: %+v: %v", report, found)
	}

	// Nothing brings the texts back by itself. A new key starts afresh.
	submit := func() error {
		m.Rows(t, "delete from submissions")
		return m.Ingest.Handle(ctx, testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: mine.Dir, Ref: "refs/heads/main"}))
	}
	if err := submit(); err == nil || !strings.Contains(err.Error(), "was destroyed") {
		t.Errorf("a submission: %v", err)
	}
	if k := m.own(t, "acme"); k.Domain != "acme.2" {
		t.Errorf("the new key is %+v", k)
	}
	if err := submit(); err != nil {
		t.Fatal(err)
	}
	m.Settle(t)
	if text, err := m.lines(t, "acme", mine); err != nil || text != "water\n" {
		t.Errorf("with a new key: %q, %v", text, err)
	}
	entries, err := m.Catalog.Audit.List(ctx, catalog.AuditFilter{AnyTenant: true, Action: "key"}, 10)
	if err != nil || len(entries) != 3 || entries[1].Action != catalog.ActionKeyDestroy || entries[1].Tenant != "acme" {
		t.Errorf("the audit log has %+v, %v", entries, err)
	}
}

// A pack that was sealed before its key was destroyed cannot be recorded afterwards.
func TestAPackOnItsWayIsRefused(t *testing.T) {
	m, _ := sealed(t)
	m.own(t, "acme")
	pack := m.Blobs.NewPackIn("acme.1", blob.Vector)
	if err := pack.Add([]byte("x")); err != nil {
		t.Fatal(err)
	}
	made, spans, err := pack.Put(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.DestroyKey(t.Context(), service.DestroyKeyRequest{Tenant: "acme", Confirm: "acme"}); err != nil {
		t.Fatal(err)
	}
	stored := []catalog.StoredVector{{Span: catalog.Span(spans[0])}}
	if err := m.Catalog.Vectors.Put(t.Context(), m.Stores.Generation.Embedder.ID, 1, catalog.Pack(made), stored); !errors.Is(err, catalog.ErrKeyDestroyed) {
		t.Errorf("%v, want that it is refused", err)
	}
}
