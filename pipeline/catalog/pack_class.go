package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Warm pages by key through the packs that are older than age and whose objects have not
// been given a class of storage yet.
func (ps *Packs) Warm(ctx context.Context, age time.Duration, class, after string, most int) ([]Pack, error) {
	rows, err := ps.query.ListWarmPacks(ctx, query.ListWarmPacksParams{After: after, Age: age.Seconds(), Class: class, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("list old packs: %w", err)
	}
	packs := make([]Pack, len(rows))
	for i, r := range rows {
		packs[i] = Pack{r.Key, r.Size, [32]byte(r.Sha256)}
	}
	return packs, nil
}

// NoteClass records the class of storage that a pack's object was given.
func (ps *Packs) NoteClass(ctx context.Context, key, class string) error {
	if err := ps.query.NotePackClass(ctx, class, key); err != nil {
		return fmt.Errorf("note the class of %s: %w", key, err)
	}
	return nil
}
