package qdrant

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/proto"

	"github.com/leatworks/leat/pipeline/vector"
)

// encode turns a point into the messages of the generated code.
func encode(p *vector.Point) *qdrant.PointStruct {
	vectors := map[string]*qdrant.Vector{denseName: qdrant.NewVectorDense(p.Dense)}
	if len(p.Sparse.Indices) > 0 {
		vectors[sparseName] = qdrant.NewVectorSparse(p.Sparse.Indices, p.Sparse.Values)
	}
	return &qdrant.PointStruct{Id: pointID(p.ID), Vectors: qdrant.NewVectorsMap(vectors), Payload: encodePayload(&p.Payload)}
}

func encodePayload(p *vector.Payload) map[string]*qdrant.Value {
	fields := map[string]*qdrant.Value{
		fieldRepository: qdrant.NewValueString(p.Repository.String()),
		fieldTrack:      qdrant.NewValueString(p.Track.String()),
		fieldDocument:   qdrant.NewValueString(p.Document.String()),
		fieldDirs:       encodeTexts(slices.Collect(p.Dirs())),
		fieldStartLine:  qdrant.NewValueInt(int64(p.StartLine)),
		fieldEndLine:    qdrant.NewValueInt(int64(p.EndLine)),
		fieldStartByte:  qdrant.NewValueInt(int64(p.StartByte)),
		fieldEndByte:    qdrant.NewValueInt(int64(p.EndByte)),
		fieldRevision:   qdrant.NewValueInt(p.Revision),
	}
	for _, field := range [...]struct{ name, text string }{
		{fieldTenant, p.Tenant}, {fieldRef, p.Ref}, {fieldPath, p.Path}, {fieldLanguage, p.Language},
		{fieldKind, p.Kind}, {fieldSymbol, p.Symbol}, {fieldSymbols, string(p.Symbols)}, {fieldBlob, p.Blob}, {fieldCommit, p.Commit},
	} {
		if field.text != "" {
			fields[field.name] = qdrant.NewValueString(field.text)
		}
	}
	if names := p.Names(); len(names) > 0 {
		fields[fieldNames] = encodeTexts(names)
	}
	return fields
}

func encodeTexts(texts []string) *qdrant.Value {
	list := &qdrant.ListValue{}
	for _, text := range texts {
		list.Values = append(list.Values, qdrant.NewValueString(text))
	}
	return qdrant.NewValueList(list)
}

// checkUpsert fails unless an upsert reads as the generated code would have written it.
func checkUpsert(t *testing.T, points ...vector.Point) {
	t.Helper()
	u := newUpsert("leat_g1", 0)
	want := &qdrant.UpsertPoints{CollectionName: "leat_g1", Wait: qdrant.PtrOf(true)}
	for i := range points {
		u.add(&points[i])
		want.Points = append(want.Points, encode(&points[i]))
	}
	got := new(qdrant.UpsertPoints)
	if err := proto.Unmarshal(u.data, got); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(got, want) {
		t.Fatalf("the upsert reads\n%v\nwant\n%v", got, want)
	}
	if len(u.data) != proto.Size(want) || u.points != len(points) {
		t.Errorf("%d bytes of %d points, want %d of %d", len(u.data), u.points, proto.Size(want), len(points))
	}
}

func TestUpsert(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	text := func(most int) string { return strings.Repeat("ç", r.IntN(most+1)) }
	var points []vector.Point
	for range 100 {
		p := vector.Point{ID: uuid.New(), Dense: make([]float32, r.IntN(500)), Payload: vector.Payload{
			Tenant: "t" + text(62), Repository: uuid.New(), Track: uuid.New(), Document: uuid.New(), Ref: text(300),
			Path: strings.Repeat("d/", r.IntN(100)) + text(1000), Language: text(40), Kind: text(20), Symbol: text(512),
			Symbols: vector.NewSymbols([]vector.Symbol{{Name: "Mill > open" + text(3), StartLine: r.IntN(9), EndLine: 12}, {Name: "a.b" + text(200), StartLine: 1, EndLine: 2}}[:r.IntN(3)]),
			Blob:    text(64), Commit: text(64), StartLine: r.Int(), EndLine: -1, StartByte: r.IntN(1000), EndByte: r.IntN(1 << 20), Revision: r.Int64N(1 << 53),
		}}
		for i := range p.Dense {
			p.Dense[i] = r.Float32() - 0.5
		}
		for range r.IntN(300) {
			p.Sparse.Indices = append(p.Sparse.Indices, r.Uint32()>>r.IntN(32))
			p.Sparse.Values = append(p.Sparse.Values, r.Float32())
		}
		points = append(points, p)
		checkUpsert(t, p)
	}
	checkUpsert(t, points...)
	checkUpsert(t)
	checkUpsert(t, vector.Point{Payload: vector.Payload{Tenant: "t"}})
}

func FuzzUpsert(f *testing.F) {
	f.Add("t", "refs/heads/main", "a/b/c.go", "Go", "Open", "3 4 Mill > open", float32(0.5), uint32(7), int64(3), 12)
	f.Fuzz(func(t *testing.T, tenant, ref, path, language, symbol, symbols string, x float32, term uint32, revision int64, line int) {
		p := vector.Point{
			ID: uuid.NewSHA1(uuid.Nil, []byte(path)), Dense: []float32{x, -x}, Sparse: vector.Sparse{Indices: []uint32{term}, Values: []float32{x}},
			Payload: vector.Payload{Tenant: tenant, Ref: ref, Path: path, Language: language, Symbol: symbol, Symbols: vector.Symbols(symbols), Revision: revision, StartLine: line},
		}
		if p.Check() != nil || math.IsNaN(float64(x)) {
			return
		}
		checkUpsert(t, p)
	})
}

// BenchmarkUpsert encodes 100 points of the usual size.
func BenchmarkUpsert(b *testing.B) {
	p := vector.Point{ID: uuid.New(), Dense: make([]float32, 384), Payload: vector.Payload{
		Tenant: "default", Repository: uuid.New(), Track: uuid.New(), Document: uuid.New(), Ref: "refs/heads/main", Path: "internal/mill/wheel/open.go",
		Language: "Go", Kind: "function", Symbol: "Open", Symbols: "3 9 Open", Blob: strings.Repeat("0f", 32), Commit: strings.Repeat("0f", 20), StartLine: 3, EndLine: 9, EndByte: 700, Revision: 4,
	}}
	for i := range 80 {
		p.Sparse.Indices = append(p.Sparse.Indices, uint32(i)<<24|0xffff)
		p.Sparse.Values = append(p.Sparse.Values, 1)
	}
	points := slices.Repeat([]vector.Point{p}, 100)
	b.Run("by hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			u := newUpsert("leat_g1", 0)
			for i := range points {
				u.add(&points[i])
			}
		}
	})
	b.Run("generated", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			request := &qdrant.UpsertPoints{CollectionName: "leat_g1", Wait: qdrant.PtrOf(true)}
			for i := range points {
				request.Points = append(request.Points, encode(&points[i]))
			}
			if _, err := proto.Marshal(request); err != nil {
				b.Fatal(err)
			}
		}
	})
}
