package ingest

import (
	"bytes"
	"context"
	"fmt"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/lang"
)

// tree is the result of a first look at a commit.
type tree struct {
	files int64           // paths, each counted once
	twice map[string]bool // that the tree names more than once
	rules *lang.Rules
	few   []git.Entry // all of them, unless they are many: git takes longer to start than to list them again
}

// odd reports whether git's own comparison of trees is unreliable.
func (t tree) odd() bool { return len(t.twice) > 0 }

// fingerprint changes the fingerprint of the rules of an odd tree, so that git does not
// compare the next commit with it either.
func (t tree) fingerprint(rules [32]byte) [32]byte {
	if t.odd() {
		rules[0] ^= 0xff
	}
	return rules
}

// survey counts a commit's files and reads its rule files. It gives up as soon as there
// are too many files: a tree of some kilobytes may name billions of paths.
func (s *Step) survey(ctx context.Context, repo *git.Repo, commit string) (tree, error) {
	defer s.cfg.Watch.Part(ctx, "survey")()
	var t tree
	var layout lang.Layout
	var found ruleFiles
	var last []byte
	var bytesOfPaths int64
	sorted := true
	for entry, err := range repo.Tree(ctx, commit) {
		if err != nil {
			return t, err
		}
		t.files++
		bytesOfPaths += int64(len(entry.Path))
		if err := s.bound(t.files, bytesOfPaths); err != nil {
			return t, err
		}
		sorted = sorted && bytes.Compare(last, entry.Path) < 0
		last = entry.Path
		if t.files <= groupFiles {
			t.few = append(t.few, entry)
		}
		if entry.Kind <= git.Executable {
			p := string(entry.Path)
			layout.Add(p)
			found.add(p, entry.OID)
		}
	}
	if t.files > groupFiles {
		t.few = nil
	}
	if !sorted { // as git writes no tree
		if err := t.findTwice(ctx, repo, commit); err != nil {
			return t, err
		}
	}
	if err := found.read(ctx, repo); err != nil {
		return t, err
	}
	rules, err := lang.Compile(s.cfg.Filter, found.ignore, found.attributes)
	if err != nil {
		return t, err
	}
	t.rules = rules.In(&layout)
	for p, why := range found.refused {
		t.rules.Refuse(p, lang.ReasonRules, why)
	}
	for p := range t.twice {
		t.rules.Refuse(p, lang.ReasonDamaged, "the tree names it more than once")
	}
	return t, nil
}

// bound rejects a commit of too many files or too long paths.
func (s *Step) bound(files, bytesOfPaths int64) error {
	switch {
	case files > s.cfg.MaxFiles:
		return fault.Reject(fmt.Errorf("the commit has more than %d files; raise --max-files to index it", s.cfg.MaxFiles))
	case bytesOfPaths > s.cfg.MaxPathBytes:
		return fault.Reject(fmt.Errorf("the paths of the commit have more than %d bytes together; raise --max-path-bytes to index it", s.cfg.MaxPathBytes))
	}
	return nil
}

// findTwice finds the paths that a tree names more than once, which cannot be one
// document. The paths fit into memory, because survey has bounded them.
func (t *tree) findTwice(ctx context.Context, repo *git.Repo, commit string) error {
	seen := make(map[string]bool, t.files)
	t.files, t.twice = 0, make(map[string]bool)
	for entry, err := range repo.Tree(ctx, commit) {
		if err != nil {
			return err
		}
		p := string(entry.Path)
		if seen[p] {
			t.twice[p] = true
			continue
		}
		seen[p] = true
		t.files++
	}
	return nil
}
