package ingest

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/lang"
)

// waiting is the error of a listing that removes too much to go ahead.
type waiting struct{ catalog.Approval }

func (w *waiting) Error() string { return w.String() }

// tooMany is the measure of a mass deletion.
func (s *Step) tooMany(removes, documents int64) bool {
	return removes > int64(s.cfg.ApproveFiles) && float64(removes) > s.cfg.ApproveShare*float64(documents)
}

// permit judges a commit before anything of it is listed. A wrong ref, or a
// tree emptied by mistake, must not empty an index: the error is a *waiting
// then. What the operator's own configuration excludes is not judged.
func (s *Step) permit(ctx context.Context, track catalog.Track, repo *git.Repo, commit string, rules *lang.Rules, by catalog.Rules) error {
	at, err := s.catalog.Standing(ctx, track.ID, by)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil // there is no index to lose
	}
	if err != nil || at.Documents <= int64(s.cfg.ApproveFiles) || at.Approved == commit {
		return err
	}
	leaves := func(e git.Entry) bool { return at.SameConfig && rules.Path(e.Path, kindOf(e.Kind), 0).Skip != "" }
	removes, err := s.removes(ctx, track, repo, at, commit, leaves)
	if err != nil || !s.tooMany(removes, at.Documents) {
		return err
	}
	return &waiting{catalog.Approval{
		Track: track.ID, Repository: track.Repository, URL: track.URL, Ref: track.Ref,
		Commit: commit, Removes: removes, Documents: at.Documents,
	}}
}

// removes counts the documents whose content a commit would take out of the
// index: it stands at no path of the commit that may be indexed. A file that only
// moves is not removed.
func (s *Step) removes(ctx context.Context, track catalog.Track, repo *git.Repo, at catalog.Standing, commit string, leaves func(git.Entry) bool) (int64, error) {
	if at.Exact && repo.Has(ctx, at.Commit) {
		paths, err := s.removedByDiff(ctx, track, repo, at.Commit, commit, leaves)
		if err != nil || !s.tooMany(paths, at.Documents) {
			return paths, err // contents are no more than paths
		}
	}
	return s.removedByTree(ctx, track, repo, at, commit, leaves)
}

// removedByDiff counts the paths that a commit takes out of the index.
func (s *Step) removedByDiff(ctx context.Context, track catalog.Track, repo *git.Repo, from, to string, leaves func(git.Entry) bool) (int64, error) {
	var removes int64
	for group, err := range groupsOf(repo.Diff(ctx, from, to), groupFiles) {
		if err != nil {
			return 0, err
		}
		var gone []uuid.UUID
		for _, c := range group {
			if c.Deleted || leaves(c.Entry) {
				gone = append(gone, events.DocumentID(track.ID, c.Path))
			}
		}
		if len(gone) == 0 {
			continue
		}
		n, err := s.catalog.CountDocuments(ctx, gone)
		if err != nil {
			return 0, err
		}
		removes += n
	}
	return removes, nil
}

// removedByTree compares all documents with a whole tree, of which it holds some
// 40 bytes a file.
func (s *Step) removedByTree(ctx context.Context, track catalog.Track, repo *git.Repo, at catalog.Standing, commit string, leaves func(git.Entry) bool) (int64, error) {
	var paths []uuid.UUID
	contents := make(map[[oidBytes]byte]struct{})
	for e, err := range repo.Tree(ctx, commit) {
		if err != nil {
			return 0, err
		}
		if !leaves(e) {
			paths = append(paths, events.DocumentID(track.ID, e.Path))
			oid, _ := hex.DecodeString(e.OID) // package git has checked that it is hex
			contents[shortOID(oid)] = struct{}{}
		}
	}
	compare := func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }
	slices.SortFunc(paths, compare)
	var removes int64
	for after := uuid.Nil; ; {
		page, err := s.catalog.StandingDocuments(ctx, track.ID, at, after, groupFiles)
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

// oidBytes of an object's name tell it apart: all of SHA-1, and as many of SHA-256.
const oidBytes = 20

func shortOID(oid []byte) (short [oidBytes]byte) {
	copy(short[:], oid)
	return short
}

// succeed lets the track that the default branch leads to now take the place of
// those it led to before, if nobody asked for them by name. A default branch
// that was moved by mistake is a mass deletion like any other.
func (s *Step) succeed(ctx context.Context, track catalog.Track, commit string) error {
	before, err := s.catalog.Predecessors(ctx, track)
	if err != nil {
		return err
	}
	for _, p := range before {
		if s.tooMany(p.Removes, p.Documents) && p.Approved != commit {
			err = s.catalog.Await(ctx, catalog.Approval{Track: p.ID, Commit: commit, Removes: p.Removes, Documents: p.Documents})
		} else {
			err = s.catalog.Succeed(ctx, p.ID, track)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
