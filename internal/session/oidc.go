package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/leatworks/leat/internal/access"
)

// OIDC says through which provider of OpenID Connect people sign in, and what they may do.
type OIDC struct {
	Issuer string // its URL, as in its tokens: https, or http on this machine
	Client string // the id under which the provider knows leat
	Secret string // of the client; "": it is a public client
	Name   string // of the provider, for people; default: its host
	// Scopes are asked for in addition to openid. Default: profile and email.
	Scopes []string
	// Claim of the ID token that holds the person's roles, as a list or as one text. Dots
	// lead into objects, as in realm_access.roles. Default: roles.
	Claim string
	// Rules say what each role may do. The first that fits decides. At least one is required.
	Rules access.Rules
}

func (o *OIDC) check() error {
	u, err := url.Parse(o.Issuer)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !isLocal(u.Host)) {
		return fmt.Errorf("the issuer %.200q is no https URL", o.Issuer)
	}
	switch {
	case o.Client == "":
		return errors.New("OIDC needs the id of the client")
	case len(o.Rules) == 0:
		return errors.New("OIDC needs a rule: without one nobody may sign in")
	}
	if o.Name == "" {
		o.Name = u.Hostname()
	}
	if o.Claim == "" {
		o.Claim = "roles"
	}
	if o.Scopes == nil {
		o.Scopes = []string{"profile", "email"}
	}
	return nil
}

const (
	// providerTimeout bounds each request to the provider.
	providerTimeout = 10 * time.Second
	// maxAnswer bounds each answer of the provider, in bytes.
	maxAnswer = 1 << 20
)

// algorithms are the signatures that a provider may use. All have a public key. Signatures of the
// other kinds can be made by anybody who knows the client's secret, or by anybody at all.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// provider exchanges messages with a provider.
type provider struct {
	cfg      OIDC
	callback string
	client   *http.Client

	mu     sync.Mutex
	found  *discovered // nil: the provider has not answered yet
	failed time.Time   // time of the last question that it did not answer
	reason error       // why it did not
}

// discovered is a provider's description of itself.
type discovered struct {
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
}

func newProvider(cfg OIDC, callback string) *provider {
	client := &http.Client{
		Timeout: providerTimeout, Transport: bounded{http.DefaultTransport},
		// A redirect could send the client's secret to another host, so none is followed.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &provider{cfg: cfg, callback: callback, client: client}
}

// pause is the time for which leat does not ask a provider again that did not answer, so that
// people do not queue up behind each other's attempts.
const pause = 5 * time.Second

// discover returns the provider's description of itself. It asks until it has got one answer. The
// verifier fetches keys that the provider changes later.
func (p *provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	if time.Since(p.failed) < pause {
		return nil, p.reason
	}
	found, err := oidc.NewProvider(p.with(ctx), p.cfg.Issuer)
	if err != nil {
		err = fmt.Errorf("ask %s how people sign in: %w: %w", p.cfg.Issuer, errProvider, err)
		if ctx.Err() == nil { // otherwise the browser has gone, which says nothing about the provider
			p.failed, p.reason = time.Now(), err
		}
		return nil, err
	}
	oauth := oauth2.Config{
		ClientID: p.cfg.Client, ClientSecret: p.cfg.Secret, Endpoint: found.Endpoint(), RedirectURL: p.callback,
		Scopes: append([]string{oidc.ScopeOpenID}, p.cfg.Scopes...),
	}
	p.found = &discovered{oauth, found.Verifier(&oidc.Config{ClientID: p.cfg.Client, SupportedSigningAlgs: algorithms})}
	return p.found, nil
}

func (p *provider) with(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

// person is a person whom a provider has identified.
type person struct {
	Subject, Name string
	Roles         []string
}

// identify exchanges a code for the person that it stands for.
func (p *provider) identify(ctx context.Context, code string, f flow) (who person, err error) {
	d, err := p.discover(ctx)
	if err != nil {
		return who, err
	}
	tokens, err := d.oauth.Exchange(p.with(ctx), code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return who, fmt.Errorf("exchange the code: %w", exchangeError(err))
	}
	raw, _ := tokens.Extra("id_token").(string)
	if raw == "" {
		return who, errors.New("the provider answers without an ID token")
	}
	id, err := d.verifier.Verify(p.with(ctx), raw)
	if err != nil {
		return who, fmt.Errorf("verify the ID token: %w", err)
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return who, fmt.Errorf("read the ID token: %w", err)
	}
	// OpenID Connect Core, section 3.1.3.7, 4, 5 and 11.
	party, named := claims["azp"].(string)
	switch {
	case named && party != p.cfg.Client, !named && len(id.Audience) > 1:
		return who, errors.New("the ID token was issued to another client")
	case id.Nonce == "" || id.Nonce != f.Nonce:
		return who, errors.New("the ID token belongs to another sign-in: its nonce differs")
	case id.Subject == "" || len(id.Subject) > 255:
		return who, errors.New("the ID token names nobody")
	}
	return person{id.Subject, nameIn(claims, id.Subject), rolesIn(claims, p.cfg.Claim)}, nil
}

// exchangeError leaves out the body of the provider's answer, which may repeat the secrets it was
// sent.
func exchangeError(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return fmt.Errorf("the provider answers %d %.60q", refused.Response.StatusCode, refused.ErrorCode)
	}
	var sent *url.Error // there was no answer at all
	if errors.As(err, &sent) {
		return fmt.Errorf("%w: %w", errProvider, err)
	}
	return err
}

// nameIn returns the name of a person in leat's logs.
func nameIn(claims map[string]any, subject string) string {
	for _, claim := range []string{"preferred_username", "email", "name"} {
		text, _ := claims[claim].(string)
		if text != "" && len(text) <= 200 && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			return text
		}
	}
	return subject
}

// rolesIn reads a claim, whose value is a text or a list of texts. It takes a claim of the whole
// name first, and a path only if there is none, since names such as https://example.com/roles hold
// dots.
func rolesIn(claims map[string]any, claim string) []string {
	value, found := claims[claim]
	if !found {
		value = claims
		for name := range strings.SplitSeq(claim, ".") {
			object, _ := value.(map[string]any)
			value = object[name]
		}
	}
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var roles []string
		for _, item := range v {
			if role, ok := item.(string); ok && !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
		return roles
	}
	return nil
}

// bounded cuts off answers that are longer than any provider's.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxAnswer), response.Body}
	return response, nil
}
