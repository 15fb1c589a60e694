package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Author is who changes something, for the audit log.
type Author struct {
	Name    string // of the token, person or operator; never empty
	Token   string // public id; "": none
	Door    string // such as http or cli
	Address string // of the client; "": unknown
	Request string // id of the request; "": it has none
}

// change is one row of the audit log. Before and After are encoded as JSON and hold no
// secrets. They are nil if the thing does not exist before or after the change.
type change struct {
	Tenant         string // "": the installation
	Action, Target string
	Before, After  any
}

// audit records a change in the transaction that makes it.
func audit(ctx context.Context, q *query.Queries, by Author, c change) error {
	p := query.PutAuditParams{
		Tenant: c.Tenant, Actor: orDefault(clean(by.Name, 256), "unknown"), Token: clean(by.Token, 64), Door: clean(by.Door, 32),
		Address: clean(by.Address, 64), Request: clean(by.Request, 128), Action: c.Action, Target: clean(c.Target, 2048),
	}
	for _, side := range []struct {
		value any
		into  *[]byte
	}{{c.Before, &p.Before}, {c.After, &p.After}} {
		if side.value == nil {
			continue
		}
		encoded, err := json.Marshal(side.value)
		if err != nil {
			return fmt.Errorf("encode a change of %s: %w", c.Target, err)
		}
		*side.into = encoded
	}
	if err := q.PutAudit(ctx, p); err != nil {
		return fmt.Errorf("record %s in the audit log: %w", c.Action, err)
	}
	return nil
}

// Audit is the log of changes. Every method that changes something writes to it, in the
// transaction of the change.
type Audit struct{ *store }

// Note records an act that changes no row, such as a sign-in. It must not hold a secret.
func (a *Audit) Note(ctx context.Context, by Author, tenant, action, target string, after any) error {
	return audit(ctx, a.query, by, change{tenant, action, target, nil, after})
}

// AuditEntry is one change.
type AuditEntry struct {
	ID      int64           `json:"id"` // rises with time
	At      time.Time       `json:"at"`
	Tenant  string          `json:"tenant"`  // "": the installation
	Actor   string          `json:"actor"`   // token, person or operator
	Token   string          `json:"token"`   // its public id; "": none
	Door    string          `json:"door"`    // such as http or cli
	Address string          `json:"address"` // of the client; "": unknown
	Request string          `json:"request"` // id of the request; "": it had none
	Action  string          `json:"action"`  // such as token.create
	Target  string          `json:"target"`  // what was changed
	Before  json.RawMessage `json:"before"`  // null: it did not exist
	After   json.RawMessage `json:"after"`   // null: it does not exist any more
}

// AuditFilter chooses changes. An empty field does not restrict.
type AuditFilter struct {
	Tenant    string
	AnyTenant bool
	Action    string // a whole action, or the part before its dot
	Since     time.Time
	Before    int64 // only older than this entry; 0: from the newest
}

// List lists up to most changes, the newest first.
func (a *Audit) List(ctx context.Context, f AuditFilter, most int) ([]AuditEntry, error) {
	p := query.ListAuditParams{AnyTenant: f.AnyTenant, Tenant: f.Tenant, Action: f.Action, Older: orDefault(f.Before, math.MaxInt64), Most: int32(most)}
	if !f.Since.IsZero() {
		p.Since = &f.Since
	}
	rows, err := a.query.ListAudit(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("list the audit log: %w", err)
	}
	list := make([]AuditEntry, len(rows))
	for i, r := range rows {
		list[i] = AuditEntry{
			ID: r.ID, At: r.At, Tenant: r.Tenant, Actor: r.Actor, Token: r.Token, Door: r.Door, Address: r.Address, Request: r.Request,
			Action: r.Action, Target: r.Target, Before: r.Before, After: r.After,
		}
	}
	return list, nil
}
