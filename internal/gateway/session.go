package gateway

import (
	"log/slog"
	"net/http"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/httpapi"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/session"
)

// browsers names the doors of browsers in the audit log.
const browsers = "web"

// sessions returns the sessions of browsers, and the pages on which people sign in and out. draw
// draws the page to sign in; nil: a plain form.
func sessions(cfg config.Session, box *seal.Box, draw func(http.ResponseWriter, *http.Request, session.Login), svc *service.Service, log *slog.Logger) (*session.Sessions, []httpapi.Door, error) {
	provider, err := provider(cfg)
	if err != nil {
		return nil, nil, err
	}
	s, err := session.New(session.Config{Box: box, PublicURL: cfg.PublicURL, Lifetime: cfg.SessionLifetime, OIDC: provider, Page: draw}, svc, log)
	if err != nil {
		return nil, nil, err
	}
	return s, []httpapi.Door{
		{Name: browsers, Pattern: "GET " + session.LoginPath, Handler: http.HandlerFunc(s.Form), Open: true},
		{Name: browsers, Pattern: "POST " + session.LoginPath, Handler: http.HandlerFunc(s.SignIn), Who: s.Bearer, Refuse: refuse(s)},
		{Name: browsers, Pattern: "GET " + session.BeginPath, Handler: http.HandlerFunc(s.Begin), Open: true},
		{Name: browsers, Pattern: "GET " + session.CallbackPath, Handler: http.HandlerFunc(s.Callback), Open: true},
		page("POST "+session.LogoutPath, s, s.SignOut),
	}, nil
}

// page returns a door for people who have signed in.
func page(pattern string, s *session.Sessions, handle http.HandlerFunc) httpapi.Door {
	return httpapi.Door{Name: browsers, Pattern: pattern, Handler: handle, Who: s.Grant, Refuse: refuse(s)}
}

func refuse(s *session.Sessions) func(http.ResponseWriter, *http.Request, *httpapi.Problem) {
	return func(w http.ResponseWriter, r *http.Request, p *httpapi.Problem) { s.Refuse(w, r, p.Status, p.Detail) }
}

// provider returns the provider through which people sign in, or nil if there is none.
func provider(cfg config.Session) (*session.OIDC, error) {
	if cfg.OIDCIssuer == "" {
		return nil, nil
	}
	rules, err := cfg.Rules()
	if err != nil {
		return nil, err
	}
	secret, err := cfg.OIDCSecret()
	if err != nil {
		return nil, err
	}
	return &session.OIDC{
		Issuer: cfg.OIDCIssuer, Client: cfg.OIDCClient, Secret: secret, Name: cfg.OIDCName, Scopes: cfg.OIDCScopes, Claim: cfg.OIDCClaim, Rules: rules,
	}, nil
}
