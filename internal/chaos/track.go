//go:build linux

package chaos

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// track is a ref that is submitted to leat.
type track struct {
	dir string // of the bare repository
	ref string
}

// The tracks, by their places in world.tracks.
const (
	trackMain = iota // the history, commit by commit
	trackSide        // another ref of the same repository, which jumps to and fro
	trackFork        // another repository with the same blobs
	trackCalm        // a repository that never changes, for the warm-up
	trackCount
)

const (
	branch     = "refs/heads/main"
	sideBranch = "refs/heads/side"
)

// world is the world outside leat: the repositories, and the future commits of
// their refs.
type world struct {
	history
	tracks [trackCount]track
	roots  map[int]string // parentless commits with the tree of another commit, by the index of that commit
}

// newWorld makes the repositories below dir.
func newWorld(dir string, cfg Config) (w world, err error) {
	repo := filepath.Join(dir, "repo.git")
	if cfg.Repo == "" {
		w.history, err = invent(repo, cfg.Seed, cfg.Commits)
	} else {
		w.history, err = take(repo, cfg.Repo, cfg.Commits)
	}
	if err != nil {
		return w, err
	}
	w.roots = make(map[int]string)
	fork := filepath.Join(dir, "fork.git")
	if _, err := git(fork, nil, "init", "--quiet", "--bare", "--template=", "--initial-branch=main"); err != nil {
		return w, err
	}
	// The fork shares the objects of the repository, as on a forge.
	if err := os.MkdirAll(filepath.Join(fork, "objects", "info"), 0o700); err != nil {
		return w, err
	}
	if err := os.WriteFile(filepath.Join(fork, "objects", "info", "alternates"), []byte(filepath.Join(repo, "objects")+"\n"), 0o600); err != nil {
		return w, err
	}
	calm, err := invent(filepath.Join(dir, "calm.git"), cfg.Seed+1, 1)
	if err != nil {
		return w, err
	}
	if _, err := git(calm.dir, nil, "update-ref", branch, calm.commits[0]); err != nil {
		return w, err
	}
	w.tracks = [trackCount]track{{repo, branch}, {repo, sideBranch}, {fork, branch}, {calm.dir, branch}}
	return w, nil
}

// push lets a ref name a commit, like a forced push.
func (w world) push(m move) error {
	commit := w.commits[m.commit]
	if m.root {
		var err error
		if commit, err = w.root(m.commit); err != nil {
			return err
		}
	}
	t := w.tracks[m.track]
	_, err := git(t.dir, nil, "update-ref", t.ref, commit)
	return err
}

// root makes a parentless commit with the tree of another.
func (w world) root(i int) (string, error) {
	if commit, made := w.roots[i]; made {
		return commit, nil
	}
	tree, err := git(w.dir, nil, "rev-parse", w.commits[i]+"^{tree}")
	if err != nil {
		return "", err
	}
	const person = "leat <leat@example.com> 1700000000 +0000"
	text := fmt.Sprintf("tree %s\nauthor %s\ncommitter %s\n\n.\n", tree, person, person)
	commit, err := git(w.dir, strings.NewReader(text), "hash-object", "-t", "commit", "-w", "--stdin")
	w.roots[i] = commit
	return commit, err
}

// head returns the commit of a track, or "" before its first push.
func (w world) head(t track) string {
	commit, err := git(t.dir, nil, "rev-parse", "--quiet", "--verify", t.ref)
	if err != nil {
		return ""
	}
	return commit
}

// move is one change outside leat.
type move struct {
	track  int
	commit int       // place in the history
	root   bool      // push only the commit's tree, without parents, like an unrelated history
	filter int       // if not 0, nothing is pushed, and the ingestors get this filter
	index  indexMove // if it names a language, nothing is pushed, and the commit gets an index or loses it
}

// filters are the successive filters of the ingestors.
var filters = [][]string{
	nil,
	{"LEAT_EXCLUDE=docs/**\n**/*.txt"},
	{"LEAT_EXCLUDE=**/*.py\n**/*_test.go", "LEAT_MAX_FILE_BYTES=20000"},
}

// drawMoves makes the moves of a seed. The main track takes each commit of the history, and goes
// back now and then. The two others go to commits that the main track has had. The filter changes
// now and then.
func drawMoves(seed uint64, commits int) []move {
	random := rand.New(rand.NewPCG(seed, 3))
	var moves []move
	for i := range commits {
		moves = append(moves, move{track: trackMain, commit: i})
		if i > 1 && random.IntN(8) == 0 {
			moves = append(moves, move{track: trackMain, commit: random.IntN(i)})
		}
		if i == 0 || random.IntN(3) == 0 {
			moves = append(moves, move{track: trackSide, commit: random.IntN(i + 1), root: random.IntN(4) == 0})
		}
		if i == 0 || random.IntN(3) == 0 {
			moves = append(moves, move{track: trackFork, commit: i - random.IntN(min(i, 4)+1)})
		}
	}
	moves = append(moves, move{track: trackMain, commit: commits - 1})
	changes := 1
	if commits >= 10 {
		changes = len(filters) - 1
	}
	for i := changes; i > 0; i-- { // backwards, so that the places of the others stay valid
		moves = slices.Insert(moves, i*len(moves)/(changes+1), move{filter: i})
	}
	return moves
}
