//go:build linux

package chaos

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestInvent checks that an invented history depends on its seed, and has every
// kind of change.
func TestInvent(t *testing.T) {
	const commits = 40
	dir := filepath.Join(t.TempDir(), "one")
	one, err := invent(dir, 3, commits)
	if err != nil {
		t.Fatal(err)
	}
	two, err := invent(filepath.Join(t.TempDir(), "two"), 3, commits)
	if err != nil {
		t.Fatal(err)
	}
	if len(one.commits) != commits || !slices.Equal(one.commits, two.commits) {
		t.Fatalf("one seed makes different histories:\n%v\n%v", one.commits, two.commits)
	}
	statuses := map[string]bool{}
	roots := 0
	for i, commit := range one.commits {
		parents, err := git(dir, nil, "rev-list", "--parents", "--max-count=1", commit)
		if err != nil {
			t.Fatal(err)
		}
		if parents == commit {
			roots++
		}
		if i == 0 {
			continue
		}
		diff, err := git(dir, nil, "diff-tree", "-r", "--find-renames", "--find-copies-harder", one.commits[i-1], commit)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(diff) {
			statuses[strings.Fields(line)[4][:1]] = true
		}
	}
	for _, status := range []string{"A", "C", "D", "M", "R", "T"} {
		if !statuses[status] {
			t.Errorf("no change of status %s in %d commits", status, commits)
		}
	}
	if roots < 2 {
		t.Error("no push of an unrelated history")
	}
}

// TestTake replays a repository's own commits, oldest first.
func TestTake(t *testing.T) {
	from, err := invent(filepath.Join(t.TempDir(), "from"), 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := git(from.dir, nil, "update-ref", branch, from.commits[0]); err != nil {
		t.Fatal(err)
	}
	h, err := take(filepath.Join(t.TempDir(), "copy"), from.dir, 10)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(h.commits, from.commits) {
		t.Fatalf("took %v of %v", h.commits, from.commits)
	}
	if refs, err := git(h.dir, nil, "for-each-ref"); err != nil || refs != "" {
		t.Errorf("refs before the first push: %q, %v", refs, err)
	}
	if _, err := git(h.dir, nil, "cat-file", "-e", h.commits[0]); err != nil {
		t.Error(err)
	}
}
