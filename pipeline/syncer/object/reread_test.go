package object_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/syncer/object"
)

// A text that was decoded or masked is made again from git's content, byte for byte.
func TestScrubMakesTextsAgain(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	wide := "\xfe\xff"
	for _, c := range []byte("a wheel in two bytes each\npassword = \"Wh33l-of_water\"\n") {
		wide += string([]byte{0, c})
	}
	p.IngestTree(t, testpipe.Text(
		"a.env", "# water\nDB_PASSWORD=Wh33l-of_water\n", "latin1.txt", "M\xfchle\n", "wide.txt", wide, "plain.go", "package p\n",
	))
	lose(t, p, 4)
	if strings.Contains(p.Logs.String(), "Wh33l") {
		t.Error("the secret is in the log")
	}
}

// So is a text that was extracted from a document format.
func TestScrubExtractsTextsAgain(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	var document bytes.Buffer
	w := zip.NewWriter(&document)
	part, err := w.Create("word/document.xml")
	if err == nil {
		_, err = part.Write([]byte(`<w:document xmlns:w="w"><w:p><w:r><w:t>the mill, password = "Wh33l-of_water"</w:t></w:r></w:p></w:document>`))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	p.IngestTree(t, testpipe.Text("a.docx", document.String(), "b.html", "<!doctype html>\n<html><h1>M\xfchle</h1>\n<p>the sluice</html>\n"))
	lose(t, p, 2)
}

// lose deletes the pack of texts. It checks that a scrub makes the pack again, and
// that the index of so many documents stays as it is.
func lose(t *testing.T, p *testpipe.Pipe, documents int64) {
	t.Helper()
	p.SettleOwed(t)
	digest := p.Digest(t)
	p.DeleteObject(t, keyOf(t, p, "text"))
	if tally := mustUpkeep(t, p, object.KindScrub); tally.Found != 1 || tally.Repaired != 1 {
		t.Errorf("scrub: %+v", tally)
	}
	p.SettleOwed(t)
	p.CheckClean(t)
	if got := p.Digest(t); got != digest || digest.Documents != documents {
		t.Errorf("digest %+v, want %+v of %d documents", got, digest, documents)
	}
}
