package syncer

import (
	"context"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// DefaultKeepTokens is how long a token is listed after its end: a year, in which the
// audit log may be asked about it.
const DefaultKeepTokens = 365 * 24 * time.Hour

const (
	tokenInterval = 6 * time.Hour
	// tokensAtOnce keeps the transaction short.
	tokensAtOnce = 1000
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
		for {
			n, err := tokens.DropEnded(ctx, age, tokensAtOnce)
			r.Mend(n)
			if err != nil || n < tokensAtOnce {
				return err
			}
		}
	}}
}
