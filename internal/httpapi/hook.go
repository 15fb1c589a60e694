package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

const (
	hooksTag     = "hooks"
	hookPath     = "/hooks/{hook}"
	deliveryPath = "/deliveries/{delivery}"
)

func registerHook(api huma.API, d deps) {
	get(api, d, route{id: "list-hooks", path: "/hooks", tag: hooksTag, scope: access.ScopeOperate, summary: "List webhooks, oldest first"}, d.hooks)
	post(api, d, route{
		id: "create-hook", path: "/hooks", tag: hooksTag, scope: access.ScopeOperate, status: http.StatusCreated, summary: "Create a webhook",
		text: "The answer holds the secret, which is not shown again, and the path that the git host sends to. Only a token with the scope submit can create a hook that may submit.",
	}, d.createHook)
	get(api, d, route{id: "get-hook", path: hookPath, tag: hooksTag, scope: access.ScopeOperate, summary: "Show a webhook"}, d.hook)
	post(api, d, route{
		id: "rotate-hook", path: hookPath + "/rotate", tag: hooksTag, scope: access.ScopeOperate, summary: "Give a webhook a new secret",
		text: "The address stays the same. The old secret is valid until the overlap is over.",
	}, d.rotateHook)
	remove(api, d, route{id: "revoke-hook", path: hookPath, tag: hooksTag, scope: access.ScopeOperate, summary: "Revoke a webhook"}, d.revokeHook)
	get(api, d, route{id: "list-deliveries", path: "/deliveries", tag: hooksTag, scope: access.ScopeOperate, summary: "List the deliveries to webhooks, newest first, with their outcomes"}, d.deliveries)
	get(api, d, route{id: "get-delivery", path: deliveryPath, tag: hooksTag, scope: access.ScopeOperate, summary: "Show a delivery with its body"}, d.delivery)
	post(api, d, route{id: "replay-delivery", path: deliveryPath + "/replay", tag: hooksTag, scope: access.ScopeOperate, summary: "Handle a delivery again"}, d.replay)
}

type hooksInput struct{ Page }

type hooksOutput struct {
	Body struct {
		service.HooksAnswer
		Next string `json:"next,omitempty" doc:"Cursor of the next page; absent: this is the last."`
	}
}

