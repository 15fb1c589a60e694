package qdrant

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/qdrant/go-client/qdrant"
)

var testShape = shape{Dense: "dense", Dimensions: 4, Distance: qdrant.Distance_Dot, Sparse: "text", HasSparse: true, IDF: true}

func newRegistry(t testing.TB, dir string) (*registry, *pointsAPI) {
	t.Helper()
	r, err := openRegistry(dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return r, &pointsAPI{registry: r}
}

func closeRegistry(t testing.TB, r *registry) {
	t.Helper()
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
}

func testPoint(n uint64, payload map[string]any) *qdrant.PointStruct {
	return &qdrant.PointStruct{
		Id: qdrant.NewIDNum(n), Payload: qdrant.NewValueMap(payload),
		Vectors: qdrant.NewVectorsMap(map[string]*qdrant.Vector{
			"dense": qdrant.NewVectorDense([]float32{float32(n), 1, 0, 0}),
			"text":  qdrant.NewVectorSparse([]uint32{9, uint32(n % 7)}, []float32{1, 2}),
		}),
	}
}

func upsertPoints(t testing.TB, api *pointsAPI, points ...*qdrant.PointStruct) {
	t.Helper()
	if _, err := api.Upsert(t.Context(), &qdrant.UpsertPoints{CollectionName: "c", Points: points}); err != nil {
		t.Fatal(err)
	}
}

func ids(t testing.TB, api *pointsAPI) []uint64 {
	t.Helper()
	limit := uint32(1 << 20)
	reply, err := api.Scroll(t.Context(), &qdrant.ScrollPoints{CollectionName: "c", Limit: &limit})
	if err != nil {
		t.Fatal(err)
	}
	var list []uint64
	for _, point := range reply.GetResult() {
		list = append(list, point.GetId().GetNum())
	}
	return list
}

// written makes a directory with a collection "c", upserts points 1 and 2 there, and calls last. It returns the
// directory, the log, and the log's length before and after last.
func written(t *testing.T, last func(*pointsAPI)) (dir, log string, before, after int64) {
	t.Helper()
	dir = t.TempDir()
	r, api := newRegistry(t, dir)
	if err := r.create("c", testShape, tuning{}); err != nil {
		t.Fatal(err)
	}
	upsertPoints(t, api, testPoint(1, map[string]any{"a": "x"}))
	upsertPoints(t, api, testPoint(2, map[string]any{"a": "y", "list": []any{"p", 1, true}}))
	c := r.collections["c"]
	log = c.segment.log.Name()
	before = c.segment.log.size
	last(api)
	after = c.segment.log.size
	closeRegistry(t, r)
	return dir, log, before, after
}

// TestTornTail cuts the log at every byte of its last record. Everything written before is there, the record is not,
// and the collection accepts writes.
func TestTornTail(t *testing.T) {
	for name, last := range map[string]func(*pointsAPI){
		"upsert": func(api *pointsAPI) { upsertPoints(t, api, testPoint(3, map[string]any{"a": "a longer payload"})) },
		"delete": func(api *pointsAPI) {
			selector := qdrant.NewPointsSelector(qdrant.NewIDNum(1))
			if _, err := api.Delete(t.Context(), &qdrant.DeletePoints{CollectionName: "c", Points: selector}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, log, before, after := written(t, last)
			whole, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			if after <= before {
				t.Fatalf("the last record takes %d bytes", after-before)
			}
			for size := before; size < after; size++ {
				if err := os.WriteFile(log, whole[:size], 0o600); err != nil {
					t.Fatal(err)
				}
				for reopened := range 2 { // the second round finds what the first left
					r, api := newRegistry(t, dir)
					got, want := fmt.Sprint(ids(t, api)), "[1 2]"
					if reopened == 1 {
						want = "[1 2 4]"
					}
					if got != want {
						t.Fatalf("cut at %d of %d to %d: points %s, want %s", size, before, after, got, want)
					}
					upsertPoints(t, api, testPoint(4, nil))
					closeRegistry(t, r)
				}
			}
		})
	}
}

// TestZerosAtTheEnd has zeros at the end of the log, as some file systems leave them after a power failure.
func TestZerosAtTheEnd(t *testing.T) {
	dir, log, _, _ := written(t, func(*pointsAPI) {})
	appendTo(t, log, make([]byte, 100))
	r, api := newRegistry(t, dir)
	defer closeRegistry(t, r)
	if got := fmt.Sprint(ids(t, api)); got != "[1 2]" {
		t.Errorf("points %s, want [1 2]", got)
	}
}

func appendTo(t *testing.T, path string, data []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestDamageIsNeverServed flips every byte of the log before its last record. The server refuses to start and names the
// place. Only padding may change unnoticed.
func TestDamageIsNeverServed(t *testing.T) {
	dir, log, before, _ := written(t, func(api *pointsAPI) { upsertPoints(t, api, testPoint(3, nil)) })
	whole, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	unseen := 0
	for at := range before {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x20
		if err := os.WriteFile(log, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := openRegistry(dir, quiet)
		if err == nil {
			unseen++
			closeRegistry(t, r)
			continue
		}
		var corrupt *corruptError
		if !errors.As(err, &corrupt) || corrupt.file != log || corrupt.offset > at {
			t.Fatalf("byte %d: %v, want the damage's place", at, err)
		}
	}
	if unseen > 2*7 {
		t.Errorf("%d damaged bytes went unseen; the padding of two records is 14 at most", unseen)
	}
}

func TestDamagedVectorIsNeverServed(t *testing.T) {
	dir, log, _, _ := written(t, func(*pointsAPI) {})
	vectors := strings.TrimSuffix(log, ".log") + ".vectors"
	whole, err := os.ReadFile(vectors)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"flipped": append([]byte{whole[0] ^ 1}, whole[1:]...),
		"short":   whole[:len(whole)-1],
	} {
		if err := os.WriteFile(vectors, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := openRegistry(dir, quiet)
		var corrupt *corruptError
		if !errors.As(err, &corrupt) || !strings.Contains(err.Error(), vectors) {
			t.Errorf("%s: %v, want an error that names %s", name, err, vectors)
		}
		if err == nil {
			closeRegistry(t, r)
		}
	}
}

func TestDirectoryHasOneServer(t *testing.T) {
	dir := t.TempDir()
	first, err := Start(Config{Dir: dir, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if second, err := Start(Config{Dir: dir, Log: quiet}); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("second server: %v, %v", second, err)
	}
	for range 2 {
		if err := first.Close(); err != nil {
			t.Error(err)
		}
	}
	again, err := Start(Config{Dir: dir, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// TestCompaction replaces points until most slots are dead. The files shrink, and the answers stay the same, also after
// a restart.
func TestCompaction(t *testing.T) {
	dir := t.TempDir()
	r, api := newRegistry(t, dir)
	if err := r.create("c", testShape, tuning{}); err != nil {
		t.Fatal(err)
	}
	keyword := qdrant.FieldType_FieldTypeKeyword
	if _, err := api.CreateFieldIndex(t.Context(), &qdrant.CreateFieldIndexCollection{CollectionName: "c", FieldName: "a", FieldType: &keyword}); err != nil {
		t.Fatal(err)
	}
	const points, rounds = 500, 30
	for round := range rounds {
		var batch []*qdrant.PointStruct
		for n := range uint64(points) {
			batch = append(batch, testPoint(n, map[string]any{"a": fmt.Sprint("round ", round)}))
		}
		upsertPoints(t, api, batch...)
	}
	check := func(api *pointsAPI, r *registry) {
		t.Helper()
		c := r.collections["c"]
		if c.current.Epoch < 2 || len(c.segment.ids) > 2*minDead+2*points {
			t.Errorf("epoch %d has %d slots for %d points", c.current.Epoch, len(c.segment.ids), points)
		}
		if files, err := os.ReadDir(c.dir); err != nil || len(files) != 3 {
			t.Errorf("files %v, %v; want a description, a log and vectors", files, err)
		}
		for round, want := range map[int]uint64{rounds - 1: points, rounds - 2: 0} {
			filter := &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchKeyword("a", fmt.Sprint("round ", round))}}
			reply, err := api.Count(t.Context(), &qdrant.CountPoints{CollectionName: "c", Filter: filter})
			if err != nil || reply.GetResult().GetCount() != want {
				t.Errorf("round %d has %d points, %v; want %d", round, reply.GetResult().GetCount(), err, want)
			}
		}
	}
	check(api, r)
	closeRegistry(t, r)
	r, api = newRegistry(t, dir)
	check(api, r)
	closeRegistry(t, r)
}

// TestInterruptedWorkIsSweptUp starts with the remains of a compaction, a creation and a removal that were killed.
func TestInterruptedWorkIsSweptUp(t *testing.T) {
	dir, log, _, _ := written(t, func(*pointsAPI) {})
	collections := filepath.Join(dir, collectionsDir)
	remains := []string{
		filepath.Join(filepath.Dir(log), "000002.log"),
		filepath.Join(filepath.Dir(log), descriptionFile+".new"),
		filepath.Join(collections, "000007", "000001.log"),
		filepath.Join(collections, "000003"+removedSuffix, descriptionFile),
	}
	for _, path := range remains {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("{}"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	r, api := newRegistry(t, dir)
	defer closeRegistry(t, r)
	if got := fmt.Sprint(ids(t, api), r.names()); got != "[1 2] [c]" {
		t.Errorf("points and collections %s, want [1 2] [c]", got)
	}
	for _, path := range remains {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", path, err)
		}
	}
}

// TestScrollOfMany has more points than a page sorts by itself. They are written in any order, with scrolls and
// deletions in between.
func TestScrollOfMany(t *testing.T) {
	r, api := newRegistry(t, t.TempDir())
	defer closeRegistry(t, r)
	if err := r.create("c", testShape, tuning{}); err != nil {
		t.Fatal(err)
	}
	numbers := rand.Perm(4 * fewSlots)
	held := map[uint64]bool{}
	for round := range 8 {
		var batch []*qdrant.PointStruct
		for _, n := range numbers[round*fewSlots/2:][:fewSlots/2] {
			batch, held[uint64(n)] = append(batch, testPoint(uint64(n), nil)), true
		}
		upsertPoints(t, api, batch...)
		gone := batch[round].GetId()
		if _, err := api.Delete(t.Context(), &qdrant.DeletePoints{CollectionName: "c", Points: qdrant.NewPointsSelector(gone)}); err != nil {
			t.Fatal(err)
		}
		delete(held, gone.GetNum())

		var got []uint64
		limit := uint32(700)
		request := &qdrant.ScrollPoints{CollectionName: "c", Limit: &limit}
		for {
			reply, err := api.Scroll(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			for _, point := range reply.GetResult() {
				got = append(got, point.GetId().GetNum())
			}
			if request.Offset = reply.GetNextPageOffset(); request.Offset == nil {
				break
			}
		}
		if want := slices.Sorted(maps.Keys(held)); !slices.Equal(got, want) {
			t.Fatalf("round %d scrolled %d points, want %d in order", round, len(got), len(want))
		}
	}
}
