package ingest

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/lang"
)

// waiting is the error of a listing that removes too much to go ahead.
type waiting struct{ catalog.Approval }

func (w *waiting) Error() string { return w.String() }

// tooMany reports whether a removal counts as a mass deletion.
func (s *Step) tooMany(removes, documents int64) bool {
	return removes > int64(s.cfg.ApproveFiles) && float64(removes) > s.cfg.ApproveShare*float64(documents)
}

// candidate is a commit that is to be listed.
type candidate struct {
	track  catalog.Track
	repo   *git.Repo
	commit string // hex
	rules  *lang.Rules
	by     catalog.Rules // fingerprints of rules
	diff   *difference   // from the commit that is indexed now
}

// permit judges a commit before its listing begins. A wrong ref, or a tree emptied by
// mistake, must not empty an index: permit then returns a *waiting. It does not judge
// files that the operator's own configuration excludes.
func (s *Step) permit(ctx context.Context, c candidate) error {
	at, err := s.catalog.Approvals.Standing(ctx, c.track.ID, c.by)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil // there is no index to lose
	}
	if err != nil || at.Documents <= int64(s.cfg.ApproveFiles) || at.Approved == c.commit {
		return err
	}
	removes, err := removal{s, c, at}.count(ctx)
	if err != nil || !s.tooMany(removes, at.Documents) {
		return err
	}
	return &waiting{catalog.Approval{
		Track: c.track.ID, Repository: c.track.Repository, URL: c.track.URL, Ref: c.track.Ref,
		Commit: c.commit, Removes: removes, Documents: at.Documents,
	}}
}

// removal compares a candidate with its track's index.
type removal struct {
	step *Step
	candidate
	at catalog.Standing
}

// leaves reports whether the commit's own rules take a file out of the index. After a
// change of the operator's configuration that is unknown, and leaves returns false.
func (r removal) leaves(ctx context.Context, e git.Entry) (bool, error) {
	if !r.at.SameConfig {
		return false, nil
	}
	v, err := r.rules.Path(ctx, e.Path, kindOf(e.Kind), 0)
	return v.Skip != "", err
}

// count counts the documents whose content the commit would take out of the index,
// because no path of the commit that may be indexed holds it. A file that only moves
// is not removed.
func (r removal) count(ctx context.Context) (int64, error) {
	if r.at.Exact {
		paths, err := r.countByDiff(ctx)
		if !errors.Is(err, git.ErrNoCommit) && (err != nil || !r.step.tooMany(paths, r.at.Documents)) {
			return paths, err // there are no more contents than paths
		}
	}
	return r.countByTree(ctx)
}

// countByDiff counts the paths that the commit takes out of the index.
func (r removal) countByDiff(ctx context.Context) (int64, error) {
	var removes int64
	for group, err := range groupsOf(r.diff.from(ctx, r.at.Commit), groupFiles) {
		if err != nil {
			return 0, err
		}
		var gone []uuid.UUID
		for _, c := range group {
			leaves, err := r.leaves(ctx, c.Entry)
			if err != nil {
				return 0, err
			}
			if c.Deleted || leaves {
				id, _ := document(r.track.ID, c.Path)
				gone = append(gone, id)
			}
		}
		if len(gone) == 0 {
			continue
		}
		n, err := r.step.catalog.Approvals.CountDocuments(ctx, gone)
		if err != nil {
			return 0, err
		}
		removes += n
	}
	return removes, nil
}

// countByTree compares all documents with the whole tree. It holds some 40 bytes for
// each file.
func (r removal) countByTree(ctx context.Context) (int64, error) {
	var paths []uuid.UUID
	contents := make(map[[oidBytes]byte]struct{})
	for e, err := range r.repo.Tree(ctx, r.commit) {
		if err != nil {
			return 0, err
		}
		leaves, err := r.leaves(ctx, e)
		if err != nil {
			return 0, err
		}
		if !leaves {
			id, _ := document(r.track.ID, e.Path)
			paths = append(paths, id)
			oid, _ := hex.DecodeString(e.OID) // package git has checked that it is hex
			contents[shortOID(oid)] = struct{}{}
		}
	}
	compare := func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }
	slices.SortFunc(paths, compare)
	var removes int64
	for after := uuid.Nil; ; {
		page, err := r.step.catalog.Approvals.StandingDocuments(ctx, r.track.ID, r.at, after, groupFiles)
		if err != nil || len(page) == 0 {
			return removes, err
		}
		after = page[len(page)-1].ID
		for _, d := range page {
			_, stays := slices.BinarySearchFunc(paths, d.ID, compare)
			if _, moved := contents[shortOID(d.OID)]; !stays && !moved {
				removes++
			}
		}
	}
}

// oidBytes is the number of bytes by which objects are compared: all of a SHA-1 name,
// or the first of a SHA-256 name.
const oidBytes = 20

func shortOID(oid []byte) (short [oidBytes]byte) {
	copy(short[:], oid)
	return short
}

// succeed lets the track of the present default branch take the place of the tracks of
// earlier default branches that nobody has asked for by name. A default branch that
// was moved by mistake is a mass deletion like any other.
func (s *Step) succeed(ctx context.Context, track catalog.Track, commit string) error {
	before, err := s.catalog.Predecessors(ctx, track)
	if err != nil {
		return err
	}
	for _, p := range before {
		if s.tooMany(p.Removes, p.Documents) && p.Approved != commit {
			err = s.catalog.Approvals.Await(ctx, catalog.Approval{Track: p.ID, Commit: commit, Removes: p.Removes, Documents: p.Documents})
		} else {
			err = s.catalog.Succeed(ctx, p.ID, track)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
