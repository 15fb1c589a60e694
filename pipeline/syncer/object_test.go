package syncer_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/syncer"
)

// counting counts the texts that are embedded.
type counting struct {
	embedder.Embedder
	texts atomic.Int64
}

func (c *counting) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	c.texts.Add(int64(len(texts)))
	return c.Embedder.Embed(ctx, texts, purpose)
}

// everything is what the syncer does about objects, at once.
var everything = syncer.ObjectConfig{ScrubInterval: time.Hour, ScrubRate: 1 << 30, GarbageInterval: time.Hour}

// upkeep does a kind of work once.
func upkeep(t *testing.T, p *testpipe.Pipe, kind string) (catalog.Tally, error) {
	t.Helper()
	objects := syncer.NewObjects(everything, p.Catalog, p.Blobs, p.Mirrors, p.Logs.Logger())
	for _, w := range objects.Work() {
		if w.Kind == kind {
			s := syncer.Schedule{Catalog: p.Catalog, Log: p.Logs.Logger()}
			return s.Now(t.Context(), w)
		}
	}
	t.Fatalf("no work is named %s", kind)
	return catalog.Tally{}, nil
}

func mustUpkeep(t *testing.T, p *testpipe.Pipe, kind string) catalog.Tally {
	t.Helper()
	tally, err := upkeep(t, p, kind)
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

// settle hands on what is published and owed until nothing is.
func settle(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	p.Settle(t)
	for range 5 {
		left, err := p.Catalog.OpenDocuments(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			return
		}
		consumeAll(t, p)
		deliver(t, p, look(t, p)...)
		p.Settle(t)
	}
	t.Fatal("documents stay open")
}

// consumeAll acknowledges what waits in the streams: the syncer takes it for
// work under way, and a test has handed it on already.
func consumeAll(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	for _, lane := range events.Lanes {
		consume(t, p, broker.StreamChunked, broker.ConsumerEmbedder(p.Generation.Embedder.Name, lane))
		consume(t, p, broker.StreamEmbedded, broker.ConsumerIndexer(p.Generation.Number, lane))
	}
}

// clean checks that the stores are equal and every document can be read.
func clean(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	if report, found := p.Verify(t); !report.OK {
		t.Errorf("verify: %+v\n%s", report, strings.Join(found, "\n"))
	}
	readable(t, p)
}

// swept checks that there is no object but the packs'.
func swept(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	clean(t, p)
	packs := p.Rows(t, "select key from packs where deleted_at is null order by key")
	if keys := p.Keys(t); !slices.Equal(keys, packs) {
		t.Errorf("objects %q, packs %q", keys, packs)
	}
}

func readable(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	docs, err := p.Catalog.Contents(t.Context(), uuid.Nil, 10000)
	if err != nil {
		t.Fatal(err)
	}
	empty := sha256.Sum256(nil)
	for _, d := range docs {
		if d.Blob == [32]byte{} || d.Blob == empty {
			continue
		}
		spans, err := p.Catalog.BlobSpans(t.Context(), [][]byte{d.Blob[:]})
		if err != nil {
			t.Fatal(err)
		}
		err = p.Blobs.Read(t.Context(), []blob.Span{blob.Span(spans[d.Blob])}, func(_ int, content []byte) error {
			if sha256.Sum256(content) != d.Blob {
				return fmt.Errorf("the content is another")
			}
			return nil
		})
		if err != nil {
			t.Errorf("document %s cannot be read: %v", d.ID, err)
		}
	}
}

// sample is a tree of some texts, each of its own.
func sample(files int, salt string) testpipe.Tree {
	tree := make(testpipe.Tree)
	for i := range files {
		tree[fmt.Sprintf("%s/f%d.go", salt, i)] = testpipe.File{
			Content: fmt.Sprintf("package p\n\n// F%d is %s.\nfunc F%[1]d() int { return %[1]d }\n\nfunc G%[1]d() string { return %[2]q }\n", i, salt),
		}
	}
	return tree
}

func keyOf(t *testing.T, p *testpipe.Pipe, kind string) string {
	t.Helper()
	return p.One(t, "select key from packs where kind = $1 and deleted_at is null order by key limit 1", kind)
}

func foreignKey(content []byte) string {
	sum := sha256.Sum256(content)
	return "text/" + hex.EncodeToString(sum[:]) + ".pack"
}

// Each damage is repaired: texts from git without an embedding, vectors with
// exactly as many as were lost, and the index is what it was.
func TestScrubRepairsEachDamage(t *testing.T) {
	count := &counting{Embedder: embedder.Local{}}
	p := testpipe.Open(t, testpipe.Config{Embedder: count})
	ingest(t, p, sample(20, "a"))
	settle(t, p)
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
			before := count.texts.Load()
			c.damage(key)
			if report, _ := p.Verify(t); report.MissingObjects+report.CorruptObjects != 1 {
				t.Fatalf("the damage shows nowhere: %+v", report)
			}
			if tally := mustUpkeep(t, p, syncer.KindScrub); tally.Found != 1 || tally.Repaired != 1 || tally.Compared < 2 {
				t.Errorf("scrub: %+v", tally)
			}
			settle(t, p)
			clean(t, p)
			if embedded := fmt.Sprint(count.texts.Load() - before); embedded != want {
				t.Errorf("%s texts were embedded, want %s", embedded, want)
			}
			if got := p.Digest(t); got != digest {
				t.Errorf("digest %+v, want %+v", got, digest)
			}
			mustUpkeep(t, p, syncer.KindGarbage)
			swept(t, p)
		})
	}
}

