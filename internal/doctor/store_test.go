package doctor

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/vector"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// An answer that comes late does not make a clock wrong.
func TestAClockIsWrongByWhatTheAnswerCannotExplain(t *testing.T) {
	began := time.Now()
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	for _, test := range []struct{ clock, after, want int }{
		{0, 0, 0}, {0, 20, 0}, {20, 20, 0}, {7, 20, 0}, {-3, 20, 3}, {24, 20, 4},
	} {
		if got := apart(at(test.clock), began, at(test.after)); got != time.Duration(test.want)*time.Second {
			t.Errorf("asked at 0, %d s when the answer comes at %d s: %s, want %d s", test.clock, test.after, got, test.want)
		}
	}
}

// A schema that is older or newer than the program is wrong, and the finding says what to run.
func TestSchemaOfAnotherRelease(t *testing.T) {
	url := testenv.Postgres(t)
	c, err := catalog.Open(t.Context(), catalog.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	says := func(want State, text, do string) {
		t.Helper()
		l := &look{stores: store.Stores{Catalog: c}}
		l.schema(t.Context())
		if len(l.report.Findings) != 1 {
			t.Fatalf("%+v", l.report.Findings)
		}
		if f := l.report.Findings[0]; f.State != want || !strings.Contains(f.Text, text) || !strings.Contains(f.Do, do) {
			t.Errorf("%+v, want %s, %q and %q", f, want, text, do)
		}
	}
	if err := c.Schema.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	says(Good, "migrations are applied", "")
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	if _, err := conn.Exec(t.Context(), "insert into goose_db_version (version_id, is_applied) values (99999, true)"); err != nil {
		t.Fatal(err)
	}
	says(Wrong, "newer release: step 99999", "run the newer release")
	if _, err := conn.Exec(t.Context(), "delete from goose_db_version where version_id = 99999"); err != nil {
		t.Fatal(err)
	}
	if err := c.Schema.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	says(Wrong, "not applied: 000", "run 'leat migrate up'")
}

// A dead copy is a warning while another copy of its shard serves, and wrong otherwise.
func TestReplicasAreJudged(t *testing.T) {
	up := func(shard uint32, server uint64) vector.Replica {
		return vector.Replica{Shard: shard, Server: server, State: "active", Serves: true}
	}
	dead := func(shard uint32, server uint64) vector.Replica {
		return vector.Replica{Shard: shard, Server: server, State: "dead"}
	}
	for _, c := range []struct {
		name  string
		all   []vector.Replica
		state State
		text  string
	}{
		{"none", nil, Good, ""},
		{"each shard once", []vector.Replica{up(0, 7), up(1, 8)}, Good, ""},
		{"all serve", []vector.Replica{up(0, 7), up(0, 8)}, Good, "all 2 copies of shards serve"},
		{"one is dead", []vector.Replica{up(0, 7), dead(0, 8)}, Warning, "1 of 2 copies of shards do not serve: shard 0 on server 8 is dead"},
		{"a shard is lost", []vector.Replica{up(0, 7), dead(0, 8), dead(1, 8)}, Wrong, "2 of 3 copies of shards do not serve: shard 0 on server 8 is dead, shard 1 on server 8 is dead; without a copy that serves: 1 shard"},
	} {
		state, text, do := judgeReplicas(c.all)
		if state != c.state || text != c.text {
			t.Errorf("%s: %s, %q; want %s, %q", c.name, state, text, c.state, c.text)
		}
		if (do == "") != (state == Good) {
			t.Errorf("%s: says to do %q", c.name, do)
		}
	}
}
