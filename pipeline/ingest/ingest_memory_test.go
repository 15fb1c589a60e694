package ingest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// mostLive bounds the live heap of an ingest beyond what was live before, in bytes: a
// batch of 8 MiB that is stored and one that is read, the pack and the chunks of the
// first, and the copies in the tests' own stores.
const mostLive = 40 << 20

// live returns the live heap after a collection.
func live() int64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// prose makes a tree of n files of size bytes, none like another.
func prose(n, size int) testpipe.Tree {
	words := strings.Fields("the water of a leat runs along the hill to the mill and turns its wheel by day and by night")
	random := rand.New(rand.NewPCG(1, 2))
	tree := make(testpipe.Tree, n)
	for i := range n {
		text := make([]byte, 0, size)
		for len(text) < size-80 {
			for range 10 {
				text = append(text, words[random.IntN(len(words))]...)
				text = append(text, ' ')
			}
			text = append(text, '\n')
		}
		tree[fmt.Sprintf("book%02d/page.txt", i)] = testpipe.File{Content: string(text)}
	}
	return tree
}

// Law 10. Memory is measured whenever a pack is on its way to S3: at that moment one
// batch is held, and the next is being read.
func TestMemoryIsNotOfTheRepositorysSize(t *testing.T) {
	const files, size = 64, 1 << 20
	var most, puts atomic.Int64
	at := testpipe.BeforeS3(t, testenv.Stack(t), func(r *http.Request) {
		if r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, ".pack") {
			return
		}
		puts.Add(1)
		now := live()
		for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
		}
	})
	p := testpipe.Join(t, testpipe.Config{}, at)
	repo := testpipe.NewRepo(t)
	repo.Commit(t, prose(files, size))
	before := live()
	p.Submit(t, repo)
	if n := p.One(t, "select count(*) from documents where state = 'chunked'"); n != fmt.Sprint(files) {
		t.Fatalf("%s documents, want %d: %q", n, files, p.Rows(t, "select distinct skip_reason, skip_detail from documents"))
	}
	if n := puts.Load(); n < files/8 {
		t.Fatalf("%d packs: a batch is to have 8 MiB at most", n)
	}
	held := most.Load() - before
	if held > mostLive {
		t.Errorf("%d MiB were live during the ingest of %d MiB; want at most %d", held>>20, files*size>>20, mostLive>>20)
	}
}

// Law 10: the file is not in memory for a moment.
func TestAFileThatIsTooLargeIsNeverHeld(t *testing.T) {
	const size = 100 << 20
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("small.txt", "water\n", "large.txt", strings.Repeat("water\n", size/6)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p.Submit(t, repo)
	runtime.ReadMemStats(&after)
	if rows := states(t, p); len(rows) != 2 || rows[0] != "chunked small.txt" || rows[1] != "skipped too_large large.txt" {
		t.Fatalf("documents %q", rows)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > size/2 {
		t.Errorf("%d MiB were allocated during the ingest of a file of %d MiB that is skipped", allocated>>20, size>>20)
	}
}
