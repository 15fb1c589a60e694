package service

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Admit completes the grant of a person whom somebody else, such as an OIDC provider, has
// identified. It adds the bound of the tenant's requests. It refuses a person of a missing tenant.
func (s *Service) Admit(ctx context.Context, g access.Grant) (_ access.Grant, err error) {
	defer mark(&err)
	if err := s.need(store.Postgres); err != nil || g.Tenant == "" {
		return g, err
	}
	t, err := s.stores.Catalog.Tenants.Load(ctx, g.Tenant)
	if isNotFound(err) {
		return access.Grant{}, denied("your tenant " + g.Tenant + " does not exist: ask the operator to create it")
	}
	g.Requests = t.Limits.Requests
	return g, err
}

// The acts of a session in the audit log.
const (
	SessionBegun   = "session.begin"
	SessionEnded   = "session.end"
	SessionRefused = "session.refuse" // a provider knows the person, but no rule lets them in
)

// SessionAct is a person who signs in or out.
type SessionAct struct {
	Act     string // SessionBegun, SessionEnded or SessionRefused
	Method  string // token or oidc
	Subject string // the provider's id of the person; "": none
	Role    string // the role that decided what the session grants; "": none
}

// NoteSession records a person who signs in or out in the audit log. The context carries the grant
// of the session, if there is one.
func (s *Service) NoteSession(ctx context.Context, a SessionAct) (err error) {
	defer mark(&err)
	if err := s.need(store.Postgres); err != nil {
		return err
	}
	g, _ := access.From(ctx)
	return s.stores.Catalog.Audit.Note(ctx, author(ctx), g.Tenant, a.Act, g.Name, a.detail(g))
}

func (a SessionAct) detail(g access.Grant) any {
	return struct {
		Method  string         `json:"method"`
		Subject string         `json:"subject,omitempty"`
		Role    string         `json:"role,omitempty"`
		Scopes  []access.Scope `json:"scopes,omitempty"`
	}{a.Method, a.Subject, a.Role, g.Scopes}
}

// EndSession ends the session with an id at all gateways, and records that in the audit log. ends
// is the time at which the session would end by itself.
func (s *Service) EndSession(ctx context.Context, a SessionAct, id string, ends time.Time) (err error) {
	defer mark(&err)
	if err := s.need(store.Postgres); err != nil {
		return err
	}
	g, _ := access.From(ctx)
	ended := catalog.EndedSession{ID: sha256.Sum256([]byte(id)), EndsAt: ends, Tenant: g.Tenant, Name: g.Name, Detail: a.detail(g)}
	return s.stores.Catalog.Sessions.End(ctx, author(ctx), a.Act, ended)
}

// SessionEnded says whether the session with an id was ended at any gateway.
func (s *Service) SessionEnded(ctx context.Context, id string) (ended bool, err error) {
	defer mark(&err)
	if err := s.need(store.Postgres); err != nil {
		return false, err
	}
	return s.stores.Catalog.Sessions.Ended(ctx, sha256.Sum256([]byte(id)))
}
