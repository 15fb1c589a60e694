package service

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/webhook"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/secret"
)

const (
	// MaxDeliveries bounds the deliveries in one DeliveriesAnswer.
	MaxDeliveries = 1000
	// DefaultDeliveries is the limit of a request that names none.
	DefaultDeliveries = 100
	// lookedAt is the part of a body that is searched for secrets before the catalog keeps its
	// first 16 KiB. It is larger, so that a secret that begins in these is seen as a whole.
	lookedAt = 32 << 10
	// maxHookID is above the length of every hook's id.
	maxHookID = 64
)

// DeliverRequest is a delivery as it arrived.
type DeliverRequest struct {
	Provider, Hook string // of the path
	Header         http.Header
	Body           []byte // at most webhook.MaxBody
}

// DeliverAnswer says what leat did about a delivery.
type DeliverAnswer struct {
	Delivery  int64    `json:"delivery" doc:"Number of the delivery in the list of deliveries."`
	State     string   `json:"state" enum:"received,accepted,ignored,refused,failed"`
	Duplicate bool     `json:"duplicate,omitempty" doc:"The delivery came before, and was handled then."`
	Became    []Became `json:"became"`
}

// Became says what leat did about one effect of a delivery.
type Became struct {
	Kind       string `json:"kind" doc:"The event that the git host reports."`
	Repository string `json:"repository,omitempty" doc:"Its URL, or its name in the payload if the hook may not name it."`
	Ref        string `json:"ref,omitempty"`
	Did        string `json:"did" enum:"submitted,forgotten,renamed,ignored,refused,failed"`
	Event      string `json:"event,omitempty" doc:"Id of the submission."`
	Reason     string `json:"reason,omitempty"`
}

// The values of Became.Did.
const (
	didSubmit = "submitted"
	didForget = "forgotten"
	didRename = "renamed"
	didIgnore = "ignored"
	didRefuse = "refused"
	didFail   = "failed"
)

// errNoDelivery is the only answer to a delivery that is not authenticated. It does not reveal
// whether the hook is unknown or revoked, or the signature wrong.
func errNoDelivery() error {
	return &Error{Kind: Unauthenticated, Reason: "there is no such hook, or the signature is missing or wrong"}
}

// KnowsHook returns nil if a delivery may be read, because the hook exists and is not revoked.
func (s *Service) KnowsHook(ctx context.Context, provider, hook string) (err error) {
	defer mark(&err)
	_, err = s.liveHook(ctx, provider, hook)
	return err
}

func (s *Service) liveHook(ctx context.Context, provider, hook string) (h catalog.Hook, err error) {
	if err := s.need(store.Postgres); err != nil {
		return h, err
	}
	if len(hook) > maxHookID {
		return h, errNoDelivery()
	}
	h, err = s.stores.Catalog.Hooks.Load(ctx, hook)
	if isNotFound(err) || err == nil && (h.RevokedAt != nil || h.Provider != provider) {
		return h, errNoDelivery()
	}
	return h, err
}

// Deliver verifies a delivery and acts on it. It returns when the intake has acknowledged every
// submission that follows. After an error of a store the delivery may be sent again.
func (s *Service) Deliver(ctx context.Context, r DeliverRequest) (a DeliverAnswer, err error) {
	defer mark(&err)
	h, err := s.liveHook(ctx, r.Provider, r.Hook)
	if err != nil {
		return a, err
	}
	secrets, err := s.hookSecrets(h)
	if err != nil {
		return a, err
	}
	request := webhook.Request{Header: r.Header, Body: r.Body}
	provider := webhook.Provider(h.Provider)
	if err := webhook.Verify(provider, secrets, request); err != nil {
		return a, errors.Join(errNoDelivery(), s.stores.Catalog.Hooks.CountRefused(ctx, h.ID))
	}
	read, readErr := webhook.Read(provider, request)
	row, err := s.receive(ctx, h, request, read, readErr, secrets)
	if err != nil {
		return a, err
	}
	a = DeliverAnswer{Delivery: row.ID, State: string(row.State), Became: []Became{}}
	switch {
	case row.State == catalog.DeliveryAccepted || row.State == catalog.DeliveryIgnored:
		a.Duplicate = true
		return a, json.Unmarshal(row.Became, &a.Became)
	case readErr != nil:
		return a, &Error{Kind: Invalid, Field: FieldPayload, Err: readErr}
	}
	return s.settle(ctx, h, row, read.Effects)
}

