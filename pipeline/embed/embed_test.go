package embed_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/embedder"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// counting is local-384. It counts the calls and texts, and change may alter its answers.
type counting struct {
	embedder.Local
	change func(texts []string, vectors [][]float32) ([][]float32, error)

	mu    sync.Mutex
	calls int
	texts map[string]int
}

func (c *counting) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	c.mu.Lock()
	c.calls++
	for _, t := range texts {
		if c.texts == nil {
			c.texts = make(map[string]int)
		}
		c.texts[t]++
	}
	c.mu.Unlock()
	vectors, err := c.Local.Embed(ctx, texts, purpose)
	if c.change != nil && err == nil {
		return c.change(texts, vectors)
	}
	return vectors, err
}

// chunked ingests a tree and returns the messages for the embedder.
func chunked(t *testing.T, p *testpipe.Pipe, tree testpipe.Tree) []pipeline.Message {
	t.Helper()
	repo := testpipe.NewRepo(t)
	repo.Commit(t, tree)
	p.Submit(t, repo)
	return p.Events.Drain(t)
}

func TestATextIsEmbeddedOnce(t *testing.T) {
	model := &counting{}
	p := testpipe.Open(t, testpipe.Config{Embedder: model})
	tree := make(testpipe.Tree)
	for i := range 300 { // more than a batch
		// Each file has a text that all files have, one that three share, and one of its own.
		tree[fmt.Sprintf("f%03d.go", i)] = testpipe.File{Content: fmt.Sprintf(
			"package same\n\nfunc Same() { println(\"the same\") }\n\nfunc Third%d() {}\n\nfunc Own%d() {}\n", i/3, i)}
	}
	list := chunked(t, p, tree)
	// Each message comes twice, so that several batches need the same texts at the same time.
	if err := errors.Join(p.Deliver(t, append(list, list...)...)...); err != nil {
		t.Fatal(err)
	}
	for text, n := range model.texts {
		if n != 1 {
			t.Errorf("embedded %d times: %q", n, text)
		}
	}
	if got := p.One(t, "select count(*) from vectors"); got != fmt.Sprint(len(model.texts)) {
		t.Errorf("%s vectors for %d texts", got, len(model.texts))
	}
	if model.calls > len(list)/10 {
		t.Errorf("%d calls for %d documents: batches do not form across documents", model.calls, len(list))
	}
	if n := testpipe.Count(p.Events.Drain(t))[events.TypeDocumentEmbedded]; n < len(list) {
		t.Errorf("%d events for %d documents", n, len(list))
	}

	before := len(model.texts)
	list = chunked(t, p, tree) // of another repository
	if err := errors.Join(p.Deliver(t, list...)...); err != nil {
		t.Fatal(err)
	}
	if len(model.texts) != before || slices.Max(values(model.texts)) != 1 {
		t.Error("a fork was embedded anew")
	}
}

// While vectors cannot be stored, every attempt needs the same texts.
func TestWhatCouldNotBeStoredIsNotEmbeddedAgain(t *testing.T) {
	model := &counting{}
	p := testpipe.Open(t, testpipe.Config{Embedder: model})
	tree := make(testpipe.Tree)
	for i := range 300 { // more than a batch
		tree[fmt.Sprintf("f%03d.txt", i)] = testpipe.File{Content: fmt.Sprintf("this is file %d\n", i)}
	}
	list := chunked(t, p, tree)
	p.Rows(t, `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no room'; end $$`)
	p.Rows(t, "create trigger refuse before insert on vectors execute function refuse()")
	for range 3 {
		for i, err := range p.Deliver(t, list...) {
			if err == nil {
				t.Fatalf("%s went through: nothing is tested here", list[i].Subject)
			}
		}
	}
	p.Rows(t, "drop trigger refuse on vectors")
	if err := errors.Join(p.Deliver(t, list...)...); err != nil {
		t.Fatal(err)
	}
	if len(model.texts) != len(tree) || slices.Max(values(model.texts)) != 1 {
		t.Errorf("%d texts were embedded, one of them %d times", len(model.texts), slices.Max(values(model.texts)))
	}
	if got := p.One(t, "select count(*) from vectors"); got != fmt.Sprint(len(tree)) {
		t.Errorf("%s vectors for %d texts", got, len(tree))
	}
}

func values(m map[string]int) []int {
	var list []int
	for _, n := range m {
		list = append(list, n)
	}
	return list
}

// spoil flips a byte in the stored blob of a path, and returns the pack's key.
func spoil(t *testing.T, p *testpipe.Pipe, path string) {
	t.Helper()
	row := p.One(t, `select p.key, b.position from documents d join chunkings k on k.id = d.chunking
		join blobs b on b.sha256 = k.blob join packs p on p.id = b.pack where d.path = $1`, []byte(path))
	var key string
	var position int
	if _, err := fmt.Sscan(row, &key, &position); err != nil {
		t.Fatal(err)
	}
	p.ChangeObject(t, key, func(b []byte) []byte { b[position+3] ^= 1; return b })
}

func TestADamagedObjectFailsItsDocumentAlone(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	tree := make(testpipe.Tree)
	for i := range 40 {
		tree[fmt.Sprintf("f%02d.txt", i)] = testpipe.File{Content: fmt.Sprintf("this is file %d\n", i)}
	}
	list := chunked(t, p, tree)
	spoil(t, p, "f17.txt")
	for i, err := range p.Deliver(t, list...) {
		bad := list[i].Subject == "f17.txt"
		if bad != errors.Is(err, blob.ErrCorrupt) {
			t.Errorf("%s: %v", list[i].Subject, err)
		}
		if bad && (!strings.Contains(err.Error(), "text/") || !strings.Contains(err.Error(), "offset")) {
			t.Errorf("the error names no object and offset: %v", err)
		}
	}
	p.Settle(t)
	if got := p.One(t, "select count(*) filter (where state = 'indexed'), count(*) filter (where state = 'chunked') from documents"); got != "39 1" {
		t.Errorf("indexed and chunked: %s", got)
	}
}

