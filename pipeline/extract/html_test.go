package extract

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

func TestHTML(t *testing.T) {
	for _, test := range []struct{ name, source, want string }{
		{"a page", "<!DOCTYPE html>\n<html>\n<head><title>Water &amp; wood</title>\n<style>\np { color: red }\n</style>\n</head>\n<body>\n  <h1>The <b>wheel</b></h1>\n  <p>turns\n     <a href=\"x\">slowly</a>, it does.</p>\n</body></html>\n",
			"\n\nWater & wood\n\n\n\n\n\n# The wheel\nturns\nslowly, it does.\n\n"},
		{"lists", "<html><ul>\n<li>one\n<li><p>two</p>\n</ul>three</html>", "\n- one\n- two\nthree"},
		{"a script", "<html><p>one</p><script>\nif (a < b && c > d) { document.write('<p>') }\n</script>two and three and four and many more words</html>", "one\n\ntwo and three and four and many more words"},
		{"blanks", "<html><pre>\n  a   b\n    c\n</pre><p>  a   b  </p></html>", "\n  a   b\n    c\na b"},
		{"cells", "<html><table><tr><td>a</td><td>b</td></tr>\n<tr><td>c</td></tr></table></html>", "a b\nc"},
		{"entities", "<html>a&nbsp;b &lt;c&gt; &#228;&#10;d &bogus; &#0;</html>", "a b <c> ä d &bogus; \uFFFD"},
		{"words in parts", "<html>w<i>a</i>ter<br>wheel<img src=x alt=\"a mill\">pond</html>", "water wheel a mill pond"},
		{"a comment", "<html>a<!-- b\nc -->d</html>", "a\nd"},
		{"headings in a line", "<html>a<h2>b</h2>c</html>", "a b c"},
		{"an open tag", "<html>\nthe water <a href=\"\n\n", "\nthe water\n\n"},
		{"carriage returns", "<html>\r\na\r\nb\r\n</html>", "\na\nb\n"},
		{"controls", "<html>a\x00b\x1b[1mc</html>", "ab[1mc"},
		{"no words", "<html><body></body></html>", ""},
	} {
		text, refused, _ := htmlText(context.Background(), []byte(test.source))
		if refused != nil || string(text) != test.want {
			t.Errorf("%s: %q, refused %+v; want %q", test.name, text, refused, test.want)
		}
	}
}

func TestHTMLThatIsNoPage(t *testing.T) {
	for name, source := range map[string]string{
		"a fragment": "<p>text</p>", "Go": "<!doctype html><p>{{ .Title }}</p>", "Jinja": "<html>{% block a %}</html>", "ERB": "<html><%= a %></html>", "PHP": "<html><?php echo 1 ?></html>",
		"a program": "<html><script>" + strings.Repeat("call();\n", 100) + "</script>a little text</html>",
		"late":      strings.Repeat(" ", maxProlog) + "<html>a</html>", "nothing": "",
	} {
		if text, refused, _ := htmlText(context.Background(), []byte(source)); refused == nil {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// TestHTMLInTime reads repetitions of the size of the largest file that is read by default.
func TestHTMLInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const limit = 30 * time.Second
	for _, shape := range []string{"<", "<a", "<a ", "<a b='", "<!--", "<!", "</", "&", "&amp", "<h1>", "<svg>", "<script>", "<pre>", "<table><tr><td>", "<textarea>", "a ", "\n", "<![CDATA[", "<p/>", "<img alt=a ", "\x00", "é"} {
		source := []byte("<html>" + strings.Repeat(shape, (1<<20)/len(shape)))
		start := time.Now()
		text, _, _ := htmlText(context.Background(), source)
		if took := time.Since(start); took > limit {
			t.Errorf("1 MiB of %q took %s", shape, took)
		}
		if len(text) > 2*len(source) {
			t.Errorf("1 MiB of %q makes %d bytes", shape, len(text))
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{"<p>a</p>", "<h1>a\n</h1>\n<li>b", "<script>\n</script>", "<!--\n-->", "<a b='\n'>", "&#10;&nbsp;\n", "<pre>\n a</pre>", "<plaintext>\n<b>", "<title>\n&lt;</title>", "\x00\xff\r\n", "<svg><![CDATA[\n]]>"} {
		f.Add([]byte("<html>" + s))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		text, refused, _ := htmlText(context.Background(), source)
		if refused != nil {
			if text != nil || refused.Why == "" {
				t.Fatalf("%+v with %q", refused, text)
			}
			return
		}
		checkText(t, text)
		if got, want := bytes.Count(text, newline), bytes.Count(source, newline); got != want {
			t.Fatalf("%d lines of %d", got, want)
		}
		if again, _, _ := htmlText(context.Background(), source); !bytes.Equal(again, text) {
			t.Fatal("another text the second time")
		}
	})
}

// checkText fails if a text cannot be stored.
func checkText(t testing.TB, text []byte) {
	t.Helper()
	if !bytes.Equal(clean(text), text) {
		t.Fatalf("%q is no text", text)
	}
}

func FuzzDocx(f *testing.F) {
	f.Add(fuzzed("<w:p><w:r><w:t>a</w:t></w:r></w:p>"), "<a/>")
	f.Add(fuzzed("<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"), styles)
	f.Add(fuzzed("<!DOCTYPE a><mc:Fallback><w:t>a</w:t>"), styles)
	f.Fuzz(func(t *testing.T, body, style string) {
		text, refused, _ := docxText(context.Background(), docxOf(t, "word/document.xml", body, "word/styles.xml", style), 1<<16)
		if refused == nil {
			checkText(t, text)
		} else if text != nil || refused.Why == "" {
			t.Fatalf("%+v with %q", refused, text)
		}
	})
}

func fuzzed(body string) string { return strings.Replace(word, "%s", body, 1) }

// FuzzDocxArchive changes bytes of the archive.
func FuzzDocxArchive(f *testing.F) {
	f.Add(document(f, paragraph("Titel", "water")))
	f.Add(docxOf(f, "a", "b"))
	f.Fuzz(func(t *testing.T, content []byte) {
		text, refused, _ := docxText(context.Background(), content, 1<<16)
		if refused == nil {
			checkText(t, text)
		}
	})
}