// receive records a delivery before leat acts on it.
func (s *Service) receive(
	ctx context.Context, h catalog.Hook, r webhook.Request, read webhook.Delivery, readErr error, secrets []string,
) (row catalog.Delivery, err error) {
	row = catalog.Delivery{
		Hook: h.ID, Delivery: read.ID, Event: read.Event, ContentType: r.Header.Get("Content-Type"), Size: len(r.Body),
		State: catalog.DeliveryReceived,
	}
	if row.Body = shown(ctx, read.Payload, secrets); len(read.Payload) == 0 {
		row.Body = shown(ctx, r.Body, secrets)
	}
	if row.Delivery == "" { // it has no id that distinguishes it from another
		row.Delivery = "leat-" + rand.Text()
	}
	if readErr != nil {
		row.State, row.Reason = catalog.DeliveryRefused, readErr.Error()
	} else if row.Effects, err = json.Marshal(read.Effects); err != nil {
		return row, err
	}
	return s.stores.Catalog.Hooks.Receive(ctx, row)
}

// shown returns the beginning of a body without secrets. It masks the secrets that are recognised,
// and the hook's own, which old versions of Gitea send in the payload.
func shown(ctx context.Context, body []byte, secrets []string) string {
	masked, err := secret.Mask(ctx, body[:min(len(body), lookedAt)])
	if err != nil || masked.Excess || masked.Over {
		return ""
	}
	text := string(masked.Text)
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "***")
	}
	return text
}

// settle carries a delivery out, and records the result.
func (s *Service) settle(ctx context.Context, h catalog.Hook, row catalog.Delivery, effects []webhook.Effect) (a DeliverAnswer, err error) {
	became, failed := s.act(ctx, h, row, effects)
	a = DeliverAnswer{Delivery: row.ID, State: string(stateOf(became, failed)), Became: became}
	list, err := json.Marshal(became)
	if err != nil {
		return a, err
	}
	reason := ""
	if failed != nil {
		reason = failed.Error()
	}
	// The result is recorded even if the client has gone, because the work is done.
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if err := s.stores.Catalog.Hooks.Settle(bounded, row.ID, catalog.DeliveryState(a.State), list, reason); err != nil {
		return a, errors.Join(failed, err)
	}
	if failed == nil && a.State == string(catalog.DeliveryRefused) {
		failed = &Error{Kind: Denied, Field: FieldPayload, Reason: refusals(became)}
	}
	return a, failed
}

const settleTimeout = 5 * time.Second

func stateOf(became []Became, failed error) catalog.DeliveryState {
	state := catalog.DeliveryIgnored
	for _, b := range became {
		switch b.Did {
		case didSubmit, didForget, didRename:
			state = catalog.DeliveryAccepted
		case didRefuse:
			if state == catalog.DeliveryIgnored {
				state = catalog.DeliveryRefused
			}
		}
	}
	if failed != nil {
		return catalog.DeliveryFailed
	}
	return state
}

// refusals lists the reasons for which effects were refused, each once.
func refusals(became []Became) string {
	var reasons []string
	for _, b := range became {
		if b.Did == didRefuse && (len(reasons) == 0 || reasons[len(reasons)-1] != b.Reason) && len(reasons) < 5 {
			reasons = append(reasons, b.Reason)
		}
	}
	return strings.Join(reasons, "; ")
}

// Delivery is one request of a git host to a hook.
type Delivery struct {
	ID          int64           `json:"id"`
	Hook        string          `json:"hook" doc:"The hook's name."`
	Delivery    string          `json:"delivery" doc:"The git host's id of the delivery; leat has made up an id that begins with leat-."`
	Event       string          `json:"event" doc:"The git host's name of the event."`
	ReceivedAt  time.Time       `json:"received_at"`
	Times       int             `json:"times" doc:"How often it came."`
	Replays     int             `json:"replays" doc:"How often it was replayed."`
	ContentType string          `json:"content_type"`
	Size        int             `json:"size" doc:"Bytes of the body."`
	State       string          `json:"state" enum:"received,accepted,ignored,refused,failed"`
	Reason      string          `json:"reason,omitempty" doc:"Why it was refused or failed."`
	Became      []Became        `json:"became" doc:"What leat did about each event that it reports."`
	Body        string          `json:"body,omitempty" doc:"The beginning of the body, without secrets; not in a list."`
	Effects     json.RawMessage `json:"effects,omitempty" doc:"The events that it reports; not in a list."`
}

func deliveryOf(d catalog.Delivery, hook string) Delivery {
	out := Delivery{
		ID: d.ID, Hook: hook, Delivery: d.Delivery, Event: d.Event, ReceivedAt: d.ReceivedAt.UTC(), Times: d.Times, Replays: d.Replays,
		ContentType: d.ContentType, Size: d.Size, State: string(d.State), Reason: d.Reason, Became: []Became{}, Body: d.Body, Effects: d.Effects,
	}
	_ = json.Unmarshal(d.Became, &out.Became) // this package has written it
	return out
}

var deliveryStates = []catalog.DeliveryState{
	catalog.DeliveryReceived, catalog.DeliveryAccepted, catalog.DeliveryIgnored, catalog.DeliveryRefused, catalog.DeliveryFailed,
}

