package callout

import (
	"errors"
	"fmt"
	"net/textproto"

	"github.com/nats-io/jwt/v2"
)

// serverKey is the header with the key of the server that asks.
// Source: nats-server, AuthRequestXKeyHeader.
const serverKey = "Nats-Server-Xkey"

// open reads a question. It refuses one that is not sealed, because a token would then cross the
// network in the clear. The server is configured to seal its questions.
func (c *Callout) open(data []byte, asker string) (*jwt.AuthorizationRequestClaims, error) {
	if asker == "" {
		return nil, errors.New("it is not sealed")
	}
	text, err := c.seal.Open(data, asker)
	if err != nil {
		return nil, fmt.Errorf("open it: %w", err)
	}
	asked, err := jwt.DecodeAuthorizationRequestClaims(string(text))
	if err != nil {
		return nil, fmt.Errorf("read it: %w", err)
	}
	results := jwt.CreateValidationResults()
	if asked.Validate(results); results.IsBlocking(true) {
		return nil, fmt.Errorf("check it: %w", results.Errors()[0])
	}
	return asked, nil
}

// sign writes the answer to a question: a user's JWT, or the reason for a refusal. The server does
// not pass the reason on to the client.
func (c *Callout) sign(asked *jwt.AuthorizationRequestClaims, asker, user string, refused error) ([]byte, error) {
	claims := jwt.NewAuthorizationResponseClaims(asked.UserNkey)
	claims.Audience = asked.Server.ID
	claims.IssuerAccount = c.cfg.Callout.Account
	claims.Jwt = user
	if refused != nil {
		claims.Error = "refused"
	}
	signed, err := claims.Encode(c.signer)
	if err != nil {
		return nil, fmt.Errorf("sign the answer: %w", err)
	}
	return c.seal.Seal([]byte(signed), asker)
}

// first returns a header's first value, whatever the case of its name.
func first(header map[string][]string, name string) string {
	for key, values := range header {
		if textproto.CanonicalMIMEHeaderKey(key) == textproto.CanonicalMIMEHeaderKey(name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}
