package vectortest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/glob"
	"github.com/leatworks/leat/pipeline/vector"
)

func search(t testing.TB, store vector.Store, collection string, q vector.Query) []vector.Hit {
	t.Helper()
	hits, err := store.Search(t.Context(), collection, q)
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

func paths(hits []vector.Hit) []string {
	list := make([]string, len(hits))
	for i, hit := range hits {
		list[i] = hit.Payload.Path
	}
	return list
}

// testSearchFusesBothRankings has a point that is second in both rankings. It must come before points that are first in
// one ranking and last in the other.
func testSearchFusesBothRankings(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	weigh := func(n int, path string, dense, sparse float32) vector.Point {
		p := point(n, path)
		p.Dense = axis(0)
		p.Dense[0] = dense
		p.Sparse = vector.Sparse{Indices: []uint32{7}, Values: []float32{sparse}}
		return p
	}
	upsert(t, store, collection,
		weigh(1, "dense", 9, 1), weigh(2, "both", 8, 8), weigh(3, "sparse", 1, 9), weigh(4, "neither", 2, 2))
	filter := vector.Filter{Tenant: "acme"}
	term := vector.Sparse{Indices: []uint32{7}, Values: []float32{1}}

	for _, test := range []struct {
		name  string
		query vector.Query
		want  []string
	}{
		{"dense", vector.Query{Dense: axis(0), Filter: filter, Limit: 4}, []string{"dense", "both", "neither", "sparse"}},
		{"sparse", vector.Query{Sparse: term, Filter: filter, Limit: 4}, []string{"sparse", "both", "neither", "dense"}},
		{"limit", vector.Query{Dense: axis(0), Filter: filter, Limit: 2}, []string{"dense", "both"}},
	} {
		if got := paths(search(t, store, collection, test.query)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	hits := search(t, store, collection, vector.Query{Dense: axis(0), Sparse: term, Filter: filter, Limit: 4})
	// The relative dense score has the weight one third, and the sparse one two thirds.
	want := map[string]float32{"both": 8./9/3 + 8./9*2/3, "sparse": 1./9/3 + 2./3, "dense": 1./3 + 1./9*2/3, "neither": 2./9/3 + 2./9*2/3}
	if got := paths(hits); !slices.Equal(got, []string{"both", "sparse", "dense", "neither"}) {
		t.Errorf("fused order %v", got)
	}
	for _, hit := range hits {
		if d := hit.Score - want[hit.Payload.Path]; d > 1e-6 || d < -1e-6 {
			t.Errorf("fused score of %s is %v, want %v", hit.Payload.Path, hit.Score, want[hit.Payload.Path])
		}
	}
	if payload := hits[3].Payload; payload != weigh(4, "neither", 2, 2).Payload {
		t.Errorf("payload %+v", payload)
	}
	filter.Symbols = []string{"f4"}
	only := search(t, store, collection, vector.Query{Dense: axis(0), Sparse: term, Filter: filter, Limit: 4})
	if len(only) != 1 || only[0].ID != id(4) || only[0].Score < 0.999 {
		t.Errorf("found %+v, want the one point that fits", only)
	}
}

// testRareTermsWeighMore has a term in all points and a term in a single point, each with weight 1 in the query and in
// the points. Points of another tenant count as well.
func testRareTermsWeighMore(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	const common, rare = 7, 8
	var points []vector.Point
	for n := 1; n <= 10; n++ {
		p := point(n, fmt.Sprintf("f%d", n))
		p.Sparse = vector.Sparse{Indices: []uint32{common}, Values: []float32{1}}
		if n > 5 {
			p.Payload.Tenant = "other"
		}
		points = append(points, p)
	}
	points[3].Sparse = vector.Sparse{Indices: []uint32{rare}, Values: []float32{1}}
	upsert(t, store, collection, points...)
	idf := func(n float64) float64 { return math.Log((10-n+0.5)/(n+0.5) + 1) }
	hits := search(t, store, collection, vector.Query{
		Sparse: vector.Sparse{Indices: []uint32{common, rare}, Values: []float32{1, 1}}, Filter: vector.Filter{Tenant: "acme"}, Limit: 10,
	})
	if len(hits) != 5 || hits[0].ID != id(4) || math.Abs(float64(hits[0].Score)-idf(1)) > 1e-4 || math.Abs(float64(hits[4].Score)-idf(9)) > 1e-4 {
		t.Errorf("found %+v, want the point with the rare term first, with %v, and four others with %v", hits, idf(1), idf(9))
	}
}

func testFilters(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	points := []vector.Point{point(1, "a.go"), point(2, "a.rs"), point(3, "b.go"), point(4, "a.go")}
	points[1].Payload.Language, points[1].Payload.Kind = "Rust", "type"
	points[2].Payload.Repository, points[2].Payload.Track, points[2].Payload.Ref = id(1001), id(2001), "refs/tags/v1"
	points[1].Payload.Symbols = vector.NewSymbols([]vector.Symbol{{Name: "Mill", StartLine: 2, EndLine: 3}, {Name: "Mill > open", StartLine: 3, EndLine: 3}})
	points[2].Payload.Symbols = vector.NewSymbols([]vector.Symbol{{Name: "Mill > open", StartLine: 3, EndLine: 3}, {Name: "Mill.shut", StartLine: 4, EndLine: 4}, {Name: "öffne", StartLine: 4, EndLine: 4}})
	points[3].Payload.Tenant = "other"
	upsert(t, store, collection, points...)

	for _, test := range []struct {
		name   string
		filter vector.Filter
		want   []int
	}{
		{"tenant", vector.Filter{}, []int{1, 2, 3}},
		{"repository", vector.Filter{Repositories: []uuid.UUID{id(1001), id(1002)}}, []int{3}},
		{"track", vector.Filter{Tracks: []uuid.UUID{id(2000)}}, []int{1, 2}},
		{"document", vector.Filter{Documents: []uuid.UUID{id(3001), id(3003), id(3004)}}, []int{1, 3}},
		{"ref", vector.Filter{Refs: []string{"refs/tags/v1"}}, []int{3}},
		{"apart", vector.Filter{Apart: []uuid.UUID{id(2001), id(2009)}}, []int{1, 2}},
		{"language", vector.Filter{Languages: []string{"Rust", "C"}}, []int{2}},
		{"kind", vector.Filter{Kinds: []string{"type"}}, []int{2}},
		{"symbol", vector.Filter{Symbols: []string{"f1", "f4"}}, []int{1}},
		{"definition", vector.Filter{Symbols: []string{"Mill > open"}}, []int{2, 3}},
		{"definition in a type", vector.Filter{Symbols: []string{"open", "f4"}}, []int{2, 3}},
		{"method of a type", vector.Filter{Symbols: []string{"Mill.shut"}}, []int{3}},
		{"accents", vector.Filter{Symbols: []string{"o\u0308ffne"}}, []int{3}},
		{"definition at a path", vector.Filter{Symbols: []string{"open"}, Path: "b.go"}, []int{3}},
		{"part of a name", vector.Filter{Symbols: []string{"ope"}}, nil},
		{"two", vector.Filter{Languages: []string{"Go"}, Refs: []string{"refs/heads/main"}}, []int{1}},
		{"path", vector.Filter{Path: "a.go"}, []int{1}},
		{"glob", vector.Filter{Path: "*.go"}, []int{1, 3}},
		{"none", vector.Filter{Languages: []string{"COBOL"}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.filter.Tenant = "acme"
			var want []uuid.UUID
			for _, n := range test.want {
				want = append(want, id(n))
			}
			var scrolled, found []uuid.UUID
			for p, err := range store.Scroll(t.Context(), collection, test.filter, false) {
				if err != nil {
					t.Fatal(err)
				}
				scrolled = append(scrolled, p.ID)
			}
			for _, hit := range search(t, store, collection, vector.Query{Dense: axis(0), Filter: test.filter, Limit: 10}) {
				found = append(found, hit.ID)
			}
			slices.SortFunc(found, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
			count, err := store.Count(t.Context(), collection, test.filter)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(scrolled, want) || !slices.Equal(found, want) || count != uint64(len(want)) {
				t.Errorf("scrolled %v, found %v, counted %d, want %v", scrolled, found, count, want)
			}
		})
	}
}

// testEveryReadNeedsATenant tests law 11: a tenant sees its own.
func testEveryReadNeedsATenant(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	upsert(t, store, collection, point(1, "a"))
	_, searchErr := store.Search(t.Context(), collection, vector.Query{Dense: axis(0), Limit: 1})
	_, countErr := store.Count(t.Context(), collection, vector.Filter{})
	var scrollErr error
	for _, err := range store.Scroll(t.Context(), collection, vector.Filter{}, false) {
		scrollErr = err
	}
	for what, err := range map[string]error{"search": searchErr, "count": countErr, "scroll": scrollErr} {
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
			t.Errorf("%s without a tenant: %v, want a rejection", what, err)
		}
	}
	p := point(2, "b")
	p.Payload.Tenant = ""
	if err := store.Upsert(t.Context(), collection, []vector.Point{p}); err == nil {
		t.Error("a point without a tenant was written")
	}
}

// testGlobsAgreeWithDoublestar compares the hits with doublestar's answer for every path.
func testGlobsAgreeWithDoublestar(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	names := []string{
		"main.go", "README.md", "cmd/leat/main.go", "cmd/leat/cmd_dev.go", "cmd/leat/testdata/a b.txt", "cmd/x.go",
		"pipeline/vector/search.go", "pipeline/vector/search_test.go", "pipeline/vectors/a.go", "docs/[draft]/a.md", "docs/a*b.md", "ünï/cödé.go",
	}
	points := make([]vector.Point, len(names))
	for i, name := range names {
		points[i] = point(i+1, name)
	}
	upsert(t, store, collection, points...)
	for _, pattern := range []string{
		"*.go", "**/*.go", "cmd/**", "cmd/*/main.go", "cmd/leat/*.go", "cmd/leat/testdata/*", "pipeline/vector/**", "pipeline/vector*/*.go", "{cmd,docs}/**",
		"cmd/leat/{main,cmd_dev}.go", "**/search?test.go", "**/[rs]*.go", `docs/\[draft\]/*`, `docs/a\*b.md`, "ünï/*", "**", "nothing/**", "main.go", "cmd/leat",
	} {
		var want, got []string
		for _, name := range names {
			if glob.Match(pattern, name) {
				want = append(want, name)
			}
		}
		for _, hit := range search(t, store, collection, vector.Query{Dense: axis(0), Filter: vector.Filter{Tenant: "acme", Path: pattern}, Limit: 100}) {
			got = append(got, hit.Payload.Path)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
	for place, want := range map[string]int{"cmd": 4, "cmd/": 4, "cmd/leat": 3, "docs/[draft]": 1, "docs/[draft]/a.md": 1, "docs/a*b.md": 1, "docs/*": 0, "u\u0308ni\u0308": 1, "ünï/cödé.go": 1, "ma": 0} {
		if got := search(t, store, collection, vector.Query{Dense: axis(0), Filter: vector.Filter{Tenant: "acme", Place: place}, Limit: 100}); len(got) != want {
			t.Errorf("place %s: found %q, want %d", place, paths(got), want)
		}
	}
	if got := search(t, store, collection, vector.Query{Dense: axis(0), Filter: vector.Filter{Tenant: "acme", Path: "u\u0308ni\u0308/*"}, Limit: 100}); len(got) != 1 {
		t.Errorf("a glob in another form of Unicode found %q", paths(got))
	}
	if got := search(t, store, collection, vector.Query{Dense: axis(0), Filter: vector.Filter{Tenant: "acme", Path: "cmd/"}, Limit: 100}); len(got) != 4 {
		t.Errorf("cmd/ found %q, want all four below it", paths(got))
	}
}

// testGlobsMatchBothForms searches by letters with accents. The paths have these in the other Unicode form.
func testGlobsMatchBothForms(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	const composed, apart = "docs/b\u00fccher/gr\u00f6sse.md", "docs/bu\u0308cher/gro\u0308sse.md"
	upsert(t, store, collection, point(1, composed), point(2, apart), point(3, "docs/bucher/grosse.md"), point(4, "bu\u0308cher.md"))
	both := []string{apart, composed}
	for pattern, want := range map[string][]string{
		composed: both, apart: both, "docs/b\u00fccher/": both, "docs/bu\u0308cher/**": both, "**/gr\u00f6*.md": both,
		"docs/b?cher/*": {"docs/bucher/grosse.md", apart, composed}, "b\u00fccher.md": {"bu\u0308cher.md"}, "b\u00fccher/**": nil,
	} {
		got := paths(search(t, store, collection, vector.Query{Dense: axis(0), Filter: vector.Filter{Tenant: "acme", Path: pattern}, Limit: 100}))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
}

func testBadGlobSaysWhatToChange(t *testing.T, open Open) {
	store := open(t)
	for glob, hint := range map[string]string{
		"a/[b":    "close every [",
		"{a,b":    "close every [",
		"/cmd/**": "leave out the leading /",
		"./a.go":  "leave out the leading ./",
		"a\xff":   "not a glob",

		strings.Repeat("{a,b}", 30): "fewer",
	} {
		_, err := store.Count(t.Context(), "unused", vector.Filter{Tenant: "acme", Path: glob})
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject || !strings.Contains(err.Error(), hint) {
			t.Errorf("%q: %v, want a rejection that says %q", glob, err, hint)
		}
	}
}

// testGlobWidensTheSearch hides the two paths that fit behind 300 better points.
func testGlobWidensTheSearch(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	var points []vector.Point
	for n := 1; n <= 302; n++ {
		p := point(n, fmt.Sprintf("src/f%d.go", n))
		if n > 300 {
			p.Payload.Path = fmt.Sprintf("src/f%d.c", n)
		}
		p.Dense = axis(0)
		p.Dense[0] = float32(1000 - n)
		points = append(points, p)
	}
	upsert(t, store, collection, points...)
	for _, limit := range []int{1, 2, 3} {
		hits := search(t, store, collection, vector.Query{
			Dense: axis(0), Sparse: vector.Sparse{Indices: []uint32{7}, Values: []float32{1}},
			Filter: vector.Filter{Tenant: "acme", Path: "src/*.c"}, Limit: limit,
		})
		if len(hits) != min(limit, 2) {
			t.Errorf("limit %d: %d hits %q", limit, len(hits), paths(hits))
		}
	}
}

func testSearchRefusesWhatItCannotAnswer(t *testing.T, open Open) {
	store := open(t)
	filter := vector.Filter{Tenant: "acme"}
	for name, query := range map[string]vector.Query{
		"no vector":   {Filter: filter, Limit: 1},
		"no limit":    {Dense: axis(0), Filter: filter},
		"huge limit":  {Dense: axis(0), Filter: filter, Limit: 10_001},
		"lone weight": {Sparse: vector.Sparse{Values: []float32{1}}, Filter: filter, Limit: 1},
	} {
		_, err := store.Search(t.Context(), "unused", query)
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject {
			t.Errorf("%s: %v, want a rejection", name, err)
		}
	}
	_, err := store.Search(t.Context(), "leat-test-absent", vector.Query{Dense: axis(0), Filter: filter, Limit: 1})
	if !errors.Is(err, vector.ErrNoCollection) {
		t.Errorf("%v, want ErrNoCollection", err)
	}
}

// testSearchIsExactEnough compares the dense ranking with brute force.
func testSearchIsExactEnough(t *testing.T, open Open) {
	store := open(t)
	collection := create(t, store)
	random := rand.New(rand.NewPCG(5, 6))
	points := make([]vector.Point, 2500) // more than fit into one call
	for i := range points {
		points[i] = point(i+1, fmt.Sprintf("f%d", i))
		points[i].Dense = randomVector(random, dimensions)
	}
	upsert(t, store, collection, points...)
	if count, err := store.CountAll(t.Context(), collection); err != nil || count != 2500 {
		t.Fatalf("counted %d, %v", count, err)
	}
	query := randomVector(random, dimensions)
	slices.SortFunc(points, func(a, b vector.Point) int {
		if dot(query, a.Dense) > dot(query, b.Dense) {
			return -1
		}
		return 1
	})
	hits := search(t, store, collection, vector.Query{Dense: query, Filter: vector.Filter{Tenant: "acme"}, Limit: 20})
	found := 0
	for _, p := range points[:20] {
		if slices.ContainsFunc(hits, func(h vector.Hit) bool { return h.ID == p.ID }) {
			found++
		}
	}
	if found < 18 { // a real server's index is approximate
		t.Errorf("%d of the nearest 20 were found", found)
	}
}

func dot(a, b []float32) float32 {
	sum := float32(0)
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
