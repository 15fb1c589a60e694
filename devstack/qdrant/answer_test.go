package qdrant

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/proto"
)

// TestAnswersAreWrittenAsTheLibraryWritesThem compares answers that are encoded here with those that the generated code
// makes of the same points.
func TestAnswersAreWrittenAsTheLibraryWritesThem(t *testing.T) {
	r, err := openRegistry(t.TempDir(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.close() })
	if err := fillPoints(t.Context(), r, 300); err != nil {
		t.Fatal(err)
	}
	decoding, encoding := &pointsAPI{registry: r}, &pointsAPI{registry: r, encoded: true}
	odd := &qdrant.PointStruct{
		Id: qdrant.NewIDNum(1 << 40), Payload: qdrant.NewValueMap(map[string]any{fmt.Sprintf("%0200d", 1): "a long key", "": nil, "tenant": "default"}),
		Vectors: qdrant.NewVectorsMap(map[string]*qdrant.Vector{"dense": qdrant.NewVectorDense(make([]float32, benchDimensions))}),
	}
	if _, err := decoding.Upsert(t.Context(), &qdrant.UpsertPoints{CollectionName: "c", Points: []*qdrant.PointStruct{odd}}); err != nil {
		t.Fatal(err)
	}
	dense := make([]float32, benchDimensions)
	dense[3] = 1
	for _, payload := range []*qdrant.WithPayloadSelector{
		nil, qdrant.NewWithPayload(false), qdrant.NewWithPayload(true), qdrant.NewWithPayloadInclude("path", "tenant"),
		qdrant.NewWithPayloadExclude("dirs", "symbol"), qdrant.NewWithPayloadInclude(), qdrant.NewWithPayloadExclude(),
	} {
		request := &qdrant.QueryBatchPoints{CollectionName: "c", QueryPoints: []*qdrant.QueryPoints{
			{CollectionName: "c", Query: qdrant.NewQueryDense(dense), Using: qdrant.PtrOf("dense"), Limit: qdrant.PtrOf(uint64(400)), WithPayload: payload},
			{Query: qdrant.NewQuerySparse([]uint32{1, 2, 3, 9}, []float32{1, 2, 3, 1}), Using: qdrant.PtrOf("text"), WithPayload: payload},
		}}
		want, err := decoding.QueryBatch(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		written, err := encoding.QueryBatch(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		wire, err := proto.Marshal(written)
		if err != nil {
			t.Fatal(err)
		}
		var got qdrant.QueryBatchResponse
		if err := proto.Unmarshal(wire, &got); err != nil {
			t.Fatal(err)
		}
		got.Time, want.Time = 0, 0
		if len(want.GetResult()) != 2 || len(want.GetResult()[0].GetResult()) != 301 || !proto.Equal(&got, want) {
			t.Errorf("%v: the answer differs from the library's", payload)
		}
		one, err := encoding.Query(t.Context(), request.GetQueryPoints()[0])
		if err != nil {
			t.Fatal(err)
		}
		if wire, err = proto.Marshal(one); err != nil {
			t.Fatal(err)
		}
		var single qdrant.QueryResponse
		if err := proto.Unmarshal(wire, &single); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(&qdrant.BatchResult{Result: single.GetResult()}, want.GetResult()[0]) {
			t.Errorf("%v: the answer to one query differs from the library's", payload)
		}
	}
}

// TestTheSameSlotsAgain asks for terms of slots that are in no run. The first query reads the slots from the log, the
// second makes an index of them, and the third finds the index.
func TestTheSameSlotsAgain(t *testing.T) {
	r, err := openRegistry(t.TempDir(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.close() })
	if err := fillPoints(t.Context(), r, 400); err != nil {
		t.Fatal(err)
	}
	api := &pointsAPI{registry: r}
	request := &qdrant.QueryPoints{
		CollectionName: "c", Query: qdrant.NewQuerySparse([]uint32{1, 2, 3, 9, 70_000}, []float32{1, 2, 3, 1, 1}),
		Using: qdrant.PtrOf("text"), Limit: qdrant.PtrOf(uint64(25)),
	}
	random := rand.New(rand.NewPCG(5, 6))
	for round := range 4 {
		var first *qdrant.QueryResponse
		for n := range 3 {
			reply, err := api.Query(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			reply.Time = 0
			if first == nil {
				first = reply
			}
			if len(reply.GetResult()) != 25 || !proto.Equal(reply, first) {
				t.Errorf("round %d: query %d finds others than the first", round, n)
			}
		}
		// The best points are written anew, some of them between others.
		change := &qdrant.UpsertPoints{CollectionName: "c"}
		for i := range 3 {
			point := benchPoint(random, i)
			point.Id = first.GetResult()[i].GetId()
			change.Points = append(change.Points, point)
		}
		if _, err := api.Upsert(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
}
