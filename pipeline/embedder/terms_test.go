package embedder_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/embedder"
)

// TestTermsFoldForms asks in one form for words that are written in another.
func TestTermsFoldForms(t *testing.T) {
	for query, text := range map[string]string{
		"naive":       "naïve",
		"cafe\u0301s": "Café",
		"CAFÉ":        "cafe\u0301",
		"ecole":       "E\u0301COLE",
		"STRASSE":     "Straße",
		"grosse":      "größe",
		"parseHeader": "ｐａｒｓｅＨｅａｄｅｒ",
		"file":        "ﬁle",
		"smorrebrod":  "smørrebrød",
		"елка":        "ёлка",
		"λογος":       "ΛΌΓΟΣ",
		"שלום":        "שָׁלוֹם",
		"カタカナ":        "ｶﾀｶﾅ",
		"が":           "か\u3099",
		"토큰":          "토큰",
	} {
		if a, b := embedder.QueryTerms(query), embedder.QueryTerms(text); !slices.Equal(a.Indices, b.Indices) || len(a.Indices) == 0 {
			t.Errorf("%q and %q have different terms", query, text)
		}
	}
	for query, text := range map[string]string{"か": "が", "กา": "กี"} { // marks that make another letter
		if slices.Equal(embedder.QueryTerms(query).Indices, embedder.QueryTerms(text).Indices) {
			t.Errorf("%q and %q have equal terms", query, text)
		}
	}
}

// TestTermsWithoutBlanks finds words of scripts without blanks inside longer texts that hold them, and in no others.
func TestTermsWithoutBlanks(t *testing.T) {
	for _, c := range []struct {
		query string
		text  string
		held  bool // all terms of the query
	}{
		{"令牌", "系统启动以后会先检查令牌是否可用", true},
		{"令牌", "系统启动以后会先检查密码是否可用", false},
		{"牌", "检查令牌是否可用", true},
		{"検索エンジン", "全文検索エンジンの設定", true},
		{"サーバー", "ウェブサーバーを起動する", true},
		{"토큰", "시작할 때 토큰을 먼저 확인", true},
		{"ค้นหา", "ระบบค้นหาไฟล์ทั้งหมด", true},
		{"ລະບົບ", "ການຄົ້ນຫາໃນລະບົບ", true},
		{"第3节", "# 第3节", true},
		{"parseHeader函数", "调用parseHeader函数处理", true},
		{"header", "使用header文件", true},
	} {
		held, terms := 0, embedder.Terms(c.text)
		query := embedder.QueryTerms(c.query)
		for _, index := range query.Indices {
			if slices.Contains(terms.Indices, index) {
				held++
			}
		}
		if (held == len(query.Indices)) != c.held || len(query.Indices) == 0 {
			t.Errorf("%q holds %d of the %d terms of %q", c.text, held, len(query.Indices), c.query)
		}
	}
}

// TestPairsCountLikeWords checks that single letters add nothing to the length of a text.
func TestPairsCountLikeWords(t *testing.T) {
	terms, longer := embedder.Terms("令牌"), embedder.Terms("令牌令牌令牌")
	if len(terms.Indices) != 3 { // two letters and a pair
		t.Errorf("%d terms, want 3", len(terms.Indices))
	}
	if len(longer.Indices) != 4 {
		t.Errorf("%d terms, want 4", len(longer.Indices))
	}
}

// The indices of a query are the same with and without weights. Their table is empty after each text, small or large.
func TestAppendQueryTerms(t *testing.T) {
	var list []uint32
	long := strings.Repeat("oneWord two_words ", 10) + strings.Join(commonWords(3000), " ")
	for _, text := range []string{"", "parseHTTPHeader", long, "parse parse", "Straße 検索エンジン", long, "a"} {
		list = embedder.AppendQueryTerms(list[:0], text)
		if want := embedder.QueryTerms(text).Indices; !slices.Equal(list, want) {
			t.Errorf("%.20q: %d terms, want %d", text, len(list), len(want))
		}
		if again := embedder.Terms(text).Indices; len(list) > len(again) {
			t.Errorf("%.20q: %d terms of a query, %d of the text", text, len(list), len(again))
		}
	}
}

// A key counts as one word of a query. Names with numbers do not become keys.
func TestKeys(t *testing.T) {
	const key = "e3b0c44298fc1c149afbf4c8996fb924"
	found := weights(embedder.QueryTerms("hash " + key + " fc"))
	for text, want := range map[string]float32{"hash": 1, "fc": 1, "44298": 1. / 16, "afbf": 1. / 16} {
		if got := found[embedder.Terms(text).Indices[0]]; got != want {
			t.Errorf("%s weighs %v, want %v", text, got, want)
		}
	}
	if list := embedder.AppendQueryTerms(nil, "hash "+key+" fc"); len(list) != 3 {
		t.Errorf("%d terms without the parts of keys, want 3", len(list))
	}
	if got := embedder.Words("sum "+key+" v4l2_s16le_x86_64", 99); !slices.Equal(got,
		[]string{"sum", key, "v", "4", "l", "2", "s", "16", "le", "x", "86", "64"}) {
		t.Errorf("read %q", got)
	}
	for _, name := range []string{"V4L2_PIX_FMT_NV12M_8L128", "utf8to16le", "xGMII2_10g_25G_40g", "e3b0c442-98fc-1c14"} {
		for i, weight := range embedder.QueryTerms(name).Values {
			if weight != 1 {
				t.Errorf("%s is read as a key: term %d weighs %v", name, i, weight)
			}
		}
	}
	// The text is found by the parts as well.
	if n := len(embedder.Terms(key).Indices); n < 15 {
		t.Errorf("the text has %d terms", n)
	}
}

// commonWords returns n different words.
func commonWords(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("w%dx", i)
	}
	return list
}

// weights returns the weight of each term.
func weights(terms embedder.Sparse) map[uint32]float32 {
	all := make(map[uint32]float32)
	for i, index := range terms.Indices {
		all[index] = terms.Values[i]
	}
	return all
}
