package vector

import (
	"math/rand/v2"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
)

// What is sent together is held to a limit by this bound: it must not be below
// what is sent, and batches would be small for nothing if it were far above.
func TestBound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	text := func(most int) string { return strings.Repeat("x", r.IntN(most+1)) }
	for i := range 200 {
		p := Point{Dense: make([]float32, r.IntN(4096)), Payload: Payload{
			Tenant: "t" + text(62), Ref: text(300), Path: strings.Repeat("d/", r.IntN(200)) + text(4000), Language: text(40), Kind: text(20), Symbol: text(512),
			Blob: text(64), Commit: text(64), StartLine: r.Int(), EndLine: r.Int(), StartByte: r.Int(), EndByte: r.Int(), Revision: r.Int64(),
		}}
		for range r.IntN(3000) {
			p.Sparse.Indices = append(p.Sparse.Indices, r.Uint32()|1<<31)
			p.Sparse.Values = append(p.Sparse.Values, r.Float32())
		}
		encoded, err := p.encode()
		if err != nil {
			t.Fatal(err)
		}
		size, bound := proto.Size(encoded), p.bound()
		if bound < size || bound > size+size/4+boundRest {
			t.Errorf("point %d takes %d bytes, and its bound is %d", i, size, bound)
		}
	}
}