// What git does not have any more is lost: the run says so, verify goes on
// finding it, and what git has is saved all the same.
func TestScrubReportsWhatIsLost(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	one := ingest(t, p, sample(3, "one"))
	ingest(t, p, sample(3, "two"))
	settle(t, p)
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
	tally, err := upkeep(t, p, syncer.KindScrub)
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
		ingest(t, p, sample(1, fmt.Sprint("r", i)))
		settle(t, p)
	}
	for _, key := range p.Keys(t) {
		p.DeleteObject(t, key)
	}
	vectors := p.One(t, "select count(*) from vectors")
	if _, err := upkeep(t, p, syncer.KindScrub); err == nil || !strings.Contains(err.Error(), "right bucket") {
		t.Errorf("scrub says %v", err)
	}
	if p.One(t, "select count(*) from vectors") == "0" || vectors == "0" {
		t.Error("every vector was given up")
	}
	// A person who knows may say so.
	var did syncer.Repaired
	objects := syncer.NewObjects(everything, p.Catalog, p.Blobs, p.Mirrors, p.Logs.Logger())
	if err := objects.Repair(t.Context(), &did); err != nil {
		t.Fatal(err)
	}
	settle(t, p)
	clean(t, p)
}

func TestRepairDeletesOrphansAndLeavesWhatIsNotLeats(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	ingest(t, p, sample(2, "a"))
	settle(t, p)
	orphan := bytes.Repeat([]byte("orphan"), 100)
	p.PutObject(t, foreignKey(orphan), orphan)
	p.PutObject(t, "somebody/else.txt", []byte("theirs"))
	var did syncer.Repaired
	objects := syncer.NewObjects(everything, p.Catalog, p.Blobs, p.Mirrors, p.Logs.Logger())
	if err := objects.Repair(t.Context(), &did); err != nil {
		t.Fatal(err)
	}
	if did.DeletedObjects != 1 || did.RepairedPacks != 0 {
		t.Errorf("repair: %+v", did)
	}
	if _, left := p.Objects(t)["somebody/else.txt"]; !left {
		t.Error("an object of somebody else's was deleted")
	}
	p.DeleteObject(t, "somebody/else.txt")
	clean(t, p)
}