// DeliveriesRequest asks for deliveries, newest first.
type DeliveriesRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be seen; empty: all of the tenant's
	Hook   string   // id or name of one hook; "": all
	State  string   // only those in this state; "": all
	Before int64    // only deliveries older than this one; 0: from the newest
	Limit  int      // largest number of deliveries, 1 to MaxDeliveries; 0: DefaultDeliveries
}

// Check says what is wrong with a request, as far as that is possible without the catalog.
func (r DeliveriesRequest) Check() error {
	if r.Limit < 0 || r.Limit > MaxDeliveries {
		return badLimit(r.Limit, MaxDeliveries, "deliveries")
	}
	if r.State != "" && !slices.Contains(deliveryStates, catalog.DeliveryState(r.State)) {
		return &Error{Kind: Invalid, Field: FieldState, Value: r.State, Reason: "unknown state: give received, accepted, ignored, refused or failed"}
	}
	return nil
}

// DeliveriesAnswer lists deliveries without their bodies.
type DeliveriesAnswer struct {
	Deliveries []Delivery `json:"deliveries"`
	Next       int64      `json:"-"` // the next page is before this delivery; 0: the list is complete
}

// Deliveries lists deliveries. A request that does not reach all repositories of the tenant must
// name a hook that it reaches.
func (s *Service) Deliveries(ctx context.Context, r DeliveriesRequest) (a DeliveriesAnswer, err error) {
	defer mark(&err)
	if err := r.Check(); err != nil {
		return a, err
	}
	if r.Limit == 0 {
		r.Limit = DefaultDeliveries
	}
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	id := ""
	switch {
	case r.Hook != "":
		h, err := s.hook(ctx, HookRequest{r.Tenant, r.Reach, r.Hook})
		if err != nil {
			return a, err
		}
		id = h.ID
	case restricted(ctx, r.Reach):
		return a, &Error{Kind: Invalid, Field: FieldHook, Reason: "name a hook: this token does not reach all repositories of the tenant"}
	}
	list, err := s.stores.Catalog.Hooks.Deliveries(ctx, r.Tenant, id, catalog.DeliveryState(r.State), r.Before, r.Limit+1)
	if err != nil {
		return a, err
	}
	if len(list) > r.Limit {
		list = list[:r.Limit]
		a.Next = list[r.Limit-1].ID
	}
	a.Deliveries = make([]Delivery, len(list))
	for i, d := range list {
		a.Deliveries[i] = deliveryOf(d, d.Name)
	}
	return a, nil
}

// DeliveryRequest names a delivery.
type DeliveryRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be seen; empty: all of the tenant's
	ID     int64
}

// Delivery returns one delivery with its body.
func (s *Service) Delivery(ctx context.Context, r DeliveryRequest) (d Delivery, err error) {
	defer mark(&err)
	row, h, err := s.delivery(ctx, r)
	if err != nil {
		return d, err
	}
	return deliveryOf(row, h.Name), nil
}

func (s *Service) delivery(ctx context.Context, r DeliveryRequest) (row catalog.Delivery, h catalog.Hook, err error) {
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return row, h, err
	}
	row, err = s.stores.Catalog.Hooks.Delivery(ctx, r.Tenant, r.ID)
	if err == nil {
		h, err = s.stores.Catalog.Hooks.Load(ctx, row.Hook)
	}
	if isNotFound(err) || err == nil && !reachesHook(ctx, r.Reach, h) {
		return row, h, &Error{Kind: NotFound, Field: FieldDelivery, Value: fmt.Sprint(r.ID), Reason: "no such delivery"}
	}
	return row, h, err
}

// ReplayDelivery acts on a delivery again, by the hook's present allow-list and scopes. Its
// submissions are not suppressed as duplicates.
func (s *Service) ReplayDelivery(ctx context.Context, r DeliveryRequest) (a DeliverAnswer, err error) {
	defer mark(&err)
	row, h, err := s.delivery(ctx, r)
	if err != nil {
		return a, err
	}
	if h.RevokedAt != nil {
		return a, &Error{Kind: Refused, Field: FieldHook, Value: h.Name, Reason: "the hook is revoked: its deliveries cannot be replayed"}
	}
	if err := mayManage(ctx, r.Reach, h); err != nil {
		return a, err
	}
	var effects []webhook.Effect
	if err := json.Unmarshal(row.Effects, &effects); err != nil {
		return a, fmt.Errorf("read delivery %d: %w", row.ID, err)
	}
	if len(effects) == 0 {
		return a, &Error{Kind: Refused, Field: FieldDelivery, Value: fmt.Sprint(r.ID), Reason: "its payload could not be understood: there is nothing to replay"}
	}
	if row, err = s.stores.Catalog.Hooks.Replay(ctx, author(ctx), r.Tenant, r.ID); err != nil {
		return a, err
	}
	return s.settle(ctx, h, row, effects)
}
