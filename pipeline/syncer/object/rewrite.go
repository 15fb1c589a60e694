package object

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
)

// target holds the facts that the items of one pack share.
type target struct {
	vector bool
	domain string // key domain
}

// rewrite is items on their way into a new pack.
type rewrite struct {
	keeper *Keeper
	target
	pack  *blob.Pack
	items []catalog.PackItem
	from  []string // keys of the packs that held them
}

func (k *Keeper) rewrite(to target) *rewrite {
	kind := blob.Text
	if to.vector {
		kind = blob.Vector
	}
	return &rewrite{keeper: k, target: to, pack: k.blobs.NewPackIn(to.domain, kind)}
}

// add takes an item whose content has been proved.
func (r *rewrite) add(item catalog.PackItem, content []byte) error {
	if err := r.pack.Add(content); err != nil {
		return err
	}
	r.items = append(r.items, item)
	return nil
}

// finish stores the new pack and points the items at it.
func (r *rewrite) finish(ctx context.Context) error {
	if len(r.items) == 0 {
		_, err := r.keeper.packs.MarkDeleted(ctx, r.from) // those that hold nothing
		return err
	}
	return r.pack.Write(ctx, catalog.ErrVanished, r.put)
}

func (r *rewrite) put(ctx context.Context) error {
	object, spans, err := r.pack.Put(ctx)
	if err != nil {
		return err
	}
	for i := range r.items {
		r.items[i].Span = catalog.Span(spans[i])
	}
	return r.keeper.packs.Move(ctx, catalog.Move{From: r.from, Into: catalog.Pack(object), Items: r.items}, r.vector)
}

// prove compares a text with its name. A vector has only its checksum.
func prove(item catalog.PackItem, content []byte, of target) error {
	if name := catalog.Name(of.domain, content); !of.vector && name != item.Hash {
		return fmt.Errorf("blob %x: the content is named %x: %w", item.Hash, name, blob.ErrCorrupt)
	}
	return nil
}
