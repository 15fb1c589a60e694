package object_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/syncer/object"
)

// Each damage is repaired, and the index is what it was. Texts are read from git, and
// nothing is embedded for them. Of the vectors, exactly the lost ones are embedded.
func TestScrubRepairsEachDamage(t *testing.T) {
	count := &testpipe.Counting{Embedder: embedder.Local{}}
	p := testpipe.Open(t, testpipe.Config{Embedder: count})
	p.IngestTree(t, testpipe.Sample(20, "a"))
	p.SettleOwed(t)
	digest := p.Digest(t)
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	truncate := func(b []byte) []byte { return b[:len(b)/3] }
	for name, c := range map[string]struct {
		kind   string
		damage func(key string)
		// lost counts the vectors of a pack that cannot be salvaged.
		lost func(key string) string
	}{
		"text deleted":   {"text", func(key string) { p.DeleteObject(t, key) }, nil},
		"text flipped":   {"text", func(key string) { p.ChangeObject(t, key, flip) }, nil},
		"text truncated": {"text", func(key string) { p.ChangeObject(t, key, truncate) }, nil},
		"vectors deleted": {"vector", func(key string) { p.DeleteObject(t, key) }, func(key string) string {
			return p.One(t, "select count(*) from vectors v join packs p on p.id = v.pack where p.key = $1", key)
		}},
		"vectors flipped": {"vector", func(key string) { p.ChangeObject(t, key, flip) }, func(string) string { return "1" }},
		"vectors truncated": {"vector", func(key string) { p.ChangeObject(t, key, truncate) }, func(key string) string {
			return p.One(t, "select count(*) from vectors v join packs p on p.id = v.pack where p.key = $1 and v.position + v.length > p.size / 3", key)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			key, want := keyOf(t, p, c.kind), "0"
			if c.lost != nil {
				want = c.lost(key)
			}
			before := count.Texts.Load()
			c.damage(key)
			if report, _ := p.Verify(t); report.MissingObjects+report.CorruptObjects != 1 {
				t.Fatalf("the damage shows nowhere: %+v", report)
			}
			if tally := mustUpkeep(t, p, object.KindScrub); tally.Found != 1 || tally.Repaired != 1 || tally.Compared < 2 {
				t.Errorf("scrub: %+v", tally)
			}
			p.SettleOwed(t)
			p.CheckClean(t)
			if embedded := fmt.Sprint(count.Texts.Load() - before); embedded != want {
				t.Errorf("%s texts were embedded, want %s", embedded, want)
			}
			if got := p.Digest(t); got != digest {
				t.Errorf("digest %+v, want %+v", got, digest)
			}
			mustUpkeep(t, p, object.KindGarbage)
			p.CheckSwept(t)
		})
	}
}

// Content that git does not have any more is lost. The run says so, and verify goes on reporting
// it. The content that git has is saved all the same.
func TestScrubReportsWhatIsLost(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	one := p.IngestTree(t, testpipe.Sample(3, "one"))
	p.IngestTree(t, testpipe.Sample(3, "two"))
	p.SettleOwed(t)
	for _, key := range p.Rows(t, "select key from packs where kind = 'text'") {
		p.DeleteObject(t, key)
	}
	if err := os.RemoveAll(one.Dir); err != nil {
		t.Fatal(err)
	}
	for _, id := range p.Rows(t, "select id::text from repositories") {
		if err := p.Mirrors.Remove(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	tally, err := upkeep(t, p, object.KindScrub)
	if err == nil || !strings.Contains(err.Error(), "3 of 3 blobs") || !strings.Contains(err.Error(), one.Dir) {
		t.Errorf("scrub says %v", err)
	}
	if tally.Found != 2 || tally.Repaired != 1 {
		t.Errorf("scrub: %+v", tally)
	}
	if report, found := p.Verify(t); report.MissingObjects != 1 {
		t.Errorf("verify: %+v %v", report, found)
	}
	if got := p.One(t, "select count(*) from sync_runs where kind = 'scrub' and error like '%cannot be read again%'"); got != "1" {
		t.Errorf("%s runs say what is lost", got)
	}
}

// A wrong bucket must not make the syncer throw away what it takes for lost.
func TestScrubStopsWhereMostIsMissing(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	for i := range 6 {
		p.IngestTree(t, testpipe.Sample(1, fmt.Sprint("r", i)))
		p.SettleOwed(t)
	}
	for _, key := range p.Keys(t) {
		p.DeleteObject(t, key)
	}
	vectors := p.One(t, "select count(*) from vectors")
	if _, err := upkeep(t, p, object.KindScrub); err == nil || !strings.Contains(err.Error(), "right bucket") {
		t.Errorf("scrub says %v", err)
	}
	if p.One(t, "select count(*) from vectors") == "0" || vectors == "0" {
		t.Error("every vector was given up")
	}
	// A person who knows better may have it go on.
	objects := object.New(everything, p.Catalog.Packs, p.Catalog.Garbage, p.Catalog.Generations, p.Blobs, p.Mirrors, p.Logs.Logger())
	if _, err := objects.Repair(t.Context(), p.Schedule()); err != nil {
		t.Fatal(err)
	}
	p.SettleOwed(t)
	p.CheckClean(t)
}