func TestWhatAnEmbedderMayNotReturnIsRefused(t *testing.T) {
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		change func([]string, [][]float32) ([][]float32, error)
		kind   fault.Kind
		failed int // of three documents
	}{
		"one too few":     {func(_ []string, v [][]float32) ([][]float32, error) { return v[1:], nil }, fault.KindRetry, 3},
		"one too many":    {func(_ []string, v [][]float32) ([][]float32, error) { return append(v, v[0]), nil }, fault.KindRetry, 3},
		"none":            {func([]string, [][]float32) ([][]float32, error) { return nil, nil }, fault.KindRetry, 3},
		"too short":       {func(_ []string, v [][]float32) ([][]float32, error) { v[0] = v[0][1:]; return v, nil }, fault.KindRetry, 3},
		"later":           {func([]string, [][]float32) ([][]float32, error) { return nil, fault.RetryAfter(errors.New("busy"), 1) }, fault.KindRetry, 3},
		"a number missed": {spoilB(func(v []float32) { v[7] = nan }), fault.KindReject, 1},
		"a panic":         {spoilB(func([]float32) { panic("as asked") }), fault.KindReject, 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := testpipe.Open(t, testpipe.Config{Embedder: &counting{change: c.change}})
			failed := 0
			for _, err := range p.Deliver(t, chunked(t, p, testpipe.Text("a.txt", "a\n", "b.txt", "b\n", "c.txt", "c\n"))...) {
				if err == nil {
					continue
				}
				failed++
				if kind, _ := fault.Of(err); kind != c.kind {
					t.Errorf("%v is %v, want %v", err, kind, c.kind)
				}
			}
			if failed != c.failed {
				t.Errorf("%d documents failed, want %d", failed, c.failed)
			}
			if got := p.One(t, "select count(*) from vectors"); got != fmt.Sprint(3-c.failed) {
				t.Errorf("%s vectors are stored", got)
			}
		})
	}
}

// spoilB changes the vector of the text "b\n".
func spoilB(change func([]float32)) func([]string, [][]float32) ([][]float32, error) {
	return func(texts []string, vectors [][]float32) ([][]float32, error) {
		if i := slices.Index(texts, "b\n"); i >= 0 {
			change(vectors[i])
		}
		return vectors, nil
	}
}

func TestADocumentThatMovedOnIsNotEmbeddedAsItWas(t *testing.T) {
	model := &counting{}
	p, repo := testpipe.Open(t, testpipe.Config{Embedder: model}), testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.txt", "old\n", "b.txt", "gone\n"))
	p.Submit(t, repo)
	first := p.Events.Drain(t)
	repo.Commit(t, testpipe.Text("a.txt", "new\n"))
	p.Submit(t, repo)
	p.Events.Drain(t)
	if err := errors.Join(p.Deliver(t, first...)...); err != nil {
		t.Fatal(err)
	}
	if model.texts["old\n"]+model.texts["gone\n"] > 0 || model.texts["new\n"] != 1 {
		t.Errorf("embedded: %v", model.texts)
	}
}

func TestEventsThatCannotBeUnderstoodAreRejected(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	for _, e := range []events.Event{
		{Type: events.TypeDocumentChunked, Data: []byte(`{}`)},
		{Type: events.TypeDocumentChunked, Data: []byte(`{"document":"x"}`)},
		{Type: events.TypeDocumentEmbedded, Data: []byte(`[]`)},
		{},
	} {
		m := pipeline.NewMessage(e, "")
		err := p.Embed.Handle(t.Context(), m)
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
			t.Errorf("%s %s: %v", m.Type, m.Data, err)
		}
	}
}

// TestOldTermWeightsAreComputedAgain has texts whose records hold term weights of an older version: the model is not
// asked for them, and their dense vectors stay.
func TestOldTermWeightsAreComputedAgain(t *testing.T) {
	model := &counting{}
	p := testpipe.Open(t, testpipe.Config{Embedder: model})
	list := chunked(t, p, testpipe.Text("a.txt", "a sack\n", "b.txt", "a wheel\n", "c.txt", "a weir\n"))
	if err := errors.Join(p.Deliver(t, list...)...); err != nil {
		t.Fatal(err)
	}
	p.Rows(t, "update vectors set terms = 1")
	p.Rows(t, "update documents set state = 'chunked'")
	for range 2 { // the second time there is nothing to do
		if err := errors.Join(p.Deliver(t, list...)...); err != nil {
			t.Fatal(err)
		}
	}
	if len(model.texts) != 3 || slices.Max(values(model.texts)) != 1 {
		t.Errorf("%d texts were embedded, one of them %d times", len(model.texts), slices.Max(values(model.texts)))
	}
	want := fmt.Sprintf("3 %d", embedder.TermsVersion)
	if got := p.One(t, "select count(*), min(terms) from vectors"); got != want {
		t.Errorf("vectors and version: %s, want %s", got, want)
	}
	p.Settle(t)
	if got := p.One(t, "select count(*) from documents where state = 'indexed'"); got != "3" {
		t.Errorf("%s documents are indexed", got)
	}
}
