package service_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// history is a repository with three commits. One file changes and changes back, one is added, one
// is removed, one changes only its mode, and a skipped one is removed.
func history(t *testing.T, m mill) (repo *testpipe.Repo, commits [3]string, trees [3]testpipe.Tree) {
	t.Helper()
	repo = testpipe.NewRepo(t)
	trees = [3]testpipe.Tree{
		testpipe.Text("a.txt", "one\n", "same.txt", "same\n", "gone.go", "package gone\n\nfunc Gone() {}\n", "b.bin", "\x00\x01", "sub/x.sh", "x\n"),
		testpipe.Text("a.txt", "two\n", "same.txt", "same\n", "new.txt", "new\n", "sub/x.sh", "x\n", "sub/y.txt", "y\n"),
		testpipe.Text("a.txt", "one\n", "same.txt", "same\n", "new.txt", "new\n", "sub/x.sh", "x\n"),
	}
	for i := range trees {
		if i > 0 {
			trees[i]["sub/x.sh"] = testpipe.File{Content: "x\n", Mode: "100755"}
		}
		commits[i] = m.put(t, "acme", repo, "refs/heads/main", trees[i])
	}
	return repo, commits, trees
}

// Each of the last indexed commits keeps its files, whatever came after.
func TestFilesAtACommitThatWasIndexed(t *testing.T) {
	m := open(t)
	repo, commits, trees := history(t, m)
	for i, commit := range commits {
		for _, ref := range []string{commit, commit[:8]} {
			listed, err := m.Tree(t.Context(), service.TreeRequest{Tenant: "acme", Repository: repo.Dir, Ref: ref})
			if err != nil || len(listed.Files) != len(trees[i]) || listed.Commit != commit || listed.Ref != "refs/heads/main" {
				t.Fatalf("tree at commit %d: %+v, %v", i+1, listed, err)
			}
			for _, f := range listed.Files {
				want, found := trees[i][f.Path]
				if exec := f.Mode == 0o100755; !found || exec != (want.Mode == "100755") || (f.SkipReason != "") != (f.Path == "b.bin") {
					t.Errorf("at commit %d: %+v", i+1, f)
				}
			}
		}
		for path, want := range trees[i] {
			a, err := m.Read(t.Context(), service.ReadRequest{Tenant: "acme", Repository: repo.Dir, Ref: commit, Path: path})
			if path == "b.bin" {
				if !errors.Is(err, service.Refused) {
					t.Errorf("a skipped file: %+v, %v", a, err)
				}
				continue
			}
			if err != nil || a.Text != want.Content || a.Commit != commit || a.Revision == 0 {
				t.Errorf("%s at commit %d: %+v, %v", path, i+1, a, err)
			}
		}
		top, err := m.Directory(t.Context(), service.DirectoryRequest{Tenant: "acme", Repository: repo.Dir, Ref: commit})
		if err != nil || !top.Entries[0].Directory || top.Entries[0].Files != []int64{1, 2, 1}[i] || top.Commit != commit {
			t.Errorf("directory at commit %d: %+v, %v", i+1, top, err)
		}
	}
	outline, err := m.Outline(t.Context(), service.OutlineRequest{Tenant: "acme", Repository: repo.Dir, Ref: commits[0], Path: "gone.go"})
	if err != nil || len(outline.Definitions) != 2 || outline.Definitions[1].Symbol != "Gone" {
		t.Errorf("outline of a former file: %+v, %v", outline, err)
	}
}

