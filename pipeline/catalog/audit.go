package catalog

import (
	"context"
	"encoding/json"
	"fmt"

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

// change is one row of the audit log. Before and After are encoded as JSON, and hold no
// secrets; nil is a thing that does not exist.
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
