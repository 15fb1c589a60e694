package backup

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Living is a leat that takes over a part of a backup. Its workers may run.
type Living struct {
	Catalog *catalog.Catalog
	Blobs   *blob.Store
}

// PartRequest asks to take over a tenant's repositories, or one of them, into a living leat.
type PartRequest struct {
	ID       string
	SignedBy string // the key that has to have signed; "": any
	Scope    catalog.AnnexScope
	DryRun   bool // look, and change nothing
	// SkipConflicts leaves conflicting tracks of the living leat as they are, and takes over the
	// others. Default: a conflict means that nothing is taken over.
	SkipConflicts bool
	By            catalog.Author
	Tell          func(Progress)
}

// PartRestored is the result of taking over a part of a backup.
type PartRestored struct {
	Backup Summary `json:"backup"`
	Tenant string  `json:"tenant"`
	catalog.AnnexPlan
	Read   int64 `json:"read"` // packs of the backup
	DryRun bool  `json:"dry_run"`
}

// ErrConflict says that tracks of a backup are already in the living leat, and differ.
var ErrConflict = errors.New("the backup conflicts with repositories of this leat")

// RestorePart takes over a part of a backup into a living leat. It writes the texts and vectors
// that the leat lacks into new packs, sealed with the leat's own keys. It writes the rows last, in
// one transaction. A run that was cut short can be started again; it uses the packs that the first
// one stored, or else they are collected. RestorePart does not take over rights to the repositories
// or work owed for them: tokens, hooks, credentials, limits, submissions, dead letters.
func (v *Vault) RestorePart(ctx context.Context, l Living, r PartRequest) (done PartRestored, err error) {
	if r.Tell == nil {
		r.Tell = func(Progress) {}
	}
	m, err := v.restorable(ctx, r.ID, r.SignedBy)
	if err != nil {
		return done, err
	}
	done = PartRestored{Backup: m.summary(), Tenant: r.Scope.Tenant, DryRun: r.DryRun}
	r.Tell(Progress{Step: "tables"})
	err = l.Catalog.Archive.Annex(ctx, v.fill(m), func(ctx context.Context, x *catalog.Annex) error {
		var err error
		if done.AnnexPlan, err = x.Choose(ctx, r.Scope); err != nil || r.DryRun {
			return err
		}
		if n := len(done.Conflicts()); n > 0 && !r.SkipConflicts {
			return ErrConflict
		}
		p := &partCopy{Vault: v, m: m, request: r, living: l, annex: x, packs: make(map[partTarget]*partPack)}
		if err := p.run(ctx, done.Packs); err != nil {
			return err
		}
		done.Read = p.read
		return x.Merge(ctx, r.By, m.ID)
	})
	return done, err
}

// fill returns the catalog of a backup.
func (v *Vault) fill(m Manifest) catalog.Fill {
	fill := catalog.Fill{Schema: m.Schema, Sequences: m.Sequences}
	parts := make(map[string][]Part, len(m.Tables))
	for _, t := range m.Tables {
		fill.Tables = append(fill.Tables, t.Table)
		parts[t.Name] = t.Parts.Parts
	}
	fill.Rows = func(ctx context.Context, t catalog.Table) (io.ReadCloser, error) {
		return v.reader(ctx, m, parts[t.Name])
	}
	return fill
}

// partCopy writes the content that a living leat lacks into packs of its own.
type partCopy struct {
	*Vault
	m       Manifest
	request PartRequest
	living  Living
	annex   *catalog.Annex
	packs   map[partTarget]*partPack
	read    int64
}

// partTarget holds the facts that the items of a pack share.
type partTarget struct {
	domain   string
	embedder int32 // 0: texts
	terms    int
}

type partPack struct {
	*blob.Pack
	items []catalog.AnnexItem
}

// run reads the packs that hold missing content.
func (p *partCopy) run(ctx context.Context, of int64) error {
	wanted, err := p.annex.Packs(ctx)
	if err != nil {
		return err
	}
	written := int64(0)
	for pair, err := range p.has(ctx, p.m) {
		if err != nil {
			return err
		}
		if !wanted[pair.Key] {
			continue
		}
		if pair.held == nil {
			return fmt.Errorf("pack %s: %w", pair.Key, ErrMissing)
		}
		body, err := p.openPack(ctx, pair.Pack, *pair.held, len(p.m.Encrypted) > 0)
		if err != nil {
			return err
		}
		if err := p.take(ctx, pair.Key, body); err != nil {
			return err
		}
		p.read++
		written += pair.Size
		p.request.Tell(Progress{"packs", p.read, of, written})
	}
	for to, pack := range p.packs {
		if err := p.write(ctx, to, pack); err != nil {
			return err
		}
	}
	return p.annex.AddTexts(ctx, nil, nil)
}

// take adds the missing items of a pack to new packs.
func (p *partCopy) take(ctx context.Context, key string, body []byte) error {
	items, err := p.annex.Items(ctx, key)
	if err != nil {
		return err
	}
	domain, err := p.living.Blobs.Domain(ctx, key)
	if err != nil {
		return err
	}
	spans := make([]blob.Span, len(items))
	for i, item := range items {
		spans[i] = blob.Span(item.Span)
	}
	return p.living.Blobs.ReadBody(ctx, key, body, spans, func(i int, data []byte) error {
		item := items[i]
		if item.Embedder == 0 && catalog.Name(domain, data) != item.Hash {
			return fmt.Errorf("text %x of %s: %w", item.Hash, key, ErrUntrue)
		}
		return p.add(ctx, partTarget{domain, item.Embedder, item.Terms}, item, data)
	})
}

func (p *partCopy) add(ctx context.Context, to partTarget, item catalog.AnnexItem, data []byte) error {
	pack := p.packs[to]
	if pack == nil {
		kind := blob.Text
		if to.embedder != 0 {
			kind = blob.Vector
		}
		pack = &partPack{Pack: p.living.Blobs.NewPackIn(to.domain, kind)}
		p.packs[to] = pack
	}
	if err := pack.Add(data); err != nil {
		return err
	}
	pack.items = append(pack.items, item)
	if !pack.Full() {
		return nil
	}
	delete(p.packs, to)
	return p.write(ctx, to, pack)
}

// write puts a pack and records its items.
func (p *partCopy) write(ctx context.Context, to partTarget, pack *partPack) error {
	return pack.Write(ctx, catalog.ErrVanished, func(ctx context.Context) error {
		object, spans, err := pack.Put(ctx)
		if err != nil {
			return err
		}
		into := catalog.Pack(object)
		if to.embedder != 0 {
			vectors := make([]catalog.StoredVector, len(spans))
			for i, span := range spans {
				vectors[i] = catalog.StoredVector{Text: pack.items[i].Hash, Span: catalog.Span(span)}
			}
			return p.living.Catalog.Vectors.Put(ctx, to.embedder, to.terms, into, vectors)
		}
		texts := make([]catalog.Blob, len(spans))
		for i, span := range spans {
			texts[i] = catalog.Blob{SHA256: pack.items[i].Hash, Size: span.Size, Span: catalog.Span(span)}
		}
		return p.annex.AddTexts(ctx, &into, texts)
	})
}