// Two commits differ by their trees, and not by the changes between them.
func TestComparingCommitsThatWereIndexed(t *testing.T) {
	m := open(t)
	repo, commits, _ := history(t, m)
	for _, test := range []struct {
		from, to int
		want     string
	}{
		{0, 1, "changed a.txt, removed b.bin, removed gone.go, added new.txt, changed sub/x.sh, added sub/y.txt"},
		{1, 2, "changed a.txt, removed sub/y.txt"},
		{0, 2, "removed b.bin, removed gone.go, added new.txt, changed sub/x.sh"}, // a.txt has changed back
		{2, 0, "added b.bin, added gone.go, removed new.txt, changed sub/x.sh"},
		{1, 1, ""},
	} {
		a, err := m.Diff(t.Context(), service.DiffRequest{Tenant: "acme", Repository: repo.Dir, From: commits[test.from], To: commits[test.to]})
		var got []string
		for _, f := range a.Files {
			got = append(got, f.Change+" "+f.Path)
		}
		if err != nil || strings.Join(got, ", ") != test.want || a.From.Commit != commits[test.from] || a.To.Commit != commits[test.to] {
			t.Errorf("from %d to %d: %s, %v", test.from+1, test.to+1, strings.Join(got, ", "), err)
		}
	}
	lines, err := m.FileDiff(t.Context(), service.FileDiffRequest{DiffRequest: service.DiffRequest{Tenant: "acme", Repository: repo.Dir, From: commits[1], To: "main"}, Path: "a.txt"})
	if err != nil || len(lines.Hunks) != 1 || lines.Hunks[0].Lines[0].Text != "two" || lines.Hunks[0].Lines[1].Text != "one" {
		t.Errorf("lines: %+v, %v", lines, err)
	}
}

// The error for content that is not kept says what to do. Another text is never shown in its place.
func TestWhatIsNotKeptOfACommit(t *testing.T) {
	m := open(t)
	repo, commits, _ := history(t, m)
	read := func(tenant, ref, path string) error {
		return errorOf(m.Read(t.Context(), service.ReadRequest{Tenant: tenant, Repository: repo.Dir, Ref: ref, Path: path}))
	}
	expect := func(what string, err error, field service.Field) {
		t.Helper()
		known := (*service.Error)(nil)
		if !errors.As(err, &known) || known.Kind != service.NotFound || known.Field != field || field == service.FieldCommit && !strings.Contains(known.Reason, "pin") {
			t.Errorf("%s: %v", what, err)
		}
	}
	expect("a file that came later", read("acme", commits[0], "new.txt"), service.FieldPath)
	expect("a file that went before", read("acme", commits[1], "gone.go"), service.FieldPath)
	expect("a file that never was", read("acme", commits[0], "never.txt"), service.FieldPath)
	expect("no such commit", read("acme", strings.Repeat("ab", 20), "same.txt"), service.FieldRef)
	if err := read("other", commits[0], "same.txt"); !errors.Is(err, service.NotFound) {
		t.Errorf("another's commit: %v", err)
	}
	if err := errorOf(m.Search(t.Context(), service.SearchRequest{Tenant: "acme", Query: "same", Ref: commits[0]})); !errors.Is(err, service.NotFound) {
		t.Errorf("a search at a commit: %v", err)
	}
	expect("chunks of a former text", errorOf(m.Lineage(t.Context(), service.LineageRequest{Tenant: "acme", Repository: repo.Dir, Ref: commits[1], Path: "a.txt"})), service.FieldCommit)

	// The indexer and the collector of garbage would do this.
	m.Rows(t, "delete from documents where state = 'removed'")
	m.Rows(t, "delete from chunkings k where not exists (select 1 from documents d where d.chunking = k.id)")
	m.Rows(t, "delete from blobs b where not exists (select 1 from chunkings k where k.blob = b.sha256)")
	expect("a text that was collected", read("acme", commits[1], "a.txt"), service.FieldCommit)
	expect("one of a file that has gone", read("acme", commits[0], "gone.go"), service.FieldCommit)
	if err := read("acme", commits[0], "a.txt"); err != nil { // it changed back: the text is the same
		t.Error(err)
	}

	if _, err := m.Catalog.Garbage.DropOldSnapshots(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	expect("a tree of long ago", errorOf(m.Tree(t.Context(), service.TreeRequest{Tenant: "acme", Repository: repo.Dir, Ref: commits[0]})), service.FieldCommit)
	expect("a file that changed since long ago", read("acme", commits[0], "a.txt"), service.FieldCommit)
	if err := read("acme", commits[0], "same.txt"); err != nil { // nothing has changed it since
		t.Error(err)
	}
	if a, err := m.Tree(t.Context(), service.TreeRequest{Tenant: "acme", Repository: repo.Dir, Ref: commits[1]}); err != nil || len(a.Files) != 5 {
		t.Errorf("the newest past commit: %+v, %v", a, err)
	}
}

func errorOf[T any](_ T, err error) error { return err }
