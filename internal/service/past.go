package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/catalog"
)

// maxPast is how many snapshots of one commit are looked at: as many refs were there.
const maxPast = 20

// past finds a file at a commit at which no track is any more. The catalog keeps the files
// of a track's newest commit alone; a file that has not changed since the older commit is
// the same at both. The error says what to do about one that has.
func (s *Service) past(ctx context.Context, heads []catalog.Head, commit, path string) (h catalog.Head, f catalog.StoredFile, place At, err error) {
	found, err := s.snapshots(ctx, heads, commit, maxPast)
	if err != nil {
		return h, f, place, err
	}
	if len(found) == 0 {
		return h, f, place, noRef(commit)
	}
	for _, p := range found {
		at := slices.IndexFunc(heads, func(h catalog.Head) bool { return h.ID == p.Track })
		if at < 0 {
			continue
		}
		h = heads[at]
		f, err = s.file(ctx, h, path)
		if errors.Is(err, NotFound) || f.Revision > p.Revision { // gone, or changed
			continue
		}
		if err != nil {
			return h, f, place, err
		}
		place, err = s.at(ctx, h)
		place.Commit, place.Revision = p.Commit, p.Revision
		return h, f, place, err
	}
	return h, f, place, notKept(found[0].Commit, "and "+path+" is not as it was")
}

// snapshots lists the newest snapshots of a commit, of which a beginning may be given.
func (s *Service) snapshots(ctx context.Context, heads []catalog.Head, commit string, most int) ([]catalog.Past, error) {
	if !commitStart.MatchString(commit) || len(heads) == 0 {
		return nil, nil
	}
	return s.stores.Catalog.Past(ctx, repositories(heads), commit, most)
}

// notKept is the error of a commit that was indexed, and whose files are not kept.
func notKept(commit, more string) error {
	reason := strings.TrimSpace(fmt.Sprintf("its ref has moved on %s", more)) + ": pin the commit to have it back, or read the ref"
	return &Error{Kind: NotFound, Field: FieldCommit, Value: commit, Reason: reason}
}
