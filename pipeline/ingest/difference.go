package ingest

import (
	"context"
	"iter"

	"github.com/leatworks/leat/pipeline/git"
)

// difference yields the changes from another commit to the one that is to be listed. They
// are read twice, to judge the commit and to list it. If they are few, they are kept: git
// takes longer to start than to find them.
type difference struct {
	repo *git.Repo
	to   string // commit, hex

	known   string // commit from which changes are kept; "": from none
	changes []git.Change
}

func (d *difference) from(ctx context.Context, commit string) iter.Seq2[git.Change, error] {
	return func(yield func(git.Change, error) bool) {
		if d.known == commit {
			for _, c := range d.changes {
				if !yield(c, nil) {
					return
				}
			}
			return
		}
		var few []git.Change
		n := 0
		for c, err := range d.repo.Diff(ctx, commit, d.to) {
			if n++; n <= groupFiles {
				few = append(few, c)
			} else {
				few = nil
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
		if n <= groupFiles {
			d.known, d.changes = commit, few
		}
	}
}
