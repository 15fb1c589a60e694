package point_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/vector"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// compared is a pipe whose embedder counts, with some repositories indexed.
func compared(t *testing.T, repositories int) (*testpipe.Pipe, *testpipe.Counting) {
	t.Helper()
	count := &testpipe.Counting{Embedder: embedder.Local{}}
	p := testpipe.Open(t, testpipe.Config{Embedder: count})
	for i := range repositories {
		p.IngestTree(t, testpipe.Sample(4, fmt.Sprint("r", i)))
	}
	p.SettleOwed(t)
	return p, count
}

func points(p *testpipe.Pipe) *point.Keeper {
	return point.New(point.Config{Alias: p.Config().Index, Interval: time.Hour}, p.Catalog, p.Catalog.Generations, p.Catalog.Schedule, p.Points, p.Logs.Logger())
}

// compare does all of the comparison once, and returns the sum of its runs.
func compare(t *testing.T, p *testpipe.Pipe) (sum catalog.Tally) {
	t.Helper()
	for _, w := range points(p).Work() {
		did, err := p.Now(t, w)
		if err != nil {
			t.Fatalf("%s: %v", w.Kind, err)
		}
		sum.Found += did.Found
		sum.Repaired += did.Repaired
		if w.Kind != point.KindStrays {
			sum.Compared += did.Compared
		}
	}
	return sum
}

// with returns points that are changed.
func with(list []vector.Point, change func(*vector.Point)) []vector.Point {
	list = slices.Clone(list)
	for i := range list {
		change(&list[i])
	}
	return list
}
