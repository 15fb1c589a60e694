package service

import (
	"context"
	"errors"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// OnceAge is how long the answer to a request that may be sent again is kept.
const OnceAge = 24 * time.Hour

// underwayPause is after how long a client may ask again for a request that is under way.
const underwayPause = time.Second

// OnceRequest names a request that its sender may repeat and that is carried out once. The
// context carries the sender's grant: each token has keys of its own.
type OnceRequest struct {
	Key     string   // of the client's choice, 1 to 255 characters
	Request [32]byte // hash of all that is asked
}

// BeginOnce begins a request. If it was answered before, it returns that answer, and
// nothing has begun; else the caller ends it by FinishOnce or AbandonOnce, or it counts as
// given up after the lease.
func (s *Service) BeginOnce(ctx context.Context, r OnceRequest, lease time.Duration) (answer []byte, found bool, err error) {
	defer mark(&err)
	if err := s.need(store.Postgres); err != nil {
		return nil, false, err
	}
	if err := s.cfg.Box.Usable(); err != nil {
		return nil, false, err
	}
	sealed, err := s.stores.Catalog.Replies.Claim(ctx, replyKey(ctx, r), lease)
	switch {
	case errors.Is(err, catalog.ErrUnderway):
		return nil, false, &Error{Kind: Limited, Reason: "the request with this Idempotency-Key is under way: ask again for its answer", RetryAfter: underwayPause}
	case errors.Is(err, catalog.ErrOtherRequest):
		return nil, false, &Error{Kind: Invalid, Field: FieldKey, Reason: "another request had this Idempotency-Key: choose a new one for each request"}
	case err != nil, sealed == nil:
		return nil, false, err
	}
	answer, err = s.cfg.Box.Open(sealed, replyPurpose(ctx, r))
	return answer, err == nil, err
}

// FinishOnce keeps the answer to a request that has changed something, for OnceAge.
func (s *Service) FinishOnce(ctx context.Context, r OnceRequest, answer []byte) (err error) {
	defer mark(&err)
	sealed, err := s.cfg.Box.Seal(answer, replyPurpose(ctx, r))
	if err != nil {
		return err
	}
	return s.stores.Catalog.Replies.Settle(ctx, replyKey(ctx, r), sealed, OnceAge)
}

// AbandonOnce lets a request that has changed nothing be sent again.
func (s *Service) AbandonOnce(ctx context.Context, r OnceRequest) (err error) {
	defer mark(&err)
	return s.stores.Catalog.Replies.Release(ctx, replyKey(ctx, r))
}

func replyKey(ctx context.Context, r OnceRequest) catalog.ReplyKey {
	g, _ := access.From(ctx)
	return catalog.ReplyKey{Token: g.Token, Key: r.Key, Request: r.Request}
}

func replyPurpose(ctx context.Context, r OnceRequest) string {
	g, _ := access.From(ctx)
	return "reply\n" + g.Token + "\n" + r.Key
}
