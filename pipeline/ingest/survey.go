package ingest

import (
	"context"
	"fmt"
	"io"
	"path"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/lang"
)

// tree is what a first look at a commit tells.
type tree struct {
	files int64
	rules *lang.Rules
}

const (
	ignoreFile     = ".leatignore"
	attributesFile = ".gitattributes"

	maxRuleFiles = 10_000 // of a commit
)

// survey counts a commit's files and reads those that say how to read the others.
func (s *Step) survey(ctx context.Context, repo *git.Repo, commit string) (tree, error) {
	var t tree
	var layout lang.Layout
	var rulePaths, oids []string
	for entry, err := range repo.Tree(ctx, commit) {
		if err != nil {
			return t, err
		}
		t.files++
		if entry.Kind > git.Executable {
			continue
		}
		p := string(entry.Path)
		layout.Add(p)
		if p == ignoreFile || path.Base(p) == attributesFile {
			rulePaths, oids = append(rulePaths, p), append(oids, entry.OID)
		}
		if len(oids) > maxRuleFiles {
			return t, fault.Reject(fmt.Errorf("the repository has more than %d %s files", maxRuleFiles, attributesFile))
		}
	}
	contents, err := readRules(ctx, repo, rulePaths, oids)
	if err != nil {
		return t, err
	}
	var ignore []byte
	attributes := make(map[string][]byte)
	for i, p := range rulePaths {
		if p == ignoreFile {
			ignore = contents[i]
			continue
		}
		dir := path.Dir(p)
		if dir == "." {
			dir = ""
		}
		attributes[dir] = contents[i]
	}
	rules, err := lang.Compile(s.cfg.Filter, ignore, attributes)
	if err != nil {
		return t, err
	}
	t.rules = rules.In(&layout)
	return t, nil
}

// readRules reads small files. The total is bounded, so that a repository
// cannot make its own rules a way to fill the memory.
func readRules(ctx context.Context, repo *git.Repo, paths, oids []string) ([][]byte, error) {
	if len(oids) == 0 {
		return nil, nil
	}
	blobs, err := repo.Blobs(ctx)
	if err != nil {
		return nil, err
	}
	defer blobs.Close()
	blobs.Request(oids...)
	contents := make([][]byte, len(oids))
	left := int64(lang.MaxIgnoreBytes + lang.MaxAttributesBytes)
	for i := range oids {
		b, err := blobs.Next()
		if err != nil {
			return nil, err
		}
		if left -= b.Size; left < 0 {
			return nil, fault.Reject(fmt.Errorf("the repository's %s and %s files are larger than %d bytes together (at %q)",
				ignoreFile, attributesFile, lang.MaxIgnoreBytes+lang.MaxAttributesBytes, paths[i]))
		}
		if contents[i], err = io.ReadAll(b); err != nil {
			return nil, err
		}
	}
	return contents, nil
}
