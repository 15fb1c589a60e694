package account

import (
	"fmt"
	"strings"

	"github.com/nats-io/jwt/v2"

	"github.com/leatworks/leat/pipeline/broker"
)

// operatorMode is the configuration in which accounts are JWTs, signed by an operator's key. The
// users keep their own JWTs.
func (k *keyring) operatorMode(all []account) (string, error) {
	operator, err := k.operator()
	if err != nil {
		return "", err
	}
	ids := make(map[string]string, len(all)) // public keys of accounts, by name
	for _, a := range all {
		if ids[a.name], err = public(k.account(a)); err != nil {
			return "", err
		}
	}
	var preload strings.Builder
	for _, a := range all {
		claims, err := k.accountClaims(a, all, ids)
		if err != nil {
			return "", err
		}
		signed, err := claims.Encode(operator)
		if err != nil {
			return "", fmt.Errorf("sign account %s: %w", a.name, err)
		}
		fmt.Fprintf(&preload, "  %s: %s # %s\n", ids[a.name], signed, a.name)
		for _, u := range a.users {
			if err := k.writeCredentials(a, u); err != nil {
				return "", err
			}
		}
	}
	id, err := operator.PublicKey()
	if err != nil {
		return "", err
	}
	claims := jwt.NewOperatorClaims(id)
	claims.Name = "leat"
	claims.SystemAccount = ids[systemAccount]
	signed, err := claims.Encode(operator)
	if err != nil {
		return "", fmt.Errorf("sign the operator: %w", err)
	}
	sentinel, err := k.sentinel()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%soperator: %s\nsystem_account: %s\n\n# A client that gives a token of leat as its password first connects as this user, who may do nothing.\n"+
		"default_sentinel: %s\n\nresolver: MEMORY\nresolver_preload: {\n%s}\n", head, signed, ids[systemAccount], sentinel, &preload), nil
}

func (k *keyring) accountClaims(a account, all []account, ids map[string]string) (*jwt.AccountClaims, error) {
	claims := jwt.NewAccountClaims(ids[a.name])
	claims.Name = a.name
	switch {
	case a.name == streamsAccount:
		claims.Limits.JetStreamLimits = jwt.JetStreamLimits{
			MemoryStorage: jwt.NoLimit, DiskStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit, MaxAckPending: jwt.NoLimit,
		}
		for _, c := range broker.Offered() {
			kind := jwt.ResponseTypeSingleton
			if c.Many {
				kind = jwt.ResponseTypeStream
			}
			claims.Exports.Add(&jwt.Export{Name: c.Subject, Subject: jwt.Subject(c.Subject), Type: jwt.Service, ResponseType: jwt.ResponseType(kind)})
		}
		for _, s := range streamExports() {
			claims.Exports.Add(&jwt.Export{Name: s, Subject: jwt.Subject(s), Type: jwt.Stream})
		}
	case a.name == calloutAccount:
		if err := k.authorize(claims, a, all, ids); err != nil {
			return nil, err
		}
	case a.tenant != "":
		signer, err := public(k.signer(a))
		if err != nil {
			return nil, err
		}
		claims.SigningKeys.Add(signer)
		for _, c := range broker.Calls(a.tenant) {
			claims.Imports.Add(&jwt.Import{Name: c.Subject, Subject: jwt.Subject(c.Subject), Account: ids[streamsAccount], LocalSubject: jwt.RenamingSubject(c.Local), Type: jwt.Service})
		}
		for _, s := range broker.Heard(a.tenant) {
			claims.Imports.Add(&jwt.Import{Name: s, Subject: jwt.Subject(s), Account: ids[streamsAccount], Type: jwt.Stream})
		}
	}
	results := jwt.CreateValidationResults()
	if claims.Validate(results); results.IsBlocking(true) {
		return nil, fmt.Errorf("account %s: %w", a.name, results.Errors()[0])
	}
	return claims, nil
}

// authorize lets the callout's user decide which clients enter the tenants' accounts.
func (k *keyring) authorize(claims *jwt.AccountClaims, a account, all []account, ids map[string]string) error {
	signer, err := public(k.signer(a))
	if err != nil {
		return err
	}
	claims.SigningKeys.Add(signer)
	user, err := public(k.user(Operator, a, a.users[0]))
	if err != nil {
		return err
	}
	claims.Authorization.AuthUsers.Add(user)
	for _, other := range all {
		if other.tenant != "" {
			claims.Authorization.AllowedAccounts.Add(ids[other.name])
		}
	}
	claims.Authorization.XKey, err = public(k.sealer())
	return err
}

// writeCredentials signs a user and writes its JWT with its seed.
func (k *keyring) writeCredentials(a account, u user) error {
	pair, err := k.user(Operator, a, u)
	if err != nil {
		return err
	}
	id, err := pair.PublicKey()
	if err != nil {
		return err
	}
	claims := jwt.NewUserClaims(id)
	claims.Name = a.file(u)
	if !u.all {
		claims.Permissions = Permit(u.Permissions)
	}
	if u.answers {
		claims.Resp = &jwt.ResponsePermission{MaxMsgs: 1, Expires: answerTime}
	}
	signer, err := k.account(a)
	if err != nil {
		return err
	}
	signed, err := claims.Encode(signer)
	if err != nil {
		return fmt.Errorf("sign user %s: %w", claims.Name, err)
	}
	seed, err := pair.Seed()
	if err != nil {
		return err
	}
	content, err := jwt.FormatUserConfig(signed, seed)
	if err != nil {
		return fmt.Errorf("write the credentials of %s: %w", claims.Name, err)
	}
	return k.dir.replace(Operator.credentials(a.file(u)), content)
}

// Permit returns permissions in the form of a JWT.
func Permit(p broker.Permissions) jwt.Permissions {
	return jwt.Permissions{Pub: jwt.Permission{Allow: p.Publish}, Sub: jwt.Permission{Allow: p.Subscribe}}
}

// sentinel is the user as which the server treats a client without a JWT until the callout has
// decided.
func (k *keyring) sentinel() (string, error) {
	a := account{name: calloutAccount}
	id, err := public(k.user(Operator, a, user{name: "sentinel"}))
	if err != nil {
		return "", err
	}
	claims := jwt.NewUserClaims(id)
	claims.Name, claims.BearerToken = "sentinel", true
	claims.Pub.Deny.Add(">")
	claims.Sub.Deny.Add(">")
	signer, err := k.account(a)
	if err != nil {
		return "", err
	}
	return claims.Encode(signer)
}
