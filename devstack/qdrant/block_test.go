package qdrant

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/qdrant/go-client/qdrant"
	"github.com/viterin/vek/vek32"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"pgregory.net/rapid"
)

// smallBlocks makes segments that are opened during the test fill blocks of 64 slots.
func smallBlocks(t testing.TB) {
	t.Helper()
	before := blockBits
	blockBits = 6
	t.Cleanup(func() { blockBits = before })
}

// sealed waits until all full blocks of the collection have files.
func sealed(t testing.TB, r *registry) []string {
	t.Helper()
	c := r.collections["c"]
	c.segment.sealing.Wait()
	var files []string
	for number := range len(c.segment.ids) >> blockBits {
		path := blockPath(c.dir, c.current.Epoch, number)
		if _, err := os.Stat(path); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	return files
}

// TestModelOfBlocks is TestModel with blocks that are full after a few operations.
func TestModelOfBlocks(t *testing.T) {
	smallBlocks(t)
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(root, "")
		if err != nil {
			t.Fatal(err)
		}
		m := &model{t: t, dir: dir, points: map[uint64]modelPoint{}}
		m.open()
		defer func() {
			if err := m.r.close(); err != nil {
				t.Error(err)
			}
		}()
		if err := m.r.create("c", testShape, tuning{}); err != nil {
			t.Fatal(err)
		}
		many := func(t *rapid.T) {
			for range 10 {
				m.Upsert(t)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"upsert": m.Upsert, "upsert many": many, "delete": m.DeleteByID, "delete by filter": m.DeleteByFilter, "set payload": m.SetPayload,
			"index": m.Index, "restart": m.Restart, "compact": m.Compact, "scroll": m.Scroll, "query": m.Query,
			"wait for the files": func(*rapid.T) { m.r.collections["c"].segment.sealing.Wait() },
		})
	})
}

// wideShape has few enough dimensions for a query to be quantized finely.
func wideShape(distance qdrant.Distance) shape {
	return shape{Dense: "dense", Dimensions: 100, Distance: distance, Sparse: "text", HasSparse: true, IDF: true}
}

// randomVector returns a vector of any of many lengths. Some vectors are equal, zero, or too small or too large for the
// usual arithmetic.
func randomVector(r *rand.Rand, dimensions int) []float32 {
	v := make([]float32, dimensions)
	scale := float32(math.Pow(10, float64(r.IntN(5)-2)))
	switch r.IntN(12) {
	case 0:
		return v
	case 1:
		scale = 1e-42
	case 2:
		scale = 1e18
	case 3:
		scale = 0
		v[r.IntN(dimensions)] = 1
	}
	for i := range v {
		v[i] += scale * float32(r.NormFloat64())
	}
	return v
}

// TestNearestIsThatOfAScan compares the hits with those of a scan of all vectors, to the last bit.
func TestNearestIsThatOfAScan(t *testing.T) {
	smallBlocks(t)
	for _, distance := range []qdrant.Distance{qdrant.Distance_Dot, qdrant.Distance_Cosine, qdrant.Distance_Euclid} {
		r, api := newRegistry(t, t.TempDir())
		if err := r.create("c", wideShape(distance), tuning{}); err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(1, uint64(distance)))
		var batch []*qdrant.PointStruct
		for n := range uint64(700) {
			p := testPoint(n, map[string]any{"third": int64(n % 3)})
			p.Vectors = qdrant.NewVectorsMap(map[string]*qdrant.Vector{"dense": qdrant.NewVectorDense(randomVector(random, 100))})
			if n%5 == 4 { // equal scores occur
				p.Vectors = batch[n-1].Vectors
			}
			batch = append(batch, p)
		}
		upsertPoints(t, api, batch...)
		sealed(t, r)
		s := r.collections["c"].segment
		for range 200 {
			query, err := s.shape.parseDenseVector(randomVector(random, 100))
			if err != nil {
				t.Fatal(err)
			}
			candidates := slices.Clone(s.live)
			for slot := range s.live.all() {
				if random.IntN(10) == 0 {
					candidates.clear(slot)
				}
			}
			limit := 1 + random.IntN(300)
			want := scan(s, query, candidates, limit)
			got := s.nearest(query, slices.Clone(candidates), limit)
			if !slices.EqualFunc(got, want, func(a, b hit) bool {
				return a.slot == b.slot && math.Float32bits(a.score) == math.Float32bits(b.score)
			}) {
				t.Fatalf("%v, limit %d: found %v, want %v", distance, limit, got, want)
			}
		}
		closeRegistry(t, r)
	}
}

