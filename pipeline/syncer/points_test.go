package syncer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/syncer"
	"github.com/leatworks/leat/pipeline/vector"
)

// compared is a pipe whose embedder counts, with some repositories indexed.
func compared(t *testing.T, repositories int) (*testpipe.Pipe, *counting) {
	t.Helper()
	count := &counting{Embedder: embedder.Local{}}
	p := testpipe.Open(t, testpipe.Config{Embedder: count})
	for i := range repositories {
		ingest(t, p, sample(4, fmt.Sprint("r", i)))
	}
	settle(t, p)
	return p, count
}

func points(p *testpipe.Pipe) *syncer.Points {
	return syncer.NewPoints(syncer.PointConfig{Alias: "leat", Interval: time.Hour}, p.Catalog, p.Points, p.Logs.Logger())
}

// compare does all of the comparison once, and returns the sum of its runs.
func compare(t *testing.T, p *testpipe.Pipe) (sum catalog.Tally) {
	t.Helper()
	s := syncer.Schedule{Catalog: p.Catalog, Log: p.Logs.Logger()}
	for _, w := range points(p).Work() {
		did, err := s.Now(t.Context(), w)
		if err != nil {
			t.Fatalf("%s: %v", w.Kind, err)
		}
		sum.Found += did.Found
		sum.Repaired += did.Repaired
		if w.Kind != syncer.KindStrays {
			sum.Compared += did.Compared
		}
	}
	return sum
}

func write(t *testing.T, p *testpipe.Pipe, list ...vector.Point) {
	t.Helper()
	if err := p.Points.Upsert(t.Context(), p.Generation.Collection, list); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, p *testpipe.Pipe, list ...vector.Point) {
	t.Helper()
	var ids []uuid.UUID
	for _, point := range list {
		ids = append(ids, point.ID)
	}
	marks, err := p.Points.Held(t.Context(), p.Generation.Collection, ids)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Points.DeleteMarked(t.Context(), p.Generation.Collection, marks); err != nil {
		t.Fatal(err)
	}
}

// with returns points that are changed.
func with(list []vector.Point, change func(*vector.Point)) []vector.Point {
	list = slices.Clone(list)
	for i := range list {
		change(&list[i])
	}
	return list
}

// Each damage is found and mended, by as many points as it took, and nothing
// is embedded again for it.
func TestTheComparisonMendsEachDifference(t *testing.T) {
	p, count := compared(t, 3)
	whole, texts := p.Digest(t), count.texts.Load()
	all := p.AllPoints(t)
	if did := compare(t, p); did != (catalog.Tally{Compared: whole.Points}) {
		t.Errorf("of a sound index: %+v, want %d compared", did, whole.Points)
	}
	some := all[:3]
	for name, c := range map[string]struct {
		damage func()
		found  int64
	}{
		"missing":                   {func() { remove(t, p, some...) }, 3},
		"all missing":               {func() { remove(t, p, all...) }, whole.Points},
		"stale, of another content": {func() { write(t, p, with(some, func(p *vector.Point) { p.ID = uuid.New() })...) }, 3},
		"stale in place of another": {func() { write(t, p, with(some, func(p *vector.Point) { p.ID = uuid.New() })...); remove(t, p, some...) }, 6},
		"overwritten by an old one": {func() { write(t, p, with(some, func(p *vector.Point) { p.Payload.Revision = 0 })...) }, 6},
		"of another blob":           {func() { write(t, p, with(some, func(p *vector.Point) { p.Payload.Blob = strings.Repeat("0", 64) })...) }, 6},
		"of another tenant":         {func() { write(t, p, with(some, func(p *vector.Point) { p.Payload.Tenant = "other" })...) }, 6},
		"orphan, of no document": {func() {
			write(t, p, with(some, func(p *vector.Point) { p.ID, p.Payload.Document = uuid.New(), uuid.New() })...)
		}, 3},
		"orphan, of no repository": {func() {
			write(t, p, with(some, func(p *vector.Point) {
				p.ID, p.Payload.Document, p.Payload.Repository = uuid.New(), uuid.New(), uuid.New()
			})...)
		}, 3},
		"of a repository not theirs": {func() { write(t, p, with(some, func(p *vector.Point) { p.Payload.Repository = uuid.New() })...) }, 6},
	} {
		t.Run(name, func(t *testing.T) {
			c.damage()
			if report, _ := p.Verify(t); report.OK {
				t.Fatal("the damage shows nowhere")
			}
			did := compare(t, p)
			if name == "of a repository not theirs" {
				// Strays come first or last; what they leave missing is for the
				// shards' next turn at the latest.
				did.Found += compare(t, p).Found
				did.Repaired = did.Found
			}
			if did.Found != c.found || did.Repaired != c.found {
				t.Errorf("%+v, want %d found and repaired", did, c.found)
			}
			settle(t, p)
			clean(t, p)
			if got := p.Digest(t); got != whole {
				t.Errorf("digest %+v, want %+v", got, whole)
			}
			if did := compare(t, p); did.Found != 0 {
				t.Errorf("the next time: %+v", did)
			}
		})
	}
	if n := count.texts.Load(); n != texts {
		t.Errorf("%d texts were embedded again", n-texts)
	}
}

