package object_test

import (
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/object"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// everything is all work of the syncer on objects, at once.
var everything = object.Config{ScrubInterval: time.Hour, ScrubRate: 1 << 30, GarbageInterval: time.Hour}

// upkeep does a kind of work once.
func upkeep(t *testing.T, p *testpipe.Pipe, kind catalog.WorkKind) (catalog.Tally, error) {
	t.Helper()
	objects := object.New(everything, p.Catalog.Packs, p.Catalog.Garbage, p.Catalog.Generations, p.Blobs, p.Mirrors, p.Logs.Logger())
	for _, w := range objects.Work() {
		if w.Kind == kind {
			return p.Now(t, w)
		}
	}
	t.Fatalf("no work is named %s", kind)
	return catalog.Tally{}, nil
}

func mustUpkeep(t *testing.T, p *testpipe.Pipe, kind catalog.WorkKind) catalog.Tally {
	t.Helper()
	tally, err := upkeep(t, p, kind)
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

func keyOf(t *testing.T, p *testpipe.Pipe, kind string) string {
	t.Helper()
	return p.One(t, "select key from packs where kind = $1 and deleted_at is null order by key limit 1", kind)
}
