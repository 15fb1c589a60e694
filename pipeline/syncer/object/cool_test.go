package object_test

import (
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/syncer/object"
)

// Old packs are put into another class of storage, once. Their content stays the same.
func TestOldPacksGetACheaperClass(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.IngestTree(t, testpipe.Sample(3, "a"))
	p.SettleOwed(t)
	p.Rows(t, "update packs set created_at = created_at - interval '2 days' where kind = 'text'")
	old := p.Rows(t, "select key from packs where kind = 'text' order by key")
	k := object.New(object.Config{ColdClass: "REDUCED_REDUNDANCY", ColdAfter: 24 * time.Hour}, p.Catalog.Packs, p.Catalog.Garbage, p.Catalog.Generations, p.Blobs, nil, p.Logs.Logger())
	work := k.Work()
	if len(work) != 1 || work[0].Kind != object.KindCool {
		t.Fatalf("work: %+v", work)
	}
	if tally, err := p.Now(t, work[0]); err != nil || int(tally.Repaired) != len(old) || len(old) == 0 {
		t.Fatalf("%+v, %v, want %d packs", tally, err, len(old))
	}
	if tally, err := p.Now(t, work[0]); err != nil || tally.Compared != 0 {
		t.Errorf("the second time: %+v, %v", tally, err)
	}
	for key, class := range p.Classes(t) {
		want := "STANDARD"
		for _, o := range old {
			if o == key {
				want = "REDUCED_REDUNDANCY"
			}
		}
		if class != want {
			t.Errorf("%s has class %s, want %s", key, class, want)
		}
	}
	p.CheckSwept(t)
}
