package qdrant

import (
	"math/rand/v2"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/leatworks/leat/pipeline/vector"
)

// The bound keeps a call below the size that a server accepts. It must not be smaller than the message. A much larger
// bound would make batches needlessly small.
func TestBound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	text := func(most int) string { return strings.Repeat("x", r.IntN(most+1)) }
	for i := range 200 {
		p := vector.Point{Dense: make([]float32, r.IntN(4096)), Payload: vector.Payload{
			Tenant: "t" + text(62), Ref: text(300), Path: strings.Repeat("d/", r.IntN(200)) + text(4000), Language: text(40), Kind: text(20), Symbol: text(512),
			Blob: text(64), Commit: text(64), StartLine: r.Int(), EndLine: r.Int(), StartByte: r.Int(), EndByte: r.Int(), Revision: r.Int64(),
		}}
		for range r.IntN(3000) {
			p.Sparse.Indices = append(p.Sparse.Indices, r.Uint32()|1<<31)
			p.Sparse.Values = append(p.Sparse.Values, r.Float32())
		}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		size, bound := proto.Size(encode(&p)), bound(&p)
		if bound < size || bound > size+size/4+boundRest {
			t.Errorf("point %d takes %d bytes, and its bound is %d", i, size, bound)
		}
	}
}
