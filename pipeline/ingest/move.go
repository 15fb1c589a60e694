package ingest

import (
	"context"
	"errors"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/git"
)

// maxMoves bounds how often a submission begins again at another row.
const maxMoves = 3

// errMoved says that a submission belongs to another row than the one under which it
// began.
var errMoved = fault.Retry(errors.New("the repository has moved"))

// place finds the row of a submission's repository, and the address to fetch. That is
// the submitted address, unless the repository had that name before and has another one
// now: somebody else may have the old name.
func (s *Step) place(ctx context.Context, sub *catalog.Submission, remote git.Remote) (git.Remote, error) {
	place, err := s.catalog.Names.Locate(ctx, sub.Tenant, sub.URL)
	if err != nil {
		return remote, err
	}
	sub.Repository, sub.Fetched = place.Repository, sub.URL
	if !place.Former {
		return remote, nil
	}
	now, err := s.mirrors.Parse(place.URL)
	if err != nil {
		return remote, err
	}
	sub.Fetched = now.String()
	return now, nil
}

// locate does what place does. Besides, it takes a former name away from a repository
// if another repository answers to it now.
func (s *Step) locate(ctx context.Context, sub *catalog.Submission, remote git.Remote) (git.Remote, error) {
	now, err := s.place(ctx, sub, remote)
	if err != nil || now == remote {
		return now, err
	}
	as, err := s.as(ctx, sub.Tenant)
	if err != nil {
		return now, err
	}
	taken, err := s.mirrors.Stands(as, remote)
	if err != nil || !taken {
		return now, err
	}
	s.log.Info("a former name belongs to another repository now", "name", sub.URL, "was", now)
	if err := s.catalog.Names.Unalias(ctx, sub.Tenant, sub.URL); err != nil {
		return remote, err
	}
	return s.place(ctx, sub, remote)
}

// moved records that the host leads to another address for good. The submission goes
// on at once, or at the row of that address if there is one.
func (s *Step) moved(ctx context.Context, sub catalog.Submission, to string) error {
	id, err := s.catalog.Names.Alias(ctx, sub.Tenant, sub.Fetched, to)
	if err != nil {
		return err
	}
	s.log.Info("a repository has moved", "from", sub.Fetched, "to", to, "repository", id)
	if id != sub.Repository {
		return errMoved
	}
	return nil
}
