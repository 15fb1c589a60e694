package service

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// ApproveRequest lets a commit through that removes most of a ref's documents from
// the index.
type ApproveRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of one of them, or its id
	Ref        string   // the branch or tag that waits; "": the only one that does
}

// Approval is a removal that waits for somebody to approve it.
type Approval struct {
	ID        string `json:"id" doc:"Of the repository."`
	URL       string `json:"url"`
	Ref       string `json:"ref"`
	Commit    string `json:"commit" doc:"That removes them, in hex."`
	Removes   int64  `json:"removes" doc:"Documents that it removes."`
	Documents int64  `json:"documents" doc:"Documents that the ref has."`
	Approved  bool   `json:"approved,omitempty" doc:"Somebody did, and the commit is on its way; absent: nobody yet."`
}

func approval(a catalog.Approval) Approval {
	return Approval{a.Repository.String(), a.URL, a.Ref, a.Commit, a.Removes, a.Documents, a.Approved}
}

// Text is the reason that a ref or a submission gives while it waits. The skins say
// how it goes on.
func (a Approval) Text() string {
	return catalog.Approval{Removes: a.Removes, Documents: a.Documents, Ref: a.Ref}.String()
}

// Approve approves the one removal that waits. It returns false if none waits.
func (s *Service) Approve(ctx context.Context, r ApproveRequest) (approved Approval, found bool, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return approved, false, err
	}
	ids, err := s.repositoryIDs(ctx, TracksRequest{Tenant: r.Tenant, Reach: r.Reach, Repository: r.Repository})
	if err != nil {
		return approved, false, err
	}
	waiting, err := s.stores.Catalog.Approvals.List(ctx, r.Tenant, ids...)
	if err != nil {
		return approved, false, err
	}
	if r.Ref != "" {
		names := FullRefs(r.Ref)
		waiting = slices.DeleteFunc(waiting, func(a catalog.Approval) bool { return !slices.Contains(names, a.Ref) })
	}
	switch len(waiting) {
	case 0:
		return approved, false, nil
	case 1:
		key := catalog.SubmissionKey{Tenant: r.Tenant, Source: s.cfg.Source, Event: uuid.NewString()}
		return approval(waiting[0]), true, s.stores.Catalog.Approvals.Approve(ctx, waiting[0], key)
	}
	var refs []string
	for _, a := range waiting {
		refs = append(refs, ShortRef(a.Ref))
	}
	reason := fmt.Sprintf("%d refs wait for approval: name one of them", len(waiting))
	return approved, false, &Error{Kind: Invalid, Field: FieldRef, Reason: reason, Err: Choices(refs)}
}

// Choices are the values of a field from which a request has to name one.
type Choices []string

func (c Choices) Error() string { return strings.Join(c, ", ") }
