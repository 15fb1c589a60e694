package point_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/vector"
)

// Documents under way do not make the checksums differ. Otherwise a busy index would be compared
// by id each time.
func TestChecksumsLeaveOutWhatIsUnderWay(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := p.IngestTree(t, testpipe.Text("a.txt", "one\n", "b.txt", "stays\n", "c.txt", "goes\n", "d.txt", "skipped\n"))
	p.SettleOwed(t)
	id := events.RepositoryID(events.DefaultTenant, repo.Dir)
	equal := func() bool {
		t.Helper()
		c := point.Comparison{Documents: p.Catalog, Points: p.Points, Collection: p.Generation.Collection, Repositories: []uuid.UUID{id}}
		same, _, err := c.Equal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return same
	}
	if !equal() {
		t.Error("a sound repository differs")
	}
	c := point.Comparison{Documents: p.Catalog, Points: p.Points, Collection: p.Generation.Collection, Repositories: []uuid.UUID{id}}
	_, settled, err := c.Equal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	demanded := func(before point.Demand) bool {
		t.Helper()
		same, err := c.Demands(t.Context(), before)
		if err != nil {
			t.Fatal(err)
		}
		return same
	}
	if !demanded(settled) {
		t.Error("the catalog demands something else although nothing has changed")
	}
	repo.Commit(t, testpipe.Text("a.txt", "two\n", "b.txt", "stays\n", "d.txt", "\x00"))
	p.Submit(t, repo)
	if !equal() {
		t.Error("a repository with documents under way differs")
	}
	if demanded(settled) {
		t.Error("a document under way is not seen in the catalog")
	}
	_, underWay, err := c.Equal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if demanded(underWay) {
		t.Error("what was under way is taken for compared")
	}
	stays := slices.DeleteFunc(p.AllPoints(t), func(p vector.Point) bool { return p.Payload.Path != "b.txt" })
	p.RemovePoints(t, stays...)
	if equal() {
		t.Error("a missing point beside documents under way is not seen")
	}
	p.WritePoints(t, with(stays, func(p *vector.Point) { p.Payload.Revision = 0 })...)
	if equal() {
		t.Error("a point of another revision is not seen")
	}
}

// A large collection is read in ranges of ids side by side. Together they hold each point once,
// those at their ends too.
func TestAChecksumInPartsIsThatOfTheWhole(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.IngestTree(t, testpipe.Text("a.txt", "one\n"))
	p.Settle(t)
	first := p.AllPoints(t)[0]
	var list []vector.Point
	for _, at := range []byte{0x00, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xff} {
		low, high := uuid.UUID{at}, uuid.Max
		low[15], high[0] = 1, at
		for _, id := range []uuid.UUID{low, high} {
			one := first
			one.ID = id
			list = append(list, one)
		}
	}
	for range 2500 { // more than two pages
		one := first
		one.ID = uuid.New()
		list = append(list, one)
	}
	p.WritePoints(t, list...)
	c := point.Comparison{Documents: p.Catalog, Points: p.Points, Collection: p.Generation.Collection}
	same, whole, parted, err := c.SameInParts(t.Context())
	if n := uint64(len(list)) + 1; err != nil || !same || whole != n || parted != n {
		t.Errorf("%d points in one go, %d in parts, %v; want %d", whole, parted, err, n)
	}
}
