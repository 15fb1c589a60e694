package backup

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/pipeline/blob"
)

const (
	copiers    = 4         // packs copied at once, each in memory
	draftEvery = time.Hour // time after which a draft is written again, to show that the backup is alive
)

// ErrDamaged says that a pack cannot be copied, because S3 has lost or changed it.
var ErrDamaged = errors.New("a pack is damaged in S3: mend it with 'leat verify --repair', then make the backup again")

// copyAll copies the packs that the target lacks. It goes through them twice, because a prune that
// began before this backup wrote its draft may have deleted some meanwhile.
func (c *creation) copyAll(ctx context.Context) error {
	if err := c.awaitPrunes(ctx); err != nil {
		return err
	}
	if err := c.copyPacks(ctx, c.request.Reread); err != nil {
		return err
	}
	return c.copyPacks(ctx, false)
}

func (c *creation) copyPacks(ctx context.Context, reread bool) error {
	var looked, copied, written atomic.Int64
	drafted := time.Now()
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(copiers)
	var tell sync.Mutex
	for pair, err := range c.has(running, c.done.Manifest) {
		if err != nil {
			return errors.Join(group.Wait(), err)
		}
		group.Go(func() error {
			n, err := c.ensurePack(running, pair, reread)
			if err != nil {
				return err
			}
			if looked.Add(1); n > 0 {
				copied.Add(1)
				written.Add(n)
			}
			tell.Lock()
			defer tell.Unlock()
			c.request.Tell(Progress{"packs", looked.Load(), c.done.Packs.Rows, written.Load()})
			return nil
		})
		if time.Since(drafted) > draftEvery {
			drafted = time.Now()
			if err := c.save(running, c.done.Manifest, draftName, c.leat.Key); err != nil {
				return errors.Join(group.Wait(), err)
			}
		}
		if running.Err() != nil {
			break
		}
	}
	err := group.Wait()
	c.done.Copied += copied.Load()
	c.done.Bytes += written.Load()
	return err
}

// ensurePack copies a pack unless the target has it, and returns how many bytes it
// copied.
func (c *creation) ensurePack(ctx context.Context, p paired, reread bool) (int64, error) {
	if p.held != nil {
		if !reread {
			return 0, nil
		}
		err := c.sound(ctx, p)
		if err == nil {
			return 0, nil
		}
		if !errors.Is(err, ErrUntrue) && !errors.Is(err, ErrMissing) {
			return 0, err
		}
		c.log.Warn("a pack is damaged in the target; it is copied again", "pack", p.Key, "error", err)
		if err := c.target.Delete(ctx, p.held.Name); err != nil {
			return 0, err
		}
	}
	object, err := p.object()
	if err != nil {
		return 0, err
	}
	var body []byte
	err = persist(ctx, func() (err error) {
		body, err = c.leat.Blobs.Load(ctx, object, nil)
		return err
	})
	if blob.IsDamage(err) {
		return 0, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err != nil {
		return 0, err
	}
	return p.Size, c.putPack(ctx, c.done.Manifest, p.Pack, body)
}

// sound verifies a pack that the target holds, as far as that is possible without an identity.
func (v *Vault) sound(ctx context.Context, p paired) error {
	body, err := v.get(ctx, p.held.Name, maxObject)
	if err != nil {
		return err
	}
	if hexSum(body) != p.held.Sum {
		return fmt.Errorf("get %s: %w", p.held.Name, ErrUntrue)
	}
	return nil
}
