package backup

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Keep says which backups a prune keeps: the newest of each of the last days, weeks and months that
// have any. The newest of all always stays.
type Keep struct{ Daily, Weekly, Monthly int }

// DefaultKeep reaches back 30 days.
var DefaultKeep = Keep{Daily: 7, Weekly: 4, Monthly: 1}

// abandoned is the age at which half a backup counts as given up.
const abandoned = 7 * 24 * time.Hour

// Pruned is the result of a prune.
type Pruned struct {
	Removed []string `json:"removed"` // ids of backups
	Kept    []string `json:"kept"`
	Partial []string `json:"partial"` // ids of unfinished backups that were removed
	Packs   int64    `json:"packs"`   // packs that were removed, because no backup names them
	Bytes   int64    `json:"bytes"`   // bytes of these packs
	DryRun  bool     `json:"dry_run"`
}

// Prune removes old backups, and the packs that no backup names any more. A backup may be made
// meanwhile: its draft names its packs before it looks for them in the target, and it waits for a
// prune that may not have seen the draft. With dryRun nothing changes.
func (v *Vault) Prune(ctx context.Context, keep Keep, dryRun bool) (Pruned, error) {
	p := Pruned{Removed: []string{}, Kept: []string{}, Partial: []string{}, DryRun: dryRun}
	if err := v.look(ctx, false); err != nil {
		return p, err
	}
	if err := v.choose(ctx, keep, &p); err != nil {
		return p, err
	}
	if !dryRun {
		for _, id := range append(p.Removed, p.Partial...) {
			if err := v.remove(ctx, id); err != nil {
				return p, err
			}
		}
	}
	return p, v.prunePacks(ctx, &p)
}

// choose decides which backups stay. A backup whose manifest cannot be read stays, because a newer
// leat may have made it.
func (v *Vault) choose(ctx context.Context, keep Keep, p *Pruned) error {
	var whole []string
	for b, err := range v.backups(ctx) {
		switch {
		case err != nil:
			return err
		case b.whole:
			whole = append(whole, b.id)
		case time.Since(b.modified) > abandoned:
			p.Partial = append(p.Partial, b.id)
		}
	}
	stays := keep.choose(whole)
	for _, id := range whole {
		if stays[id] {
			p.Kept = append(p.Kept, id)
		} else {
			p.Removed = append(p.Removed, id)
		}
	}
	return nil
}

// choose returns which ids stay. The ids are in the order of time.
func (k Keep) choose(ids []string) map[string]bool {
	stays := make(map[string]bool)
	for _, rule := range []struct {
		most   int
		period func(time.Time) string
	}{
		{k.Daily, func(t time.Time) string { return t.Format("2006-01-02") }},
		{k.Weekly, func(t time.Time) string { year, week := t.ISOWeek(); return fmt.Sprint(year, week) }},
		{k.Monthly, func(t time.Time) string { return t.Format("2006-01") }},
	} {
		last, n := "", 0
		for i := len(ids) - 1; i >= 0 && n < rule.most; i-- {
			if period := rule.period(timeOf(ids[i])); period != last {
				stays[ids[i]], last = true, period
				n++
			}
		}
	}
	if len(ids) > 0 {
		stays[ids[len(ids)-1]] = true
	}
	return stays
}

