package qdrant

import (
	"github.com/qdrant/go-client/qdrant"
)

// shape describes the points of a collection.
type shape struct {
	Dense      string          `json:"dense"`      // name of the dense vector; empty if it has no name
	Dimensions int             `json:"dimensions"` // 0 if there is no dense vector
	Distance   qdrant.Distance `json:"distance"`
	Sparse     string          `json:"sparse"` // name of the sparse vector
	HasSparse  bool            `json:"has_sparse"`
	IDF        bool            `json:"idf"`
}

func (s shape) rowBytes() int64 { return 4 * int64(s.Dimensions) }

// parseShape reads a request to create a collection.
func parseShape(request *qdrant.CreateCollection) (shape, error) {
	var s shape
	switch {
	case request.ShardingMethod != nil:
		return s, unsupported("shards by key")
	case request.GetStrictModeConfig().GetEnabled():
		return s, unsupported("strict mode")
	case len(request.GetMetadata()) > 0:
		return s, unsupported("collection metadata")
	}
	if err := s.parseDense(request.GetVectorsConfig()); err != nil {
		return s, err
	}
	sparse := request.GetSparseVectorsConfig().GetMap()
	if len(sparse) > 1 {
		return s, unsupported("more than one sparse vector a collection")
	}
	for name, params := range sparse {
		s.Sparse, s.HasSparse, s.IDF = name, true, params.GetModifier() == qdrant.Modifier_Idf
		if s.Dimensions > 0 && name == s.Dense {
			return s, invalid("Dense vector name and sparse vector name should be different: %s", name)
		}
	}
	return s, nil
}

// denseOf returns the only dense vector of a collection, if there is one, and its name.
func denseOf(config *qdrant.VectorsConfig) (name string, params *qdrant.VectorParams) {
	params = config.GetParams()
	for name, params = range config.GetParamsMap().GetMap() {
	}
	return name, params
}

func (s *shape) parseDense(config *qdrant.VectorsConfig) error {
	if len(config.GetParamsMap().GetMap()) > 1 {
		return unsupported("more than one dense vector a collection")
	}
	var params *qdrant.VectorParams
	s.Dense, params = denseOf(config)
	switch {
	case params == nil:
		return nil
	case params.GetSize() < 1 || params.GetSize() > 65536:
		return invalid("vector size %d must be from 1 to 65536", params.GetSize())
	case params.GetMultivectorConfig() != nil:
		return unsupported("multivectors")
	case params.GetQuantizationConfig() != nil:
		return unsupported("quantization")
	case params.Datatype != nil && params.GetDatatype() != qdrant.Datatype_Float32 && params.GetDatatype() != qdrant.Datatype_Default:
		return unsupported("vectors of " + params.GetDatatype().String())
	}
	switch params.GetDistance() {
	case qdrant.Distance_Cosine, qdrant.Distance_Dot, qdrant.Distance_Euclid:
	case qdrant.Distance_Manhattan:
		return unsupported("the Manhattan distance")
	default:
		return invalid("unknown distance %d", params.GetDistance())
	}
	s.Dimensions, s.Distance = int(params.GetSize()), params.GetDistance()
	return nil
}

// params is the inverse of parseShape.
func (s shape) params() *qdrant.CollectionParams {
	params := &qdrant.CollectionParams{ShardNumber: 1, OnDiskPayload: true}
	dense := &qdrant.VectorParams{Size: uint64(s.Dimensions), Distance: s.Distance}
	switch {
	case s.Dimensions > 0 && s.Dense == "":
		params.VectorsConfig = qdrant.NewVectorsConfig(dense)
	case s.Dimensions > 0:
		params.VectorsConfig = qdrant.NewVectorsConfigMap(map[string]*qdrant.VectorParams{s.Dense: dense})
	}
	if s.HasSparse {
		sparse := &qdrant.SparseVectorParams{}
		if s.IDF {
			sparse.Modifier = qdrant.Modifier_Idf.Enum()
		}
		params.SparseVectorsConfig = qdrant.NewSparseVectorsConfig(map[string]*qdrant.SparseVectorParams{s.Sparse: sparse})
	}
	return params
}
