package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Replies are the answers to requests that clients may send again.
type Replies struct{ *store }

// ReplyKey names a request.
type ReplyKey struct {
	Token   string   // public id of the token that asks
	Key     string   // of the client's choice
	Request [32]byte // hash of what is asked
}

// Reasons why a request must not be done.
var (
	ErrUnderway     = errors.New("the request is under way")
	ErrOtherRequest = errors.New("another request has this key")
)

// Claim begins a request, which counts as given up after the lease. If the request was
// answered already, Claim returns the answer and begins nothing. It returns ErrUnderway or
// ErrOtherRequest if the request must not begin.
func (rs *Replies) Claim(ctx context.Context, k ReplyKey, lease time.Duration) (answer []byte, err error) {
	_, err = rs.query.ClaimReply(ctx, query.ClaimReplyParams{Token: k.Token, Key: k.Key, Request: k.Request[:], Lease: lease.Seconds()})
	if err == nil {
		return nil, nil
	}
	if !noRows(err) {
		return nil, fmt.Errorf("begin a request of token %s: %w", k.Token, err)
	}
	found, err := rs.query.LoadReply(ctx, k.Token, k.Key)
	switch {
	case noRows(err): // it has failed just now
		return nil, ErrUnderway
	case err != nil:
		return nil, fmt.Errorf("look for a request of token %s: %w", k.Token, err)
	case [32]byte(found.Request) != k.Request:
		return nil, ErrOtherRequest
	case found.Answer == nil:
		return nil, ErrUnderway
	}
	return found.Answer, nil
}

// Settle keeps the answer to a request that was begun, for a time.
func (rs *Replies) Settle(ctx context.Context, k ReplyKey, answer []byte, age time.Duration) error {
	_, err := rs.query.SettleReply(ctx, query.SettleReplyParams{Token: k.Token, Key: k.Key, Request: k.Request[:], Answer: answer, Age: age.Seconds()})
	if err != nil {
		return fmt.Errorf("keep the answer to a request of token %s: %w", k.Token, err)
	}
	return nil
}

// Release lets a request that has changed nothing be sent again.
func (rs *Replies) Release(ctx context.Context, k ReplyKey) error {
	if err := rs.query.DropReply(ctx, k.Token, k.Key, k.Request[:]); err != nil {
		return fmt.Errorf("give up a request of token %s: %w", k.Token, err)
	}
	return nil
}

// DropEnded deletes up to most replies whose time is over. It returns how many it deleted.
func (rs *Replies) DropEnded(ctx context.Context, most int) (int64, error) {
	n, err := rs.query.DropEndedReplies(ctx, int32(most))
	if err != nil {
		return 0, fmt.Errorf("delete old answers: %w", err)
	}
	return n, nil
}
