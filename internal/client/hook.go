package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/service"
)

// CreateHook is service.Service.CreateHook. A lost request is sent again, and still makes one hook.
func (c *Client) CreateHook(ctx context.Context, r service.CreateHookRequest) (created service.CreatedHook, err error) {
	if err := r.Check(); err != nil {
		return created, err
	}
	body := map[string]any{"name": r.Name, "provider": r.Provider, "allowed": r.Allowed}
	if len(r.Scopes) > 0 {
		body["scopes"] = r.Scopes
	}
	if len(r.Refs) > 0 {
		body["refs"] = r.Refs
	}
	if r.Secret != "" {
		body["secret"] = r.Secret
	}
	return created, c.ask(ctx, once(post(body, c.of(r.Tenant), "hooks")), &created)
}

// Hooks is service.Service.Hooks, for all hooks.
func (c *Client) Hooks(ctx context.Context, r service.HooksRequest) (a service.HooksAnswer, err error) {
	type part struct {
		service.HooksAnswer
		Next string `json:"next"`
	}
	a.Hooks = []service.Hook{}
	err = pages(ctx, c, c.of(r.Tenant), []string{"hooks"}, func(p part) string {
		a.Hooks = append(a.Hooks, p.Hooks...)
		return p.Next
	})
	return a, err
}

// RotateHook is service.Service.RotateHook. A lost request is sent again, and still makes one
// secret.
func (c *Client) RotateHook(ctx context.Context, r service.RotateHookRequest) (created service.CreatedHook, err error) {
	if err := r.Check(); err != nil {
		return created, err
	}
	body := make(map[string]any)
	if r.Secret != "" {
		body["secret"] = r.Secret
	}
	if r.Overlap != nil {
		body["overlap_seconds"] = int64(*r.Overlap / time.Second)
	}
	return created, c.ask(ctx, once(post(body, c.of(r.Tenant), "hooks", r.Hook, "rotate")), &created)
}

// RevokeHook is service.Service.RevokeHook.
func (c *Client) RevokeHook(ctx context.Context, r service.HookRequest) (h service.Hook, err error) {
	return h, c.ask(ctx, request{method: http.MethodDelete, path: []string{"hooks", r.Hook}, query: url.Values(c.of(r.Tenant))}, &h)
}

// Deliveries is service.Service.Deliveries.
func (c *Client) Deliveries(ctx context.Context, r service.DeliveriesRequest) (a service.DeliveriesAnswer, err error) {
	if err := r.Check(); err != nil {
		return a, err
	}
	type part struct {
		Deliveries []service.Delivery `json:"deliveries"`
		Next       string             `json:"next"`
	}
	limit := r.Limit
	if limit == 0 {
		limit = service.DefaultDeliveries
	}
	a.Deliveries = []service.Delivery{}
	err = pages(ctx, c, c.of(r.Tenant).text("hook", r.Hook).text("state", r.State), []string{"deliveries"}, func(p part) string {
		for _, d := range p.Deliveries {
			switch {
			case r.Before > 0 && d.ID >= r.Before:
			case len(a.Deliveries) == limit: // there is at least one more
				a.Next = a.Deliveries[limit-1].ID
				return ""
			default:
				a.Deliveries = append(a.Deliveries, d)
			}
		}
		return p.Next
	})
	return a, err
}

// Delivery is service.Service.Delivery.
func (c *Client) Delivery(ctx context.Context, r service.DeliveryRequest) (d service.Delivery, err error) {
	return d, c.ask(ctx, get(c.of(r.Tenant), "deliveries", strconv.FormatInt(r.ID, 10)), &d)
}

// ReplayDelivery is service.Service.ReplayDelivery. A lost request is sent again, and still replays
// once.
func (c *Client) ReplayDelivery(ctx context.Context, r service.DeliveryRequest) (a service.DeliverAnswer, err error) {
	return a, c.ask(ctx, once(post(nil, c.of(r.Tenant), "deliveries", strconv.FormatInt(r.ID, 10), "replay")), &a)
}

// once lets a request be sent again: the gateway acts on its key once.
func once(r request) request {
	r.key = uuid.NewString()
	return r
}
