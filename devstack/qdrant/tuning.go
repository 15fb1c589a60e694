package qdrant

import (
	"cmp"
	"fmt"

	"github.com/qdrant/go-client/qdrant"
)

// Qdrant's values for what a request leaves out.
const (
	defaultEdges       = 16
	defaultEFConstruct = 100
)

// tuning says how a Qdrant server would keep a collection. It does not change the answers of this server.
type tuning struct {
	Shards           uint32 `json:"shards,omitempty"`
	Replicas         uint32 `json:"replicas,omitempty"`
	WriteConsistency uint32 `json:"write_consistency,omitempty"`
	Edges            uint64 `json:"hnsw_m,omitempty"`
	EFConstruct      uint64 `json:"hnsw_ef_construct,omitempty"`
	HNSWOnDisk       bool   `json:"hnsw_on_disk,omitempty"`
	VectorsOnDisk    bool   `json:"vectors_on_disk,omitempty"`

	Quantization string  `json:"quantization,omitempty"` // "", scalar or binary
	Quantile     float32 `json:"quantile,omitempty"`
	AlwaysRAM    bool    `json:"always_ram,omitempty"`
}

// parseTuning reads a request to create a collection. parseShape has accepted the request.
func parseTuning(request *qdrant.CreateCollection) (tuning, error) {
	_, dense := denseOf(request.GetVectorsConfig())
	hnsw := request.GetHnswConfig()
	t := tuning{
		Shards: request.GetShardNumber(), Replicas: request.GetReplicationFactor(), WriteConsistency: request.GetWriteConsistencyFactor(),
		Edges: hnsw.GetM(), EFConstruct: hnsw.GetEfConstruct(), HNSWOnDisk: hnsw.GetOnDisk(), VectorsOnDisk: dense.GetOnDisk(),
	}
	switch q := request.GetQuantizationConfig().GetQuantization().(type) {
	case nil:
	case *qdrant.QuantizationConfig_Scalar:
		t.Quantization, t.Quantile, t.AlwaysRAM = "scalar", q.Scalar.GetQuantile(), q.Scalar.GetAlwaysRam()
	case *qdrant.QuantizationConfig_Binary:
		t.Quantization, t.AlwaysRAM = "binary", q.Binary.GetAlwaysRam()
	default:
		return t, unsupported("this quantization (scalar and binary it accepts)")
	}
	if t.EFConstruct != 0 && t.EFConstruct < 4 {
		return t, invalid("hnsw_config.ef_construct: value %d invalid, must be 4 or larger", t.EFConstruct)
	}
	return t, nil
}

// config returns a shape and the tuning in the form in which Qdrant describes a collection.
func (t tuning) config(s shape) *qdrant.CollectionConfig {
	params := s.params()
	params.ShardNumber = cmp.Or(t.Shards, 1)
	params.ReplicationFactor, params.WriteConsistencyFactor = qdrant.PtrOf(cmp.Or(t.Replicas, 1)), qdrant.PtrOf(cmp.Or(t.WriteConsistency, 1))
	if t.VectorsOnDisk {
		if _, dense := denseOf(params.GetVectorsConfig()); dense != nil {
			dense.OnDisk = &t.VectorsOnDisk
		}
	}
	config := &qdrant.CollectionConfig{
		Params:          params,
		HnswConfig:      &qdrant.HnswConfigDiff{M: qdrant.PtrOf(cmp.Or(t.Edges, defaultEdges)), EfConstruct: qdrant.PtrOf(cmp.Or(t.EFConstruct, defaultEFConstruct)), OnDisk: &t.HNSWOnDisk},
		OptimizerConfig: &qdrant.OptimizersConfigDiff{}, WalConfig: &qdrant.WalConfigDiff{},
	}
	switch t.Quantization {
	case "scalar":
		scalar := &qdrant.ScalarQuantization{Type: qdrant.QuantizationType_Int8, AlwaysRam: &t.AlwaysRAM}
		if t.Quantile > 0 {
			scalar.Quantile = &t.Quantile
		}
		config.QuantizationConfig = qdrant.NewQuantizationScalar(scalar)
	case "binary":
		config.QuantizationConfig = qdrant.NewQuantizationBinary(&qdrant.BinaryQuantization{AlwaysRam: &t.AlwaysRAM})
	}
	return config
}

// idle lists the settings for a cluster or a disk that have no effect in this server.
func (t tuning) idle() []string {
	var list []string
	if t.Shards > 1 {
		list = append(list, fmt.Sprintf("%d shards", t.Shards))
	}
	if t.Replicas > 1 {
		list = append(list, fmt.Sprintf("%d replicas", t.Replicas))
	}
	if t.WriteConsistency > 1 {
		list = append(list, fmt.Sprintf("write consistency %d", t.WriteConsistency))
	}
	if t.HNSWOnDisk {
		list = append(list, "HNSW on disk")
	}
	if t.VectorsOnDisk {
		list = append(list, "vectors on disk")
	}
	if t.Quantization != "" {
		list = append(list, t.Quantization+" quantization")
	}
	return list
}