// An indexer that stops between reading the catalog and writing, and dies after
// it has written, leaves points of a revision that was over by then. Its message
// was handed to another in the meantime; nobody comes back to them.
func TestWhatALateWriterLeftIsFound(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := ingest(t, p, testpipe.Text("a.txt", "old\n", "gone.txt", "gone\n", "skipped.txt", "text\n", "same.txt", "same\n"))
	p.Settle(t)
	late := p.AllPoints(t) // as it computed them
	repo.Commit(t, testpipe.Text("a.txt", "new\n", "skipped.txt", "\x00", "same.txt", "same\n"))
	p.Submit(t, repo)
	settle(t, p)
	want := p.Digest(t)
	write(t, p, late...)
	if report, _ := p.Verify(t); report.StalePoints != 2 || report.OrphanPoints != 1 {
		t.Fatalf("verify: %+v", report)
	}
	if did := compare(t, p); did.Found != 3 || did.Repaired != 3 {
		t.Errorf("%+v, want 3 found and repaired", did)
	}
	clean(t, p)
	if got := p.Digest(t); got != want {
		t.Errorf("digest %+v, want %+v", got, want)
	}
}

// The same where a content came back under a new revision: then a late writer's
// points have the ids of the current ones, and take their places.
func TestALateWriterThatWroteOverNewerPointsIsFound(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := ingest(t, p, testpipe.Text("a.txt", "one\n"))
	p.Settle(t)
	late := p.AllPoints(t)
	for _, text := range []string{"two\n", "one\n"} {
		repo.Commit(t, testpipe.Text("a.txt", text))
		p.Submit(t, repo)
		settle(t, p)
	}
	write(t, p, late...)
	if did := compare(t, p); did.Found != 2 { // a stale one, and then a missing one
		t.Errorf("%+v", did)
	}
	settle(t, p)
	clean(t, p)
	if got := p.AllPoints(t); len(got) != 1 || got[0].Payload.Revision != 3 {
		t.Errorf("points: %+v", got)
	}
}

