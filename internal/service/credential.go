package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// maxCredential bounds a user name with its password or token, in bytes.
const maxCredential = 4096

// CredentialsRequest asks for the hosts for which a tenant has git credentials. A token that only
// reaches some repositories may not ask, because a credential covers a whole host.
type CredentialsRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be seen; must be empty
}

// CredentialRequest names a tenant's credential for a host.
type CredentialRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be seen; must be empty
	Host   string   // with the port unless it is 443
}

// SetCredentialRequest asks to store or replace the credential for a host.
type SetCredentialRequest struct {
	CredentialRequest
	User   string // "": the one that the host expects with a token
	Secret string // password or token; nothing shows it again
}

// Credentials lists the hosts for which a tenant has credentials, without the credentials.
func (s *Service) Credentials(ctx context.Context, r CredentialsRequest) (list []catalog.GitCredential, err error) {
	defer mark(&err)
	if err := s.checkTenant(ctx, r.Tenant, r.Reach); err != nil {
		return nil, err
	}
	return s.stores.Catalog.Tenants.Credentials(ctx, r.Tenant)
}

// SetCredential stores a tenant's credential for a host, sealed. It returns the stored name of the
// host.
func (s *Service) SetCredential(ctx context.Context, r SetCredentialRequest) (host string, err error) {
	defer mark(&err)
	if host, err = s.credentialHost(ctx, r.CredentialRequest); err != nil {
		return "", err
	}
	value := r.Secret
	if r.User != "" {
		value = r.User + ":" + r.Secret
	}
	wrong := func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }
	if r.Secret == "" || strings.Contains(r.User, ":") || len(value) > maxCredential || !utf8.ValidString(value) || strings.ContainsFunc(value, wrong) {
		reason := fmt.Sprintf("give a user name without a colon and a password or token, without white space and with at most %d bytes together", maxCredential)
		return "", &Error{Kind: Invalid, Field: FieldSecret, Reason: reason}
	}
	sealed, err := s.cfg.Box.Seal([]byte(value), seal.GitCredential(r.Tenant, host))
	if errors.Is(err, seal.ErrNoKey) {
		return "", &Error{Kind: Unavailable, Err: err}
	}
	if err != nil {
		return "", err
	}
	err = s.stores.Catalog.Tenants.PutCredential(ctx, author(ctx), r.Tenant, host, sealed)
	if isNotFound(err) {
		return "", noTenant(r.Tenant)
	}
	return host, err
}

// RemoveCredential deletes a tenant's credential for a host.
func (s *Service) RemoveCredential(ctx context.Context, r CredentialRequest) (err error) {
	defer mark(&err)
	host, err := s.credentialHost(ctx, r)
	if err != nil {
		return err
	}
	err = s.stores.Catalog.Tenants.DropCredential(ctx, author(ctx), r.Tenant, host)
	if isNotFound(err) {
		return &Error{Kind: NotFound, Field: FieldHost, Value: host, Reason: "the tenant has no credential for this host"}
	}
	return err
}

func (s *Service) credentialHost(ctx context.Context, r CredentialRequest) (string, error) {
	if err := s.checkTenant(ctx, r.Tenant, r.Reach); err != nil {
		return "", err
	}
	host, ok := access.Host(r.Host)
	if !ok {
		return "", &Error{Kind: Invalid, Field: FieldHost, Reason: "give the name of a host, with its port unless that is 443: git.example.org"}
	}
	return host, nil
}

// checkTenant is check for a request about a whole tenant.
func (s *Service) checkTenant(ctx context.Context, tenant string, reach []string) error {
	if restricted(ctx, reach) {
		return denied("use a token that reaches all repositories of its tenant")
	}
	return s.check(ctx, tenant, store.Postgres)
}
