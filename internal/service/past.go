package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leatworks/leat/pipeline/catalog"
)

// maxPast bounds the snapshots of one commit that are looked at. Each ref that was at the commit
// has one.
const maxPast = 20

// moment is a track at one of its commits, which may be the newest or an older one.
type moment struct {
	catalog.Head
	at    int64 // catalog.Now, or the revision of an older commit whose files are known
	place At
}

// moment finds the track that a request names, at the commit that it names. The catalog knows the
// files of the last indexed commits of each ref.
func (s *Service) moment(ctx context.Context, tenant string, reach []string, repository, ref string) (m moment, err error) {
	heads, err := s.heads(ctx, tenant, reach, repository)
	if err != nil {
		return m, err
	}
	m.at = catalog.Now
	found := chosen(heads, ref)
	if len(found) > 0 || ref == "" {
		if m.Head, err = only(found, repository); err == nil {
			m.place, err = s.at(ctx, m.Head)
		}
		return m, err
	}
	past, err := s.snapshots(ctx, heads, ref, maxPast)
	for _, p := range past {
		if i := trackOf(heads, p); i >= 0 && p.Listable {
			m.Head, m.at = heads[i], p.Revision
			m.place, err = s.then(ctx, m.Head, p)
			return m, err
		}
	}
	if err == nil && len(past) > 0 {
		err = notKept(past[0].Commit, "")
	}
	return m, cmp.Or(err, noRef(ref))
}

func trackOf(heads []catalog.Head, p catalog.Past) int {
	return slices.IndexFunc(heads, func(h catalog.Head) bool { return h.ID == p.Track })
}

// then returns the place of an older commit of a track.
func (s *Service) then(ctx context.Context, h catalog.Head, p catalog.Past) (At, error) {
	place, err := s.at(ctx, h)
	place.Commit, place.Revision = p.Commit, p.Revision
	return place, err
}

// fileThen looks up a path at a moment. The error says why the file has no text.
func (s *Service) fileThen(ctx context.Context, m moment, path string) (catalog.StoredFile, error) {
	if m.at == catalog.Now {
		return s.file(ctx, m.Head, path)
	}
	f, err := s.stores.Catalog.Trees.FormerFile(ctx, document(m.ID, path), m.at)
	switch {
	case isNotFound(err): // the file has not changed since, or did not exist then
		if f, err = s.file(ctx, m.Head, path); f.Revision > m.at {
			err = noFile(path, m.place.Commit[:12], m.URL, nil)
		}
		return f, err
	case err != nil:
		return f, err
	case f.SkipReason != "":
		return f, textless(path, f.SkipReason)
	case f.Size < 0:
		return f, notKept(m.place.Commit, "and the text that "+path+" had is not stored any more")
	}
	return f, nil
}

// past finds a file at a commit that no track is at any more. If the commit is not kept, the error
// says what to do.
func (s *Service) past(ctx context.Context, heads []catalog.Head, commit, path string) (h catalog.Head, f catalog.StoredFile, place At, err error) {
	found, err := s.snapshots(ctx, heads, commit, maxPast)
	if err != nil {
		return h, f, place, err
	}
	if len(found) == 0 {
		return h, f, place, noRef(commit)
	}
	lost := notKept(found[0].Commit, "and "+path+" is not as it was")
	for _, p := range found {
		i := trackOf(heads, p)
		if i < 0 {
			continue
		}
		h = heads[i]
		if place, err = s.then(ctx, h, p); err != nil {
			return h, f, place, err
		}
		if p.Listable {
			f, err = s.fileThen(ctx, moment{h, p.Revision, place}, path)
		} else if f, err = s.file(ctx, h, path); errors.Is(err, NotFound) || f.Revision > p.Revision { // gone, or changed
			err = lost
		}
		if known := (*Error)(nil); errors.As(err, &known) && known.Field == FieldCommit {
			lost = err // another ref may have been at the commit too
			continue
		}
		return h, f, place, err
	}
	return h, f, place, lost
}

// snapshots lists the newest snapshots of a commit, which may be given by its beginning.
func (s *Service) snapshots(ctx context.Context, heads []catalog.Head, commit string, most int) ([]catalog.Past, error) {
	if !commitStart.MatchString(commit) || len(heads) == 0 {
		return nil, nil
	}
	return s.stores.Catalog.Trees.Past(ctx, repositories(heads), commit, most)
}

// notKept is the error for a commit that was indexed, but whose files are not kept.
func notKept(commit, more string) error {
	reason := strings.TrimSpace(fmt.Sprintf("its ref has moved on %s", more)) + ": pin the commit to have it back, or read the ref"
	return &Error{Kind: NotFound, Field: FieldCommit, Value: commit, Reason: reason}
}
