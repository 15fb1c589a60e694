package service

import (
	"context"
	"errors"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// OnceAge is the time for which the answer to a request that may be sent again is kept.
const OnceAge = 24 * time.Hour

// underwayPause is the time after which a client may ask again about a request that is under way.
const underwayPause = time.Second

// OnceRequest identifies a request that its sender may repeat, but that is carried out once. The
// context carries the sender's grant, because each token has its own keys.
type OnceRequest struct {
	Key     string   // chosen by the client, 1 to 255 characters
	Request [32]byte // hash of everything that is asked
}

// BeginOnce begins a request. If the request was answered before, it returns that answer and begins
// nothing. Otherwise the caller ends the request by FinishOnce or AbandonOnce; without that it
// counts as given up after the lease.
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
		return nil, false, &Error{Kind: Invalid, Field: FieldKey, Reason: "a different request had this Idempotency-Key: choose a new one for each request"}
	case err != nil, sealed == nil:
		return nil, false, err
	}
	answer, err = s.cfg.Box.Open(sealed, replyPurpose(ctx, r))
	return answer, err == nil, err
}

// FinishOnce stores the answer to a request that has changed something, for OnceAge.
func (s *Service) FinishOnce(ctx context.Context, r OnceRequest, answer []byte) (err error) {
	defer mark(&err)
	sealed, err := s.cfg.Box.Seal(answer, replyPurpose(ctx, r))
	if err != nil {
		return err
	}
	return s.stores.Catalog.Replies.Settle(ctx, replyKey(ctx, r), sealed, OnceAge)
}

// AbandonOnce lets a request that has changed nothing be carried out when it is sent again.
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
