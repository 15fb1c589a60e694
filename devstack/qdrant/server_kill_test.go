package qdrant

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/qdrant/go-client/qdrant"
)

const killDir = "LEAT_TEST_QDRANT_DIR" // if set, this process is the one to be killed

func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		write := writeForever
		if n, err := strconv.Atoi(os.Getenv(killDir + "_POINTS")); err == nil {
			write = func(dir string) error { return writePoints(dir, n) }
		}
		if err := write(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeForever upserts points in batches, from n to n+9, and deletes the first point of every third batch. It prints n
// when all of that is acknowledged. Most points replace others, so the collection is compacted now and then.
func writeForever(dir string) error {
	r, err := openRegistry(dir, quiet)
	if err != nil {
		return err
	}
	api := &pointsAPI{registry: r}
	ctx := context.Background()
	if _, err := r.get("c"); err != nil {
		if err := r.create("c", testShape, tuning{}); err != nil {
			return err
		}
	}
	first, err := strconv.ParseUint(os.Getenv(killDir+"_FROM"), 10, 64)
	if err != nil {
		return err
	}
	for n := first; ; n += 10 {
		request := &qdrant.UpsertPoints{CollectionName: "c"}
		for i := range uint64(10) {
			request.Points = append(request.Points, testPoint(n+i, map[string]any{"n": strconv.FormatUint(n+i, 10)}))
		}
		for range 40 { // hot points, replaced again and again
			request.Points = append(request.Points, testPoint(rand.Uint64N(100), map[string]any{"n": "hot"}))
		}
		if _, err := api.Upsert(ctx, request); err != nil {
			return err
		}
		if n%30 == 0 {
			selector := qdrant.NewPointsSelector(qdrant.NewIDNum(n))
			if _, err := api.Delete(ctx, &qdrant.DeletePoints{CollectionName: "c", Points: selector}); err != nil {
				return err
			}
		}
		fmt.Println(n)
	}
}

// TestKilledProcessLosesNothingAcknowledged kills a writing process at random moments, again and again with the same
// directory.
func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	const begin = 1000
	next := uint64(begin)
	for range 8 {
		acknowledged := writeAndKill(t, dir, next)
		r, api := newRegistry(t, dir)
		held := map[uint64]bool{}
		for _, id := range ids(t, api) {
			held[id] = true
		}
		for n := uint64(begin); n <= acknowledged; n += 10 {
			for i := range uint64(10) {
				if want := i != 0 || n%30 != 0; held[n+i] != want {
					t.Fatalf("point %d of the %d acknowledged: there %v, want %v", n+i, acknowledged, held[n+i], want)
				}
			}
		}
		closeRegistry(t, r)
		next = acknowledged + 20 // writes that were not acknowledged may be there in part
		forget(t, dir, acknowledged+10, next)
		upsertMissing(t, dir, acknowledged+10)
	}
	t.Logf("%d points were acknowledged", next-begin)
}

// forget and upsertMissing complete the batch that a kill interrupted, so that the next round can check it with the
// others.
func forget(t *testing.T, dir string, from, to uint64) {
	t.Helper()
	r, api := newRegistry(t, dir)
	defer closeRegistry(t, r)
	var list []*qdrant.PointId
	for n := from; n < to; n++ {
		list = append(list, qdrant.NewIDNum(n))
	}
	if _, err := api.Delete(t.Context(), &qdrant.DeletePoints{CollectionName: "c", Points: qdrant.NewPointsSelectorIDs(list)}); err != nil {
		t.Fatal(err)
	}
}

func upsertMissing(t *testing.T, dir string, n uint64) {
	t.Helper()
	r, api := newRegistry(t, dir)
	defer closeRegistry(t, r)
	for i := range uint64(10) {
		if i != 0 || n%30 != 0 {
			upsertPoints(t, api, testPoint(n+i, nil))
		}
	}
}

// writeAndKill runs writeForever in a process of its own, kills it after some
// acknowledgements, and returns the last one that it printed.
func writeAndKill(t *testing.T, dir string, from uint64) (acknowledged uint64) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), killDir+"="+dir, killDir+"_FROM="+strconv.FormatUint(from, 10))
	var complaint strings.Builder
	child.Stderr = &complaint
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	remaining := 20 + rand.IntN(150)
	for lines.Scan() {
		line := lines.Text()
		n, err := strconv.ParseUint(line, 10, 64)
		if err != nil {
			continue // the pipe ended within a line
		}
		acknowledged = n
		if remaining--; remaining == 0 {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait() // the error says that it was killed
	if acknowledged == 0 || remaining > 0 {
		t.Fatalf("the process ended by itself: %s", complaint.String())
	}
	return acknowledged
}
