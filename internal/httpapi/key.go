package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

type keysOutput struct{ Body service.KeysAnswer }

type rotateKeyInput struct {
	Body struct {
		Wrapping bool   `json:"wrapping,omitempty" doc:"Wrap all keys with the newest wrapping key. Default: make a new key, which seals packs from now on."`
		Tenant   string `json:"tenant,omitempty" maxLength:"63" doc:"Tenant whose key it is. Default: the installation's key."`
	}
}

type createKeyInput struct {
	Body struct {
		Tenant string `json:"tenant" minLength:"1" maxLength:"63"`
	}
}

type keyOutput struct{ Body service.PackKey }

type destroyKeyInput struct {
	Body struct {
		Tenant  string `json:"tenant" minLength:"1" maxLength:"63"`
		Confirm string `json:"confirm" maxLength:"63" doc:"The tenant's name again."`
	}
}

type destroyedKeysOutput struct{ Body service.DestroyedKeys }

type rotatedKeyOutput struct{ Body service.RotatedKey }

// registerKey registers the routes of the keys that seal packs.
func registerKey(api huma.API, d deps) {
	const tag = "installation"
	get(api, d, route{
		id: "list-keys", path: "/keys", tag: tag, scope: access.ScopeAdmin, whole: true,
		summary: "List the keys of packs, and how much each has sealed",
	}, d.listKeys)
	post(api, d, route{
		id: "rotate-key", path: "/keys/rotate", tag: tag, scope: access.ScopeAdmin, whole: true,
		summary: "Make a new key for packs, or wrap all keys with the newest wrapping key",
		text:    "Workers seal with a new key within seconds, and the collector writes packs of older keys again.",
	}, d.rotateKey)
	post(api, d, route{
		id: "create-key", path: "/keys", tag: tag, scope: access.ScopeAdmin, whole: true, status: http.StatusCreated,
		summary: "Give a tenant a key of its own",
		text:    "Content that is read for the tenant from now on is sealed with this key alone, and is not shared with other tenants. Its repositories are read again.",
	}, d.createKey)
	post(api, d, route{
		id: "destroy-key", path: "/keys/destroy", tag: tag, scope: access.ScopeAdmin, whole: true,
		summary: "Destroy a tenant's own keys",
		text:    "Nobody can ever read its texts after that. Everything else goes on.",
	}, d.destroyKey)
}

func (d deps) createKey(ctx context.Context, who caller, in *createKeyInput) (*keyOutput, error) {
	k, err := d.CreateKey(ctx, service.CreateKeyRequest{Tenant: in.Body.Tenant, Reach: who.Repositories})
	return &keyOutput{k}, err
}

func (d deps) destroyKey(ctx context.Context, who caller, in *destroyKeyInput) (*destroyedKeysOutput, error) {
	done, err := d.DestroyKey(ctx, service.DestroyKeyRequest{Tenant: in.Body.Tenant, Confirm: in.Body.Confirm, Reach: who.Repositories})
	return &destroyedKeysOutput{done}, err
}

func (d deps) listKeys(ctx context.Context, _ caller, _ *nothing) (*keysOutput, error) {
	a, err := d.Keys(ctx)
	return &keysOutput{a}, err
}

func (d deps) rotateKey(ctx context.Context, who caller, in *rotateKeyInput) (*rotatedKeyOutput, error) {
	done, err := d.RotateKey(ctx, service.RotateKeyRequest{Wrapping: in.Body.Wrapping, Tenant: in.Body.Tenant, Reach: who.Repositories})
	return &rotatedKeyOutput{done}, err
}
