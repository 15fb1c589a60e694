package backup

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"time"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/vector"
)

// Leat is the running leat that a backup copies.
type Leat struct {
	Catalog *catalog.Catalog
	Blobs   *blob.Store
	// Broker holds the submissions that no ingestor has accepted yet. Nil: they are left out.
	Broker *broker.Broker
	// Points gives the digest that a restored leat must have, and the points that may be copied.
	// Nil: the manifest has neither.
	Points  vector.Store
	Key     ed25519.PrivateKey
	Version string
}

// Request configures one backup.
type Request struct {
	Target string // as the lease names it, without credentials
	// Reread reads each pack that the target has, and copies damaged ones again. Default: a pack
	// with the right name and size counts as whole.
	Reread bool
	// Points copies the points of the active generation too. Default: the restored leat makes them
	// from the stored vectors.
	Points bool
	Lease  time.Duration // default 15 min; renewed at a quarter of it
	Tell   func(Progress)
}

// DefaultLease is the time for which the collector waits for a backup that gives no sign of life.
const DefaultLease = 15 * time.Minute

// Progress says how far a backup has come.
type Progress struct {
	Step   string // tables, packs, points
	Packs  int64  // packs that were looked at
	Of     int64  // 0: not known yet
	Copied int64  // bytes
}

// Created is the result of a backup.
type Created struct {
	Manifest
	Resumed bool  // this completed a backup that had been cut short
	Copied  int64 // packs that the target lacked
	Bytes   int64 // bytes of these packs
}

// createLock is the advisory lock for writing backups to a target. A hash of the target is in its
// lower half.
const createLock = 0x6c656162_00000000

// ErrBusy says that another backup to the same target is under way.
var ErrBusy = errors.New("another backup to this target is under way: try again when it has ended")

// Create makes a backup of a running leat. If a backup was cut short and all of its packs still
// exist, it completes that one instead.
func (v *Vault) Create(ctx context.Context, l Leat, r Request) (c Created, err error) {
	if r.Lease == 0 {
		r.Lease = DefaultLease
	}
	if r.Tell == nil {
		r.Tell = func(Progress) {}
	}
	if err := v.look(ctx, true); err != nil {
		return c, err
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(r.Target)) // a hash never returns an error
	taken, err := l.Catalog.Locks.Try(ctx, createLock|int64(h.Sum32()), func(ctx context.Context) error {
		c, err = (&creation{Vault: v, leat: l, request: r, log: v.log}).run(ctx)
		return err
	})
	if err == nil && !taken {
		err = ErrBusy
	}
	return c, err
}

// creation is a backup that is being made.
type creation struct {
	*Vault
	leat    Leat
	request Request
	log     *slog.Logger
	done    Created
}

func (c *creation) run(ctx context.Context) (Created, error) {
	draft, resumed, err := c.resume(ctx)
	if err != nil {
		return c.done, err
	}
	c.done = Created{Manifest: draft, Resumed: resumed}
	if !resumed {
		c.done.Manifest = c.new()
		if err := c.leat.Catalog.Archive.Hold(ctx, c.done.ID, c.request.Target, c.request.Lease); err != nil {
			return c.done, err
		}
	}
	err = c.held(ctx, func(ctx context.Context) error {
		if !resumed {
			if err := c.tables(ctx); err != nil {
				return errors.Join(err, c.letGo(ctx))
			}
		}
		err := c.copyAll(ctx)
		if errors.Is(err, ErrDamaged) {
			// A repair will put the content into another pack, which this point in time does not
			// name.
			return errors.Join(err, c.letGo(ctx))
		}
		if err != nil {
			return err
		}
		if err := c.points(ctx); err != nil {
			return err
		}
		return c.end(ctx)
	})
	return c.done, err
}

// releaseLimit bounds the time to end a lease after the caller has given up.
const releaseLimit = 5 * time.Second

// letGo ends the lease of a backup that can no longer be completed.
func (c *creation) letGo(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseLimit)
	defer cancel()
	return c.leat.Catalog.Archive.Release(ctx, c.done.ID)
}

func (c *creation) new() Manifest {
	now := time.Now()
	return Manifest{
		Format: format, ID: newID(now), TakenAt: now.UTC(), Version: c.leat.Version, Encrypted: c.crypt.names,
		Origin: PublicText(c.leat.Key.Public().(ed25519.PublicKey)),
	}
}

// errLeaseLost says that the collector may have deleted packs that the backup needs.
var errLeaseLost = errors.New("the backup did not renew its lease in time, and packs may be gone: make another backup")

