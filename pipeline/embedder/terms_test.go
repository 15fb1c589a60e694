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

// commonWords returns n different words.
func commonWords(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("w%dx", i)
	}
	return list
}
