package catalog

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// DeliveryState is the state of a delivery.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryReceived DeliveryState = "received" // verified; its effects are under way
	DeliveryAccepted DeliveryState = "accepted" // done, or published
	DeliveryIgnored  DeliveryState = "ignored"  // it asks for nothing
	DeliveryRefused  DeliveryState = "refused"  // its payload cannot be understood, or names something that the hook may not
	DeliveryFailed   DeliveryState = "failed"   // a store did not answer; it may come again
)

// Delivery is a message of a git host to a hook.
type Delivery struct {
	ID          int64
	Hook        string    // its id
	Name        string    // of the hook
	Delivery    string    // the host's name of it, or one made up
	Event       string    // the host's name of it; "": none
	ReceivedAt  time.Time // for the first time
	Times       int       // how often it came
	Replays     int       // how often somebody had it done again
	ContentType string
	Size        int    // bytes of the body
	Body        string // its beginning, without secrets
	Effects     []byte // JSON: the events that it reports
	State       DeliveryState
	Became      []byte     // JSON: what became of each effect
	Reason      string     // why it was refused, or has failed
	SettledAt   *time.Time // nil: it is not
}

// The bytes that are kept of a delivery.
const (
	maxDeliveryBody = 16 << 10
	maxContentType  = 256
)

// Receive records a delivery. It counts one that came before, and replaces it by d unless it
// was accepted or ignored. It returns the row that is stored now.
func (hs *Hooks) Receive(ctx context.Context, d Delivery) (Delivery, error) {
	r, err := hs.query.PutDelivery(ctx, query.PutDeliveryParams{
		Hook: d.Hook, Delivery: d.Delivery, Event: storable(d.Event), ContentType: clean(d.ContentType, maxContentType), Size: int32(min(d.Size, math.MaxInt32)),
		Body: clean(d.Body, maxDeliveryBody), Effects: orJSON(d.Effects), State: string(d.State), Reason: clean(d.Reason, maxReason),
	})
	if err != nil {
		return d, fmt.Errorf("record a delivery: %w", err)
	}
	return deliveryOf(r), nil
}

func orJSON(list []byte) []byte {
	if len(list) == 0 {
		return []byte("[]")
	}
	return list
}

func deliveryOf(r query.Delivery) Delivery {
	return Delivery{
		ID: r.ID, Hook: r.Hook, Delivery: r.Delivery, Event: r.Event, ReceivedAt: r.ReceivedAt, Times: int(r.Times), Replays: int(r.Replays),
		ContentType: r.ContentType, Size: int(r.Size), Body: r.Body, Effects: r.Effects, State: DeliveryState(r.State), Became: r.Became,
		Reason: r.Reason, SettledAt: r.SettledAt,
	}
}

// Settle records what became of a delivery. Became is a list in JSON.
func (hs *Hooks) Settle(ctx context.Context, id int64, state DeliveryState, became []byte, reason string) error {
	err := hs.query.SettleDelivery(ctx, query.SettleDeliveryParams{ID: id, State: string(state), Became: orJSON(became), Reason: clean(reason, maxReason)})
	if err != nil {
		return fmt.Errorf("settle delivery %d: %w", id, err)
	}
	return nil
}

// Delivery returns one of a tenant's deliveries, or ErrNotFound.
func (hs *Hooks) Delivery(ctx context.Context, tenant string, id int64) (Delivery, error) {
	r, err := hs.query.FindDelivery(ctx, id, tenant)
	if noRows(err) {
		return Delivery{}, fmt.Errorf("delivery %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return Delivery{}, fmt.Errorf("load delivery %d: %w", id, err)
	}
	return deliveryOf(r), nil
}

// Deliveries lists up to most of a tenant's deliveries before one, newest first, without
// their bodies and effects. An empty hook means all hooks, and an empty state any state.
// Before 0, the list begins with the newest.
func (hs *Hooks) Deliveries(ctx context.Context, tenant, hook string, state DeliveryState, before int64, most int) ([]Delivery, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := hs.query.ListDeliveries(ctx, query.ListDeliveriesParams{Tenant: tenant, Hook: hook, State: string(state), Before: before, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("list deliveries of tenant %s: %w", tenant, err)
	}
	list := make([]Delivery, len(rows))
	for i, r := range rows {
		list[i] = Delivery{
			ID: r.ID, Hook: r.Hook, Name: r.Name, Delivery: r.Delivery, Event: r.Event, ReceivedAt: r.ReceivedAt, Times: int(r.Times), Replays: int(r.Replays),
			ContentType: r.ContentType, Size: int(r.Size), State: DeliveryState(r.State), Became: r.Became, Reason: r.Reason, SettledAt: r.SettledAt,
		}
	}
	return list, nil
}

// Replay records that somebody has a delivery done again, and returns the delivery, or
// ErrNotFound.
func (hs *Hooks) Replay(ctx context.Context, by Author, tenant string, id int64) (d Delivery, err error) {
	err = hs.inTx(ctx, func(q *query.Queries) error {
		r, err := q.LockDelivery(ctx, id, tenant)
		if noRows(err) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		replays, err := q.CountReplay(ctx, id)
		if err != nil {
			return err
		}
		d = Delivery{
			ID: r.ID, Hook: r.Hook, Delivery: r.Delivery, Event: r.Event, ReceivedAt: r.ReceivedAt, Times: int(r.Times), Replays: int(replays),
			ContentType: r.ContentType, Size: int(r.Size), Body: r.Body, Effects: r.Effects, State: DeliveryState(r.State), Became: r.Became,
			Reason: r.Reason, SettledAt: r.SettledAt,
		}
		target := fmt.Sprintf("delivery %d", id)
		return audit(ctx, q, by, change{tenant, "delivery.replay", target, map[string]int{"replays": int(r.Replays)}, map[string]int{"replays": d.Replays}})
	})
	if err != nil {
		return d, fmt.Errorf("replay delivery %d: %w", id, err)
	}
	return d, nil
}

// DropOldDeliveries deletes deliveries that are older than age, and all but the newest keep of each hook. It returns
// their number.
func (hs *Hooks) DropOldDeliveries(ctx context.Context, age time.Duration, keep int) (int64, error) {
	n, err := hs.query.DropOldDeliveries(ctx, int32(keep), age.Seconds())
	if err != nil {
		return 0, fmt.Errorf("drop old deliveries: %w", err)
	}
	return n, nil
}

// Followed is a ref of a repository that is kept indexed.
type Followed struct {
	Repository uuid.UUID
	URL        string
	Ref        string // full name; "": the repository has no ref yet
	Named      bool   // somebody asked for it by name
	Head       bool   // the default branch led to it the last time
}

// Followed lists the refs of a tenant's repositories that ids name. It has an entry without
// a ref for each repository that has no ref yet.
func (c *Core) Followed(ctx context.Context, tenant string, ids ...uuid.UUID) ([]Followed, error) {
	rows, err := c.query.ListFollowed(ctx, tenant, orEmpty(ids))
	if err != nil {
		return nil, fmt.Errorf("list refs of %d repositories: %w", len(ids), err)
	}
	list := make([]Followed, len(rows))
	for i, r := range rows {
		list[i] = Followed{Repository: r.ID, URL: r.Url, Ref: r.Ref, Named: r.Named, Head: r.Head}
	}
	return list, nil
}
