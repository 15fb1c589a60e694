package client

import (
	"context"

	"github.com/leatworks/leat/internal/service"
)

// Keys is service.Service.Keys.
func (c *Client) Keys(ctx context.Context) (a service.KeysAnswer, err error) {
	return a, c.ask(ctx, get(nil, "keys"), &a)
}

// RotateKey is service.Service.RotateKey. A lost request is sent again, and still makes one key.
func (c *Client) RotateKey(ctx context.Context, r service.RotateKeyRequest) (done service.RotatedKey, err error) {
	return done, c.ask(ctx, once(post(map[string]any{"wrapping": r.Wrapping, "tenant": r.Tenant}, nil, "keys", "rotate")), &done)
}

// CreateKey is service.Service.CreateKey. A lost request is sent again, and still makes one key.
func (c *Client) CreateKey(ctx context.Context, r service.CreateKeyRequest) (k service.PackKey, err error) {
	return k, c.ask(ctx, once(post(map[string]string{"tenant": r.Tenant}, nil, "keys")), &k)
}

// DestroyKey is service.Service.DestroyKey.
func (c *Client) DestroyKey(ctx context.Context, r service.DestroyKeyRequest) (done service.DestroyedKeys, err error) {
	return done, c.ask(ctx, once(post(map[string]string{"tenant": r.Tenant, "confirm": r.Confirm}, nil, "keys", "destroy")), &done)
}
