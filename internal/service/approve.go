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

// ApproveRequest approves a commit that removes most of a ref's documents from the index.
type ApproveRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Ref        string   // the branch or tag that waits; "": the only one that waits
}

// Approval is a removal that waits for approval.
type Approval struct {
	ID        string `json:"id" doc:"Id of the repository."`
	URL       string `json:"url"`
	Ref       string `json:"ref"`
	Commit    string `json:"commit" doc:"The commit that removes them, in hex."`
	Removes   int64  `json:"removes" doc:"Documents that it removes."`
	Documents int64  `json:"documents" doc:"Documents that the ref has."`
	Approved  bool   `json:"approved,omitempty" doc:"The removal was approved, and the commit is being indexed; absent: it still waits."`
}

func approval(a catalog.Approval) Approval {
	return Approval{a.Repository.String(), a.URL, a.Ref, a.Commit, a.Removes, a.Documents, a.Approved}
}

// Text is the reason that a ref or a submission gives while it waits. The skins say how to approve
// it.
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

// Choices are the values of a field. A request must name one of them.
type Choices []string

func (c Choices) Error() string { return strings.Join(c, ", ") }
