package point_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

// Each damage is found and mended. The repair counts as many points as were damaged,
// and nothing is embedded again.
func TestTheComparisonMendsEachDifference(t *testing.T) {
	p, count := compared(t, 3)
	whole, texts := p.Digest(t), count.Texts.Load()
	all := p.AllPoints(t)
	if did := compare(t, p); did != (catalog.Tally{Compared: whole.Points}) {
		t.Errorf("of a sound index: %+v, want %d compared", did, whole.Points)
	}
	some := all[:3]
	for name, c := range map[string]struct {
		damage func()
		found  int64
	}{
		"missing":                   {func() { p.RemovePoints(t, some...) }, 3},
		"all missing":               {func() { p.RemovePoints(t, all...) }, whole.Points},
		"stale, of another content": {func() { p.WritePoints(t, with(some, func(p *vector.Point) { p.ID = uuid.New() })...) }, 3},
		"stale in place of another": {func() {
			p.WritePoints(t, with(some, func(p *vector.Point) { p.ID = uuid.New() })...)
			p.RemovePoints(t, some...)
		}, 6},
		"overwritten by an old one": {func() { p.WritePoints(t, with(some, func(p *vector.Point) { p.Payload.Revision = 0 })...) }, 6},
		"of another blob": {func() {
			p.WritePoints(t, with(some, func(p *vector.Point) { p.Payload.Blob = strings.Repeat("0", 64) })...)
		}, 6},
		"of another tenant": {func() { p.WritePoints(t, with(some, func(p *vector.Point) { p.Payload.Tenant = "other" })...) }, 6},
		"orphan, of no document": {func() {
			p.WritePoints(t, with(some, func(p *vector.Point) { p.ID, p.Payload.Document = uuid.New(), uuid.New() })...)
		}, 3},
		"orphan, of no repository": {func() {
			p.WritePoints(t, with(some, func(p *vector.Point) {
				p.ID, p.Payload.Document, p.Payload.Repository = uuid.New(), uuid.New(), uuid.New()
			})...)
		}, 3},
		"of a repository not theirs": {func() { p.WritePoints(t, with(some, func(p *vector.Point) { p.Payload.Repository = uuid.New() })...) }, 6},
	} {
		t.Run(name, func(t *testing.T) {
			c.damage()
			if report, _ := p.Verify(t); report.OK {
				t.Fatal("the damage shows nowhere")
			}
			did := compare(t, p)
			if name == "of a repository not theirs" {
				// The work on strays comes before the shards' or after it. Points that
				// it leaves missing are found at the shards' next turn at the latest.
				did.Found += compare(t, p).Found
				did.Repaired = did.Found
			}
			if did.Found != c.found || did.Repaired != c.found {
				t.Errorf("%+v, want %d found and repaired", did, c.found)
			}
			p.SettleOwed(t)
			p.CheckClean(t)
			if got := p.Digest(t); got != whole {
				t.Errorf("digest %+v, want %+v", got, whole)
			}
			if did := compare(t, p); did.Found != 0 {
				t.Errorf("the next time: %+v", did)
			}
		})
	}
	if n := count.Texts.Load(); n != texts {
		t.Errorf("%d texts were embedded again", n-texts)
	}
}

// An indexer stands still between reading the catalog and writing, and dies after it
// has written. It leaves points of a revision that was over by then. Its message was
// handed to another indexer in the meantime, so no message leads to these points again.
func TestWhatALateWriterLeftIsFound(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := p.IngestTree(t, testpipe.Text("a.txt", "old\n", "gone.txt", "gone\n", "skipped.txt", "text\n", "same.txt", "same\n"))
	p.Settle(t)
	late := p.AllPoints(t) // as it computed them
	repo.Commit(t, testpipe.Text("a.txt", "new\n", "skipped.txt", "\x00", "same.txt", "same\n"))
	p.Submit(t, repo)
	p.SettleOwed(t)
	want := p.Digest(t)
	p.WritePoints(t, late...)
	if report, _ := p.Verify(t); report.StalePoints != 2 || report.OrphanPoints != 1 {
		t.Fatalf("verify: %+v", report)
	}
	if did := compare(t, p); did.Found != 3 || did.Repaired != 3 {
		t.Errorf("%+v, want 3 found and repaired", did)
	}
	p.CheckClean(t)
	if got := p.Digest(t); got != want {
		t.Errorf("digest %+v, want %+v", got, want)
	}
}

// The same happens after a content came back under a new revision. Then the late
// writer's points have the ids of the current ones, and overwrite them.
func TestALateWriterThatWroteOverNewerPointsIsFound(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := p.IngestTree(t, testpipe.Text("a.txt", "one\n"))
	p.Settle(t)
	late := p.AllPoints(t)
	for _, text := range []string{"two\n", "one\n"} {
		repo.Commit(t, testpipe.Text("a.txt", text))
		p.Submit(t, repo)
		p.SettleOwed(t)
	}
	p.WritePoints(t, late...)
	if did := compare(t, p); did.Found != 2 { // a stale one, and then a missing one
		t.Errorf("%+v", did)
	}
	p.SettleOwed(t)
	p.CheckClean(t)
	if got := p.AllPoints(t); len(got) != 1 || got[0].Payload.Revision != 3 {
		t.Errorf("points: %+v", got)
	}
}
