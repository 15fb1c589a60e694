package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/host"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/service"
)

// DefaultLifetime is how long a session lasts.
const DefaultLifetime = 12 * time.Hour

// Config says how people sign in.
type Config struct {
	// Box seals cookies. All gateways need the same key. Without a key nobody can sign in.
	Box *seal.Box
	// PublicURL is the address at which browsers find the gateway: a scheme and a host. With http
	// the cookies cross the network in the clear. It is required for OIDC. Default: https and the
	// host of the request, or http on this machine.
	PublicURL string
	// Lifetime of a session. Default: DefaultLifetime.
	Lifetime time.Duration
	// OIDC is the provider through which people sign in. Default: none, so that people can only use
	// a token.
	OIDC *OIDC
	// Page draws the page to sign in. Default: a plain form.
	Page func(http.ResponseWriter, *http.Request, Login)
}

// Service knows tokens and people, and keeps the audit log. internal/service implements it.
type Service interface {
	Authenticate(ctx context.Context, secret string) (access.Grant, error)
	Resume(ctx context.Context, hash access.Hash) (access.Grant, error)
	Admit(ctx context.Context, person access.Grant) (access.Grant, error)
	NoteSession(ctx context.Context, act service.SessionAct) error
	EndSession(ctx context.Context, act service.SessionAct, id string, ends time.Time) error
	SessionEnded(ctx context.Context, id string) (bool, error)
}

// Sessions are the sessions of browsers. Any number of goroutines may call its methods.
type Sessions struct {
	cfg      Config
	service  Service
	log      *slog.Logger
	origins  *http.CrossOriginProtection
	provider *provider // nil: there is none
}

// New returns sessions. It asks no provider yet, so that people can sign in with tokens while a
// provider is down.
func New(cfg Config, s Service, log *slog.Logger) (*Sessions, error) {
	if cfg.Lifetime == 0 {
		cfg.Lifetime = DefaultLifetime
	}
	if cfg.Page == nil {
		cfg.Page = plainPage
	}
	cfg.PublicURL = strings.TrimSuffix(cfg.PublicURL, "/")
	all := &Sessions{cfg: cfg, service: s, log: log, origins: http.NewCrossOriginProtection()}
	if cfg.PublicURL != "" {
		if err := all.origins.AddTrustedOrigin(cfg.PublicURL); err != nil {
			return nil, fmt.Errorf("the public URL is not a scheme and a host: %w", err)
		}
	}
	if cfg.OIDC == nil {
		return all, nil
	}
	if err := cfg.OIDC.check(); err != nil {
		return nil, err
	}
	if cfg.PublicURL == "" {
		return nil, errors.New("OIDC needs the public URL, to which the provider sends people back")
	}
	if err := cfg.Box.Usable(); err != nil {
		return nil, fmt.Errorf("OIDC keeps sessions in sealed cookies: %w", err)
	}
	all.provider = newProvider(*cfg.OIDC, cfg.PublicURL+CallbackPath)
	return all, nil
}

// ticket is the content of a session's cookie. A session belongs to a token, or to a person at a
// provider.
type ticket struct {
	ID   string    `json:"id"` // random; the proof of forms is derived from it
	Ends time.Time `json:"ends"`

	Hash []byte `json:"hash,omitempty"` // of the token

	Issuer  string `json:"issuer,omitempty"` // the provider
	Subject string `json:"sub,omitempty"`    // the provider's id of the person
	Name    string `json:"name,omitempty"`   // the person's name, for people
	Role    string `json:"role,omitempty"`   // role of the rule that let the person in
}

func (t ticket) method() string {
	if t.Issuer != "" {
		return "oidc"
	}
	return "token"
}

// Grant returns who sends a request, by its cookie, and what they may reach. It refuses a request
// that may change something unless it comes from a page of the same session (CSRF). It reads the
// request's form for that.
//
// The error is of kind Unauthenticated if nobody is signed in, and of kind Denied if the
// request comes from another site.
func (s *Sessions) Grant(r *http.Request) (access.Grant, error) {
	t, err := s.read(r)
	if err != nil {
		return access.Grant{}, err
	}
	if err := s.checkForm(r, t); err != nil {
		return access.Grant{}, err
	}
	return s.grant(r.Context(), t)
}

// grant returns the rights that a session still has.
func (s *Sessions) grant(ctx context.Context, t ticket) (g access.Grant, err error) {
	switch ended, err := s.service.SessionEnded(ctx, t.ID); {
	case err != nil:
		return g, err
	case ended:
		return g, signedOut("you have signed out: sign in again")
	}
	if t.Issuer == "" {
		if len(t.Hash) != len(access.Hash{}) {
			return g, signedOut("you are not signed in")
		}
		if g, err = s.service.Resume(ctx, access.Hash(t.Hash)); errors.Is(err, service.Unauthenticated) {
			return g, signedOut("the token that you signed in with has ended: sign in with another one")
		}
		return g, err
	}
	if s.provider == nil || s.provider.cfg.Issuer != t.Issuer {
		return g, signedOut("the provider that you signed in with is no longer used: sign in again")
	}
	rule, ok := s.provider.cfg.Rules.Named(t.Role)
	if !ok {
		return g, signedOut("the role that you signed in with is no longer known: sign in again")
	}
	return s.service.Admit(ctx, rule.Grant(t.Issuer, t.Subject, t.Name))
}

func signedOut(reason string) error {
	return &service.Error{Kind: service.Unauthenticated, Reason: reason}
}

func denied(reason string) error { return &service.Error{Kind: service.Denied, Reason: reason} }

// begin gives the browser the cookie of a new session.
func (s *Sessions) begin(w http.ResponseWriter, r *http.Request, t ticket) error {
	t.ID, t.Ends = rand.Text()+rand.Text(), time.Now().Add(s.cfg.Lifetime)
	return s.write(w, r, sessionCookie, t, s.cfg.Lifetime)
}

// secure says whether browsers reach the gateway over https. On the gateway's own machine they may
// use http.
func (s *Sessions) secure(r *http.Request) bool {
	if s.cfg.PublicURL != "" {
		return strings.HasPrefix(s.cfg.PublicURL, "https:")
	}
	return r.TLS != nil || !isLocal(r.Host)
}

// isLocal says whether the host of a request is this machine. A cookie that browsers send over https
// alone is of no use there.
func isLocal(address string) bool {
	u, err := url.Parse("http://" + address)
	if err != nil {
		return false
	}
	return host.IsLoopback(u.Hostname())
}
