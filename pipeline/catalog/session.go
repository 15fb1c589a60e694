package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Sessions are the sessions of browsers that people have ended before their time. A session
// that goes on has no row.
type Sessions struct{ *store }

// EndedSession is a session that ends, with the entry for the audit log.
type EndedSession struct {
	ID     [32]byte  // SHA-256 of the session's id, which is a secret
	EndsAt time.Time // when it would end by itself
	Tenant string    // "": the installation
	Name   string    // of the token or person
	Detail any       // holds no secrets
}

// End ends a session for good, and records it as action.
func (s *Sessions) End(ctx context.Context, by Author, action string, e EndedSession) error {
	err := s.inTx(ctx, func(q *query.Queries) error {
		if err := q.DropOverSessions(ctx); err != nil {
			return err
		}
		if err := q.EndSession(ctx, e.ID[:], e.EndsAt); err != nil {
			return err
		}
		return audit(ctx, q, by, change{e.Tenant, action, e.Name, nil, e.Detail})
	})
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// Ended says whether somebody has ended a session.
func (s *Sessions) Ended(ctx context.Context, id [32]byte) (bool, error) {
	ended, err := s.query.SessionEnded(ctx, id[:])
	if err != nil {
		return false, fmt.Errorf("look for a session: %w", err)
	}
	return ended, nil
}