// prunePacks deletes the packs that no backup names, be it whole or unfinished.
func (v *Vault) prunePacks(ctx context.Context, p *Pruned) error {
	mark := &pruneMark{vault: v, name: pruningDir + rand.Text()}
	if !p.DryRun {
		if err := mark.renew(ctx); err != nil {
			return err
		}
		defer mark.end(ctx)
	}
	rings, err := v.rings(ctx, p)
	if err != nil {
		return err
	}
	for ring, manifests := range rings {
		for s, err := range v.unnamed(ctx, ring, manifests) {
			if err != nil {
				return err
			}
			p.Packs++
			p.Bytes += s.Size
			if p.DryRun {
				continue
			}
			if err := mark.delete(ctx, s.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// rings lists the manifests and drafts by ring. It includes rings without any.
func (v *Vault) rings(ctx context.Context, p *Pruned) (map[string][]Manifest, error) {
	rings := make(map[string][]Manifest)
	for item, err := range v.target.List(ctx, packsDir) {
		if err != nil {
			return nil, err
		}
		if ring, ok := ringIn(item.Name); ok && rings[ring] == nil {
			rings[ring] = []Manifest{}
		}
	}
	gone := make(map[string]bool)
	for _, id := range append(p.Removed, p.Partial...) {
		gone[id] = true
	}
	for b, err := range v.backups(ctx) {
		if err != nil {
			return nil, err
		}
		if gone[b.id] {
			continue
		}
		name := manifestName
		if !b.whole {
			if name = draftName; !b.draft { // the backup has no packs yet
				continue
			}
		}
		m, err := v.read(ctx, b.id, name)
		if errors.Is(err, ErrMissing) && !b.whole { // the backup has ended meanwhile
			m, err = v.read(ctx, b.id, manifestName)
		}
		if err != nil {
			return nil, fmt.Errorf("the packs of a backup are not known, so none is deleted: %w", err)
		}
		rings[m.ring()] = append(rings[m.ring()], m)
	}
	return rings, nil
}

// unnamed yields the objects of a ring whose packs no manifest names. It goes through all lists in
// parallel, by key.
func (v *Vault) unnamed(ctx context.Context, ring string, manifests []Manifest) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		lists := make([]cursor, len(manifests))
		for i, m := range manifests {
			next, stop := iter.Pull2(v.packs(ctx, m))
			defer stop()
			lists[i] = cursor{next: next}
		}
		for s, err := range v.stored(ctx, ring) {
			if err != nil {
				yield(s, err)
				return
			}
			named := false
			for i := range lists {
				is, err := lists[i].names(s.Key)
				if err != nil {
					yield(s, err)
					return
				}
				named = named || is
			}
			if !named && !yield(s, nil) {
				return
			}
		}
	}
}

// cursor goes through a list of packs by key.
type cursor struct {
	next func() (Pack, error, bool)
	at   Pack
	over bool
}

// names says whether the list holds a key. Keys must rise from call to call.
func (c *cursor) names(key string) (bool, error) {
	for !c.over && c.at.Key < key {
		p, err, more := c.next()
		if err != nil {
			return false, err
		}
		c.at, c.over = p, !more
	}
	return !c.over && c.at.Key == key, nil
}

// pruneMark is an object that tells backups that packs are being deleted.
type pruneMark struct {
	vault   *Vault
	name    string
	n       int
	renewed time.Time
}

func (m *pruneMark) renew(ctx context.Context) error {
	m.n++
	begun := time.Now()
	if err := m.vault.put(ctx, m.name, fmt.Appendf(nil, "%d\n", m.n)); err != nil {
		return err
	}
	m.renewed = begun
	return nil
}

// delete deletes a pack, but only while the mark is fresh. A backup takes a prune for dead if its
// mark has not changed for the vault's patience.
func (m *pruneMark) delete(ctx context.Context, name string) error {
	if time.Since(m.renewed) > m.vault.patience/4 {
		if err := m.renew(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithDeadline(ctx, m.renewed.Add(m.vault.patience/2))
	defer cancel()
	return m.vault.target.Delete(ctx, name)
}

func (m *pruneMark) end(ctx context.Context) {
	if err := m.vault.target.Delete(context.WithoutCancel(ctx), m.name); err != nil {
		m.vault.log.Warn("could not remove the mark of a prune; the next backup waits until the mark counts as dead", "error", err)
	}
}

// awaitPrunes waits for all prunes that may not have seen this backup's draft. It removes the marks
// of dead ones.
func (v *Vault) awaitPrunes(ctx context.Context) error {
	type sight struct {
		content []byte
		since   time.Time
	}
	seen := make(map[string]sight)
	for {
		alive := 0
		for item, err := range v.target.List(ctx, pruningDir) {
			if err != nil {
				return err
			}
			content, err := v.get(ctx, item.Name, maxManifest)
			if errors.Is(err, ErrMissing) {
				continue
			}
			if err != nil {
				return err
			}
			last, known := seen[item.Name]
			if !known || !bytes.Equal(last.content, content) {
				last = sight{content, time.Now()}
				seen[item.Name] = last
			}
			if time.Since(last.since) < v.patience {
				alive++
				continue
			}
			if err := v.target.Delete(ctx, item.Name); err != nil {
				return err
			}
		}
		if alive == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(min(time.Second, v.patience/10)):
		}
	}
}