// What is under way is no difference, whatever it has in the index.
func TestTheComparisonLeavesDocumentsUnderWayAlone(t *testing.T) {
	p, _ := compared(t, 1)
	repo := ingest(t, p, testpipe.Text("changed.txt", "1\n", "embedded.txt", "2\n", "removed.txt", "3\n", "skipped.txt", "4\n", "failed.txt", "5\n", "stays.txt", "6\n"))
	settle(t, p)
	repo.Commit(t, testpipe.Text("changed.txt", "1a\n", "embedded.txt", "2a\n", "skipped.txt", "\x00", "failed.txt", "5a\n", "stays.txt", "6\n", "added.txt", "7\n"))
	p.Submit(t, repo)
	ledger := pipeline.DocumentLedger{Catalog: p.Catalog}
	for _, m := range p.Events.Drain(t) {
		switch m.Subject {
		case "embedded.txt":
			deliver(t, p, m)
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
	// The same beside a difference, when points are compared one by one.
	stays := p.AllPoints(t)[slices.IndexFunc(p.AllPoints(t), func(p vector.Point) bool { return p.Payload.Path == "stays.txt" })]
	remove(t, p, stays)
	if did := compare(t, p); did.Found != 1 {
		t.Errorf("beside a difference: %+v", did)
	}
	write(t, p, stays)
	if got := p.Digest(t); got != before {
		t.Errorf("beside a difference: digest %+v, was %+v", got, before)
	}
}

// drop takes the collection away, with its alias, as somebody may who has the
// key to Qdrant.
func drop(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	if err := p.Points.DropCollection(t.Context(), p.Generation.Collection); err != nil {
		t.Fatal(err)
	}
	if _, found, err := p.Points.Alias(t.Context(), "leat"); found || err != nil {
		t.Fatalf("the alias is there still: %t, %v", found, err)
	}
}

// watch lets a syncer look until the alias is there.
func watch(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		cfg := syncer.PointConfig{Alias: "leat", Look: time.Millisecond}
		syncer.NewPoints(cfg, p.Catalog, p.Points, p.Logs.Logger()).Watch(ctx)
	}()
	defer func() { <-done }()
	defer cancel()
	for deadline := time.Now().Add(testpipe.Patience); ; time.Sleep(time.Millisecond) {
		if at, _, err := p.Points.Alias(t.Context(), "leat"); err == nil && at == p.Generation.Collection {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the alias does not come back")
		}
	}
}

// awaitNoneDue waits until syncers have done all that was due.
func awaitNoneDue(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	awaitRows(t, p, `select 1 where not exists (select 1 from sync_work where due_at <= now())
		and not exists (select 1 from sync_runs where finished_at is null)`)
}

func TestADroppedCollectionComesBack(t *testing.T) {
	p, count := compared(t, 3)
	whole, texts := p.Digest(t), count.texts.Load()
	list := p.AllPoints(t)
	schedule(t, p.Catalog, points(p).Work()...)
	awaitNoneDue(t, p)
	drop(t, p)

	// A document that is written just then is tried again, and no dead letter.
	ingest(t, p, testpipe.Text("new.txt", "new\n"))
	for heard := p.Events.Drain(t); len(heard) > 0; heard = p.Events.Drain(t) {
		for _, err := range p.Deliver(t, heard...) {
			if kind, _ := fault.Of(err); err != nil && (kind != fault.KindRetry || !errors.Is(err, vector.ErrNoCollection)) {
				t.Errorf("the indexer says %v: %v", kind, err)
			}
		}
	}
	watch(t, p)
	awaitNoneDue(t, p)
	p.Rows(t, "update documents set due_at = now() where state = 'embedded'") // as an indexer does that fails
	settle(t, p)
	clean(t, p)
	if n := count.texts.Load() - texts; n != 1 {
		t.Errorf("%d texts were embedded, want the new one's", n)
	}
	got := slices.DeleteFunc(p.AllPoints(t), func(p vector.Point) bool { return p.Payload.Path == "new.txt" })
	if len(got) != len(list) || int64(len(got)) != whole.Points {
		t.Errorf("%d points, want %d", len(got), len(list))
	}
	hits := 0
	for _, err := range p.Points.Scroll(t.Context(), "leat", vector.Filter{Tenant: events.DefaultTenant, Languages: []string{"Go"}}, false) {
		if err != nil {
			t.Fatal(err)
		}
		hits++
	}
	if hits != len(list) {
		t.Errorf("%d points by the alias, want %d", hits, len(list))
	}
}

// A worker that starts may be faster than the syncer in making the collection;
// the comparison is due all the same.
func TestAWorkerThatMakesTheCollectionHasItFilled(t *testing.T) {
	p, _ := compared(t, 1)
	whole := p.Digest(t)
	compare(t, p)
	p.Rows(t, "update sync_work set due_at = now() + interval '1 h', again = false")
	drop(t, p)
	testpipe.Join(t, testpipe.Config{}, p.Addresses)
	schedule(t, p.Catalog, points(p).Work()...)
	awaitNoneDue(t, p)
	settle(t, p)
	if got := p.Digest(t); got != whole {
		t.Errorf("digest %+v, want %+v", got, whole)
	}
}

func TestADroppedAliasComesBack(t *testing.T) {
	p, _ := compared(t, 1)
	p.Rows(t, "update sync_work set due_at = now() + interval '1 h', again = false")
	if err := p.Points.CreateCollection(t.Context(), "other", 4, "dot"); err != nil {
		t.Fatal(err)
	}
	if err := p.Points.SetAlias(t.Context(), "leat", "other"); err != nil {
		t.Fatal(err)
	}
	if err := points(p).Ensure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at, _, err := p.Points.Alias(t.Context(), "leat"); at != "other" || err != nil {
		t.Errorf("an alias that points elsewhere was moved to %q (%v)", at, err)
	}
	if err := p.Points.DropCollection(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	watch(t, p)
	if n := p.One(t, "select count(*) from sync_work where due_at <= now()"); n != "0" {
		t.Errorf("%s kinds of work are due though no collection was missing", n)
	}
}

// Two syncers share a comparison: no point is compared twice.
func TestSyncersShareTheComparison(t *testing.T) {
	p, _ := compared(t, 12)
	whole := p.Digest(t)
	remove(t, p, p.AllPoints(t)[5:15]...)
	if err := p.Catalog.Schedule.PlanAgain(t.Context(), kinds(p)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c, err := catalog.Open(t.Context(), catalog.Config{URL: p.Addresses.Postgres})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		schedule(t, c, syncer.NewPoints(syncer.PointConfig{Interval: time.Hour}, c, p.Points, p.Logs.Logger()).Work()...)
	}
	awaitNoneDue(t, p)
	row := p.One(t, "select count(*), sum(compared)::text, sum(found)::text, sum(repaired)::text, count(error) from sync_runs where kind like 'points %'")
	if want := fmt.Sprintf("4 %d 10 10 0", whole.Points); row != want {
		t.Errorf("runs, compared, found, repaired, errors: %s, want %s", row, want)
	}
	settle(t, p)
	clean(t, p)
}

func kinds(p *testpipe.Pipe) []string {
	var kinds []string
	for _, w := range points(p).Work() {
		kinds = append(kinds, w.Kind)
	}
	return kinds
}

// A comparison whose syncer dies goes on with the repository after the last one
// that it has done.
func TestTheComparisonGoesOnWhereItStopped(t *testing.T) {
	p, _ := compared(t, 12)
	shard, ids := 0, []string(nil)
	for n := range 4 {
		if list := p.Rows(t, "select id::text from repositories where get_byte(uuid_send(id), 0) / 64 = $1 order by id", n); len(list) > len(ids) {
			shard, ids = n+1, list
		}
	}
	kind, third := syncer.KindPoints(shard), ids[2]
	work := points(p).Work()
	work = work[slices.IndexFunc(work, func(w syncer.Work) bool { return w.Kind == kind }):][:1]
	if err := p.Catalog.Schedule.PlanAgain(t.Context(), []string{kind}); err != nil {
		t.Fatal(err)
	}
	// It dies where it would record the third.
	p.Rows(t, `create function die() returns trigger language plpgsql as $$ begin
		if new.cursor like '%/`+third+`' then raise exception 'dead'; end if;
		return new; end $$`)
	p.Rows(t, "create trigger die before update on sync_work for each row execute function die()")
	stop := schedule(t, p.Catalog, work...)
	awaitRows(t, p, "select 1 from sync_runs where error = 'its syncer died'")
	stop()
	if at := p.One(t, "select cursor from sync_work where kind = $1", kind); !strings.HasSuffix(at, ids[1]) {
		t.Errorf("the cursor is %s, want the second of %q", at, ids)
	}
	p.Rows(t, "drop trigger die on sync_work")
	stop = schedule(t, p.Catalog, work...)
	awaitRows(t, p, "select 1 from sync_work where due_at > now()")
	stop()
	want := p.One(t, `select sum(k.chunks) from documents d join tracks t on t.id = d.track join chunkings k on k.id = d.chunking
		where t.repository between $1 and $2`, third, ids[len(ids)-1])
	if got := lastRun(t, p.Catalog, kind); fmt.Sprint(got.Compared) != want || got.Error != "" {
		t.Errorf("the last run: %+v, want %s compared", got, want)
	}
	if at := p.One(t, "select cursor from sync_work where kind = $1", kind); at != "" {
		t.Errorf("the next run is to begin at %q", at)
	}
}

// awaitRows waits until a statement has an answer.
func awaitRows(t *testing.T, p *testpipe.Pipe, statement string) {
	t.Helper()
	for deadline := time.Now().Add(testpipe.Patience); len(p.Rows(t, statement)) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("none: %s", statement)
		}
	}
}

