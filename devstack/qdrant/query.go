package qdrant

import (
	"slices"

	"github.com/qdrant/go-client/qdrant"
)

const defaultLimit = 10

// query is a Query request that has been checked. It is a tree, whose leaves search and whose inner nodes fuse.
type query struct {
	prefetch  []*query
	fuseK     uint32 // k of the reciprocal rank fusion, if there is prefetch
	dense     []float32
	terms     *terms
	filter    *filter
	threshold *float32
	euclid    bool // scores are negated distances
	limit     int
}

// defaultRRFK is Qdrant's k: see lib/segment/src/common/reciprocal_rank_fusion.rs.
const defaultRRFK = 2

// queryFields holds the fields that QueryPoints and PrefetchQuery share.
type queryFields interface {
	GetPrefetch() []*qdrant.PrefetchQuery
	GetQuery() *qdrant.Query
	GetUsing() string
	GetFilter() *qdrant.Filter
	GetLookupFrom() *qdrant.LookupLocation
}

func parsePrefetch(s shape, from *qdrant.PrefetchQuery) (*query, error) {
	q, err := parseQuery(s, from)
	if err != nil {
		return nil, err
	}
	q.limit, q.threshold = defaultLimit, from.ScoreThreshold
	if from.Limit != nil {
		q.limit = int(min(from.GetLimit(), maxLimit))
	}
	return q, nil
}

// maxLimit keeps a limit from overflowing. No answer is that long.
const maxLimit = 1 << 31

func parseQuery(s shape, from queryFields) (*query, error) {
	if from.GetLookupFrom() != nil {
		return nil, unsupported("lookups in other collections")
	}
	parsed, err := parseFilter(from.GetFilter())
	if err != nil {
		return nil, err
	}
	q := &query{filter: parsed}
	for _, one := range from.GetPrefetch() {
		prefetch, err := parsePrefetch(s, one)
		if err != nil {
			return nil, err
		}
		q.prefetch = append(q.prefetch, prefetch)
	}
	return q, q.parseVariant(s, from)
}

func (q *query) parseVariant(s shape, from queryFields) error {
	switch variant := from.GetQuery().GetVariant().(type) {
	case *qdrant.Query_Nearest:
		if len(q.prefetch) > 0 {
			return unsupported("rescoring what was prefetched")
		}
		return q.parseNearest(s, from.GetUsing(), variant.Nearest)
	case *qdrant.Query_Fusion:
		if variant.Fusion != qdrant.Fusion_RRF {
			return unsupported("the fusion " + variant.Fusion.String())
		}
		q.fuseK = defaultRRFK
	case *qdrant.Query_Rrf:
		if len(variant.Rrf.GetWeights()) > 0 {
			return unsupported("weights of a reciprocal rank fusion")
		}
		q.fuseK = defaultRRFK
		if variant.Rrf.K != nil {
			q.fuseK = variant.Rrf.GetK()
		}
		if q.fuseK == 0 {
			return invalid("k of a reciprocal rank fusion must be at least 1")
		}
	case nil:
		return unsupported("a query of no kind (scroll lists points by id)")
	default:
		return unsupported("this kind of query (nearest and reciprocal rank fusion it does)")
	}
	if len(q.prefetch) == 0 {
		return invalid("cannot do fusion without prefetches")
	}
	return nil
}

func (q *query) parseNearest(s shape, using string, input *qdrant.VectorInput) error {
	if !s.has(using) {
		return invalid("Not existing vector name error: %s", using)
	}
	sparse := s.HasSparse && using == s.Sparse
	var err error
	switch variant := input.GetVariant().(type) {
	case *qdrant.VectorInput_Dense:
		if sparse {
			return invalid("a dense vector was given for the sparse vector %q", using)
		}
		q.euclid = s.Distance == qdrant.Distance_Euclid
		q.dense, err = s.parseDenseVector(variant.Dense.GetData())
	case *qdrant.VectorInput_Sparse:
		if !sparse {
			return invalid("a sparse vector was given for the dense vector %q", using)
		}
		var indices []uint32
		var weights []float32
		indices, weights, err = parseSparse(variant.Sparse.GetIndices(), variant.Sparse.GetValues())
		q.terms = newTerms(indices, weights)
	case *qdrant.VectorInput_Id:
		return unsupported("queries by the id of a point")
	case *qdrant.VectorInput_MultiDense:
		return unsupported("multivectors")
	case nil:
		return invalid("the query has no vector")
	default:
		return unsupported("inference")
	}
	return err
}

// run returns the hits of a query, the best first. The filter of a node applies to everything below it.
func (q *query) run(s *segment, outer ...*filter) []hit {
	filters := append(slices.Clone(outer), q.filter)
	var found []hit
	switch {
	case q.limit == 0:
		return nil
	case len(q.prefetch) > 0:
		found = q.fuse(s, filters)
	case q.terms != nil:
		found = s.matching(q.terms, s.find(filters...), q.limit)
	default:
		found = s.nearest(q.dense, s.find(filters...), q.limit)
	}
	if q.euclid {
		for i := range found {
			found[i].score = -found[i].score
		}
	}
	if q.threshold != nil {
		better := func(h hit) bool { return h.score > *q.threshold }
		if q.euclid {
			better = func(h hit) bool { return h.score < *q.threshold }
		}
		found = slices.DeleteFunc(found, func(h hit) bool { return !better(h) })
	}
	return found
}

// fuse adds up 1/(k + rank) over the prefetched lists. It counts ranks from 0.
func (q *query) fuse(s *segment, filters []*filter) []hit {
	scores := map[uint32]float32{}
	for _, prefetch := range q.prefetch {
		for rank, h := range prefetch.run(s, filters...) {
			scores[h.slot] += 1 / float32(rank+int(q.fuseK))
		}
	}
	found := make([]hit, 0, len(scores))
	for slot, score := range scores {
		found = append(found, hit{slot, score})
	}
	slices.SortFunc(found, s.rank)
	return found[:min(q.limit, len(found))]
}
