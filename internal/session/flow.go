package session

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// flowLifetime is the time that a person may take at the provider.
const flowLifetime = 10 * time.Minute

// flow is a sign-in under way at the provider. A cookie of the browser that began it holds
// it, so that nobody is led into another person's session.
type flow struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"` // of PKCE
	Next     string    `json:"next"`     // where the person wanted to go
	Ends     time.Time `json:"ends"`
}

// Begin leads the browser to the provider (authorization code with PKCE).
func (s *Sessions) Begin(w http.ResponseWriter, r *http.Request) {
	if s.provider == nil {
		s.refuse(w, r, notFound("this leat has no provider: sign in with a token"))
		return
	}
	d, err := s.provider.discover(r.Context())
	if err != nil {
		s.log.WarnContext(r.Context(), "the provider of sign-ins does not answer", "error", err)
		s.refuse(w, r, unavailable(err))
		return
	}
	f := flow{rand.Text(), rand.Text(), oauth2.GenerateVerifier(), nextOf(r), time.Now().Add(flowLifetime)}
	if err := s.write(w, r, flowCookie, f, flowLifetime); err != nil {
		s.refuse(w, r, unavailable(err))
		return
	}
	noStore(w)
	http.Redirect(w, r, d.oauth.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), http.StatusSeeOther)
}

var errProvider = errors.New("the provider does not answer")

// Callback answers the browser that the provider sends back.
func (s *Sessions) Callback(w http.ResponseWriter, r *http.Request) {
	var f flow
	found, err := s.open(r, flowCookie, &f)
	s.drop(w, r, flowCookie) // it is valid once
	if err != nil {
		s.refuse(w, r, unavailable(err))
		return
	}
	who, err := s.arrive(r, f, found)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	rule, ok := s.provider.cfg.Rules.For(who.Roles)
	if !ok {
		s.turnAway(w, r, who)
		return
	}
	ctx := r.Context()
	g, err := s.service.Admit(ctx, rule.Grant(s.provider.cfg.Issuer, who.Subject, who.Name))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	ctx = access.With(ctx, g)
	act := service.SessionAct{Act: service.SessionBegun, Method: "oidc", Subject: who.Subject, Role: rule.Role}
	t := ticket{Issuer: s.provider.cfg.Issuer, Subject: who.Subject, Name: who.Name, Role: rule.Role}
	s.enter(w, r.WithContext(ctx), t, act, f.Next)
}

// arrive returns the person whom the provider sends back.
func (s *Sessions) arrive(r *http.Request, f flow, found bool) (who person, err error) {
	query := r.URL.Query()
	state := query.Get("state")
	switch {
	case s.provider == nil:
		return who, notFound("this leat has no provider: sign in with a token")
	case !found || f.State == "" || subtle.ConstantTimeCompare([]byte(state), []byte(f.State)) != 1:
		return who, signedOut("this sign-in did not begin in this browser, or was used already: begin again")
	case !time.Now().Before(f.Ends):
		return who, signedOut("this sign-in took too long: begin again")
	case query.Has("iss") && query.Get("iss") != s.provider.cfg.Issuer: // RFC 9207
		return who, signedOut("this answer comes from another provider: begin again")
	case query.Get("code") == "":
		s.log.InfoContext(r.Context(), "the provider did not sign a person in", "reason", cut(query.Get("error"), 60))
		return who, signedOut("the provider did not sign you in")
	}
	if who, err = s.provider.identify(r.Context(), query.Get("code"), f); err != nil {
		s.log.WarnContext(r.Context(), "refused an answer of the provider of sign-ins", "error", err)
		if errors.Is(err, errProvider) {
			return who, unavailable(err)
		}
		return who, signedOut("the provider's answer cannot be trusted: begin again; the gateway's log has the reason")
	}
	return who, nil
}

// turnAway refuses a person for whom there is no rule.
func (s *Sessions) turnAway(w http.ResponseWriter, r *http.Request, who person) {
	ctx := access.With(r.Context(), access.Grant{Name: who.Name})
	if err := s.service.NoteSession(ctx, service.SessionAct{Act: service.SessionRefused, Method: "oidc", Subject: who.Subject}); err != nil {
		s.refuse(w, r, err)
		return
	}
	s.log.InfoContext(ctx, "refused a person: no rule gives one of their roles a right", "name", who.Name)
	s.refuse(w, r, denied("you are known, but have no role here: ask the operator of this leat for one"))
}

func notFound(reason string) error {
	return &service.Error{Kind: service.NotFound, Reason: reason}
}

func cut(text string, most int) string {
	if len(text) > most {
		return text[:most]
	}
	return text
}
