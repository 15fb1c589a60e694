package git_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/leatworks/leat/pipeline/git"
)

func TestListNamesTheMirrorsAlone(t *testing.T) {
	dir := t.TempDir()
	m, err := git.New(git.Config{Dir: dir, AllowLocal: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"b.git", "a.git", "c.git.new", "d.git.old", "e", ".f.git"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a.lock", "file.git"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ids, err := m.List()
	if want := []string{"a", "b"}; err != nil || !slices.Equal(ids, want) {
		t.Errorf("List: %q, %v; want %q", ids, err, want)
	}
}

func TestNamesAreWhatARefMayStandFor(t *testing.T) {
	for ref, want := range map[string][]string{
		"":                {"HEAD"},
		"HEAD":            {"HEAD"},
		"refs/heads/main": {"refs/heads/main"},
		"main":            {"refs/heads/main", "refs/tags/main"},
	} {
		if got := git.Names(ref); !slices.Equal(got, want) {
			t.Errorf("Names(%q): %q, want %q", ref, got, want)
		}
	}
}
