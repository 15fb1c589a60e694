package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/access"
)

// Session says how people sign in with a browser.
type Session struct {
	PublicURL       string        `name:"public-url" env:"LEAT_PUBLIC_URL" placeholder:"URL" help:"Address at which browsers find the gateway, such as https://leat.example.com. Default: https and the host that a request names, or http on this machine."`
	SessionLifetime time.Duration `name:"session-lifetime" env:"LEAT_SESSION_LIFETIME" default:"12h" help:"Time for which a person stays signed in (${default})."`
	OIDCIssuer      string        `name:"oidc-issuer" env:"LEAT_OIDC_ISSUER" placeholder:"URL" help:"Provider of OpenID Connect through which people sign in. Default: none; people sign in with a token."`
	OIDCClient      string        `name:"oidc-client" env:"LEAT_OIDC_CLIENT" placeholder:"ID" help:"Id under which the provider knows leat. The secret comes from LEAT_OIDC_CLIENT_SECRET."`
	OIDCSecretFile  string        `name:"oidc-client-secret-file" env:"LEAT_OIDC_CLIENT_SECRET_FILE" type:"path" placeholder:"FILE" help:"File with the client's secret. Default: LEAT_OIDC_CLIENT_SECRET."`
	OIDCName        string        `name:"oidc-name" env:"LEAT_OIDC_NAME" placeholder:"NAME" help:"Name of the provider on the page to sign in. Default: its host."`
	OIDCScopes      []string      `name:"oidc-scopes" env:"LEAT_OIDC_SCOPES" default:"profile,email" placeholder:"SCOPE" help:"Scopes that the provider is asked for in addition to openid (${default})."`
	OIDCClaim       string        `name:"oidc-claim" env:"LEAT_OIDC_CLAIM" default:"roles" placeholder:"CLAIM" help:"Claim of the ID token that holds a person's roles (${default}). Dots lead into objects, as in realm_access.roles."`
	OIDCRole        []string      `name:"oidc-role" env:"LEAT_OIDC_ROLES" sep:";" placeholder:"ROLE=TENANT:SCOPES[:GLOBS]" help:"What people of a role may do: scopes and globs of repositories, separated by commas. The tenant * is the installation, and the role * is everybody. May be repeated; the first one that fits decides."`
}

// Check says what to change.
func (s Session) Check() error {
	if s.SessionLifetime <= 0 {
		return fmt.Errorf("--session-lifetime (LEAT_SESSION_LIFETIME) %s: give more than 0s", s.SessionLifetime)
	}
	if s.PublicURL != "" {
		u, err := url.Parse(s.PublicURL)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.TrimSuffix(s.PublicURL, "/") != u.Scheme+"://"+u.Host {
			return fmt.Errorf("--public-url (LEAT_PUBLIC_URL) %q: give a scheme and a host alone, such as https://leat.example.com", s.PublicURL)
		}
	}
	if s.OIDCIssuer == "" {
		if s.OIDCClient != "" || len(s.OIDCRole) > 0 {
			return errors.New("--oidc-client and --oidc-role need --oidc-issuer (LEAT_OIDC_ISSUER)")
		}
		return nil
	}
	switch {
	case s.PublicURL == "":
		return errors.New("--oidc-issuer needs --public-url (LEAT_PUBLIC_URL): the provider sends people back there")
	case s.OIDCClient == "":
		return errors.New("--oidc-issuer needs --oidc-client (LEAT_OIDC_CLIENT)")
	case len(s.OIDCRole) == 0:
		return errors.New("--oidc-issuer needs --oidc-role (LEAT_OIDC_ROLES): without a role nobody may sign in")
	}
	if _, err := s.Rules(); err != nil {
		return err
	}
	_, err := s.OIDCSecret()
	return err
}

// Rules returns what people of each role may do.
func (s Session) Rules() (access.Rules, error) {
	rules := make(access.Rules, len(s.OIDCRole))
	for i, text := range s.OIDCRole {
		rule, err := access.ParseRule(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("--oidc-role (LEAT_OIDC_ROLES): %w", err)
		}
		rules[i] = rule
	}
	return rules, nil
}

// maxClientSecret bounds the file of the client's secret, in bytes.
const maxClientSecret = 64 << 10

// OIDCSecret returns the client's secret, or "" if there is none.
func (s Session) OIDCSecret() (string, error) {
	secret := os.Getenv("LEAT_OIDC_CLIENT_SECRET")
	if s.OIDCSecretFile == "" {
		return secret, nil
	}
	f, err := os.Open(s.OIDCSecretFile)
	if err != nil {
		return "", fmt.Errorf("--oidc-client-secret-file (LEAT_OIDC_CLIENT_SECRET_FILE): %w", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxClientSecret))
	if err != nil {
		return "", fmt.Errorf("--oidc-client-secret-file (LEAT_OIDC_CLIENT_SECRET_FILE): %w", err)
	}
	return cmp.Or(strings.TrimSpace(string(content)), secret), nil
}
