package service

import (
	"context"

	"github.com/leatworks/leat/pipeline/catalog"
)

// AuditRequest asks for the log of changes.
type AuditRequest struct {
	Tenant    string
	Reach     []string // globs of repositories that may be seen; must be empty
	AnyTenant bool     // include changes of other tenants and of the installation
	catalog.AuditFilter
	Limit int // largest number of changes, 1 to MaxAudit; 0: MaxAudit
}

// MaxAudit bounds the changes in one AuditAnswer.
const MaxAudit = 1000

// AuditAnswer lists changes, newest first.
type AuditAnswer struct {
	Entries []catalog.AuditEntry
	Next    int64 // the next page is before this entry; 0: the list is complete
}

// Audit lists the changes and who made them. A token that only reaches some repositories may not
// ask, because changes do not belong to repositories.
func (s *Service) Audit(ctx context.Context, r AuditRequest) (a AuditAnswer, err error) {
	defer mark(&err)
	if err := s.checkTenant(ctx, r.Tenant, r.Reach); err != nil {
		return a, err
	}
	if r.AnyTenant {
		if err := everything(ctx, r.Reach); err != nil {
			return a, err
		}
	}
	if r.Limit == 0 {
		r.Limit = MaxAudit
	}
	if r.Limit < 1 || r.Limit > MaxAudit {
		return a, badLimit(r.Limit, MaxAudit, "changes")
	}
	filter := r.AuditFilter
	filter.Tenant, filter.AnyTenant = r.Tenant, r.AnyTenant
	a.Entries, err = s.stores.Catalog.Audit.List(ctx, filter, r.Limit+1)
	if len(a.Entries) > r.Limit {
		a.Entries = a.Entries[:r.Limit]
		a.Next = a.Entries[r.Limit-1].ID
	}
	return a, err
}