// scan scores all candidates, one after another.
func scan(s *segment, query []float32, candidates bitset, limit int) []hit {
	var all []hit
	for slot := range candidates.all() {
		score := vek32.Dot(query, s.dense(slot))
		if s.shape.Distance == qdrant.Distance_Euclid {
			score = -vek32.Distance(query, s.dense(slot))
		}
		all = append(all, hit{slot, score})
	}
	slices.SortFunc(all, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), s.ids[a.slot].compare(s.ids[b.slot]))
	})
	return all[:min(limit, len(all))]
}

// TestDotRows compares the machine's own code with the Go code, also for the largest sums.
func TestDotRows(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, width := range []int{32, 64, 384, 1536, 65536} {
		query, rows := make([]int16, width), make([]int8, 5*width)
		most := min(math.MaxInt16, math.MaxInt32/(codeMax*width))
		for i := range query {
			query[i] = int16(random.IntN(2*most+1) - most)
		}
		for i := range rows {
			rows[i] = int8(random.IntN(2*codeMax+1) - codeMax)
			if i < width { // the largest sum
				rows[i] = codeMax
				if query[i] < 0 {
					rows[i] = -codeMax
				}
			}
		}
		got, want := make([]int32, 5), make([]int32, 5)
		dotRows(query, rows, got)
		dotRowsGo(query, rows, want)
		if !slices.Equal(got, want) {
			t.Errorf("width %d: %v, want %v", width, got, want)
		}
	}
}

// blocks makes a directory with collection "c" of n points and some dead slots. The blocks have 64 slots and files.
func blocks(t *testing.T, n uint64) (dir string, files []string) {
	t.Helper()
	smallBlocks(t)
	dir = t.TempDir()
	r, api := newRegistry(t, dir)
	if err := r.create("c", testShape, tuning{}); err != nil {
		t.Fatal(err)
	}
	keyword := qdrant.FieldType_FieldTypeKeyword
	if _, err := api.CreateFieldIndex(t.Context(), &qdrant.CreateFieldIndexCollection{CollectionName: "c", FieldName: "a", FieldType: &keyword}); err != nil {
		t.Fatal(err)
	}
	for from := uint64(0); from < n; from += 10 {
		var batch []*qdrant.PointStruct
		for i := range uint64(10) {
			batch = append(batch, testPoint(from+i, map[string]any{"a": fmt.Sprint("x", (from+i)%3)}))
		}
		batch = append(batch, testPoint(from/2, map[string]any{"a": "x0"}))
		upsertPoints(t, api, batch...)
		selector := qdrant.NewPointsSelector(qdrant.NewIDNum(from + 7))
		if _, err := api.Delete(t.Context(), &qdrant.DeletePoints{CollectionName: "c", Points: selector}); err != nil {
			t.Fatal(err)
		}
	}
	files = sealed(t, r)
	closeRegistry(t, r)
	return dir, files
}

// answers returns everything that the collection says about its points.
func answers(t *testing.T, api *pointsAPI) string {
	t.Helper()
	var all strings.Builder
	fmt.Fprintln(&all, ids(t, api))
	dense, text := "dense", "text"
	for _, request := range []*qdrant.QueryPoints{
		{Query: qdrant.NewQueryDense([]float32{1, 2, 0, 0}), Using: &dense},
		{Query: qdrant.NewQuerySparse([]uint32{2, 3, 9}, []float32{1, 2, 3}), Using: &text},
		{Query: qdrant.NewQuerySparse([]uint32{2, 9}, []float32{1, 3}), Using: &text, Filter: &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchKeyword("a", "x1")}}},
	} {
		request.CollectionName, request.WithPayload = "c", qdrant.NewWithPayload(true)
		reply, err := api.Query(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range reply.GetResult() {
			fmt.Fprintln(&all, p.GetId().GetNum(), p.GetScore(), p.GetPayload()["a"].GetStringValue())
		}
	}
	return all.String()
}

