package verify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/syncer/verify"
	"github.com/leatworks/leat/pipeline/vector"
)

func TestVerifyFindsEachDifferenceAndCountsIt(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.IngestTree(t, testpipe.Text("a.go", "package a\n\nfunc A() {}\n", "b.md", "# B\n\ntext\n", "c.bin", "\x00"))
	p.Settle(t)
	whole, found := p.Verify(t)
	if want := (verify.Report{OK: true, Documents: 2, Chunks: 3, Points: 3}); whole != want {
		t.Fatalf("verify: %+v, want %+v: %v", whole, want, found)
	}
	packs := p.Rows(t, "select key from packs order by kind") // a text pack, then one of vectors
	objects := p.Objects(t)
	points := p.AllPoints(t)
	restore := func() {
		t.Helper()
		p.RemovePoints(t, p.AllPoints(t)...)
		p.WritePoints(t, points...)
		for _, key := range p.Keys(t) {
			if _, ours := objects[key]; !ours {
				p.DeleteObject(t, key)
			}
		}
		for key, content := range objects {
			p.PutObject(t, key, content)
		}
	}
	upsert := func(change func(*vector.Point)) {
		t.Helper()
		changed := points[0]
		change(&changed)
		p.WritePoints(t, changed)
	}

	for name, c := range map[string]struct {
		damage func()
		want   func(*verify.Report)
	}{
		"points deleted": {
			func() { p.RemovePoints(t, points[0], points[2]) },
			func(r *verify.Report) { r.Points, r.MissingPoints = 1, 2 },
		},
		"a point of nobody": {
			func() { upsert(func(p *vector.Point) { p.ID, p.Payload.Document = uuid.New(), uuid.New() }) },
			func(r *verify.Report) { r.Points, r.OrphanPoints = 4, 1 },
		},
		"a point too many": {
			func() { upsert(func(p *vector.Point) { p.ID = uuid.New() }) },
			func(r *verify.Report) { r.Points, r.StalePoints = 4, 1 },
		},
		"another content": {
			func() { upsert(func(p *vector.Point) { p.Payload.Blob = strings.Repeat("0", 64) }) },
			func(r *verify.Report) { r.StalePoints = 1 },
		},
		"another revision": {
			func() { upsert(func(p *vector.Point) { p.Payload.Revision = 7 }) },
			func(r *verify.Report) { r.StalePoints = 1 },
		},
		"an object deleted":  {func() { p.DeleteObject(t, packs[0]) }, func(r *verify.Report) { r.MissingObjects = 1 }},
		"all objects":        {func() { p.DeleteObject(t, packs[0]); p.DeleteObject(t, packs[1]) }, func(r *verify.Report) { r.MissingObjects = 2 }},
		"a byte flipped":     {func() { p.ChangeObject(t, packs[1], func(b []byte) []byte { b[9] ^= 1; return b }) }, func(r *verify.Report) { r.CorruptObjects = 1 }},
		"an object cut off":  {func() { p.ChangeObject(t, packs[0], func(b []byte) []byte { return b[:len(b)-1] }) }, func(r *verify.Report) { r.CorruptObjects = 1 }},
		"objects of nobody":  {func() { p.PutObject(t, "aaa", []byte("x")); p.PutObject(t, "zzz/y", []byte("x")) }, func(r *verify.Report) { r.OrphanObjects = 2 }},
		"a pack of nobody":   {func() { p.PutObject(t, "text/"+strings.Repeat("5", 64)+".pack", []byte("x")) }, func(r *verify.Report) { r.OrphanObjects = 1 }},
		"nothing of it left": {func() { p.DeleteObject(t, packs[0]); p.PutObject(t, "vector/zzz", []byte("x")) }, func(r *verify.Report) { r.MissingObjects, r.OrphanObjects = 1, 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			c.damage()
			want := whole
			want.OK = false
			c.want(&want)
			got, found := p.Verify(t)
			if got != want {
				t.Errorf("verify: %+v, want %+v: %v", got, want, found)
			}
			if n := want.MissingPoints + want.StalePoints + want.OrphanPoints + want.MissingObjects + want.OrphanObjects + want.CorruptObjects; int64(len(found)) != n {
				t.Errorf("told of %d differences, want %d: %v", len(found), n, found)
			}
			restore()
		})
	}
	if got, found := p.Verify(t); got != whole {
		t.Errorf("verify: %+v, want %+v: %v", got, whole, found)
	}
}

func TestPointsOfDocumentsUnderWayAreNoDifference(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := p.IngestTree(t, testpipe.Text("a.txt", "a\n", "b.txt", "b\n"))
	p.Settle(t)
	repo.Commit(t, testpipe.Text("a.txt", "A\n"))
	p.Submit(t, repo) // a is chunked, b is removed, and nobody has acted on it
	if got, found := p.Verify(t); !got.OK {
		t.Errorf("verify: %+v: %v", got, found)
	}
}

// A writer puts a pack, then records it. Until the grace is over, a pack that is not
// recorded is no difference.
func TestARecentPackIsNoDifference(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.PutObject(t, "text/"+strings.Repeat("5", 64)+".pack", []byte("x"))
	p.PutObject(t, "somebody/else.txt", []byte("theirs"))
	v := verify.Verifier{Documents: p.Catalog, Packs: p.Catalog.Packs, Points: p.Points, Blobs: p.Blobs, Generation: p.Generation, Grace: time.Hour}
	got, err := v.Verify(t.Context(), point.Scope{})
	if want := (verify.Report{RecentObjects: 1, OrphanObjects: 1}); err != nil || got != want {
		t.Errorf("verify: %+v, %v; want %+v", got, err, want)
	}
}
