package ingest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/secret"
)

// A secret in a path reaches no event, row, point or log. Files whose paths differ
// in their secrets alone stay apart: each is changed and removed by itself.
func TestASecretInAPathGoesNoFurther(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	one, two := githubToken("a"), githubToken("b")
	repo := testpipe.NewRepo(t)
	shown := func(path string) string { return string(secret.Path([]byte(path))) }
	step := func(tree testpipe.Tree, want ...string) {
		t.Helper()
		repo.Commit(t, tree)
		p.Submit(t, repo)
		heard := p.Settle(t)
		events, err := json.Marshal(heard)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{one, two, one[4:20]} {
			if all := stored(t, p) + p.Logs.String(); strings.Contains(all, s) || strings.Contains(string(events), s) {
				t.Errorf("%s is stored, or in an event or a log", s)
			}
			for _, m := range heard {
				if strings.Contains(string(m.Data), s) || strings.Contains(m.Subject, s) {
					t.Errorf("%s is in an event: %s", s, m.Data)
				}
			}
		}
		got := p.Rows(t, "select path, state, coalesce(skip_reason, '') from documents where state <> 'removed' order by path")
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("documents:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if report, found := p.Verify(t); !report.OK {
			t.Errorf("verify: %+v: %v", report, found)
		}
	}
	tree := testpipe.Text(
		one+".txt", "the key of the mill\n", two+".txt", "the key of the weir\n",
		"keys/"+one+"/a.go", "package a\n\nfunc Open() {}\n", "keys/"+one+"/logo.png", "\x89PNG\x00\x00", ".leatignore", "left/"+two+"\n", "left/"+two, "left out\n",
	)
	fixed := []string{shown("keys/"+one+"/a.go") + " indexed ", shown("keys/"+one+"/logo.png") + " skipped binary", shown("left/"+two) + " skipped ignored"}
	files := []string{shown(one+".txt") + " indexed ", shown(two+".txt") + " indexed "}
	if files[0] > files[1] {
		files[0], files[1] = files[1], files[0]
	}
	step(tree, append([]string{".leatignore indexed "}, append(fixed, files...)...)...)
	digest := p.Digest(t)

	delete(tree, one+".txt")
	tree["keys/"+one+"/a.go"] = testpipe.File{Content: "package a\n\nfunc Shut() {}\n"}
	step(tree, append([]string{".leatignore indexed "}, append(fixed, shown(two+".txt")+" indexed ")...)...)
	if p.Digest(t) == digest {
		t.Error("the index has not changed")
	}
}
