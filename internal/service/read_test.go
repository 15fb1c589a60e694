package service_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

func (m mill) read(t *testing.T, r service.ReadRequest) service.ReadAnswer {
	t.Helper()
	a, err := m.Read(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A file whose path holds a secret is found by its real path and by the one that leat shows.
func TestReadFindsAMaskedPath(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	token := "gh" + "p_16C7e42F292c6912E7710c838347Ae178B4a"
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("keys/"+token+"/a.txt", "the key of the weir\n"))
	tree, err := m.Tree(t.Context(), service.TreeRequest{Tenant: "acme", Repository: repo.Dir, Under: "keys/" + token})
	if err != nil || len(tree.Files) != 1 || strings.Contains(tree.Files[0].Path, token) {
		t.Fatalf("%+v, %v", tree, err)
	}
	for _, path := range []string{"keys/" + token + "/a.txt", tree.Files[0].Path} {
		if a := m.read(t, service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Path: path}); a.Text != "the key of the weir\n" {
			t.Errorf("%s: %+v", path, a)
		}
	}
}

func TestReadReturnsLines(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	var code strings.Builder
	code.WriteString("package a\n")
	for i := 0; code.Len() <= service.MaxReadBytes; i++ {
		fmt.Fprintf(&code, "\nfunc f%d(water int) int { return water + %d }\n", i, i)
	}
	long := code.String()
	commit := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text(
		"a.txt", "one\ntwo\nthree\nfour", "empty.txt", "", "utf16.txt", "\xff\xfec\x00a\x00f\x00\xe9\x00\n\x00", "long.go", long))
	for _, test := range []struct {
		path               string
		first, last        int
		text               string
		from, to, lines    int
		encoding, language string
	}{
		{"a.txt", 0, 0, "one\ntwo\nthree\nfour", 1, 4, 4, "", "Text"},
		{"a.txt", 2, 3, "two\nthree\n", 2, 3, 4, "", "Text"},
		{"a.txt", 3, 0, "three\nfour", 3, 4, 4, "", "Text"},
		{"a.txt", 0, 1, "one\n", 1, 1, 4, "", "Text"},
		{"a.txt", 4, 99, "four", 4, 4, 4, "", "Text"},
		{"empty.txt", 0, 0, "", 0, 0, 0, "", "Text"},
		{"empty.txt", 1, 9, "", 0, 0, 0, "", "Text"},
		{"utf16.txt", 0, 0, "café\n", 1, 1, 1, "utf-16le-bom", "Text"},
	} {
		a := m.read(t, service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Path: test.path, First: test.first, Last: test.last})
		if a.Text != test.text || a.First != test.from || a.Last != test.to || a.Lines != test.lines || a.More ||
			a.Encoding != test.encoding || a.Language != test.language {
			t.Errorf("%s, lines %d to %d: %+v", test.path, test.first, test.last, a)
		}
		if a.Commit != commit || a.Revision != 1 || a.Ref != "refs/heads/main" || a.URL != repo.Dir || a.Underway {
			t.Errorf("%s is said to be of %+v, want commit %s", test.path, a.At, commit)
		}
	}

	// A text that is too long comes in parts, which together are the whole.
	var text strings.Builder
	for first, parts := 1, 0; ; parts++ {
		a := m.read(t, service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Path: "long.go", First: first})
		if len(a.Text) > service.MaxReadBytes || a.First != first || parts > 2 {
			t.Fatalf("%d bytes from line %d", len(a.Text), a.First)
		}
		text.WriteString(a.Text)
		if !a.More {
			break
		}
		first = a.Last + 1
	}
	if text.String() != long {
		t.Errorf("the parts have %d bytes and the file %d, or others", text.Len(), len(long))
	}
}

// A file that a commit did not change is read at that commit. If there are several refs, the
// request must name one.
func TestReadNamesTheNewestCommit(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "old\n", "b.txt", "same\n"))
	commit := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.txt", "new\n", "b.txt", "same\n"))
	for path, text := range map[string]string{"a.txt": "new\n", "b.txt": "same\n"} {
		a := m.read(t, service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Path: path})
		if a.Text != text || a.Commit != commit || a.Revision != 2 {
			t.Errorf("%s: %+v, want %q of commit %s", path, a, text, commit)
		}
	}
	m.put(t, "acme", repo, "refs/heads/side", testpipe.Text("a.txt", "aside\n"))
	_, err := m.Read(t.Context(), service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Path: "a.txt"})
	if !errors.Is(err, service.Invalid) || !strings.Contains(err.Error(), "refs/heads/side") {
		t.Errorf("without a ref: %v", err)
	}
	for ref, text := range map[string]string{"main": "new\n", "side": "aside\n", "refs/heads/side": "aside\n"} {
		if a := m.read(t, service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Ref: ref, Path: "a.txt"}); a.Text != text {
			t.Errorf("%s has %q, want %q", ref, a.Text, text)
		}
	}
	m.Rows(t, "update snapshots set state = 'indexing', indexed_at = null where revision = 2")
	if a := m.read(t, service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Ref: "main", Path: "b.txt"}); !a.Underway {
		t.Errorf("while the commit is being indexed: %+v", a.At)
	}
}
