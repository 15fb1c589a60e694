package service

import (
	"context"

	"github.com/leatworks/leat/internal/store"
)

// HoldRequest lets a ref serve a chosen commit, or follow its remote again.
type HoldRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Ref        string   // branch or tag; "": the only indexed one
	To         string   // the whole commit in hex, or a version, a tag, a branch, or the beginning of an indexed commit; "": follow the remote
}

// HoldAnswer names the commit that a ref goes to, and the submission that brings it there.
type HoldAnswer struct {
	ID         string    `json:"id" doc:"Id of the repository."`
	URL        string    `json:"repository" doc:"URL of the repository."`
	Ref        string    `json:"ref" doc:"Full name."`
	Held       string    `json:"held" doc:"The commit at which the ref stays, in hex; empty: it follows the remote."`
	Submission Submitted `json:"submission"`
}

// Hold makes a ref serve another commit than the remote's until it is released. Content of the
// commit that is still kept, such as that of a version, already has its vectors.
func (s *Service) Hold(ctx context.Context, r HoldRequest) (a HoldAnswer, err error) {
	defer mark(&err)
	if err := s.need(store.NATS); err != nil {
		return a, err
	}
	heads, err := s.one(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return a, err
	}
	head, err := s.head(ctx, r.Tenant, r.Reach, r.Repository, r.Ref)
	if err != nil {
		return a, err
	}
	if len(head.Versions) > 0 {
		return a, &Error{Kind: Refused, Field: FieldRef, Value: ShortRef(head.Ref), Reason: "the ref is kept as version " + head.Versions[0] + ": unpin that first"}
	}
	commit := ""
	if r.To != "" {
		if _, commit, err = pinned(heads, r.To); err != nil {
			return a, err
		}
	}
	if err := s.stores.Catalog.Versions.Hold(ctx, head.ID, commit); err != nil {
		return a, err
	}
	n, err := s.Submit(ctx, SubmitRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: head.URL, Ref: head.Ref})
	return HoldAnswer{head.Repository.String(), head.URL, head.Ref, commit, n.Submitted()}, err
}