func TestStraysOfAnotherCatalogAreLeftToAPerson(t *testing.T) {
	p, _ := compared(t, 1)
	var strange []vector.Point
	one := p.AllPoints(t)[0]
	for range 1100 {
		q := one
		q.ID, q.Payload.Document, q.Payload.Repository = uuid.New(), uuid.New(), uuid.New()
		strange = append(strange, q)
	}
	write(t, p, strange...)
	s := syncer.Schedule{Catalog: p.Catalog, Log: p.Logs.Logger()}
	if _, err := s.Now(t.Context(), points(p).Work()[0]); err == nil || !strings.Contains(err.Error(), "belong together") {
		t.Errorf("the run says %v", err)
	}
	if report, _ := p.Verify(t); report.OrphanPoints != 1100 {
		t.Errorf("%d strays are left of 1100", report.OrphanPoints)
	}
	// A person who knows may say so.
	v := syncer.Verifier{Catalog: p.Catalog, Points: p.Points, Blobs: p.Blobs, Generation: p.Generation}
	if did, err := v.Repair(t.Context(), syncer.Scope{}); err != nil || did.DeletedPoints != 1100 {
		t.Errorf("repair: %+v, %v", did, err)
	}
	clean(t, p)
}

// What is planned again while it is under way is done once more, from the
// beginning, whatever the run under way saves and plans.
func TestWorkIsPlannedAgainWhileItIsUnderWay(t *testing.T) {
	c := openCatalog(t, testenv.Postgres(t))
	began, goOn := make(chan string), make(chan struct{})
	work := syncer.Work{Kind: "test", Interval: time.Hour, Do: func(ctx context.Context, run *syncer.Run) error {
		began <- run.Cursor()
		<-goOn
		return run.Save(ctx, "half")
	}}
	if err := c.Schedule.PlanAgain(t.Context(), []string{"test"}); err != nil {
		t.Fatal(err)
	}
	schedule(t, c, work)
	await(t, began)
	if err := c.Schedule.PlanAgain(t.Context(), []string{"test"}); err != nil {
		t.Fatal(err)
	}
	goOn <- struct{}{}
	if at := await(t, began); at != "" {
		t.Errorf("the second run began at %q", at)
	}
	goOn <- struct{}{}
	for deadline := time.Now().Add(testpipe.Patience); ; time.Sleep(time.Millisecond) {
		if r := lastRun(t, c, "test"); r.FinishedAt != nil && time.Until(*r.DueAt) > 50*time.Minute {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the run after it is planned wrongly: %+v", lastRun(t, c, "test"))
		}
	}
}

