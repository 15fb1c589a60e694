package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// pieces turns hits into the definitions that hold them, each once.
func (x *exploration) pieces(ctx context.Context, hits []Hit, by string) (list []Piece, err error) {
	named := make(map[uuid.UUID]bool) // documents whose neighbours have been named
	for _, h := range hits {
		p := pieceOf(h)
		p.CalledBy = by
		if slices.ContainsFunc(list, func(q Piece) bool { return q.overlaps(p.Lead) }) {
			continue
		}
		f, err := x.file(ctx, h)
		if err != nil {
			return nil, err
		}
		if len(list) < outlined && !named[h.document] {
			named[h.document] = true
			p.Neighbours = neighbours(f.outline, h)
		}
		if err := x.widen(ctx, &p, f, h); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// pieceOf makes a piece of the lines of a hit.
func pieceOf(h Hit) Piece {
	return Piece{
		Lead:   Lead{Repository: h.Repository, Ref: h.Ref, Path: h.Path, StartLine: h.StartLine, EndLine: h.EndLine, Kind: h.Kind, Symbol: h.Symbol},
		Commit: h.Commit, Revision: h.Revision, Underway: h.Underway, Language: h.Language, Text: h.Text, Left: []Gap{}, Neighbours: []Definition{}, symbols: h.Symbols,
	}
}

// file returns the stored file of a hit, with its definitions.
func (x *exploration) file(ctx context.Context, h Hit) (f *exploredFile, err error) {
	if f = x.files[h.document]; f != nil {
		return f, nil
	}
	f = &exploredFile{}
	if f.outline, err = x.definitions(ctx, h.document); err != nil {
		return nil, err
	}
	x.files[h.document] = f
	return f, nil
}

// lines returns lines of a hit's file, or none if the file has changed since the search.
func (x *exploration) lines(ctx context.Context, h Hit, first, last int) (text ReadAnswer, err error) {
	f, err := x.file(ctx, h)
	if err != nil {
		return text, err
	}
	if f.text == nil {
		if f.stored, err = x.stores.Catalog.Trees.StoredFile(ctx, h.document); err == nil {
			f.text, err = x.content(ctx, f.stored)
		}
	}
	if isNotFound(err) || err == nil && f.stored.Commit != h.Commit {
		return text, nil
	}
	if err != nil {
		return text, fmt.Errorf("read %s: %w", h.Path, err)
	}
	if err := text.cut(f.text, first, last); err != nil {
		return ReadAnswer{}, nil // the file has changed too if it has no such lines
	}
	return text, nil
}

// overlaps says whether a piece holds lines of another place.
func (p Piece) overlaps(l Lead) bool {
	return p.Repository == l.Repository && p.Ref == l.Ref && p.Path == l.Path && p.StartLine <= l.EndLine && l.StartLine <= p.EndLine
}

// neighbours names the other definitions of a file, the ones closest to the hit first.
func neighbours(outline []Definition, h Hit) []Definition {
	list := make([]Definition, 0, len(outline))
	for _, d := range outline {
		if d.Symbol != "" && d.Symbol != h.Symbol && !d.holds(h.StartLine) {
			list = append(list, d)
		}
	}
	distance := func(d Definition) int { return max(d.StartLine-h.EndLine, h.StartLine-d.EndLine) }
	slices.SortStableFunc(list, func(x, y Definition) int { return cmp.Compare(distance(x), distance(y)) })
	list = list[:min(len(list), outlineShown)]
	slices.SortFunc(list, func(x, y Definition) int { return cmp.Compare(x.StartLine, y.StartLine) })
	return list
}

// widen replaces the found lines by the whole definition, if it is larger but not very large.
func (x *exploration) widen(ctx context.Context, p *Piece, f *exploredFile, h Hit) error {
	if h.Partial || h.Symbol == "" {
		return nil
	}
	at := slices.IndexFunc(f.outline, func(d Definition) bool { return d.Symbol == h.Symbol && d.holds(h.StartLine) })
	if at < 0 || f.outline[at].EndLine-f.outline[at].StartLine <= h.EndLine-h.StartLine || f.outline[at].EndLine-f.outline[at].StartLine >= maxWhole {
		return nil
	}
	whole, err := x.lines(ctx, h, f.outline[at].StartLine, f.outline[at].EndLine)
	if err != nil || whole.Text == "" || whole.More {
		return err
	}
	p.StartLine, p.EndLine, p.Text = whole.First, whole.Last, whole.Text
	return nil
}