// TestBlocksAreMadeAnew opens a collection with all files of its blocks, without some, and with damaged ones. The
// answers are the same, and the files are there again.
func TestBlocksAreMadeAnew(t *testing.T) {
	dir, files := blocks(t, 400)
	if len(files) < 4 {
		t.Fatalf("%d blocks", len(files))
	}
	want := ""
	for _, c := range []struct {
		name   string
		change func() error
	}{
		{"as they are", func() error { return nil }},
		{"none is there", func() error {
			for _, path := range files {
				if err := os.Remove(path); err != nil {
					return err
				}
			}
			return nil
		}},
		{"the second is missing", func() error { return os.Remove(files[1]) }},
		{"the last is cut off", func() error { return os.Truncate(files[len(files)-1], 1000) }},
		{"the first is empty", func() error { return os.Truncate(files[0], 0) }},
		{"one is of another block", func() error { return os.Rename(files[0], files[2]) }},
	} {
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		r, api := newRegistry(t, dir)
		got := answers(t, api)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
		if again := sealed(t, r); len(again) != len(files) {
			t.Errorf("%s: %d files, want %d", c.name, len(again), len(files))
		}
		closeRegistry(t, r)
	}
}

// TestDamagedBlockIsMadeAnew flips bytes everywhere in a block's file.
func TestDamagedBlockIsMadeAnew(t *testing.T) {
	dir, files := blocks(t, 200)
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	r, api := newRegistry(t, dir)
	want := answers(t, api)
	closeRegistry(t, r)
	step := max(1, len(whole)/60)
	for at := 0; at < len(whole); at += step {
		damaged := slices.Clone(whole)
		damaged[at] ^= 0x10
		if err := os.WriteFile(files[0], damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		r, api := newRegistry(t, dir)
		if got := answers(t, api); got != want {
			t.Fatalf("byte %d: %s, want %s", at, got, want)
		}
		closeRegistry(t, r)
	}
}

// TestDamageBehindABlockIsNeverServed damages each record that the start does not read because of a block's file.
// Whoever asks for its point gets an error that names the place.
func TestDamageBehindABlockIsNeverServed(t *testing.T) {
	dir, files := blocks(t, 100)
	log := filepath.Join(filepath.Dir(files[0]), "000001.log")
	whole, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := newRegistry(t, dir)
	s := r.collections["c"].segment
	if s.unread < 64 {
		t.Fatalf("%d slots are from files", s.unread)
	}
	var bodies []int64
	for slot := range s.live.all() {
		if slot < s.unread {
			bodies = append(bodies, s.bodies[slot])
		}
	}
	closeRegistry(t, r)
	for i, body := range bodies {
		damaged := slices.Clone(whole)
		damaged[body-frameBytes+int64(i*7%48)] ^= 4
		if err := os.WriteFile(log, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		r, api := newRegistry(t, dir)
		limit := uint32(1 << 20)
		_, err := api.Scroll(t.Context(), &qdrant.ScrollPoints{CollectionName: "c", Limit: &limit, WithPayload: qdrant.NewWithPayload(true)})
		if status.Code(err) != codes.DataLoss || !strings.Contains(err.Error(), log) {
			t.Errorf("record at %d, byte %d: %v, want data loss", body, i*7%48, err)
		}
		closeRegistry(t, r)
	}
}

// TestSharedTermsAreThoseOfAScan compares the hits with those of a scan of all terms, to the last bit. Some slots are
// in files, some in runs, and some in neither.
func TestSharedTermsAreThoseOfAScan(t *testing.T) {
	smallBlocks(t)
	blockBits = 12 // blocks of two runs
	r, api := newRegistry(t, t.TempDir())
	defer func() { closeRegistry(t, r) }()
	if err := r.create("c", testShape, tuning{}); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	for from := uint64(0); from < 7000; from += 500 {
		var batch []*qdrant.PointStruct
		for i := range uint64(500) {
			p := testPoint((from+i)%6000, nil)
			var indices []uint32
			var weights []float32
			for index := range uint32(30) {
				if random.IntN(4) == 0 {
					indices, weights = append(indices, index*index*index), append(weights, float32(random.NormFloat64()))
				}
			}
			p.Vectors = qdrant.NewVectorsMap(map[string]*qdrant.Vector{"text": qdrant.NewVectorSparse(indices, weights)})
			batch = append(batch, p)
		}
		upsertPoints(t, api, batch...)
	}
	s := r.collections["c"].segment
	for range 30 {
		query := newTerms([]uint32{1, 8, 27, 28, 729, 29 * 29 * 29}, []float32{random.Float32(), random.Float32(), -1, 1, random.Float32(), 0})
		candidates := slices.Clone(s.live)
		for slot := range s.live.all() {
			if random.IntN(3) == 0 {
				candidates.clear(slot)
			}
		}
		limit := 1 + random.IntN(400)
		want := scanTerms(s, query, candidates, limit)
		if got := s.matching(query, slices.Clone(candidates), limit); !slices.Equal(got, want) {
			t.Fatalf("limit %d: found %v, want %v", limit, got, want)
		}
	}
}

// scanTerms scores all candidates, one after another.
func scanTerms(s *segment, query *terms, candidates bitset, limit int) []hit {
	weights := make([]float32, len(query.indices))
	for place, index := range query.indices {
		n := 0.0
		for slot := range s.live.all() {
			if slices.Contains(s.at(slot).indices(), index) {
				n++
			}
		}
		total := float64(s.live.count())
		weights[place] = query.weights[place] * float32(math.Log((total-n+0.5)/(n+0.5)+1))
	}
	var all []hit
	for slot := range candidates.all() {
		u, h, shares := s.at(slot), hit{slot: slot}, false
		for i, index := range u.indices() {
			if place := slices.Index(query.indices, index); place >= 0 {
				h.score += float32(weights[place] * u.weights()[i])
				shares = true
			}
		}
		if shares {
			all = append(all, h)
		}
	}
	slices.SortFunc(all, s.rank)
	return all[:min(limit, len(all))]
}

// TestQueriesWhileBlocksAreWritten queries all the time while points are written, blocks get their files, and fields
// are indexed.
func TestQueriesWhileBlocksAreWritten(t *testing.T) {
	smallBlocks(t)
	r, api := newRegistry(t, t.TempDir())
	defer closeRegistry(t, r)
	if err := r.create("c", testShape, tuning{}); err != nil {
		t.Fatal(err)
	}
	upsertPoints(t, api, testPoint(0, map[string]any{"a": "x"}))
	var asking sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		asking.Go(func() {
			dense, text := "dense", "text"
			filter := &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchKeyword("a", "x")}}
			for {
				for _, request := range []*qdrant.QueryPoints{
					{CollectionName: "c", Query: qdrant.NewQueryDense([]float32{1, 2, 0, 0}), Using: &dense, Filter: filter},
					{CollectionName: "c", Query: qdrant.NewQuerySparse([]uint32{2, 9}, []float32{1, 3}), Using: &text, Filter: filter},
				} {
					reply, err := api.Query(t.Context(), request)
					if err != nil || len(reply.GetResult()) == 0 {
						t.Errorf("found %d points, %v", len(reply.GetResult()), err)
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	keyword := qdrant.FieldType_FieldTypeKeyword
	for n := range uint64(100) {
		var batch []*qdrant.PointStruct
		for i := range uint64(20) {
			batch = append(batch, testPoint(n*15+i, map[string]any{"a": "x"}))
		}
		upsertPoints(t, api, batch...)
		var err error
		if n%20 == 5 {
			_, err = api.CreateFieldIndex(t.Context(), &qdrant.CreateFieldIndexCollection{CollectionName: "c", FieldName: "a", FieldType: &keyword})
		}
		if n%20 == 15 {
			_, err = api.DeleteFieldIndex(t.Context(), &qdrant.DeleteFieldIndexCollection{CollectionName: "c", FieldName: "a"})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	asking.Wait()
}
