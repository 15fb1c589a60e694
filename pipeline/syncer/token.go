package syncer

import (
	"context"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// DefaultKeepTokens is how long a token is listed after its end: a year, in which somebody
// may find it in the audit log and ask.
const DefaultKeepTokens = 365 * 24 * time.Hour

const (
	tokenInterval = 6 * time.Hour
	tokensAtOnce  = 1000
)

// KindTokens is the work of RetainTokens.
const KindTokens catalog.WorkKind = "tokens"

// RetainTokens is the work of deleting tokens that ended long ago. The default of age is
// DefaultKeepTokens.
func RetainTokens(age time.Duration, tokens *catalog.Tokens) schedule.Work {
	if age == 0 {
		age = DefaultKeepTokens
	}
	return schedule.Work{Kind: KindTokens, Interval: tokenInterval, Do: func(ctx context.Context, r *schedule.Run) error {
		return inParts(r, tokensAtOnce, func() (int64, error) { return tokens.DropEnded(ctx, age, tokensAtOnce) })
	}}
}

const (
	replyInterval = time.Hour
	repliesAtOnce = 1000
)

// KindReplies is the work of RetainReplies.
const KindReplies catalog.WorkKind = "replies"

// RetainReplies is the work of deleting answers that need not be kept for clients any longer.
func RetainReplies(replies *catalog.Replies) schedule.Work {
	return schedule.Work{Kind: KindReplies, Interval: replyInterval, Do: func(ctx context.Context, r *schedule.Run) error {
		return inParts(r, repliesAtOnce, func() (int64, error) { return replies.DropEnded(ctx, repliesAtOnce) })
	}}
}

// inParts repeats a deletion of at most most rows until fewer are left, each in a short
// transaction of its own.
func inParts(r *schedule.Run, most int64, drop func() (int64, error)) error {
	for {
		n, err := drop()
		r.Mend(n)
		if err != nil || n < most {
			return err
		}
	}
}
