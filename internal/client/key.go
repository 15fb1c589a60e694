package client

import (
	"context"

	"github.com/leatworks/leat/internal/service"
)

// Keys is service.Service.Keys.
func (c *Client) Keys(ctx context.Context) (a service.KeysAnswer, err error) {
	return a, c.ask(ctx, get(nil, "keys"), &a)
}

// RotateKey is service.Service.RotateKey. A request that is lost is sent again, and makes
// one key.
func (c *Client) RotateKey(ctx context.Context, r service.RotateKeyRequest) (done service.RotatedKey, err error) {
	return done, c.ask(ctx, once(post(map[string]bool{"wrapping": r.Wrapping}, nil, "keys", "rotate")), &done)
}
