//go:build linux

package chaos

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/testenv/leak"
)

func TestMain(m *testing.M) {
	stack.Serve()
	os.Exit(m.Run())
}

// TestShort is a small make chaos. The seed's schedule cuts and delays connections, flips a byte,
// kills a store and two workers, and wipes NATS.
func TestShort(t *testing.T) {
	if testing.Short() {
		t.Skip("starts twelve processes")
	}
	t.Cleanup(func() { leak.VerifyNone(t) })
	report, err := Run(t.Context(), Config{Seed: shortSeed, Faults: 10, Commits: 4, Damage: true, Pace: 300 * time.Millisecond, Settle: 5 * time.Minute, Out: lines{t}})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	report.Write(&text)
	t.Log(text.String())
	if report.Graph.Symbols == 0 || report.Graph.Edges == 0 {
		t.Errorf("the graphs hold %d symbols and %d edges: they show nothing", report.Graph.Symbols, report.Graph.Edges)
	}
	if report.Graph.Exact == 0 || report.Imports.Imported == 0 || report.Imports.Dropped == 0 {
		t.Errorf("%d files have exact edges of %d indexes imported and %d dropped: they show nothing", report.Graph.Exact, report.Imports.Imported, report.Imports.Dropped)
	}
	for _, v := range report.Violations {
		t.Error(v)
	}
}

const shortSeed = 7

// lines writes each line to the test's log.
type lines struct{ t *testing.T }

func (l lines) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

func TestDraw(t *testing.T) {
	cfg := Config{Seed: 7, Faults: 500, Pace: time.Second}
	one, two := draw(cfg), draw(cfg)
	kinds := map[Kind]int{}
	for i, f := range one {
		if f != two[i] {
			t.Fatalf("fault %d: %v and %v of one seed", i, f, two[i])
		}
		if f.kind == StopWorker && f.lasts <= ackWait {
			t.Errorf("%v: not past the ack wait", f)
		}
		if f.target == "" {
			t.Errorf("fault %d has no target", i)
		}
		kinds[f.kind]++
	}
	for _, kind := range []Kind{KillWorker, StopWorker, KillStore, WipeNATS, Cut, Delay, Stall} {
		if kinds[kind] == 0 {
			t.Errorf("no %q among %d faults", kind, len(one))
		}
	}
	if n := kinds[DropCollection] + kinds[DeleteObject] + kinds[FlipByte] + kinds[FillDisk]; n != 0 {
		t.Errorf("%d faults that were not asked for", n)
	}
	cfg.Damage, cfg.DropIndex, cfg.FullDisk = true, true, true
	kinds = map[Kind]int{}
	for _, f := range draw(cfg) {
		kinds[f.kind]++
	}
	for _, kind := range []Kind{DropCollection, DeleteObject, FlipByte, FillDisk} {
		if kinds[kind] == 0 {
			t.Errorf("no %q though it was asked for", kind)
		}
	}
	cfg.Seed++
	if one[0] == draw(cfg)[0] && one[1] == draw(cfg)[1] {
		t.Error("another seed draws the same")
	}
}
