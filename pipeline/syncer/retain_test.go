package syncer_test

import (
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/syncer"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

func TestRetentionKeepsWhatIsNeeded(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	for i := range 6 {
		repo.Commit(t, testpipe.Text("stays.txt", "since the first\n", "a.txt", string(rune('a'+i))))
		submitted(t, p, repo, "")
		p.Settle(t)
	}
	p.Rows(t, "update submissions set created_at = now() - interval '31 days' where revision <= 3")
	p.Rows(t, "update submissions set state = 'pending', due_at = now(), track = null, revision = null where revision = 3")
	work := syncer.Retain(syncer.Retention{Snapshots: 2}, p.Catalog.Garbage, p.Catalog.Usage)
	if err := work.Do(t.Context(), &schedule.Run{}); err != nil {
		t.Fatal(err)
	}
	if got := p.One(t, "select string_agg(revision::text, ' ' order by revision) from snapshots"); got != "1 4 5 6" {
		t.Errorf("snapshots %s; want the current one, two before it, and the one that stays.txt is of", got)
	}
	if got := p.One(t, "select string_agg(coalesce(revision::text, state), ' ' order by revision) from submissions"); got != "4 5 6 pending" {
		t.Errorf("submissions of revisions %s, want those of the last 30 days, and the one that is not over", got)
	}
	if report, found := p.Verify(t); !report.OK {
		t.Errorf("verify: %+v: %v", report, found)
	}
}
