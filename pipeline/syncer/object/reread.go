package object

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/extract"
	"github.com/leatworks/leat/pipeline/git"
)

// place is a commit that holds some of the wanted blobs.
type place struct {
	repository       uuid.UUID
	url, ref, commit string
}

// wanted is a blob to read from a place.
type wanted struct {
	item     catalog.PackItem
	domain   string // key domain of the blob
	oid      string
	encoding string
}

// readAgain reads texts from git and adds them to the new pack. It forgets texts that
// no document refers to. It returns the texts that it could not read, and why.
func (k *Keeper) readAgain(ctx context.Context, r *rewrite, items []catalog.PackItem) (lost []catalog.PackItem, why, err error) {
	if len(items) == 0 {
		return nil, nil, nil
	}
	left, err := k.forgetUnused(ctx, items)
	if err != nil {
		return nil, nil, err
	}
	hashes := make([][]byte, 0, len(left))
	byHash := make(map[[32]byte]catalog.PackItem, len(left))
	for i := range left {
		hashes = append(hashes, left[i].Hash[:])
		byHash[left[i].Hash] = left[i]
	}
	sources, err := k.packs.BlobSources(ctx, hashes)
	if err != nil {
		return nil, nil, err
	}
	places := make(map[place][]wanted)
	for _, s := range sources {
		p := place{s.Repository, s.URL, s.Ref, s.Commit}
		places[p] = append(places[p], wanted{byHash[s.Blob], r.domain, s.OID, s.Encoding})
	}
	for _, p := range mostFirst(places) {
		list := slices.DeleteFunc(places[p], func(w wanted) bool { _, open := byHash[w.item.Hash]; return !open })
		err := k.readPlace(ctx, p, list, func(item catalog.PackItem, content []byte) error {
			delete(byHash, item.Hash)
			return r.add(item, content)
		})
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil {
			why = fmt.Errorf("%s: %w", p.url, err)
		}
	}
	for _, item := range left {
		if _, open := byHash[item.Hash]; open {
			lost = append(lost, item)
		}
	}
	if why == nil {
		why = errors.New("no repository holds them any more")
	}
	return lost, why, nil
}

// forgetUnused deletes the blobs that no document refers to, and returns the others.
func (k *Keeper) forgetUnused(ctx context.Context, items []catalog.PackItem) ([]catalog.PackItem, error) {
	key := items[0].Span.Object
	hashes := make([][]byte, len(items))
	for i := range items {
		hashes[i] = items[i].Hash[:]
	}
	dropped, err := k.garbage.DropContent(ctx, hashes)
	if err != nil || dropped == 0 {
		return items, err
	}
	kept, _, err := k.packs.Items(ctx, key)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil, nil
	}
	is := make(map[[32]byte]bool, len(kept))
	for _, item := range kept {
		is[item.Hash] = true
	}
	return slices.DeleteFunc(slices.Clone(items), func(item catalog.PackItem) bool { return !is[item.Hash] }), err
}

// mostFirst orders places so that few of them are visited.
func mostFirst(places map[place][]wanted) []place {
	order := make([]place, 0, len(places))
	for p := range places {
		order = append(order, p)
	}
	slices.SortFunc(order, func(a, b place) int {
		return cmp.Or(cmp.Compare(len(places[b]), len(places[a])), cmp.Compare(a.url, b.url), cmp.Compare(a.ref, b.ref), cmp.Compare(a.commit, b.commit))
	})
	return order
}

// readPlace reads blobs from a mirror, which it fetches if it lacks them.
func (k *Keeper) readPlace(ctx context.Context, p place, list []wanted, each func(catalog.PackItem, []byte) error) error {
	if len(list) == 0 {
		return nil
	}
	if k.mirrors == nil {
		return errors.New("this syncer has no directory for mirrors (--git-dir)")
	}
	slices.SortStableFunc(list, func(a, b wanted) int { return cmp.Compare(a.item.Span.Offset, b.item.Span.Offset) })
	repo := k.mirrors.Open(p.repository.String())
	if repo.Has(ctx, p.commit) {
		left, err := k.readCommit(ctx, repo, p.commit, list, each)
		if len(left) == 0 {
			return err
		}
		list = left // the mirror may be damaged; a fetch makes it anew
	}
	remote, err := k.mirrors.Parse(p.url)
	if err != nil {
		return err
	}
	head, err := k.mirrors.Fetch(ctx, p.repository.String(), remote, p.ref)
	if err != nil {
		return err
	}
	if repo.Has(ctx, p.commit) {
		head.Commit = p.commit
	}
	left, err := k.readCommit(ctx, repo, head.Commit, list, each)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("commit %s does not hold them", head.Commit)
	}
	return err
}

// readCommit reads the blobs that a commit holds, and returns the others.
func (k *Keeper) readCommit(ctx context.Context, repo *git.Repo, commit string, list []wanted, each func(catalog.PackItem, []byte) error) (left []wanted, err error) {
	held := make(map[string]bool, len(list))
	for _, w := range list {
		held[w.oid] = false
	}
	for entry, err := range repo.Tree(ctx, commit) {
		if err != nil {
			return list, err
		}
		if _, asked := held[entry.OID]; asked {
			held[entry.OID] = true
		}
	}
	blobs, err := repo.Blobs(ctx)
	if err != nil {
		return list, err
	}
	defer blobs.Close()
	var there []wanted
	for _, w := range list {
		if held[w.oid] {
			there = append(there, w)
			blobs.Request(w.oid)
		} else {
			left = append(left, w)
		}
	}
	for i, w := range there {
		content, err := k.readBlob(ctx, blobs, w)
		if err != nil {
			return append(left, there[i:]...), err
		}
		if err := each(w.item, content); err != nil {
			return left, err
		}
	}
	return left, nil
}

func (k *Keeper) readBlob(ctx context.Context, blobs *git.Blobs, w wanted) ([]byte, error) {
	b, err := blobs.Next()
	if err != nil {
		return nil, err
	}
	size := int64(w.item.Span.Size)
	most := 2*size + 2 // no encoding takes more
	if extract.Format(w.encoding).Known() {
		most = extract.MaxSize
	}
	if b.Size != size && w.encoding == "" || b.Size > most {
		return nil, fmt.Errorf("git's object %s has %d bytes where blob %x has %d", w.oid, b.Size, w.item.Hash, size)
	}
	content := make([]byte, b.Size)
	if _, err := io.ReadFull(b, content); err != nil {
		return nil, err
	}
	// A text that older rules made is not made again: those rules may have missed a
	// secret, and the ingestor will read the file anew.
	made, err := k.contents.Remake(ctx, content, w.encoding, int(size))
	if err != nil {
		return nil, fmt.Errorf("git's object %s: %w", w.oid, err)
	}
	return made, prove(w.item, made, target{domain: w.domain})
}
