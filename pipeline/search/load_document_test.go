package search_test

import (
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/extract"
	"github.com/leatworks/leat/pipeline/search"
)

// A hit in a page shows the text of its lines in the file without markup, and says so.
func TestAHitInAPageHasTheLinesOfTheFile(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	source := "<!doctype html>\n<html><head><title>Mills</title></head>\n<body>\n<h1>The <em>water</em> wheel</h1>\n<p>It turns &amp; turns,\nwith <b>the leat</b>.</p>\n</body></html>\n"
	repo.Commit(t, testpipe.Text("page.html", source))
	p.Submit(t, repo)
	p.Settle(t)
	hits := find(t, p, search.Query{Text: "water wheel", Limit: 5})
	if len(hits) != 1 {
		t.Fatalf("%d hits", len(hits))
	}
	h := hits[0]
	if h.Encoding != string(extract.HTML) || h.StartLine != 1 || h.Language != "HTML" {
		t.Errorf("hit %+v", h)
	}
	text, refused, err := extract.New(extract.Config{}).Text(t.Context(), extract.HTML, []byte(source), len(source))
	if err != nil || refused != nil {
		t.Fatalf("%+v, %v", refused, err)
	}
	if h.Text != string(text[h.StartByte:h.EndByte]) {
		t.Errorf("text %q, want %q", h.Text, text)
	}
	file := strings.Split(source, "\n")
	for i, line := range strings.Split(h.Text, "\n") {
		if i > 0 && h.StartLine+i > h.EndLine {
			break
		}
		for word := range strings.FieldsSeq(strings.TrimLeft(line, "# ")) {
			if !strings.Contains(file[h.StartLine-1+i], strings.Trim(word, "&.,")) {
				t.Errorf("line %d has %q and not %q", h.StartLine+i, file[h.StartLine-1+i], word)
			}
		}
	}
}
