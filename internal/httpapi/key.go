package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

type keysOutput struct{ Body service.KeysAnswer }

type rotateKeyInput struct {
	Body struct {
		Wrapping bool `json:"wrapping,omitempty" doc:"Wrap all keys by the newest wrapping key. Default: a new key seals packs from now on."`
	}
}

type rotatedKeyOutput struct{ Body service.RotatedKey }

// registerKey registers the keys that seal packs.
func registerKey(api huma.API, d deps) {
	const tag = "installation"
	get(api, d, route{
		id: "list-keys", path: "/keys", tag: tag, scope: access.ScopeAdmin, whole: true,
		summary: "List the keys of packs, and how much each has sealed",
	}, d.listKeys)
	post(api, d, route{
		id: "rotate-key", path: "/keys/rotate", tag: tag, scope: access.ScopeAdmin, whole: true,
		summary: "Make a new key for packs, or wrap all keys by the newest wrapping key",
		text:    "Workers seal with a new key within seconds, and the collector writes packs of older keys anew.",
	}, d.rotateKey)
}

func (d deps) listKeys(ctx context.Context, _ caller, _ *nothing) (*keysOutput, error) {
	a, err := d.Keys(ctx)
	return &keysOutput{a}, err
}

func (d deps) rotateKey(ctx context.Context, who caller, in *rotateKeyInput) (*rotatedKeyOutput, error) {
	done, err := d.RotateKey(ctx, service.RotateKeyRequest{Wrapping: in.Body.Wrapping, Reach: who.Repositories})
	return &rotatedKeyOutput{done}, err
}
