// Package callout lets a token of leat serve as the password of a NATS client. It answers a NATS
// server that asks whether a client may connect (NATS ADR-26, authorization callout).
//
// It owns which permissions a token has on NATS: to publish on its tenant's subject of the intake
// with the scope submit, and to hear what becomes of its tenant's repositories with the scope read.
// The authenticator of the token decides what it grants.
//
// A token of the installation has no tenant, and a token of some repositories cannot
// be kept to them by subjects, which begin with the tenant: both are refused.
package callout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/account"
	"github.com/leatworks/leat/pipeline/broker"
)

// DefaultLifetime is the time after which a client must give its token again. A client whose token
// is revoked or expires may stay for as long.
const DefaultLifetime = 10 * time.Minute

const (
	// group is the queue group of all gateways, so that one of them answers.
	group = "leat-callout"
	// mostAtOnce bounds the questions that one gateway answers at the same time.
	mostAtOnce = 64
	// mostSubscriptions bounds the subscriptions of a client.
	mostSubscriptions = 100
	// tokenLimit is above the length of any token.
	tokenLimit = 256
)

// Config says which server asks, and with which keys it is answered.
type Config struct {
	// URL of the NATS servers, separated by commas. Required.
	URL string
	// Callout holds the keys that account.Write wrote. Required.
	Callout account.Callout
	// Lifetime of an answer. Default: DefaultLifetime.
	Lifetime time.Duration
}

// Authenticator knows tokens. internal/service implements it.
type Authenticator interface {
	Authenticate(ctx context.Context, secret string) (access.Grant, error)
}

// Callout answers a server's questions.
type Callout struct {
	cfg     Config
	tokens  Authenticator
	log     *slog.Logger
	seal    nkeys.KeyPair
	signer  nkeys.KeyPair
	signers map[string]nkeys.KeyPair // of the tenants' users
}

// New returns a callout. It refuses keys that cannot be read.
func New(cfg Config, tokens Authenticator, log *slog.Logger) (*Callout, error) {
	if cfg.Lifetime <= 0 {
		cfg.Lifetime = DefaultLifetime
	}
	c := &Callout{cfg: cfg, tokens: tokens, log: log, signers: make(map[string]nkeys.KeyPair)}
	var err error
	if c.seal, err = nkeys.FromCurveSeed([]byte(cfg.Callout.Seal)); err != nil {
		return nil, fmt.Errorf("read the key that seals answers: %w", err)
	}
	if c.signer, err = nkeys.FromSeed([]byte(cfg.Callout.Signer)); err != nil {
		return nil, fmt.Errorf("read the key that signs answers: %w", err)
	}
	for tenant, guest := range cfg.Callout.Tenants {
		c.signers[tenant] = c.signer
		if guest.Signer == "" {
			continue
		}
		if c.signers[tenant], err = nkeys.FromSeed([]byte(guest.Signer)); err != nil {
			return nil, fmt.Errorf("read the key that signs users of tenant %s: %w", tenant, err)
		}
	}
	return c, nil
}

// Serve connects and answers until ctx ends. It returns early only if it cannot
// connect; a connection that is lost is restored.
func (c *Callout) Serve(ctx context.Context) error {
	b, err := broker.Connect(ctx, broker.Config{URL: c.cfg.URL, CredentialsFile: c.cfg.Callout.Credentials, Name: broker.CalloutName}, c.log)
	if err != nil {
		return fmt.Errorf("answer the NATS server's questions about tokens: %w", err)
	}
	defer b.Close()
	stop, err := b.Answer(broker.SubjectAuthorize, group, mostAtOnce, c.answer)
	if err != nil {
		return err
	}
	defer stop()
	<-ctx.Done()
	return nil
}

// answer answers a question. It returns nil for a message that is not a server's question.
func (c *Callout) answer(ctx context.Context, q broker.Question) []byte {
	asker := first(q.Header, serverKey)
	asked, err := c.open(q.Data, asker)
	if err != nil {
		c.log.Warn("could not read a question about a NATS client; it is not answered", "error", err)
		return nil
	}
	user, err := c.admit(ctx, asked)
	if err != nil {
		c.log.Info("a NATS client is refused", "client", asked.ClientInformation.Host, "reason", err)
	}
	sealed, err := c.sign(asked, asker, user, err)
	if err != nil {
		c.log.Error("could not answer a question about a NATS client", "error", err)
		return nil
	}
	return sealed
}

// admit returns the JWT of a client that gives a token.
func (c *Callout) admit(ctx context.Context, asked *jwt.AuthorizationRequestClaims) (string, error) {
	token := asked.ConnectOptions.Password
	if token == "" {
		token = asked.ConnectOptions.Token
	}
	if token == "" || len(token) > tokenLimit {
		return "", errors.New("it gave no token of leat as its password")
	}
	ctx = access.WithOrigin(ctx, access.Origin{Door: "nats", Address: asked.ClientInformation.Host})
	grant, err := c.tokens.Authenticate(ctx, token)
	if err != nil {
		return "", err
	}
	permissions, err := permit(grant)
	if err != nil {
		return "", err
	}
	guest, known := c.cfg.Callout.Tenants[grant.Tenant]
	if !known {
		return "", fmt.Errorf("tenant %s has no account of this server: add it with 'leat nats config --tenant %[1]s'", grant.Tenant)
	}
	claims := jwt.NewUserClaims(asked.UserNkey)
	claims.Name = grant.Token
	claims.Expires = time.Now().Add(c.cfg.Lifetime).Unix()
	claims.Permissions = account.Permit(permissions)
	claims.Subs = mostSubscriptions
	claims.AllowedConnectionTypes.Add(jwt.ConnectionTypeStandard, jwt.ConnectionTypeWebsocket)
	if c.cfg.Callout.Variant == account.Operator {
		claims.IssuerAccount = guest.Account
	} else {
		claims.Audience = guest.Account
	}
	signed, err := claims.Encode(c.signers[grant.Tenant])
	if err != nil {
		return "", fmt.Errorf("sign the user: %w", err)
	}
	return signed, nil
}

// permit returns what a token may do on NATS.
func permit(g access.Grant) (p broker.Permissions, err error) {
	switch {
	case g.Tenant == "":
		return p, errors.New("its token is one of the installation: use a token of a tenant")
	case len(g.Repositories) > 0:
		return p, errors.New("its token is limited to some repositories, which NATS cannot enforce: use it over HTTP")
	case !g.Allows(access.ScopeSubmit) && !g.Allows(access.ScopeRead):
		return p, errors.New("its token has neither the scope submit nor the scope read")
	}
	if g.Allows(access.ScopeSubmit) {
		p = broker.MaySubmit(g.Tenant, g.Token)
	}
	if g.Allows(access.ScopeRead) {
		listen := broker.MayListen(g.Tenant, g.Token)
		p.Publish = append(p.Publish, listen.Publish...)
		p.Subscribe = append(p.Subscribe, listen.Subscribe...)
	}
	return p, nil
}
