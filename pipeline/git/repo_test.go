package git

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/fault"
)

const otherCommit = "1234567890123456789012345678901234567890"

// odd holds every kind of entry and of path that a tree can hold.
var odd = []item{
	{"100755", "-rf", "#!/bin/sh\n"},
	text("--output=x", "option"),
	text("a\nb.txt", "newline"),
	text("bad\xff\xfe.txt", "not UTF-8"),
	text("dir/with space\ttab", "tab"),
	{"120000", "link", "../../etc/passwd"},
	{"160000", "sub", otherCommit},
	text("z", ""),
}

func TestTreeOfOddPaths(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	s.commit("main", odd...)
	head := mustFetch(t, m, "r", s.remote(m), "")
	want := []string{
		"file --output=x", "executable -rf", "file a\nb.txt", "file bad\xff\xfe.txt",
		"file dir/with space\ttab", "symlink link", "submodule sub", "file z",
	}
	if got := list(t, m.Open("r"), head.Commit); !slices.Equal(got, want) {
		t.Fatalf("tree\n%q\nwant\n%q", got, want)
	}
	// No path of the repository may have become a path on disk.
	err := filepath.WalkDir(m.cfg.Dir, func(path string, entry os.DirEntry, err error) error {
		if name := entry.Name(); name == "-rf" || name == "link" || name == "z" {
			t.Errorf("%s is on disk", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDiff(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	remote, repo := s.remote(m), m.Open("r")
	s.commit("main", text("gone\n", "old"), text("same", "same"), text("edited", "1"), text("typed", "file"), text("moved", "moved"))
	from := mustFetch(t, m, "r", remote, "")
	s.commit("main", text("same", "same"), text("edited", "2"), item{"120000", "typed", "target"}, text("was/moved", "moved"), item{"160000", "sub", otherCommit})
	to := mustFetch(t, m, "r", remote, "")

	var got []string
	for change, err := range repo.Diff(t.Context(), from.Commit, to.Commit) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%v %s %o %q", change.Deleted, change.Kind, change.Mode, change.Path))
	}
	want := []string{
		`false file 100644 "edited"`, `true file 100644 "gone\n"`, `true file 100644 "moved"`,
		`false submodule 160000 "sub"`, `false symlink 120000 "typed"`, `false file 100644 "was/moved"`,
	}
	if !slices.Equal(got, want) {
		t.Fatalf("diff\n%q\nwant\n%q", got, want)
	}
	for _, err := range repo.Diff(t.Context(), from.Commit, to.Commit) {
		if err != nil {
			t.Fatal(err)
		}
		break // must leave nothing behind
	}
}

func TestReadersRefuse(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	s.commit("main", text("a", "a"))
	mustFetch(t, m, "r", s.remote(m), "")
	for _, commit := range []string{"", "--output=/tmp/x", "HEAD", "main:a", strings.Repeat("A", 40), otherCommit + "\n"} {
		if m.Open("r").Has(t.Context(), commit) {
			t.Errorf("Has(%q)", commit)
		}
		for _, err := range m.Open("r").Tree(t.Context(), commit) {
			if kind, _ := fault.Of(err); kind != fault.KindReject {
				t.Errorf("Tree(%q): %v", commit, err)
			}
		}
	}
	for _, id := range []string{"", "..", "../r", "a/b", "a.git"} {
		if _, err := m.Open(id).Blobs(t.Context()); err == nil {
			t.Errorf("Blobs of mirror %q: no error", id)
		}
	}
	// A missing commit is an error, but no reason to doubt the mirror.
	failed := false
	for _, err := range m.Open("r").Tree(t.Context(), otherCommit) {
		failed = err != nil
	}
	if !failed || distrusted(m.dir("r")) {
		t.Fatalf("tree of a missing commit: failed %v, distrusted %v", failed, distrusted(m.dir("r")))
	}
}

func TestFile(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	s.commit("main", text(".gitattributes", "*.x vendored\n"), item{"120000", ".leatignore", "/etc/passwd"}, text("dir/f", "12345"), item{"160000", "sub", otherCommit})
	head := mustFetch(t, m, "r", s.remote(m), "")
	for path, want := range map[string]string{
		".gitattributes": "*.x vendored\n", "dir/f": "12345",
		".leatignore": "", "dir": "", "dir/": "", "sub": "", "none": "", "": "", "../x": "", "*": "", "/dir/f": "", ":/": "",
	} {
		content, found, err := m.Open("r").File(t.Context(), head.Commit, path, 100)
		if err != nil || string(content) != want || found != (want != "") {
			t.Errorf("File(%q) = %q, %v, %v; want %q", path, content, found, err, want)
		}
	}
	_, found, err := m.Open("r").File(t.Context(), head.Commit, "dir/f", 4)
	if !found || !errors.Is(err, ErrTooLarge) {
		t.Errorf("file over the limit: %v, %v", found, err)
	}
}

func TestBlobs(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	var items []item
	for i := range 700 { // several windows
		items = append(items, text(fmt.Sprintf("f%04d", i), strings.Repeat(fmt.Sprintf("%d\n\x00", i), i*3)))
	}
	s.commit("main", items...)
	head := mustFetch(t, m, "r", s.remote(m), "")
	blobs, err := m.Open("r").Blobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer blobs.Close()
	var oids []string
	for entry, err := range m.Open("r").Tree(t.Context(), head.Commit) {
		if err != nil {
			t.Fatal(err)
		}
		oids = append(oids, entry.OID)
	}
	blobs.Request(oids[:300]...)
	sizes, err := blobs.Sizes(oids)
	if err != nil {
		t.Fatal(err)
	}
	blobs.Request(oids[300:]...)
	for i, item := range items {
		blob, err := blobs.Next()
		if err != nil {
			t.Fatal(err)
		}
		want := item.content
		if blob.OID != oids[i] || blob.Size != int64(len(want)) || sizes[i] != blob.Size {
			t.Fatalf("blob %d: %s of %d bytes, size %d; want %s of %d", i, blob.OID, blob.Size, sizes[i], oids[i], len(want))
		}
		switch i % 3 { // read it all, in part, or not at all
		case 0:
			if content, err := io.ReadAll(blob); err != nil || string(content) != want {
				t.Fatalf("blob %d: %d bytes, %v", i, len(content), err)
			}
		case 1:
			if _, err := io.ReadFull(blob, make([]byte, len(want)/2)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := blobs.Next(); !errors.Is(err, io.EOF) {
		t.Fatalf("after the last: %v, want io.EOF", err)
	}
	blobs.Request(oids[0])
	last, err := blobs.Next()
	if err != nil {
		t.Fatalf("requested after the end: %v", err)
	}
	blobs.Close()
	blobs.Close()
	if _, err := last.Read(make([]byte, 1)); err == nil && last.Size > 0 {
		t.Fatal("read after Close: no error")
	}
	if _, err := blobs.Next(); err == nil || errors.Is(err, io.EOF) {
		t.Fatalf("Next after Close: %v", err)
	}
}

func TestBlobsMissing(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	commit := s.commit("main", text("a", "a"))
	mustFetch(t, m, "r", s.remote(m), "")
	for _, oid := range []string{otherCommit, commit, "a\ncontents b"} {
		blobs, err := m.Open("r").Blobs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		blobs.Request(oid)
		if _, err := blobs.Next(); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("Next of %q: %v", oid, err)
		}
		if _, err := blobs.Sizes([]string{oid}); err == nil {
			t.Errorf("Sizes of %q after an error: none", oid)
		}
		blobs.Close()
	}
}

// Output that ends early must not pass for the end of the answers, even if git exits
// without an error.
func TestBlobsEndEarly(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	s.commit("main", text("a", "a"))
	mustFetch(t, m, "r", s.remote(m), "")
	oid := s.blob("a")
	for _, output := range []string{"", oid, oid + " blob 10\nshort"} {
		dir := t.TempDir()
		script := fmt.Sprintf("#!/bin/sh\nread -r request\nprintf '%s'\n", output)
		if err := os.WriteFile(filepath.Join(dir, "git"), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir)
		blobs, err := m.Open("r").Blobs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		blobs.Request(oid)
		blob, err := blobs.Next()
		if err == nil {
			_, err = io.ReadAll(blob)
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			t.Errorf("output %q: %v", output, err)
		}
		if _, err := blobs.Next(); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("after output %q: %v", output, err)
		}
		blobs.Close()
	}
}

// zeros yields n zero bytes.
func zeros(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestLargeBlobIsStreamed(t *testing.T) {
	const size = 100 << 20
	s, m := newSource(t), newMirrors(t)
	large := s.git(zeros(size), "hash-object", "-w", "--stdin")
	tree := s.git(strings.NewReader("100644 blob "+large+"\tlarge\n100644 blob "+s.blob("small")+"\tsmall\n"), "mktree")
	s.git(nil, "update-ref", "refs/heads/main", s.git(nil, "commit-tree", "-m", "large", tree))
	mustFetch(t, m, "r", s.remote(m), "")

	blobs, err := m.Open("r").Blobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer blobs.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	blobs.Request(large, large, s.blob("small"))
	blob, err := blobs.Next()
	if err != nil || blob.Size != size {
		t.Fatalf("large blob: %d bytes, %v", blob.Size, err)
	}
	if n, err := io.Copy(io.Discard, blob); n != size || err != nil {
		t.Fatalf("read %d bytes, %v", n, err)
	}
	if _, err := blobs.Next(); err != nil { // skipped unread
		t.Fatal(err)
	}
	small, err := blobs.Next()
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(small); string(content) != "small" || err != nil {
		t.Fatalf("after the large ones: %q, %v", content, err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
		t.Errorf("reading 200 MiB allocated %d bytes", grown)
	}
}
