package service_test

import (
	"slices"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

func TestTreeListsFilesInPages(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	commit := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text(
		"dir/a.go", "package a\n", "dir/sub/b.md", "# b\n", "directory.txt", "x\n", "z.bin", "\x00\x01\x02"))
	for _, test := range []struct {
		under string
		limit int
		want  []string
	}{
		{"", 0, []string{"dir/a.go", "dir/sub/b.md", "directory.txt", "z.bin"}},
		{"", 1, []string{"dir/a.go", "dir/sub/b.md", "directory.txt", "z.bin"}},
		{"dir", 2, []string{"dir/a.go", "dir/sub/b.md"}},
		{"dir/sub/", 1000, []string{"dir/sub/b.md"}},
		{"nosuch", 1, nil},
	} {
		var got []string
		for after := ""; ; {
			a, err := m.Tree(t.Context(), service.TreeRequest{Tenant: "acme", Repository: repo.Dir, Under: test.under, After: after, Limit: test.limit})
			if err != nil {
				t.Fatal(err)
			}
			if a.Commit != commit || a.Revision != 1 || test.limit > 0 && len(a.Files) > test.limit {
				t.Errorf("below %q: %+v", test.under, a)
			}
			for _, f := range a.Files {
				got = append(got, f.Path)
			}
			if after = a.Next; after == "" {
				break
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("below %q, by %d: %q, want %q", test.under, test.limit, got, test.want)
		}
	}
	a, err := m.Tree(t.Context(), service.TreeRequest{Tenant: "acme", Repository: repo.Dir})
	if err != nil {
		t.Fatal(err)
	}
	if f := a.Files[0]; f.Language != "Go" || f.Size != int32(len("package a\n")) || f.Mode != 0o100644 || f.State != "indexed" {
		t.Errorf("%+v", f)
	}
	if f := a.Files[3]; f.SkipReason == "" || f.State != "skipped" {
		t.Errorf("%+v", f)
	}
}
