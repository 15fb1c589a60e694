package embedder_test

import (
	"bytes"
	"math"
	"reflect"
	"testing"

	"github.com/leatworks/leat/pipeline/embedder"
)

var inf, nan = float32(math.Inf(1)), float32(math.NaN())

func TestVectorRoundTrip(t *testing.T) {
	for _, v := range []embedder.Vector{
		{Dense: []float32{}, Sparse: embedder.Sparse{Indices: []uint32{}, Values: []float32{}}},
		{Dense: []float32{1, -0.5, math.MaxFloat32, 1e-45}, Sparse: embedder.Sparse{Indices: []uint32{0, 7, math.MaxUint32}, Values: []float32{1, 2, 3}}},
	} {
		record, err := v.AppendBinary([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		record, found := bytes.CutPrefix(record, []byte("before"))
		if !found {
			t.Fatal("what was there was overwritten")
		}
		got, err := embedder.DecodeVector(record)
		if err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("got %+v, %v, want %+v", got, err, v)
		}
	}
}

// TestVectorLayout pins the layout of the record, because records are stored.
func TestVectorLayout(t *testing.T) {
	v := embedder.Vector{Dense: []float32{1}, Sparse: embedder.Sparse{Indices: []uint32{258}, Values: []float32{2}}}
	got, err := v.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []byte{
		1, 0, 0, 0, // dimensions
		1, 0, 0, 0, // terms
		0, 0, 0x80, 0x3f, // 1
		2, 1, 0, 0, // index
		0, 0, 0, 0x40, // 2
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}

func TestWrongVectorsAreNotEncoded(t *testing.T) {
	for name, v := range map[string]embedder.Vector{
		"infinite":      {Dense: []float32{inf}},
		"no number":     {Dense: []float32{0, nan}},
		"infinite term": {Sparse: embedder.Sparse{Indices: []uint32{1}, Values: []float32{-inf}}},
		"unsorted":      {Sparse: embedder.Sparse{Indices: []uint32{2, 1}, Values: []float32{1, 1}}},
		"twice":         {Sparse: embedder.Sparse{Indices: []uint32{2, 2}, Values: []float32{1, 1}}},
		"no value":      {Sparse: embedder.Sparse{Indices: []uint32{2}}},
	} {
		if b, err := v.AppendBinary([]byte("x")); err == nil || string(b) != "x" {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

func TestWrongRecordsAreNotDecoded(t *testing.T) {
	good, err := embedder.Vector{Dense: []float32{1, 2}, Sparse: embedder.Sparse{Indices: []uint32{1, 2}, Values: []float32{1, 2}}}.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for size := range good {
		if _, err := embedder.DecodeVector(good[:size]); err == nil {
			t.Errorf("cut to %d bytes: no error", size)
		}
	}
	if _, err := embedder.DecodeVector(append(good, 0)); err == nil {
		t.Error("a byte too many: no error")
	}
	for name, at := range map[string]int{"dimension": 8, "first index": 16, "value": 24} {
		bad := bytes.Clone(good)
		copy(bad[at:], []byte{0xff, 0xff, 0xff, 0xff}) // not a number, or above the next
		if _, err := embedder.DecodeVector(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzDecodeVector(f *testing.F) {
	for _, text := range []string{"", "parse http header"} {
		record, err := embedder.Vector{Dense: []float32{1, 0.5}, Sparse: embedder.Terms(text)}.AppendBinary(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(record)
	}
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x7f})
	f.Fuzz(func(t *testing.T, record []byte) {
		v, err := embedder.DecodeVector(record)
		if err != nil {
			return
		}
		again, err := v.AppendBinary(nil)
		if err != nil || !bytes.Equal(again, record) {
			t.Errorf("decoded %x, encoded %x, %v", record, again, err)
		}
	})
}
