package vector_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/pipeline/vector"
)

func TestLayoutsThatNoServerTakesAreRefused(t *testing.T) {
	for want, l := range map[string]vector.Layout{
		"":                        {Shards: 6, Replicas: 3, WriteConsistency: 2, HNSWEdges: 16, EFConstruct: 200, Quantization: "binary", QuantizedOnDisk: true},
		"shards -1":               {Shards: -1},
		"no write would be":       {WriteConsistency: 2},
		"replicas 65":             {Replicas: 65},
		"neighbours of construct": {EFConstruct: 3},
		"none, scalar or binary":  {Quantization: "product"},
		"none are quantized":      {QuantizedOnDisk: true},
	} {
		err := l.Check()
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", l, err, want)
		}
	}
}

func TestDifferencesNameWhatIsHeld(t *testing.T) {
	held := vector.Layout{Shards: 3, Replicas: 1, WriteConsistency: 1, HNSWEdges: 16, EFConstruct: 100, TenantIndex: true}
	if list := (vector.Layout{Quantization: vector.NoQuantization}).Differences(held); len(list) > 0 {
		t.Errorf("nothing is asked for, and differs: %q", list)
	}
	want := []string{
		"HNSW ef_construct 100 instead of 200", "the vectors in memory instead of on disk", "quantization none instead of scalar", "no tenant index",
	}
	held.TenantIndex = false
	got := vector.Layout{Shards: 3, EFConstruct: 200, VectorsOnDisk: true, Quantization: vector.ScalarQuantization}.Differences(held)
	if !slices.Equal(got, want) {
		t.Errorf("differences %q, want %q", got, want)
	}
}
