package search_test

import (
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/search"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct{ query, line, want string }{
		{"parse headers", "func parseHTTPHeader(h Header) // parsed", "func [parse]HTTP[Header](h [Header]) // parsed"},
		{"parseHTTPHeader", "x = parse_http_header(PARSE)", "x = [parse_http_header]([PARSE])"},
		{"http", "HTTPServer https http2 _http_", "[HTTP]Server [https] [http]2 [_http_]"},
		{"flow", "how much water", "how much water"},
		{"größe", "die Größe der GRÖSSE", "die [Größe] der [GRÖSSE]"},
		{"令牌", "检查令牌是否可用，令牌2", "检查[令牌]是否可用，[令牌]2"},
		{"牌", "检查令牌", "检查令[牌]"},
		{"検索エンジン", "全文検索エンジンのconfig", "全文[検索エンジン]のconfig"},
		{"cafe", "le Café", "le [Café]"},
		{"a", "a\xff a", "[a]\xff [a]"},
		{"What is the retry?", "the retry is due", "the [retry] is due"},
		{"is it", "it is", "[it] [is]"},
		{"", "anything", "anything"},
	} {
		var got strings.Builder
		at := 0
		for _, m := range search.NewMatcher(c.query).Matches(c.line) {
			got.WriteString(c.line[at:m[0]] + "[" + c.line[m[0]:m[1]] + "]")
			at = m[1]
		}
		got.WriteString(c.line[at:])
		if got.String() != c.want {
			t.Errorf("%q in %q: %q, want %q", c.query, c.line, got.String(), c.want)
		}
	}
}

func FuzzMatches(f *testing.F) {
	f.Add("parse http", "parseHTTPHeader user_ids \xff ы検1a")
	f.Fuzz(func(t *testing.T, query, line string) {
		at := 0
		for _, m := range search.NewMatcher(query).Matches(line) {
			if m[0] < at || m[1] <= m[0] || m[1] > len(line) {
				t.Fatalf("range %v of %d bytes, after %d", m, len(line), at)
			}
			at = m[1]
		}
	})
}
