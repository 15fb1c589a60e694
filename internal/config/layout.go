package config

import (
	"fmt"

	"github.com/leatworks/leat/pipeline/vector"
	"github.com/leatworks/leat/pipeline/vector/qdrant"
)

// Layout says how Qdrant keeps new collections. An existing collection keeps its own layout until a
// rebuild.
type Layout struct {
	Shards           int `env:"SHARDS" default:"0" placeholder:"N" help:"Parts of a new collection, spread over the machines of a Qdrant cluster; 0: the server's own number. A change takes effect with 'leat rebuild'."`
	Replicas         int `env:"REPLICAS" default:"0" placeholder:"N" help:"Copies of each of these parts; 0: the server's own number. A change takes effect with 'leat rebuild'."`
	WriteConsistency int `name:"write-consistency" env:"WRITE_CONSISTENCY" default:"0" placeholder:"N" help:"Copies that confirm a write before it counts; 0: the server's own number. A change takes effect with 'leat rebuild'."`

	Edges       int  `name:"hnsw-m" env:"HNSW_M" default:"16" placeholder:"N" help:"Edges of a node in the graph of a new collection's vectors (${default}). More edges find more, and take more memory; 0: the server's own number."`
	EFConstruct int  `name:"hnsw-ef-construct" env:"HNSW_EF_CONSTRUCT" default:"200" placeholder:"N" help:"Neighbours looked at while that graph is built (${default}). More neighbours find more, and make the build slower; 0: the server's own number."`
	OnDisk      bool `name:"hnsw-on-disk" env:"HNSW_ON_DISK" help:"Keep that graph on disk. Default: in memory."`
	Vectors     bool `name:"vectors-on-disk" env:"VECTORS_ON_DISK" help:"Keep the vectors of a new collection on disk. Default: in memory."`

	Quantization    string  `env:"QUANTIZATION" enum:"none,scalar,binary" default:"none" help:"Search in smaller copies of a new collection's vectors: none, scalar (a quarter of the size) or binary (a 32nd) (${default})."`
	QuantizedOnDisk bool    `name:"quantized-on-disk" env:"QUANTIZED_ON_DISK" help:"Leave these copies to the page cache. Default: they stay in memory."`
	NoRescore       bool    `name:"no-rescore" env:"NO_RESCORE" help:"Rank by these copies alone. Default: the best hits are ranked again by the vectors themselves."`
	Oversampling    float64 `env:"OVERSAMPLING" default:"2" placeholder:"N" help:"Hits that are ranked again, as a multiple of the hits asked for (${default})."`
}

// Check says what to change.
func (l Layout) Check() error {
	if err := (qdrant.Config{Layout: l.Of(), Oversampling: l.Oversampling}).CheckLayout(); err != nil {
		return fmt.Errorf("--qdrant-… (LEAT_QDRANT_…): %w", err)
	}
	return nil
}

// Of returns the layout of new collections.
func (l Layout) Of() vector.Layout {
	return vector.Layout{
		Shards: l.Shards, Replicas: l.Replicas, WriteConsistency: l.WriteConsistency,
		HNSWEdges: l.Edges, EFConstruct: l.EFConstruct, HNSWOnDisk: l.OnDisk, VectorsOnDisk: l.Vectors,
		Quantization: l.Quantization, QuantizedOnDisk: l.QuantizedOnDisk,
	}
}
