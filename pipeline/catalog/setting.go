package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Settings are the settings that change while the workers run. The catalog does not know
// which names and values are valid; the caller has checked them.
type Settings struct{ *store }

// Setting is a setting that somebody has set.
type Setting struct {
	Name  string    `json:"name"`
	Value string    `json:"value"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor"` // token, person or operator
}

// The actions of settings in the audit log.
const (
	ActionSettingSet   = "setting.set"
	ActionSettingUnset = "setting.unset"
)

// List lists the settings by name.
func (s *Settings) List(ctx context.Context) ([]Setting, error) {
	rows, err := s.query.ListSettings(ctx)
	if err != nil {
		return nil, fmt.Errorf("list settings: %w", err)
	}
	list := make([]Setting, len(rows))
	for i, r := range rows {
		list[i] = Setting{r.Name, r.Value, r.ChangedAt, r.Actor}
	}
	return list, nil
}

// Set sets a setting and records the change. It does not record a value that is there
// already.
func (s *Settings) Set(ctx context.Context, by Author, name, value string) error {
	err := s.inTx(ctx, func(q *query.Queries) error {
		before, found, err := locked(ctx, q, name)
		if err != nil || found && before == value {
			return err
		}
		if err := q.PutSetting(ctx, name, value, orDefault(clean(by.Name, 256), "unknown")); err != nil {
			return err
		}
		c := change{Action: ActionSettingSet, Target: name, After: value}
		if found {
			c.Before = before
		}
		return audit(ctx, q, by, c)
	})
	if err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	return nil
}

// Unset removes a setting. It returns ErrNotFound if nobody has set it.
func (s *Settings) Unset(ctx context.Context, by Author, name string) error {
	err := s.inTx(ctx, func(q *query.Queries) error {
		before, found, err := locked(ctx, q, name)
		if err != nil {
			return err
		}
		if !found {
			return ErrNotFound
		}
		if err := q.DropSetting(ctx, name); err != nil {
			return err
		}
		return audit(ctx, q, by, change{Action: ActionSettingUnset, Target: name, Before: before})
	})
	if err != nil {
		return fmt.Errorf("unset %s: %w", name, err)
	}
	return nil
}

// locked returns the value of a setting and locks its row.
func locked(ctx context.Context, q *query.Queries, name string) (value string, found bool, err error) {
	value, err = q.LockSetting(ctx, name)
	if noRows(err) {
		return "", false, nil
	}
	return value, err == nil, err
}
