package ingest_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/lang"
)

// recorder keeps every text that an embedder is given.
type recorder struct {
	embedder.Embedder
	texts chan string
}

func (r *recorder) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	for _, t := range texts {
		r.texts <- t
	}
	return r.Embedder.Embed(ctx, texts, purpose)
}

func (r *recorder) all() string {
	var b strings.Builder
	for len(r.texts) > 0 {
		b.WriteString(<-r.texts)
	}
	return b.String()
}

func newRecorder() *recorder { return &recorder{embedder.Local{}, make(chan string, 10_000)} }

// githubToken is put together here, so that none stands in the tree.
func githubToken(last string) string { return "gh" + "p_16C7e42F292c6912E7710c838347Ae178B4" + last }

func wide(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, c := range []byte(s) {
		b.Write([]byte{c, 0})
	}
	return b.String()
}

// stored returns the content of all four stores as text.
func stored(t *testing.T, p *testpipe.Pipe) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(p.Dump(t))
	for _, point := range p.AllPoints(t) {
		payload, err := json.Marshal(point)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(payload)
	}
	docs, err := p.Catalog.Contents(t.Context(), uuid.Nil, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		spans, err := p.Catalog.BlobSpans(t.Context(), [][]byte{d.Blob[:]})
		if err != nil {
			t.Fatal(err)
		}
		for _, span := range spans {
			if err := p.Blobs.Read(t.Context(), []blob.Span{blob.Span(span)}, func(_ int, content []byte) error { b.Write(content); return nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.String()
}

func findings(t *testing.T, p *testpipe.Pipe) []string {
	t.Helper()
	return p.Rows(t, "select d.path, f.rule, f.line from findings f join documents d on d.id = f.document where d.state <> 'removed' order by 1, f.ordinal")
}

func TestSecretsReachNoStoreAndNoModel(t *testing.T) {
	model := newRecorder()
	p := testpipe.Open(t, testpipe.Config{Embedder: model})
	repo := testpipe.NewRepo(t)
	secret := githubToken("a")
	dump := strings.Repeat("password = \"Wh33l-of_water\"\n", 2000)
	repo.Commit(t, testpipe.Text(
		"main.go", "package main\n\nconst clientToken = \""+secret+"\"\n\nfunc main() {}\n",
		"b.env", "# water\nDB_PASSWORD=Wh33l-of_water\nURL=https://u:Wh33l-of_water@h/\n",
		"wide.txt", wide("the wheel\nkey: "+secret+"\n"),
		"list.txt", dump, "clean.txt", "nothing\n",
	))
	p.Submit(t, repo)
	p.Settle(t)
	if report, found := p.Verify(t); !report.OK {
		t.Errorf("verify: %+v: %v", report, found)
	}
	embedded, all := model.all(), stored(t, p)
	for _, s := range []string{secret, secret[4:20], "Wh33l-of_water"} {
		if strings.Contains(embedded, s) || strings.Contains(all, s) || strings.Contains(p.Logs.String(), s) {
			t.Errorf("%s: embedded %t, stored %t", s, strings.Contains(embedded, s), strings.Contains(all, s))
		}
	}
	if masked := "const clientToken = \"" + strings.Repeat("*", len(secret)) + "\""; !strings.Contains(all, masked) {
		t.Error("the masked text is not stored")
	}
	found := findings(t, p)
	want := []string{"b.env password 2", "b.env url-password 3", "main.go github-token 3", "wide.txt github-token 2"}
	if got := slices.DeleteFunc(slices.Clone(found), func(s string) bool { return strings.HasPrefix(s, "list.txt") }); !slices.Equal(got, want) {
		t.Errorf("findings %q, want %q", got, want)
	}
	if n := len(found) - len(want); n != 1000 {
		t.Errorf("%d findings of the list of credentials", n)
	}
	if got := p.One(t, "select state, skip_reason, skip_detail from documents where path = 'list.txt'"); got != "skipped secrets more than 1000 of them" {
		t.Errorf("the list of credentials: %s", got)
	}
	listed(t, p, repo, len(found))
}

// listed pages through the findings as a command does.
func listed(t *testing.T, p *testpipe.Pipe, repo *testpipe.Repo, want int) {
	t.Helper()
	n, after := 0, catalog.FoundAt{}
	for {
		page, err := p.Catalog.Flow.Findings(t.Context(), events.RepositoryID(events.DefaultTenant, repo.Dir), after, 300)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		n, after = n+len(page), page[len(page)-1]
	}
	if n != want {
		t.Errorf("%d findings are listed, want %d", n, want)
	}
}

func TestANewSecretInTheSamePlaceEmbedsNothing(t *testing.T) {
	model := newRecorder()
	p := testpipe.Open(t, testpipe.Config{Embedder: model})
	repo := testpipe.NewRepo(t)
	file := func(secret, more string) testpipe.Tree {
		return testpipe.Text("a.env", "# the mill\nTOKEN="+secret+"\n"+more)
	}
	repo.Commit(t, file(githubToken("a"), ""))
	p.Submit(t, repo)
	p.Settle(t)
	before := p.One(t, "select id, revision, state from documents")
	digest := p.Digest(t)
	model.all()
	for _, change := range []string{githubToken("b"), githubToken("c")} {
		repo.Commit(t, file(change, ""))
		p.Submit(t, repo)
		p.Settle(t)
	}
	if after := p.One(t, "select id, revision, state from documents"); after != before || model.all() != "" || p.Digest(t) != digest {
		t.Errorf("the document is %s, was %s", after, before)
	}
	repo.Commit(t, file("none", "PASSWORD='Wh33l-of_water'\n"))
	p.Submit(t, repo)
	p.Settle(t)
	if got := findings(t, p); !slices.Equal(got, []string{"a.env password 3"}) {
		t.Errorf("findings %q", got)
	}
	repo.Commit(t, testpipe.Text("b.env", "x\n"))
	p.Submit(t, repo)
	p.Settle(t)
	if got := findings(t, p); len(got) != 0 {
		t.Errorf("findings %q of a file that is gone", got)
	}
}

// A repository that was read by other rules is read again once, without a push.
func TestWhatOtherRulesReadIsReadAgain(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.env", "TOKEN="+githubToken("a")+"\n"))
	p.Submit(t, repo)
	p.Settle(t)
	again := func() []string {
		t.Helper()
		if err := p.Ingest.ReadAgain(t.Context()); err != nil {
			t.Fatal(err)
		}
		return p.Rows(t, "select ref from submissions where state = 'pending' and source = '/leat/ingestor'")
	}
	if got := again(); len(got) != 0 {
		t.Fatalf("asked for %q although nothing has changed", got)
	}
	p.Rows(t, "update snapshots set config = sha256('older'), rules = sha256('older')")
	p.Rows(t, "delete from findings")
	for range 2 {
		if got := again(); len(got) != 1 {
			t.Fatalf("asked for %q", got)
		}
	}
	if err := p.Sync.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Settle(t)
	if got := findings(t, p); len(got) != 1 {
		t.Errorf("findings %q: the file was not read again", got)
	}
	if got := again(); len(got) != 0 {
		t.Errorf("asked for %q once more", got)
	}
	p.Rows(t, "update snapshots set config = sha256('another ingestor''s')")
	if got := again(); len(got) != 0 {
		t.Errorf("asked for %q within the hour", got)
	}
}

func TestUTF8Only(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{Filter: lang.Config{UTF8Only: true}})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "m\u00fchle\n", "b.txt", "m\xfchle\n", "c.txt", wide("a mill on a leat\n")))
	p.Submit(t, repo)
	want := []string{"chunked a.txt", "skipped encoding b.txt", "skipped encoding c.txt"}
	if got := states(t, p); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
