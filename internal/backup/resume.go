package backup

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// resume looks for a backup of this leat that was cut short after its point in time was written,
// and whose lease still holds its packs. It removes the leat's other unfinished backups, which is
// safe because the leat makes only one backup to this target at a time.
func (c *creation) resume(ctx context.Context) (draft Manifest, found bool, err error) {
	drafts, err := c.drafts(ctx)
	if err != nil {
		return draft, false, err
	}
	slices.Reverse(drafts) // the newest first
	origin := PublicText(c.leat.Key.Public().(ed25519.PublicKey))
	for _, id := range drafts {
		m, err := c.read(ctx, id, draftName)
		if errors.Is(err, ErrMissing) {
			continue
		}
		if err != nil || m.Origin != origin { // the draft of another leat, or an unreadable one: a prune removes it when it is old
			continue
		}
		if !found && len(m.Tables) > 0 && slices.Equal(m.Encrypted, c.crypt.names) {
			held, err := c.leat.Catalog.Archive.Renew(ctx, id, c.request.Lease)
			if err != nil {
				return draft, false, err
			}
			if held {
				draft, found = m, true
				continue
			}
		}
		if err := c.remove(ctx, id); err != nil {
			return draft, false, err
		}
	}
	return draft, found, c.leat.Catalog.Archive.ReleaseOthers(ctx, draft.ID, c.request.Target)
}

// drafts lists the backups without a manifest, oldest first.
func (v *Vault) drafts(ctx context.Context) (ids []string, err error) {
	for b, err := range v.backups(ctx) {
		if err != nil {
			return nil, err
		}
		if !b.whole {
			ids = append(ids, b.id)
		}
	}
	return ids, nil
}

// listed is a directory of backups/.
type listed struct {
	id       string
	whole    bool      // the backup has a manifest
	draft    bool      // the backup has a draft
	modified time.Time // of its newest object
	objects  []string
}

// backups yields the backups, whole or unfinished, oldest first.
func (v *Vault) backups(ctx context.Context) func(func(listed, error) bool) {
	return func(yield func(listed, error) bool) {
		var b listed
		for item, err := range v.target.List(ctx, backupsDir) {
			if err != nil {
				yield(b, err)
				return
			}
			id, name, ok := strings.Cut(strings.TrimPrefix(item.Name, backupsDir), "/")
			if !ok || !idPattern.MatchString(id) {
				continue
			}
			if id != b.id {
				if b.id != "" && !yield(b, nil) {
					return
				}
				b = listed{id: id}
			}
			b.whole = b.whole || name == manifestName
			b.draft = b.draft || name == draftName
			b.objects = append(b.objects, item.Name)
			if item.Modified.After(b.modified) {
				b.modified = item.Modified
			}
		}
		if b.id != "" {
			yield(b, nil)
		}
	}
}

// remove deletes a backup's own objects. The manifest goes first, so that the rest never looks
// whole.
func (v *Vault) remove(ctx context.Context, id string) error {
	dir := backupDir(id)
	if err := v.target.Delete(ctx, dir+manifestName); err != nil {
		return err
	}
	var names []string
	for item, err := range v.target.List(ctx, dir) {
		if err != nil {
			return err
		}
		names = append(names, item.Name)
	}
	// The draft goes last. Until then the other objects have an owner.
	slices.SortStableFunc(names, func(a, b string) int {
		return bytes.Compare([]byte{boolByte(a == dir+draftName)}, []byte{boolByte(b == dir+draftName)})
	})
	for _, name := range names {
		if err := v.target.Delete(ctx, name); err != nil {
			return fmt.Errorf("remove backup %s: %w", id, err)
		}
	}
	return nil
}

func boolByte(b bool) byte {
	if b {
		return 1
	}
	return 0
}
