package qdrant

import (
	"cmp"
	"context"
	"fmt"

	"github.com/qdrant/go-client/qdrant"

	"github.com/leatworks/leat/pipeline/vector"
)

// scalarQuantile leaves out the hundredth of the values that is farthest from the rest, so that one outlier does not
// coarsen the steps of all others.
const scalarQuantile = 0.99

// CheckLayout rejects a layout or a rescoring that no server takes.
func (c Config) CheckLayout() error {
	if err := c.Layout.Check(); err != nil {
		return err
	}
	if c.Oversampling != 0 && (c.Oversampling < 1 || c.Oversampling > MaxOversampling) {
		return fmt.Errorf("oversampling %v: use 1 to %v", c.Oversampling, MaxOversampling)
	}
	return nil
}

// searchParams returns how a ranking by quantized vectors is made exact again. A collection without quantized vectors
// ignores it.
func (c Config) searchParams() *qdrant.SearchParams {
	return &qdrant.SearchParams{Quantization: &qdrant.QuantizationSearchParams{
		Rescore:      qdrant.PtrOf(!c.NoRescore),
		Oversampling: qdrant.PtrOf(cmp.Or(c.Oversampling, DefaultOversampling)),
	}}
}

// ask writes a layout into a request. The server decides whatever is 0.
func ask(request *qdrant.CreateCollection, l vector.Layout) {
	request.ShardNumber = given32(l.Shards)
	request.ReplicationFactor = given32(l.Replicas)
	request.WriteConsistencyFactor = given32(l.WriteConsistency)
	request.HnswConfig = &qdrant.HnswConfigDiff{M: given64(l.HNSWEdges), EfConstruct: given64(l.EFConstruct), OnDisk: &l.HNSWOnDisk}
	resident := !l.QuantizedOnDisk
	switch l.Quantization {
	case vector.ScalarQuantization:
		request.QuantizationConfig = qdrant.NewQuantizationScalar(&qdrant.ScalarQuantization{
			Type: qdrant.QuantizationType_Int8, Quantile: qdrant.PtrOf(float32(scalarQuantile)), AlwaysRam: &resident,
		})
	case vector.BinaryQuantization:
		request.QuantizationConfig = qdrant.NewQuantizationBinary(&qdrant.BinaryQuantization{AlwaysRam: &resident})
	}
}

func given32(n int) *uint32 {
	if n <= 0 {
		return nil
	}
	return qdrant.PtrOf(uint32(n))
}

func given64(n int) *uint64 {
	if n <= 0 {
		return nil
	}
	return qdrant.PtrOf(uint64(n))
}

// Layout implements [vector.Store].
func (s *Store) Layout(ctx context.Context, collection string) (vector.Layout, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	info, err := s.describe(ctx, collection)
	if err != nil {
		return vector.Layout{}, explain(ctx, err, "describe collection %s", collection)
	}
	config, params := info.GetConfig(), info.GetConfig().GetParams()
	dense := params.GetVectorsConfig().GetParamsMap().GetMap()[denseName]
	l := vector.Layout{
		Shards: int(params.GetShardNumber()), Replicas: max(1, int(params.GetReplicationFactor())),
		WriteConsistency: max(1, int(params.GetWriteConsistencyFactor())),
		HNSWEdges:        int(config.GetHnswConfig().GetM()), EFConstruct: int(config.GetHnswConfig().GetEfConstruct()),
		HNSWOnDisk: config.GetHnswConfig().GetOnDisk(), VectorsOnDisk: dense.GetOnDisk(),
		Quantization: vector.NoQuantization,
		TenantIndex:  info.GetPayloadSchema()[fieldTenant].GetParams().GetKeywordIndexParams().GetIsTenant(),
	}
	switch q := config.GetQuantizationConfig().GetQuantization().(type) {
	case *qdrant.QuantizationConfig_Scalar:
		l.Quantization, l.QuantizedOnDisk = vector.ScalarQuantization, !q.Scalar.GetAlwaysRam()
	case *qdrant.QuantizationConfig_Binary:
		l.Quantization, l.QuantizedOnDisk = vector.BinaryQuantization, !q.Binary.GetAlwaysRam()
	case *qdrant.QuantizationConfig_Product:
		l.Quantization, l.QuantizedOnDisk = "product", !q.Product.GetAlwaysRam() // leat makes no such collection
	}
	return l, nil
}
