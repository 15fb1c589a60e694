package embedder_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/embedder/embeddertest"
)

var update = flag.Bool("update", false, "write the goldens anew")

func TestConformance(t *testing.T) { embeddertest.Run(t, embedder.Local{}) }

// goldenTexts cover every rule of the lexer, the largest counts, and sums that are large enough to show a rounding.
func goldenTexts() map[string]string {
	texts := map[string]string{
		"empty":   "",
		"word":    "header",
		"unicode": "Größe ÜBER naïveCafé ПриветМир 検索 x\u0301y \xff\xfeend",
		"idents":  "parseHTTPHeader user_ids user-agent sha256sum URLs x86_64 classes queries __init__ k8s",
		"many":    strings.Repeat("alpha beta gamma ", 1000),
		"long":    strings.Repeat("x", 1000) + strings.Repeat("Ab", 1000),
	}
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "func (s *Server%d) handle%dRequest() { return s.%d }\n", i%97, i*i%1009, i)
	}
	texts["source"] = b.String()
	for name, text := range snippets {
		texts["snippet "+name] = text
	}
	return texts
}

// TestGolden pins the model. If it fails on one machine only, the model is not deterministic. If it fails on all, the
// model has changed and needs another name.
func TestGolden(t *testing.T) {
	golden(t, "testdata/local-384.golden", func(text string) embedder.Vector { return embedder.Vector{Dense: embed(t, text)} })
}

// TestGoldenTerms pins the terms. If it fails, the terms have changed and need another version.
func TestGoldenTerms(t *testing.T) {
	golden(t, fmt.Sprintf("testdata/terms-%d.golden", embedder.TermsVersion), func(text string) embedder.Vector {
		return embedder.Vector{Sparse: embedder.Terms(text)}
	})
}

func golden(t *testing.T, file string, of func(text string) embedder.Vector) {
	t.Helper()
	var got strings.Builder
	texts := goldenTexts()
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		record, err := of(texts[name]).AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%x %6d %s\n", sha256.Sum256(record), len(record), name)
	}
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

func TestSpellingsOfAnIdentifierAreAlike(t *testing.T) {
	spellings := []string{"parseHTTPHeader", "ParseHttpHeader", "parse_http_header", "PARSE_HTTP_HEADER", "parse-http-header", "parseHTTPHeaders"}
	for _, a := range spellings {
		for _, b := range spellings {
			if s := dot(embed(t, a), embed(t, b)); s < 0.9999 {
				t.Errorf("%s and %s: %.4f", a, b, s)
			}
			if !slices.Equal(embedder.Terms(a).Indices, embedder.Terms(b).Indices) {
				t.Errorf("%s and %s have different terms", a, b)
			}
		}
	}
}

func TestLikeWordsAreNear(t *testing.T) {
	for _, c := range []struct {
		a, b     string
		from, to float32
	}{
		{"parse", "parser", 0.2, 0.7},
		{"authentication", "authenticate", 0.3, 0.8},
		{"parse http header", "parse header", 0.7, 0.95},
		{"parse", "matrix", -0.15, 0.15},
		{"parse http header", "evict oldest entry", -0.15, 0.15},
	} {
		if s := dot(embed(t, c.a), embed(t, c.b)); s < c.from || s > c.to {
			t.Errorf("%q and %q: %.3f, want %.2f to %.2f", c.a, c.b, s, c.from, c.to)
		}
	}
}

// TestUnrelatedWordsAreUnbiased shows the effect of the signs: over many pairs of words with nothing in common, the
// mean similarity is zero.
func TestUnrelatedWordsAreUnbiased(t *testing.T) {
	const words = 400
	var sum, squares float64
	vectors := make([][]float32, words)
	for i := range vectors {
		// No two words share a letter.
		vectors[i] = embed(t, string([]rune{rune(0x4e00 + 3*i), rune(0x4e01 + 3*i), rune(0x4e02 + 3*i)}))
	}
	for i := range vectors {
		for j := range i {
			s := float64(dot(vectors[i], vectors[j]))
			sum, squares = sum+s, squares+s*s
		}
	}
	n := float64(words * (words - 1) / 2)
	if mean, deviation := sum/n, math.Sqrt(squares/n); math.Abs(mean) > 0.002 || deviation > 0.08 {
		t.Errorf("mean %.4f, standard deviation %.4f", mean, deviation)
	}
}

