package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/webhook"
)

// hooksView is the list of webhooks.
type hooksView struct {
	service.HooksAnswer
	created *service.CreatedHook
	now     time.Time
}

// hooks lists the tenant's webhooks.
func (p *Pages) hooks(w http.ResponseWriter, r *http.Request, v visit) error {
	return p.hookList(w, r, v, nil)
}

func (p *Pages) hookList(w http.ResponseWriter, r *http.Request, v visit, created *service.CreatedHook) error {
	a, err := p.service.Hooks(r.Context(), service.HooksRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, After: r.FormValue("after"), Limit: tokensShown})
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, hooksPage(v, hooksView{a, created, time.Now()}))
}

// changeHooks makes, rotates or revokes a webhook.
func (p *Pages) changeHooks(w http.ResponseWriter, r *http.Request, v visit) error {
	form := r.PostForm
	hook := service.HookRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Hook: form.Get("id")}
	switch form.Get("do") {
	case "create":
		made, err := p.service.CreateHook(r.Context(), service.CreateHookRequest{
			Tenant: v.who.Tenant, Reach: v.who.Repositories, Name: strings.TrimSpace(form.Get("name")), Provider: form.Get("provider"),
			Allowed: strings.Fields(form.Get("allowed")), Refs: strings.Fields(form.Get("refs")),
		})
		if err != nil {
			return err
		}
		return p.hookList(w, r, v, &made)
	case "rotate":
		made, err := p.service.RotateHook(r.Context(), service.RotateHookRequest{HookRequest: hook})
		if err != nil {
			return err
		}
		return p.hookList(w, r, v, &made)
	case "revoke":
		if _, err := p.service.RevokeHook(r.Context(), hook); err != nil {
			return err
		}
	default:
		return &service.Error{Kind: service.Invalid, Reason: "unknown action: a hook can be created, rotated or revoked"}
	}
	http.Redirect(w, r, v.to("/admin/hooks"), http.StatusSeeOther)
	return nil
}

// providers are the kinds of git hosts that send.
func providers() (names []string) {
	for _, p := range webhook.Providers() {
		names = append(names, string(p))
	}
	return names
}

// deliveries lists the deliveries of git hosts.
func (p *Pages) deliveries(w http.ResponseWriter, r *http.Request, v visit) error {
	query := r.URL.Query()
	before, _ := strconv.ParseInt(query.Get("before"), 10, 64)
	a, err := p.service.Deliveries(r.Context(), service.DeliveriesRequest{
		Tenant: v.who.Tenant, Reach: v.who.Repositories, Hook: query.Get("hook"), State: query.Get("state"), Before: before, Limit: deliveriesShown,
	})
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, deliveriesPage(v, a, query.Get("hook"), query.Get("state"), time.Now()))
}

// delivery shows one delivery.
func (p *Pages) delivery(w http.ResponseWriter, r *http.Request, v visit) error {
	d, err := p.service.Delivery(r.Context(), deliveryOf(v, r.FormValue("id")))
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, deliveryPage(v, d, time.Now()))
}

// replay handles a delivery again.
func (p *Pages) replay(w http.ResponseWriter, r *http.Request, v visit) error {
	id := r.PostFormValue("id")
	if _, err := p.service.ReplayDelivery(r.Context(), deliveryOf(v, id)); err != nil {
		return err
	}
	http.Redirect(w, r, v.to("/admin/delivery", "id", id), http.StatusSeeOther)
	return nil
}

func deliveryOf(v visit, id string) service.DeliveryRequest {
	number, _ := strconv.ParseInt(id, 10, 64) // no delivery has the number 0
	return service.DeliveryRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, ID: number}
}

// hookState says whether a hook takes deliveries.
func hookState(h service.Hook) string {
	if h.RevokedAt != nil {
		return "revoked"
	}
	return "active"
}

// became sums up the outcome of a delivery.
func became(d service.Delivery) string {
	counts, order := map[string]int{}, []string{}
	for _, b := range d.Became {
		if counts[b.Did] == 0 {
			order = append(order, b.Did)
		}
		counts[b.Did]++
	}
	for i, did := range order {
		order[i] = number(counts[did]) + " " + did
	}
	return strings.Join(order, ", ")
}

// repositoriesText counts repositories.
func repositoriesText(n int64) string { return plural(n, "repository") }
