package embed

import "testing"

func TestKeptIsBounded(t *testing.T) {
	const limit, size = 1000, 100
	k := newKept(limit)
	for i := range byte(100) {
		k.add([][32]byte{{i}, {i}}, [][]byte{make([]byte, size), make([]byte, size)})
		held := 0
		for _, r := range k.records {
			held += len(r)
		}
		if held > limit || held != k.size {
			t.Fatalf("%d bytes are held, %d counted, of %d allowed", held, k.size, limit)
		}
		if k.get([]text{{hash: [32]byte{i}}})[0] == nil {
			t.Fatal("the newest is not kept")
		}
	}
	k.add([][32]byte{{200}}, [][]byte{make([]byte, limit+1)})
	if k.get([]text{{hash: [32]byte{200}}})[0] != nil {
		t.Error("what is larger than all of it is kept")
	}
	for i := range byte(100) {
		k.drop([][32]byte{{i}, {i}})
	}
	if k.size != 0 || len(k.records) != 0 {
		t.Errorf("%d bytes and %d records are held after all were stored", k.size, len(k.records))
	}
}
