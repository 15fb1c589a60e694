package point_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// Two syncers share a comparison: no point is compared twice.
func TestSyncersShareTheComparison(t *testing.T) {
	p, _ := compared(t, 12)
	whole := p.Digest(t)
	p.RemovePoints(t, p.AllPoints(t)[5:15]...)
	if err := p.Catalog.Schedule.PlanAgain(t.Context(), kinds(p)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c, err := catalog.Open(t.Context(), catalog.Config{URL: p.Addresses.Postgres})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		testpipe.Schedule(t, c, point.New(point.Config{Interval: time.Hour}, c, c.Generations, c.Schedule, p.Points, p.Logs.Logger()).Work()...)
	}
	awaitNoneDue(t, p)
	row := p.One(t, "select count(*), sum(compared)::text, sum(found)::text, sum(repaired)::text, count(error) from sync_runs where kind like 'points %'")
	if want := fmt.Sprintf("4 %d 10 10 0", whole.Points); row != want {
		t.Errorf("runs, compared, found, repaired, errors: %s, want %s", row, want)
	}
	p.SettleOwed(t)
	p.CheckClean(t)
}

func kinds(p *testpipe.Pipe) []catalog.WorkKind {
	var kinds []catalog.WorkKind
	for _, w := range points(p).Work() {
		kinds = append(kinds, w.Kind)
	}
	return kinds
}

// A comparison whose syncer dies goes on with the repository after the last finished
// one.
func TestTheComparisonGoesOnWhereItStopped(t *testing.T) {
	p, _ := compared(t, 12)
	shard, ids := 0, []string(nil)
	for n := range 4 {
		if list := p.Rows(t, "select id::text from repositories where get_byte(uuid_send(id), 0) / 64 = $1 order by id", n); len(list) > len(ids) {
			shard, ids = n+1, list
		}
	}
	kind, third := point.Kind(shard), ids[2]
	work := points(p).Work()
	work = work[slices.IndexFunc(work, func(w schedule.Work) bool { return w.Kind == kind }):][:1]
	if err := p.Catalog.Schedule.PlanAgain(t.Context(), []catalog.WorkKind{kind}); err != nil {
		t.Fatal(err)
	}
	// It dies when it would record the third.
	p.Rows(t, `create function die() returns trigger language plpgsql as $$ begin
		if new.cursor like '%/`+third+`' then raise exception 'dead'; end if;
		return new; end $$`)
	p.Rows(t, "create trigger die before update on sync_work for each row execute function die()")
	stop := testpipe.Schedule(t, p.Catalog, work...)
	p.AwaitRows(t, "select 1 from sync_runs where error = 'its syncer died'")
	stop()
	if at := p.One(t, "select cursor from sync_work where kind = $1", kind); !strings.HasSuffix(at, ids[1]) {
		t.Errorf("the cursor is %s, want the second of %q", at, ids)
	}
	p.Rows(t, "drop trigger die on sync_work")
	stop = testpipe.Schedule(t, p.Catalog, work...)
	p.AwaitRows(t, "select 1 from sync_work where due_at > now()")
	stop()
	want := p.One(t, `select sum(k.chunks) from documents d join tracks t on t.id = d.track join chunkings k on k.id = d.chunking
		where t.repository between $1 and $2`, third, ids[len(ids)-1])
	if got := testpipe.LastRun(t, p.Catalog, kind); fmt.Sprint(got.Compared) != want || got.Error != "" {
		t.Errorf("the last run: %+v, want %s compared", got, want)
	}
	if at := p.One(t, "select cursor from sync_work where kind = $1", kind); at != "" {
		t.Errorf("the next run is to begin at %q", at)
	}
}
