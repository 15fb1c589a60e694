package service

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// fusedAt ranks a place that several searches find, by the sum of 1/(rank+fusedAt), with ranks from
// 0 (G. Cormack, C. Clarke, S. Büttcher, "Reciprocal rank fusion", SIGIR 2009).
const fusedAt = 10

// found searches three times: with the words of the question, without the words that only make it a
// sentence, and with the forms that its words take in code. Places that more than one search finds
// come first. The answer is that of the first search, except for the hits.
func (x *exploration) found(ctx context.Context) (a SearchAnswer, err error) {
	ask := func(ctx context.Context, query string) (SearchAnswer, error) {
		return x.Search(ctx, SearchRequest{
			Tenant: x.request.Tenant, Reach: x.request.Reach, Query: query, Repositories: x.request.Repositories, Ref: x.request.Ref,
			Limit: exploreHits,
		})
	}
	// The first search runs alone, because its answer names the refs that it wakes.
	if a, err = ask(ctx, x.request.Question); err != nil || len(a.Hits) == 0 {
		return a, err
	}
	queries := []string{x.names.Plain(), x.names.Forms()}
	lists := make([][]Hit, 1+len(queries))
	lists[0] = a.Hits
	asking, ctx := errgroup.WithContext(ctx)
	for i, query := range queries {
		if query == "" {
			continue // the question has only little words
		}
		asking.Go(func() error {
			answer, err := ask(ctx, query)
			lists[1+i] = answer.Hits
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		return a, err
	}
	a.Hits = apart(fuse(lists))
	rerank(x.names, a.Hits)
	return a, nil
}

// fuse makes one list of several, with the scores of the fusion. Hits that share lines become one,
// with the lines of the first.
func fuse(lists [][]Hit) (fused []Hit) {
	for n, hits := range lists {
		for rank, h := range hits {
			score := 1 / float32(rank+fusedAt)
			i := slices.IndexFunc(fused, func(k Hit) bool {
				return k.document == h.document && k.StartLine <= h.EndLine && h.StartLine <= k.EndLine
			})
			switch {
			case i < 0:
				h.Score = score
				fused = append(fused, h)
			case n > 0: // parts of one line are hits of one search that share it
				fused[i].Score += score
			}
		}
	}
	slices.SortStableFunc(fused, func(a, b Hit) int { return cmp.Compare(b.Score, a.Score) })
	return fused
}

// splitLines is the length from which a hit with several definitions is taken apart.
const splitLines = 40

// apart takes long hits with several definitions apart, so that each definition is ranked and shown
// by itself. Lines between two definitions, such as a comment, go with the second.
func apart(hits []Hit) (list []Hit) {
	for _, h := range hits {
		if h.Partial || h.EndLine-h.StartLine < splitLines || len(h.Symbols) < 2 {
			list = append(list, h)
			continue
		}
		lines := slices.Collect(strings.Lines(h.Text))
		next := h.StartLine
		for i, d := range h.Symbols {
			for next-h.StartLine < len(lines)-1 && strings.TrimSpace(lines[next-h.StartLine]) == "" {
				next++ // a blank line goes with neither
			}
			last := min(d.EndLine, h.EndLine, h.StartLine+len(lines)-1)
			if i == len(h.Symbols)-1 {
				last = max(last, min(h.EndLine, h.StartLine+len(lines)-1))
			}
			if last < next {
				continue // a part of the previous definition
			}
			one := h
			one.StartLine, one.EndLine, one.Symbol, one.Symbols = next, last, d.Symbol, []HitSymbol{d}
			one.Text = strings.Join(lines[next-h.StartLine:last-h.StartLine+1], "")
			list, next = append(list, one), last+1
		}
	}
	return list
}