func (d deps) hooks(ctx context.Context, who caller, in *hooksInput) (*hooksOutput, error) {
	after, err := place[string]("hooks", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &hooksOutput{}
	out.Body.HooksAnswer, err = d.Hooks(ctx, service.HooksRequest{Tenant: who.tenant, Reach: who.Repositories, After: after, Limit: in.Limit})
	out.Body.Next = cursor("hooks", out.Body.HooksAnswer.Next)
	return out, err
}

type createHookInput struct {
	Body struct {
		Name     string   `json:"name" minLength:"1" maxLength:"100" doc:"Name that says who sends to the hook."`
		Provider string   `json:"provider" enum:"github,gitlab,gitea,forgejo,bitbucket,datacenter,generic"`
		Allowed  []string `json:"allowed" minItems:"1" maxItems:"64" doc:"Hosts and owners that payloads may name: [SCHEME://]HOST[:PORT][/OWNER], such as github.com/acme."`
		Scopes   []string `json:"scopes,omitempty" maxItems:"3" enum:"forget,rename,submit" doc:"What deliveries may do; absent: all."`
		Refs     []string `json:"refs,omitempty" maxItems:"64" doc:"Globs of refs to index when they are pushed, such as release/*. The default branch and refs that are already indexed need no glob."`
		Secret   string   `json:"secret,omitempty" maxLength:"1024" doc:"Secret that the git host has made; absent: leat makes one."`
	}
}

type createdHookOutput struct{ Body service.CreatedHook }

func (d deps) createHook(ctx context.Context, who caller, in *createHookInput) (*createdHookOutput, error) {
	b := in.Body
	created, err := d.CreateHook(ctx, service.CreateHookRequest{
		Tenant: who.tenant, Reach: who.Repositories, Name: b.Name, Provider: b.Provider, Allowed: b.Allowed, Scopes: b.Scopes, Refs: b.Refs, Secret: b.Secret,
	})
	return &createdHookOutput{created}, err
}

type hookInput struct {
	Hook string `path:"hook" maxLength:"400" doc:"The hook's id, or its name if it is not revoked, percent-encoded."`
}

type hookOutput struct{ Body service.Hook }

func (d deps) hook(ctx context.Context, who caller, in *hookInput) (*hookOutput, error) {
	h, err := d.Hook(ctx, service.HookRequest{Tenant: who.tenant, Reach: who.Repositories, Hook: in.Hook})
	return &hookOutput{h}, err
}

func (d deps) revokeHook(ctx context.Context, who caller, in *hookInput) (*hookOutput, error) {
	h, err := d.RevokeHook(ctx, service.HookRequest{Tenant: who.tenant, Reach: who.Repositories, Hook: in.Hook})
	return &hookOutput{h}, err
}

type rotateHookInput struct {
	Hook string `path:"hook" maxLength:"400" doc:"The hook's id, or its name if it is not revoked, percent-encoded."`
	Body struct {
		Secret  string `json:"secret,omitempty" maxLength:"1024" doc:"Secret that the git host has made; absent: leat makes one."`
		Overlap *int64 `json:"overlap_seconds,omitempty" minimum:"0" maximum:"2592000" doc:"Seconds for which the old secret stays valid; absent: a day."`
	}
}

func (d deps) rotateHook(ctx context.Context, who caller, in *rotateHookInput) (*createdHookOutput, error) {
	r := service.RotateHookRequest{HookRequest: service.HookRequest{Tenant: who.tenant, Reach: who.Repositories, Hook: in.Hook}, Secret: in.Body.Secret}
	if in.Body.Overlap != nil {
		overlap := time.Duration(*in.Body.Overlap) * time.Second
		r.Overlap = &overlap
	}
	created, err := d.RotateHook(ctx, r)
	return &createdHookOutput{created}, err
}

type deliveriesInput struct {
	Page
	Hook  string `query:"hook" maxLength:"400" doc:"Only deliveries to this hook, by its id or name."`
	State string `query:"state" enum:"received,accepted,ignored,refused,failed" doc:"Only deliveries in this state."`
}

type deliveriesOutput struct {
	Body struct {
		service.DeliveriesAnswer
		Next string `json:"next,omitempty" doc:"Cursor of the next page; absent: this is the last."`
	}
}

func (d deps) deliveries(ctx context.Context, who caller, in *deliveriesInput) (*deliveriesOutput, error) {
	before, err := place[int64]("deliveries", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &deliveriesOutput{}
	out.Body.DeliveriesAnswer, err = d.Deliveries(ctx, service.DeliveriesRequest{
		Tenant: who.tenant, Reach: who.Repositories, Hook: in.Hook, State: in.State, Before: before, Limit: in.Limit,
	})
	out.Body.Next = cursor("deliveries", out.Body.DeliveriesAnswer.Next)
	return out, err
}

type deliveryInput struct {
	Delivery int64 `path:"delivery" minimum:"1" doc:"Number of the delivery."`
}

type deliveryOutput struct{ Body service.Delivery }

func (d deps) delivery(ctx context.Context, who caller, in *deliveryInput) (*deliveryOutput, error) {
	found, err := d.Delivery(ctx, service.DeliveryRequest{Tenant: who.tenant, Reach: who.Repositories, ID: in.Delivery})
	return &deliveryOutput{found}, err
}

type replayOutput struct{ Body service.DeliverAnswer }

func (d deps) replay(ctx context.Context, who caller, in *deliveryInput) (*replayOutput, error) {
	a, err := d.ReplayDelivery(ctx, service.DeliveryRequest{Tenant: who.tenant, Reach: who.Repositories, ID: in.Delivery})
	return &replayOutput{a}, err
}
