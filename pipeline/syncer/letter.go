package syncer

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// The defaults of a limit of dead letters. A tenant that does nothing but publish
// what cannot work keeps 16 MiB of the catalog busy.
const (
	DefaultLetters     = 1000
	DefaultLetterBytes = 16 << 20
	DefaultLetterAge   = 90 * 24 * time.Hour

	// letterInterval is short: between two runs a flood makes as many letters as the
	// workers can write.
	letterInterval = time.Minute
)

// KindLetters is the work of Letters.
const KindLetters catalog.WorkKind = "letters"

// Letters is the work of keeping each tenant's dead letters within the limit: the
// oldest go, and the log says how many. A limit of zero is the default.
func Letters(limit catalog.LetterLimit, letters *catalog.Letters, log *slog.Logger) schedule.Work {
	if limit.Most == 0 {
		limit.Most = DefaultLetters
	}
	if limit.MostBytes == 0 {
		limit.MostBytes = DefaultLetterBytes
	}
	if limit.Age == 0 {
		limit.Age = DefaultLetterAge
	}
	return schedule.Work{Kind: KindLetters, Interval: letterInterval, Do: func(ctx context.Context, r *schedule.Run) error {
		gone, err := letters.DropExcess(ctx, limit)
		for _, tenant := range slices.Sorted(maps.Keys(gone)) {
			log.Warn("dropped the oldest dead letters of a tenant that has too many or too old ones", "tenant", tenant, "letters", gone[tenant])
			r.Mend(gone[tenant])
		}
		return err
	}}
}