// at runs do when the comparison has been paced for the n-th time: after a page
// of points, before it looks at suspects again, before it asks for the points of
// documents.
func at(n int, do func()) func(context.Context, int) error {
	return func(context.Context, int) error {
		if n--; n == 0 {
			do()
		}
		return nil
	}
}

// Whatever happens to a document between two steps of the comparison, it is no
// difference, and nothing of it is taken away.
func TestTheComparisonAgainstWhatIsWrittenMeanwhile(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := ingest(t, p, testpipe.Text("a.txt", "one\n", "b.txt", "stays\n"))
	settle(t, p)
	push := func(tree testpipe.Tree) {
		repo.Commit(t, tree)
		p.Submit(t, repo)
		settle(t, p)
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
				write(t, p, slices.DeleteFunc(first, func(p vector.Point) bool { return p.Payload.Path != "a.txt" })...)
			}
			did, missing, err := syncer.RepairAt(t.Context(), p.Catalog, p.Points, p.Generation, at(c.at, func() { push(c.meanwhile) }))
			if err != nil || missing != 0 || did != (syncer.Repaired{}) {
				t.Errorf("%+v, %d missing, %v; want nothing", did, missing, err)
			}
			clean(t, p)
		})
	}
}

// What is under way does not make the checksums differ, or a busy index would be
// compared by id each time.
func TestChecksumsLeaveOutWhatIsUnderWay(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := ingest(t, p, testpipe.Text("a.txt", "one\n", "b.txt", "stays\n", "c.txt", "goes\n", "d.txt", "skipped\n"))
	settle(t, p)
	id := events.RepositoryID(events.DefaultTenant, repo.Dir)
	equal := func() bool {
		t.Helper()
		same, err := syncer.Equal(t.Context(), p.Catalog, p.Points, p.Generation, id)
		if err != nil {
			t.Fatal(err)
		}
		return same
	}
	if !equal() {
		t.Error("a sound repository differs")
	}
	repo.Commit(t, testpipe.Text("a.txt", "two\n", "b.txt", "stays\n", "d.txt", "\x00"))
	p.Submit(t, repo)
	if !equal() {
		t.Error("a repository with documents under way differs")
	}
	stays := slices.DeleteFunc(p.AllPoints(t), func(p vector.Point) bool { return p.Payload.Path != "b.txt" })
	remove(t, p, stays...)
	if equal() {
		t.Error("a missing point beside documents under way is not seen")
	}
	write(t, p, with(stays, func(p *vector.Point) { p.Payload.Revision = 0 })...)
	if equal() {
		t.Error("a point of another revision is not seen")
	}
}
