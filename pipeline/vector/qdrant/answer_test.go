package qdrant

import (
	"errors"
	"reflect"
	"testing"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/proto"

	"github.com/leatworks/leat/pipeline/vector"
)

// someAnswer returns an answer with points as Upsert writes them, and with payloads of other programs.
func someAnswer() *qdrant.QueryBatchResponse {
	payload := encodePayload(&vector.Payload{
		Tenant: "t", Repository: uuid.UUID{1}, Track: uuid.UUID{2}, Document: uuid.UUID{3}, Ref: "refs/heads/main", Path: "a/b/ç.go",
		Language: "Go", Kind: "function", Symbol: "Open", Blob: "00ff", Commit: "abc", StartLine: 3, EndLine: 1 << 20, StartByte: 0, EndByte: 77, Revision: 1<<53 - 1,
	})
	odd := map[string]*qdrant.Value{
		"tenant": qdrant.NewValueInt(7), "path": qdrant.NewValueNull(), "start_line": qdrant.NewValueString("x"), "revision": qdrant.NewValueDouble(2.5),
		"symbol": qdrant.NewValueFromList(qdrant.NewValueString("nested")), "kind": qdrant.NewValueBool(true), "": qdrant.NewValueString("no name"),
	}
	point := func(n byte, score float32, payload map[string]*qdrant.Value) *qdrant.ScoredPoint {
		return &qdrant.ScoredPoint{Id: pointID(uuid.UUID{n}), Score: score, Payload: payload, Version: 9, ShardKey: &qdrant.ShardKey{}}
	}
	return &qdrant.QueryBatchResponse{Time: 0.5, Result: []*qdrant.BatchResult{
		{Result: []*qdrant.ScoredPoint{point(1, 0.5, payload), point(2, -3, odd)}},
		{},
		{Result: []*qdrant.ScoredPoint{point(3, 0, nil)}},
	}}
}

func encoded(t testing.TB, m proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// compare decodes an answer both ways. If the generated code accepts it and all ids are UUIDs, both must find the same
// points and fields.
func compare(t *testing.T, data []byte) {
	t.Helper()
	results, err := answer{data}.results()
	var want qdrant.QueryBatchResponse
	if wantErr := proto.Unmarshal(data, &want); wantErr != nil {
		return // this package may accept more, but must not panic
	}
	for _, result := range want.GetResult() {
		for _, p := range result.GetResult() {
			if _, bad := decodeID(p.GetId()); bad != nil {
				return
			}
		}
	}
	if err != nil || len(results) != len(want.GetResult()) {
		t.Fatalf("%d results, %v; want %d", len(results), err, len(want.GetResult()))
	}
	for i, result := range want.GetResult() {
		if len(results[i]) != len(result.GetResult()) {
			t.Fatalf("result %d has %d points, want %d", i, len(results[i]), len(result.GetResult()))
		}
		for j, p := range result.GetResult() {
			got := results[i][j]
			if id, _ := decodeID(p.GetId()); got.id != id || got.score != p.GetScore() && p.GetScore() == p.GetScore() {
				t.Fatalf("point %v %v, want %v", got.id, got.score, p)
			}
			payload, err := got.payload()
			if err != nil {
				t.Fatal(err)
			}
			comparePayloads(t, payload, values(p.GetPayload()))
			compareOnePass(t, got, values(p.GetPayload()))
		}
	}
}

func comparePayloads(t *testing.T, got, want stored) {
	t.Helper()
	for _, field := range []string{fieldTenant, fieldRepository, fieldPath, fieldSymbol, fieldKind, fieldStartLine, fieldRevision, fieldDirs, "", "other"} {
		if got.text(field) != want.text(field) || got.integer(field) != want.integer(field) {
			t.Fatalf("field %q is %q, %d; want %q, %d", field, got.text(field), got.integer(field), want.text(field), want.integer(field))
		}
	}
	gotPayload, gotErr := decodePayload(got)
	wantPayload, wantErr := decodePayload(want)
	if !reflect.DeepEqual(gotPayload, wantPayload) || (gotErr == nil) != (wantErr == nil) {
		t.Fatalf("payload %+v, %v; want %+v, %v", gotPayload, gotErr, wantPayload, wantErr)
	}
}

// compareOnePass reads a payload in one pass, after other payloads with some of the same texts.
func compareOnePass(t *testing.T, p point, from stored) {
	t.Helper()
	want, wantErr := decodePayload(from)
	for _, before := range []*vector.Payload{nil, {}, {Tenant: want.Tenant, Path: want.Path, Commit: want.Commit, Blob: "x"}} {
		var got vector.Payload
		switch err := p.decodePayload(&got, before); {
		case (err == nil) != (wantErr == nil):
			t.Fatalf("%v, want %v", err, wantErr)
		case err == nil && got != want:
			t.Fatalf("payload %+v, want %+v", got, want)
		}
	}
}

func TestAnswer(t *testing.T) {
	compare(t, encoded(t, someAnswer()))
}

// A scroll for marks reads an answer as the generated code does.
func TestAnswerWithMarks(t *testing.T) {
	reply := &qdrant.ScrollResponse{NextPageOffset: pointID(uuid.UUID{9}), Time: 0.5}
	var want []vector.Mark
	for _, result := range someAnswer().GetResult() {
		for _, p := range result.GetResult() {
			found := &qdrant.RetrievedPoint{Id: p.GetId(), Payload: p.GetPayload()}
			mark, err := decodeMark(found)
			if err != nil {
				t.Fatal(err)
			}
			reply.Result, want = append(reply.Result, found), append(want, mark)
		}
	}
	got, next, err := (answer{encoded(t, reply)}).marks()
	if err != nil || next != (uuid.UUID{9}) || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, next %s, %v; want %+v", got, next, err, want)
	}
	reply.NextPageOffset = nil
	if _, next, err := (answer{encoded(t, reply)}).marks(); err != nil || next != uuid.Nil {
		t.Errorf("the last page is followed by %s, %v", next, err)
	}
	reply.Result[0].Id = qdrant.NewIDNum(3)
	if _, _, err := (answer{encoded(t, reply)}).marks(); err == nil {
		t.Error("a numbered point has a mark")
	}
	whole := encoded(t, reply)
	for n := 1; n < len(whole); n++ {
		_, _, _ = (answer{whole[:n]}).marks() // it must not panic
	}
}

func TestAnswerThatIsCutOff(t *testing.T) {
	whole := encoded(t, &qdrant.QueryBatchResponse{Result: someAnswer().GetResult()[:1]})
	for n := 1; n < len(whole); n++ {
		if _, err := (answer{whole[:n]}).results(); !errors.Is(err, errMalformed) {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(encoded(f, someAnswer()))
	f.Add([]byte{})
	f.Fuzz(compare)
}