func TestCommonWordsWeighLess(t *testing.T) {
	text := embed(t, "func return header")
	if rare, common := dot(text, embed(t, "header")), dot(text, embed(t, "func return")); rare < 2*common {
		t.Errorf("header: %.3f, func return: %.3f", rare, common)
	}
}

func TestLargeText(t *testing.T) {
	text := strings.Repeat("the quick brown fox_jumps overTheLazy dog 42 \xff", 1<<20/45)
	v := embed(t, text)
	if length := math.Sqrt(float64(dot(v, v))); math.Abs(length-1) > 1e-5 {
		t.Errorf("length %v", length)
	}
	distinct := make([]byte, 0, 1<<20)
	for i := 0; len(distinct) < 1<<20; i++ {
		distinct = fmt.Appendf(distinct, "w%x ", i*7919)
	}
	if terms := embedder.Terms(string(distinct)); len(terms.Indices) < 50000 {
		t.Errorf("%d terms", len(terms.Indices))
	}
}

func TestTermsWeigh(t *testing.T) {
	once, often := embedder.Terms("header value"), embedder.Terms(strings.Repeat("header ", 9)+"value")
	query := embedder.QueryTerms("header")
	if len(query.Indices) != 1 || query.Values[0] != 1 {
		t.Fatalf("query terms %+v", query)
	}
	a, b := match(query, once), match(query, often)
	if a <= 0 || b <= a || b >= 1.2+1 {
		t.Errorf("once %.3f, nine times %.3f; want more, but below k1 + 1", a, b)
	}
	longer := match(query, embedder.Terms("header "+strings.Repeat("other words ", 500)))
	if longer >= a {
		t.Errorf("in a short text %.3f, in a long one %.3f", a, longer)
	}
	// tf = 1, len = 2: 2.2 / (1 + 1.2 (0.5 + 0.5 2/180))
	if want := float32(2.2 / (1 + 1.2*(0.5+0.5*2/180))); math.Abs(float64(a-want)) > 1e-6 {
		t.Errorf("weight %v, want %v", a, want)
	}
}

func TestQueryTermsAreDistinct(t *testing.T) {
	terms := embedder.QueryTerms("parseHTTPHeader parse http header headers")
	if len(terms.Indices) != 4 { // parse, http, header and the whole
		t.Errorf("%d terms, want 4", len(terms.Indices))
	}
	for _, v := range terms.Values {
		if v != 1 {
			t.Errorf("weight %v", v)
		}
	}
	if none := embedder.QueryTerms(" ?! "); len(none.Indices) != 0 || len(none.Values) != 0 {
		t.Errorf("terms of no words: %+v", none)
	}
}

func FuzzEmbed(f *testing.F) {
	for _, text := range goldenTexts() {
		f.Add(text[:min(len(text), 500)])
	}
	f.Fuzz(func(t *testing.T, text string) {
		v := embedder.Vector{Dense: embed(t, text), Sparse: embedder.Terms(text)}
		if length := math.Sqrt(float64(dot(v.Dense, v.Dense))); math.Abs(length-1) > 1e-4 {
			t.Errorf("length %v", length)
		}
		if !slices.Equal(v.Dense, embed(t, text)) {
			t.Error("another vector the second time")
		}
		if _, err := v.AppendBinary(nil); err != nil { // checks order and finiteness
			t.Error(err)
		}
		for _, index := range embedder.QueryTerms(text).Indices {
			if _, found := slices.BinarySearch(v.Sparse.Indices, index); !found {
				t.Error("a text does not hold a term of itself as a query")
			}
		}
	})
}
