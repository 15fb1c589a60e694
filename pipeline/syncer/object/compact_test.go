package object_test

import (
	"fmt"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/syncer/object"
)

func TestCollectCompactsPacksThatAreMostlyDead(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	tree := testpipe.Sample(20, "a")
	repo := p.IngestTree(t, tree)
	p.SettleOwed(t)
	dead := `select count(*) from packs p where deleted_at is null and size > 2 * (
		coalesce((select sum(length) from blobs where pack = p.id), 0) + coalesce((select sum(length) from vectors where pack = p.id), 0))`
	for i := range 15 {
		delete(tree, fmt.Sprintf("a/f%d.go", i))
	}
	repo.Commit(t, tree)
	p.Submit(t, repo)
	p.SettleOwed(t)
	digest := p.Digest(t)
	if n := p.One(t, "select count(*) from packs where kind = 'text'"); n != "1" {
		t.Fatalf("%s text packs, want one for both commits", n)
	}
	text := keyOf(t, p, "text")
	mustUpkeep(t, p, object.KindGarbage)
	p.CheckSwept(t)
	if keyOf(t, p, "text") == text {
		t.Error("a pack with a quarter of its bytes alive was not compacted")
	}
	if n := p.One(t, dead); n != "0" {
		t.Errorf("%s packs are less than half alive", n)
	}
	if got := p.Digest(t); got != digest {
		t.Errorf("digest %+v, want %+v", got, digest)
	}
}
