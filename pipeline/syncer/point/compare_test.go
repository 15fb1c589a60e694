package point_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/vector"
)

// Documents under way are no difference, whatever they have in the index.
func TestTheComparisonLeavesDocumentsUnderWayAlone(t *testing.T) {
	p, _ := compared(t, 1)
	repo := p.IngestTree(t, testpipe.Text("changed.txt", "1\n", "embedded.txt", "2\n", "removed.txt", "3\n", "skipped.txt", "4\n", "failed.txt", "5\n", "stays.txt", "6\n"))
	p.SettleOwed(t)
	repo.Commit(t, testpipe.Text("changed.txt", "1a\n", "embedded.txt", "2a\n", "skipped.txt", "\x00", "failed.txt", "5a\n", "stays.txt", "6\n", "added.txt", "7\n"))
	p.Submit(t, repo)
	ledger := pipeline.DocumentLedger{Documents: p.Catalog, Generations: p.Catalog.Generations}
	for _, m := range p.Events.Drain(t) {
		switch m.Subject {
		case "embedded.txt":
			p.MustDeliver(t, m)
		case "failed.txt":
			if err := ledger.Bury(t.Context(), m, "as asked"); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.Events.Drain(t)
	states := p.Rows(t, "select path, state from documents d join tracks t on t.id = d.track where path not like '%/%' order by 1")
	want := []string{"added.txt chunked", "changed.txt chunked", "embedded.txt embedded", "failed.txt failed", "removed.txt removed", "skipped.txt skipped", "stays.txt indexed"}
	if !slices.Equal(states, want) {
		t.Fatalf("documents: %q", states)
	}
	before, rows := p.Digest(t), p.Rows(t, "select * from documents order by id")
	if did := compare(t, p); did.Found != 0 {
		t.Errorf("%+v", did)
	}
	if got := p.Digest(t); got != before {
		t.Errorf("digest %+v, was %+v", got, before)
	}
	if got := p.Rows(t, "select * from documents order by id"); !slices.Equal(got, rows) {
		t.Errorf("documents\n%s\nwere\n%s", strings.Join(got, "\n"), strings.Join(rows, "\n"))
	}
	// Nor are they beside a difference, when points are compared one by one.
	stays := p.AllPoints(t)[slices.IndexFunc(p.AllPoints(t), func(p vector.Point) bool { return p.Payload.Path == "stays.txt" })]
	p.RemovePoints(t, stays)
	if did := compare(t, p); did.Found != 1 {
		t.Errorf("beside a difference: %+v", did)
	}
	p.WritePoints(t, stays)
	if got := p.Digest(t); got != before {
		t.Errorf("beside a difference: digest %+v, was %+v", got, before)
	}
}

// at runs do when the comparison is paced for the n-th time. That happens after a page
// of points, before it looks at suspects again, and before it asks for the points of
// documents.
func at(n int, do func()) func(context.Context, int) error {
	return func(context.Context, int) error {
		if n--; n == 0 {
			do()
		}
		return nil
	}
}

// A change of a document between two steps of the comparison is no difference, and none of
// its points is deleted.
func TestTheComparisonAgainstWhatIsWrittenMeanwhile(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := p.IngestTree(t, testpipe.Text("a.txt", "one\n", "b.txt", "stays\n"))
	p.SettleOwed(t)
	push := func(tree testpipe.Tree) {
		repo.Commit(t, tree)
		p.Submit(t, repo)
		p.SettleOwed(t)
	}
	without := testpipe.Text("b.txt", "stays\n")
	for _, c := range []struct {
		name      string
		begin     testpipe.Tree
		orphan    bool // the first points are there though their document is gone
		at        int
		meanwhile testpipe.Tree
	}{
		{"a change after a page of points", testpipe.Text("a.txt", "one\n", "b.txt", "stays\n"), false, 1, testpipe.Text("a.txt", "two\n", "b.txt", "stays\n")},
		{"a removal after a page of points", testpipe.Text("a.txt", "one\n", "b.txt", "stays\n"), false, 1, without},
		{"a change after a page of documents", testpipe.Text("a.txt", "one\n", "b.txt", "stays\n"), false, 2, testpipe.Text("a.txt", "two\n", "b.txt", "stays\n")},
		{"a removal after a page of documents", testpipe.Text("a.txt", "one\n", "b.txt", "stays\n"), false, 2, without},
		{"a return before a second look", without, true, 2, testpipe.Text("a.txt", "one\n", "b.txt", "stays\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			push(testpipe.Text("a.txt", "one\n", "b.txt", "stays\n"))
			first := p.AllPoints(t)
			push(c.begin)
			if c.orphan {
				p.WritePoints(t, slices.DeleteFunc(first, func(p vector.Point) bool { return p.Payload.Path != "a.txt" })...)
			}
			c := point.Comparison{Documents: p.Catalog, Points: p.Points, Collection: p.Generation.Collection, Pace: at(c.at, func() { push(c.meanwhile) })}
			did, err := c.Repair(t.Context())
			if err != nil || did != (point.Repaired{}) {
				t.Errorf("%+v, %v; want nothing", did, err)
			}
			p.CheckClean(t)
		})
	}
}
