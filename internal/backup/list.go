package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Summary is a backup in a list.
type Summary struct {
	ID        string    `json:"id"`
	TakenAt   time.Time `json:"taken_at"`
	EndedAt   time.Time `json:"ended_at"`
	Version   string    `json:"version"`
	SignedBy  string    `json:"signed_by"`
	Encrypted bool      `json:"encrypted"`
	Rows      int64     `json:"rows"`
	Documents int64     `json:"documents"`
	Packs     int64     `json:"packs"`
	Points    int64     `json:"points"`
	Bytes     int64     `json:"bytes"` // size of the objects of tables and points, and of the packs, which backups share
	Digest    string    `json:"digest,omitempty"`
	Partial   bool      `json:"partial"`         // the backup has no manifest: it is being made, or was cut short
	Error     string    `json:"error,omitempty"` // why it cannot be read
}

// summary describes a manifest.
func (m Manifest) summary() Summary {
	s := Summary{
		ID: m.ID, TakenAt: m.TakenAt, EndedAt: m.EndedAt, Version: m.Version, SignedBy: m.Origin, Encrypted: len(m.Encrypted) > 0,
		Rows: m.rows(), Documents: m.Documents, Packs: m.Packs.Rows, Bytes: m.stored() + m.Packs.Bytes,
	}
	if m.Points != nil {
		s.Points = m.Points.Rows
	}
	if m.Digest != nil {
		s.Digest = m.Digest.Digest
	}
	return s
}

// Summary describes the backup.
func (c Created) Summary() Summary { return c.summary() }

// List describes the backups of the target, oldest first.
func (v *Vault) List(ctx context.Context) ([]Summary, error) {
	if err := v.look(ctx, false); err != nil {
		return nil, err
	}
	all := []Summary{}
	for b, err := range v.backups(ctx) {
		if err != nil {
			return nil, err
		}
		if !b.whole {
			all = append(all, Summary{ID: b.id, TakenAt: timeOf(b.id), Partial: true})
			continue
		}
		m, err := v.load(ctx, b.id)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			all = append(all, Summary{ID: b.id, TakenAt: timeOf(b.id), Error: err.Error()})
			continue
		}
		all = append(all, m.summary())
	}
	return all, nil
}

// ErrNone says that a target has no whole backup.
var ErrNone = errors.New("the target has no whole backup")

// find returns the manifest of a backup by its id, or by the beginning of the id. "" means the
// newest.
func (v *Vault) find(ctx context.Context, id string) (m Manifest, err error) {
	if err := v.look(ctx, false); err != nil {
		return m, err
	}
	var ids []string
	for b, err := range v.backups(ctx) {
		if err != nil {
			return m, err
		}
		if b.whole && len(b.id) >= len(id) && b.id[:len(id)] == id {
			ids = append(ids, b.id)
		}
	}
	switch {
	case len(ids) == 0 && id == "":
		return m, ErrNone
	case len(ids) == 0:
		return m, fmt.Errorf("the target has no whole backup %.40q: see 'leat backup list'", id)
	case len(ids) > 1 && id != "" && !slices.Contains(ids, id):
		return m, fmt.Errorf("%d backups begin with %q: give more of the id", len(ids), id)
	}
	return v.load(ctx, ids[len(ids)-1])
}
