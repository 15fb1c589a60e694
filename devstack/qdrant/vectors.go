package qdrant

import (
	"math"
	"slices"

	"github.com/qdrant/go-client/qdrant"
	"github.com/viterin/vek/vek32"
)

// parsePoint reads a point to be stored.
func (s shape) parsePoint(point *qdrant.PointStruct) (record, error) {
	id, err := parseID(point.GetId())
	if err != nil {
		return record{}, err
	}
	r := record{id: id}
	switch option := point.GetVectors().GetVectorsOptions().(type) {
	case nil:
	case *qdrant.Vectors_Vector:
		err = s.parseVector(&r, "", option.Vector)
	case *qdrant.Vectors_Vectors:
		for name, vector := range option.Vectors.GetVectors() {
			if err = s.parseVector(&r, name, vector); err != nil {
				break
			}
		}
	}
	if err != nil {
		return record{}, err
	}
	r.payload, err = encodePayload(point.GetPayload())
	return r, err
}

func (s shape) parseVector(r *record, name string, vector *qdrant.Vector) error {
	dense, indices, weights, err := flatten(vector)
	if err != nil {
		return err
	}
	switch {
	case s.HasSparse && name == s.Sparse && indices != nil:
		r.indices, r.weights, err = parseSparse(indices, weights)
	case s.Dimensions > 0 && name == s.Dense && indices == nil:
		r.dense, err = s.parseDenseVector(dense)
	case s.HasSparse && name == s.Sparse || s.Dimensions > 0 && name == s.Dense:
		return invalid("Conversion between sparse and regular vectors failed for vector %q", name)
	default:
		return invalid("Not existing vector name error: %s", name)
	}
	return err
}

// flatten reads the present and the deprecated form of a vector. indices is nil for a dense vector.
func flatten(vector *qdrant.Vector) (dense []float32, indices []uint32, weights []float32, err error) {
	switch option := vector.GetVector().(type) {
	case *qdrant.Vector_Dense:
		return option.Dense.GetData(), nil, nil, nil
	case *qdrant.Vector_Sparse:
		return nil, append([]uint32{}, option.Sparse.GetIndices()...), option.Sparse.GetValues(), nil
	case *qdrant.Vector_MultiDense:
		return nil, nil, nil, unsupported("multivectors")
	case *qdrant.Vector_Document, *qdrant.Vector_Image, *qdrant.Vector_Object:
		return nil, nil, nil, unsupported("inference")
	}
	//nolint:staticcheck // clients before 1.16 send the deprecated fields
	switch {
	case vector.VectorsCount != nil:
		return nil, nil, nil, unsupported("multivectors")
	case vector.GetIndices() != nil:
		return nil, append([]uint32{}, vector.GetIndices().GetData()...), vector.GetData(), nil
	default:
		return vector.GetData(), nil, nil, nil
	}
}

// parseDenseVector checks a vector. If the distance is Cosine, it normalises the vector, because Qdrant too stores and
// returns it in that form.
func (s shape) parseDenseVector(data []float32) ([]float32, error) {
	if len(data) != s.Dimensions {
		return nil, invalid("Vector dimension error: expected dim: %d, got %d", s.Dimensions, len(data))
	}
	if err := checkFinite(data); err != nil {
		return nil, err
	}
	if s.Distance != qdrant.Distance_Cosine {
		return data, nil
	}
	square := vek32.Dot(data, data)
	if square < 0x1p-23 || math.Abs(float64(square)-1) <= 1e-6 { // zero, or of unit length already
		return data, nil
	}
	return vek32.DivNumber(data, float32(math.Sqrt(float64(square)))), nil
}

// parseSparse checks a vector and orders it by index.
func parseSparse(indices []uint32, weights []float32) ([]uint32, []float32, error) {
	if len(indices) != len(weights) {
		return nil, nil, invalid("Sparse vector must have the same number of indices and values: %d and %d", len(indices), len(weights))
	}
	if err := checkFinite(weights); err != nil {
		return nil, nil, err
	}
	if !slices.IsSorted(indices) {
		places := make([]int, len(indices))
		for i := range places {
			places[i] = i
		}
		slices.SortFunc(places, func(a, b int) int { return int(indices[a]) - int(indices[b]) })
		sorted, moved := make([]uint32, len(indices)), make([]float32, len(indices))
		for to, from := range places {
			sorted[to], moved[to] = indices[from], weights[from]
		}
		indices, weights = sorted, moved
	}
	for i := 1; i < len(indices); i++ {
		if indices[i] == indices[i-1] {
			return nil, nil, invalid("Sparse vector indices must be unique: %d occurs twice", indices[i])
		}
	}
	return indices, weights, nil
}

func checkFinite(values []float32) error {
	for _, value := range values {
		if math.IsNaN(float64(value)) || math.IsInf(float64(value), 0) {
			return invalid("a vector holds %v", value)
		}
	}
	return nil
}

// output copies the vectors that selector asks for out of the mapping.
func (s shape) output(r record, selector *qdrant.WithVectorsSelector) (*qdrant.VectorsOutput, error) {
	wanted := func(string) bool { return selector.GetEnable() }
	if include, some := selector.GetSelectorOptions().(*qdrant.WithVectorsSelector_Include); some {
		for _, name := range include.Include.GetNames() {
			if !s.has(name) {
				return nil, invalid("Not existing vector name error: %s", name)
			}
		}
		wanted = func(name string) bool { return slices.Contains(include.Include.GetNames(), name) }
	}
	named := map[string]*qdrant.VectorOutput{}
	if r.dense != nil && wanted(s.Dense) {
		dense := &qdrant.VectorOutput{Vector: &qdrant.VectorOutput_Dense{Dense: &qdrant.DenseVector{Data: slices.Clone(r.dense)}}}
		if s.Dense == "" {
			return &qdrant.VectorsOutput{VectorsOptions: &qdrant.VectorsOutput_Vector{Vector: dense}}, nil
		}
		named[s.Dense] = dense
	}
	if len(r.indices) > 0 && wanted(s.Sparse) {
		named[s.Sparse] = &qdrant.VectorOutput{Vector: &qdrant.VectorOutput_Sparse{
			Sparse: &qdrant.SparseVector{Indices: slices.Clone(r.indices), Values: slices.Clone(r.weights)},
		}}
	}
	if len(named) == 0 {
		return nil, nil
	}
	return &qdrant.VectorsOutput{VectorsOptions: &qdrant.VectorsOutput_Vectors{Vectors: &qdrant.NamedVectorsOutput{Vectors: named}}}, nil
}

func (s shape) has(name string) bool {
	return s.Dimensions > 0 && name == s.Dense || s.HasSparse && name == s.Sparse
}
