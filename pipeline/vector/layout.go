package vector

import (
	"errors"
	"fmt"
	"slices"
)

// Quantizations of a collection's dense vectors.
const (
	NoQuantization     = "none"
	ScalarQuantization = "scalar" // one byte for each dimension
	BinaryQuantization = "binary" // one bit for each dimension
)

// The limits of a [Layout], which are Qdrant's.
const (
	MaxShards      = 1024
	MaxReplicas    = 64
	MaxHNSWEdges   = 512
	MinEFConstruct = 4
	MaxEFConstruct = 10_000
)

// Layout says how a server keeps a collection: on how many machines, in which index, in memory or on disk. It decides
// how fast and how safe a collection is, and never which points it holds. A collection gets its layout when it is
// created, and keeps it. Another layout needs another collection.
type Layout struct {
	// Shards is the number of parts. 0 leaves it to the server.
	Shards int
	// Replicas is the number of copies of each shard. 0 leaves it to the server.
	Replicas int
	// WriteConsistency is how many copies confirm a write. 0 leaves it to the server.
	WriteConsistency int

	// HNSWEdges is the number of edges of a node in the graph of the dense vectors (m). 0 leaves it to the server.
	HNSWEdges int
	// EFConstruct is how many neighbours are looked at when a node joins the graph. 0 leaves it to the server.
	EFConstruct int
	// HNSWOnDisk keeps the graph on disk, and VectorsOnDisk the original vectors. Default: in memory.
	HNSWOnDisk, VectorsOnDisk bool

	// Quantization adds smaller copies of the dense vectors. Default: NoQuantization.
	Quantization string
	// QuantizedOnDisk leaves these copies to the page cache. Default: in memory.
	QuantizedOnDisk bool

	// TenantIndex says that the points of a tenant lie together. leat asks every store for it, and a description says
	// whether the store has it.
	TenantIndex bool
}

// Check rejects a layout that no server takes.
func (l Layout) Check() error {
	within := func(name string, value, least, most int) error {
		if value != 0 && (value < least || value > most) {
			return fmt.Errorf("%s %d: use %d to %d, or 0 for the server's own", name, value, least, most)
		}
		return nil
	}
	err := errors.Join(
		within("shards", l.Shards, 1, MaxShards),
		within("replicas", l.Replicas, 1, MaxReplicas),
		within("write consistency", l.WriteConsistency, 1, MaxReplicas),
		within("edges of a node", l.HNSWEdges, 1, MaxHNSWEdges),
		within("neighbours of construction", l.EFConstruct, MinEFConstruct, MaxEFConstruct),
	)
	switch {
	case err != nil:
		return err
	case l.WriteConsistency > max(l.Replicas, 1):
		return fmt.Errorf("write consistency %d with %d replicas: no write would be confirmed", l.WriteConsistency, max(l.Replicas, 1))
	case !slices.Contains([]string{"", NoQuantization, ScalarQuantization, BinaryQuantization}, l.Quantization):
		return fmt.Errorf("quantization %q: use none, scalar or binary", l.Quantization)
	case l.QuantizedOnDisk && !l.Quantized():
		return errors.New("quantized vectors on disk, and none are quantized: choose scalar or binary, or leave it out")
	}
	return nil
}

// Quantized reports whether there are smaller copies of the vectors.
func (l Layout) Quantized() bool {
	return l.Quantization != "" && l.Quantization != NoQuantization
}

// Differences says how the layout of an existing collection differs from l, the wanted one. It does not compare what l
// leaves to the server.
func (l Layout) Differences(held Layout) []string {
	var list []string
	for _, n := range []struct {
		name       string
		want, have int
	}{
		{"shards", l.Shards, held.Shards},
		{"replicas", l.Replicas, held.Replicas},
		{"write consistency", l.WriteConsistency, held.WriteConsistency},
		{"HNSW m", l.HNSWEdges, held.HNSWEdges},
		{"HNSW ef_construct", l.EFConstruct, held.EFConstruct},
	} {
		if n.want != 0 && n.want != n.have {
			list = append(list, fmt.Sprintf("%s %d instead of %d", n.name, n.have, n.want))
		}
	}
	for _, p := range []struct {
		name       string
		want, have bool
	}{
		{"the HNSW graph", l.HNSWOnDisk, held.HNSWOnDisk},
		{"the vectors", l.VectorsOnDisk, held.VectorsOnDisk},
		{"the quantized vectors", l.QuantizedOnDisk, held.QuantizedOnDisk},
	} {
		if p.want != p.have {
			list = append(list, fmt.Sprintf("%s %s instead of %s", p.name, place(p.have), place(p.want)))
		}
	}
	if l.quantization() != held.quantization() {
		list = append(list, fmt.Sprintf("quantization %s instead of %s", held.quantization(), l.quantization()))
	}
	if !held.TenantIndex {
		list = append(list, "no tenant index")
	}
	return list
}

func (l Layout) quantization() string {
	if !l.Quantized() {
		return NoQuantization
	}
	return l.Quantization
}

func place(onDisk bool) string {
	if onDisk {
		return "on disk"
	}
	return "in memory"
}
