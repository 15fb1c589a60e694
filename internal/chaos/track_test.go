//go:build linux

package chaos

import (
	"slices"
	"testing"
)

// TestDrawMoves checks that the moves depend on their seed, and include every
// kind of move.
func TestDrawMoves(t *testing.T) {
	const commits = 50
	moves := drawMoves(3, commits)
	if !slices.Equal(moves, drawMoves(3, commits)) {
		t.Error("one seed draws different moves")
	}
	if slices.Equal(moves, drawMoves(4, commits)) {
		t.Error("another seed draws the same")
	}
	var changed []int
	at := [trackCount]int{-1, -1, -1, -1}
	var pushes, back, roots [trackCount]int
	for _, m := range moves {
		if m.filter != 0 {
			changed = append(changed, m.filter)
			continue
		}
		pushes[m.track]++
		if m.commit < at[m.track] {
			back[m.track]++
		}
		if m.root {
			roots[m.track]++
		}
		at[m.track] = m.commit
	}
	if !slices.Equal(changed, []int{1, 2}) {
		t.Errorf("the filter changes to %v", changed)
	}
	if at[trackMain] != commits-1 {
		t.Errorf("the main track ends at commit %d", at[trackMain])
	}
	if pushes[trackMain] < commits || pushes[trackSide] < 5 || pushes[trackFork] < 5 || pushes[trackCalm] != 0 {
		t.Errorf("pushes: %v", pushes)
	}
	if back[trackMain] == 0 || back[trackSide] == 0 || roots[trackSide] == 0 {
		t.Errorf("no ref goes back, or none to an unrelated history: %v %v", back, roots)
	}
	for commits := 1; commits < 12; commits++ {
		if n := len(drawMoves(3, commits)); n < commits+3 {
			t.Errorf("%d moves for %d commits", n, commits)
		}
	}
}

// TestWorld pushes the commits that the moves name.
func TestWorld(t *testing.T) {
	w, err := newWorld(t.TempDir(), Config{Seed: 3, Commits: 3})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [trackCount]string{trackCalm: w.head(w.tracks[trackCalm])} {
		if got := w.head(w.tracks[i]); got != want {
			t.Errorf("track %d is at %q before its first push", i, got)
		}
	}
	for _, m := range []move{{track: trackMain, commit: 2}, {track: trackSide, commit: 1}, {track: trackFork, commit: 2}} {
		if err := w.push(m); err != nil {
			t.Fatal(err)
		}
		if got := w.head(w.tracks[m.track]); got != w.commits[m.commit] {
			t.Errorf("track %d is at %s, not at %s", m.track, got, w.commits[m.commit])
		}
	}
	if err := w.push(move{track: trackSide, commit: 1, root: true}); err != nil {
		t.Fatal(err)
	}
	one, err := git(w.dir, nil, "rev-list", "--parents", sideBranch)
	if err != nil || len(one) != 40 {
		t.Errorf("an unrelated history is %q, %v", one, err)
	}
	if diff, err := git(w.dir, nil, "diff-tree", w.commits[1], sideBranch); err != nil || diff != "" {
		t.Errorf("its tree differs: %q, %v", diff, err)
	}
}