// held runs fn while the backup's lease is renewed.
func (c *creation) held(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		c.renew(ctx, cancel)
	}()
	err := fn(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	cancel(nil)
	<-over
	return err
}

func (c *creation) renew(ctx context.Context, lost context.CancelCauseFunc) {
	ticker := time.NewTicker(c.request.Lease / 4)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		held, err := c.leat.Catalog.Archive.Renew(ctx, c.done.ID, c.request.Lease)
		switch {
		case err == nil && !held:
			lost(errLeaseLost)
			return
		case err != nil && ctx.Err() == nil:
			c.log.Warn("the lease of a backup cannot be renewed; trying again", "backup", c.done.ID, "error", err)
		}
	}
}

// tables writes the point in time, which is everything except the packs.
func (c *creation) tables(ctx context.Context) error {
	c.request.Tell(Progress{Step: "tables"})
	// From here on the target says whose the objects are.
	if err := c.save(ctx, c.done.Manifest, draftName, c.leat.Key); err != nil {
		return err
	}
	// The intake comes before the catalog. A submission that is accepted in between is then in
	// both.
	if err := c.intake(ctx); err != nil {
		return err
	}
	m := &c.done.Manifest
	var stamp catalog.Stamp
	err := c.leat.Catalog.Archive.Freeze(ctx, func(f *catalog.Frozen) error {
		m.TakenAt, m.Schema, m.Sequences, stamp = f.At.UTC(), f.Schema, f.Sequences, f.Stamp
		for _, t := range f.Tables {
			parts, err := c.stream(ctx, t.Name, func(w *writer) (int64, error) { return f.Copy(ctx, t, w) })
			if err != nil {
				return err
			}
			m.Tables = append(m.Tables, TableParts{t, parts})
		}
		return c.list(ctx, f)
	})
	if err != nil {
		return err
	}
	m.Documents = stamp.Documents
	if err := c.digest(ctx, stamp); err != nil {
		return err
	}
	return c.save(ctx, *m, draftName, c.leat.Key)
}

// stream writes a stream of lines.
func (c *creation) stream(ctx context.Context, name string, write func(*writer) (int64, error)) (p Parts, err error) {
	w, err := c.writer(ctx, c.done.ID, name)
	if err != nil {
		return p, err
	}
	if p.Rows, err = write(w); err != nil {
		return p, err
	}
	p.Parts, err = w.finish()
	return p, err
}

const listPage = 1000 // packs that one statement reads

// list writes the list of packs. It is not encrypted.
func (c *creation) list(ctx context.Context, f *catalog.Frozen) error {
	open := c.clear()
	packs := &c.done.Packs
	w, err := open.writer(ctx, c.done.ID, "pack_list")
	if err != nil {
		return err
	}
	lines := json.NewEncoder(w)
	for after := ""; ; {
		page, err := f.Packs(ctx, after, listPage)
		if err != nil {
			return err
		}
		for _, p := range page {
			if err := lines.Encode(Pack{p.Key, p.Size, fmt.Sprintf("%x", p.SHA256)}); err != nil {
				return err
			}
			packs.Rows++
			packs.Bytes += p.Size
			after = p.Key
		}
		if len(page) < listPage {
			break
		}
	}
	packs.Parts.Parts, err = w.finish()
	return err
}

// digest records the output of 'leat digest'. It does so only if no work was under way at the point
// in time, and nothing changed until the index was read.
func (c *creation) digest(ctx context.Context, then catalog.Stamp) error {
	if c.leat.Points == nil || !then.Quiet() {
		return nil
	}
	active, err := c.leat.Catalog.Generations.Active(ctx)
	switch {
	case errors.Is(err, catalog.ErrNotFound):
		return nil // there is no index yet
	case err != nil:
		return err
	}
	digest, err := point.ComputeDigest(ctx, c.leat.Points, active.Collection, point.Scope{})
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		c.log.Warn("the index gave no digest; the backup has none", "error", err)
		return nil
	}
	now, err := c.leat.Catalog.Archive.Stamp(ctx)
	if err == nil && now == then {
		c.done.Digest = &digest
	}
	return err
}

// end writes the manifest. From then on the backup exists.
func (c *creation) end(ctx context.Context) error {
	c.done.EndedAt, c.done.Unread = time.Now().UTC(), c.unread.Load()
	if err := c.save(ctx, c.done.Manifest, manifestName, c.leat.Key); err != nil {
		return err
	}
	if err := c.target.Delete(ctx, backupDir(c.done.ID)+draftName); err != nil {
		c.log.Warn("could not remove a draft; the next prune removes it", "backup", c.done.ID, "error", err)
	}
	return c.leat.Catalog.Archive.Release(ctx, c.done.ID)
}
