package service

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Admit completes the grant of a person whom somebody else has identified, such as a
// provider of OIDC: it adds the bound of the tenant's requests. A person of a tenant that
// does not exist is not admitted.
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
	SessionRefused = "session.refuse" // a provider knows the person, and no rule lets them in
)

// SessionAct is a person who signs in or out.
type SessionAct struct {
	Act     string // SessionBegun, SessionEnded or SessionRefused
	Method  string // by which the person is known: token or oidc
	Subject string // the provider's name of the person; "": none
	Role    string // the role that decided what the session grants; "": none
}

// NoteSession writes who signs in or out into the audit log. The context carries the
// grant of the session, if there is one.
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

// EndSession ends the session of an id for all gateways, from now on, and writes it into the
// audit log. ends is when the session would end by itself.
func (s *Service) EndSession(ctx context.Context, a SessionAct, id string, ends time.Time) (err error) {
	defer mark(&err)
	if err := s.need(store.Postgres); err != nil {
		return err
	}
	g, _ := access.From(ctx)
	ended := catalog.EndedSession{ID: sha256.Sum256([]byte(id)), EndsAt: ends, Tenant: g.Tenant, Name: g.Name, Detail: a.detail(g)}
	return s.stores.Catalog.Sessions.End(ctx, author(ctx), a.Act, ended)
}

// SessionEnded says whether the session of an id was ended, at whichever gateway.
func (s *Service) SessionEnded(ctx context.Context, id string) (ended bool, err error) {
	defer mark(&err)
	if err := s.need(store.Postgres); err != nil {
		return false, err
	}
	return s.stores.Catalog.Sessions.Ended(ctx, sha256.Sum256([]byte(id)))
}
