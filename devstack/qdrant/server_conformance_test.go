package qdrant_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	devstack "github.com/leatworks/leat/devstack/qdrant"
	"github.com/leatworks/leat/internal/testenv/leak"
)

// The tests of this file state Qdrant's behaviour. They run against the embedded server. They also run against a real
// server if LEAT_QDRANT_URL names its gRPC port (http://host:6334). LEAT_QDRANT_API_KEY is its key.

func connect(t *testing.T) *qdrant.Client {
	t.Helper()
	address := os.Getenv("LEAT_QDRANT_URL")
	if address == "" {
		server, err := devstack.Start(devstack.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			leak.VerifyNone(t)
		})
		address = "http://" + server.Addr()
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	client, err := qdrant.NewClient(&qdrant.Config{Host: host, Port: number, APIKey: os.Getenv("LEAT_QDRANT_API_KEY"), UseTLS: u.Scheme == "https", PoolSize: 1, SkipCompatibilityCheck: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

// collect makes a collection of two dimensions with a dense and a sparse vector.
func collect(t *testing.T, client *qdrant.Client, distance qdrant.Distance) string {
	t.Helper()
	name := "leat-test-" + uuid.NewString()
	err := client.CreateCollection(t.Context(), &qdrant.CreateCollection{
		CollectionName: name,
		VectorsConfig:  qdrant.NewVectorsConfigMap(map[string]*qdrant.VectorParams{"dense": {Size: 2, Distance: distance}}),
		SparseVectorsConfig: qdrant.NewSparseVectorsConfig(map[string]*qdrant.SparseVectorParams{
			"text": {Modifier: qdrant.Modifier_Idf.Enum()}, // as for BM25
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		request := &qdrant.DeleteCollection{CollectionName: name} // a collection that is gone is no error
		if _, err := client.GetCollectionsClient().Delete(ctx, request); err != nil {
			t.Error(err)
		}
	})
	return name
}

func put(t *testing.T, client *qdrant.Client, collection string, points ...*qdrant.PointStruct) {
	t.Helper()
	wait := true
	if _, err := client.Upsert(t.Context(), &qdrant.UpsertPoints{CollectionName: collection, Wait: &wait, Points: points}); err != nil {
		t.Fatal(err)
	}
}

func rawPoint(n uint64, dense []float32, payload map[string]any) *qdrant.PointStruct {
	return &qdrant.PointStruct{Id: qdrant.NewIDNum(n), Payload: qdrant.NewValueMap(payload), Vectors: qdrant.NewVectorsMap(map[string]*qdrant.Vector{"dense": qdrant.NewVectorDense(dense)})}
}

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if status.Code(err) != want {
		t.Errorf("%s: %v (%s), want %s", what, err, status.Code(err), want)
	}
}

func TestHealth(t *testing.T) {
	client := connect(t)
	reply, err := client.HealthCheck(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !qdrant.IsCompatible("v1.17.1", "v"+strings.TrimPrefix(reply.GetVersion(), "v")) {
		t.Errorf("version %s is not within one minor of the client's", reply.GetVersion())
	}
}

func TestErrorsHaveTheirCodes(t *testing.T) {
	client := connect(t)
	points, c := client.GetPointsClient(), collect(t, client, qdrant.Distance_Dot)
	ctx := t.Context()
	absent := "leat-test-" + uuid.NewString()
	dense, other := "dense", "other"

	_, err := points.Count(ctx, &qdrant.CountPoints{CollectionName: absent})
	wantCode(t, "absent collection", err, codes.NotFound)
	_, err = points.Query(ctx, &qdrant.QueryPoints{CollectionName: absent, Query: qdrant.NewQueryDense([]float32{1, 0}), Using: &dense})
	wantCode(t, "query of an absent collection", err, codes.NotFound)
	_, err = client.GetCollectionsClient().Get(ctx, &qdrant.GetCollectionInfoRequest{CollectionName: absent})
	wantCode(t, "description of an absent collection", err, codes.NotFound)

	for what, point := range map[string]*qdrant.PointStruct{
		"wrong dimension": rawPoint(1, []float32{1, 2, 3}, nil),
		"unknown vector":  {Id: qdrant.NewIDNum(1), Vectors: qdrant.NewVectorsMap(map[string]*qdrant.Vector{"other": qdrant.NewVectorDense([]float32{1, 2})})},
		"bad UUID":        {Id: qdrant.NewIDUUID("not-a-uuid"), Vectors: qdrant.NewVectorsMap(map[string]*qdrant.Vector{"dense": qdrant.NewVectorDense([]float32{1, 2})})},
	} {
		wait := true
		_, err := points.Upsert(ctx, &qdrant.UpsertPoints{CollectionName: c, Wait: &wait, Points: []*qdrant.PointStruct{point}})
		wantCode(t, what, err, codes.InvalidArgument)
	}
	_, err = points.Query(ctx, &qdrant.QueryPoints{CollectionName: c, Query: qdrant.NewQueryDense([]float32{1}), Using: &dense})
	wantCode(t, "query of the wrong dimension", err, codes.InvalidArgument)
	_, err = points.Query(ctx, &qdrant.QueryPoints{CollectionName: c, Query: qdrant.NewQueryDense([]float32{1, 2}), Using: &other})
	wantCode(t, "query of an unknown vector", err, codes.InvalidArgument)
	zero := uint32(0)
	_, err = points.Scroll(ctx, &qdrant.ScrollPoints{CollectionName: c, Limit: &zero})
	wantCode(t, "scroll with limit 0", err, codes.InvalidArgument)
}

func TestScrollDefaults(t *testing.T) {
	client := connect(t)
	c := collect(t, client, qdrant.Distance_Dot)
	var points []*qdrant.PointStruct
	last := uuid.MustParse("ffffffff-0000-4000-8000-000000000000")
	for _, id := range []*qdrant.PointId{qdrant.NewIDUUID(last.String()), qdrant.NewIDUUID("0fffffff-ffff-4fff-8fff-ffffffffffff"), qdrant.NewIDNum(math.MaxUint64 >> 1)} {
		points = append(points, &qdrant.PointStruct{Id: id, Vectors: rawPoint(0, []float32{1, 1}, nil).GetVectors(), Payload: qdrant.NewValueMap(map[string]any{"k": "v"})})
	}
	for n := range uint64(10) {
		points = append(points, rawPoint(9-n, []float32{1, 1}, map[string]any{"k": "v"}))
	}
	put(t, client, c, points...)
	page, err := client.GetPointsClient().Scroll(t.Context(), &qdrant.ScrollPoints{CollectionName: c})
	if err != nil {
		t.Fatal(err)
	}
	for n, point := range page.GetResult() {
		if point.GetId().GetNum() != uint64(n) || point.GetPayload()["k"].GetStringValue() != "v" || point.GetVectors() != nil {
			t.Errorf("point %d is %v; want id %d, its payload and no vector", n, point, n)
		}
	}
	if len(page.GetResult()) != 10 {
		t.Errorf("%d points, want the default of 10", len(page.GetResult()))
	}
	rest, err := client.GetPointsClient().Scroll(t.Context(), &qdrant.ScrollPoints{CollectionName: c, Offset: page.GetNextPageOffset()})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, point := range rest.GetResult() {
		ids = append(ids, cmpID(point.GetId()))
	}
	want := []string{fmt.Sprint(uint64(math.MaxUint64 >> 1)), "0fffffff-ffff-4fff-8fff-ffffffffffff", last.String()}
	if !slices.Equal(ids, want) || rest.GetNextPageOffset() != nil {
		t.Errorf("the rest is %v, then %v; want %v and no more", ids, rest.GetNextPageOffset(), want)
	}
}

func cmpID(id *qdrant.PointId) string {
	if id.GetUuid() != "" {
		return id.GetUuid()
	}
	return fmt.Sprint(id.GetNum())
}

func TestQueryDefaults(t *testing.T) {
	client := connect(t)
	c := collect(t, client, qdrant.Distance_Dot)
	var points []*qdrant.PointStruct
	for n := range uint64(15) {
		points = append(points, rawPoint(n, []float32{float32(n), 1}, map[string]any{"k": "v", "l": "w"}))
	}
	put(t, client, c, points...)
	dense := "dense"
	query := &qdrant.QueryPoints{CollectionName: c, Query: qdrant.NewQueryDense([]float32{1, 0}), Using: &dense}
	ask := func() []*qdrant.ScoredPoint {
		t.Helper()
		found, err := client.Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	found := ask()
	if len(found) != 10 {
		t.Errorf("%d points, want the default of 10", len(found))
	}
	for i, point := range found {
		if point.GetId().GetNum() != uint64(14-i) || point.GetScore() != float32(14-i) || len(point.GetPayload()) > 0 || point.GetVectors() != nil {
			t.Errorf("point %d is %v; want id and score %d, nothing else", i, point, 14-i)
		}
	}
	offset, limit, threshold := uint64(2), uint64(2), float32(11)
	query.Offset, query.Limit, query.WithPayload, query.WithVectors = &offset, &limit, qdrant.NewWithPayloadInclude("l"), qdrant.NewWithVectors(true)
	found = ask()
	if len(found) != 2 || found[0].GetId().GetNum() != 12 || len(found[0].GetPayload()) != 1 || found[0].GetVectors().GetVectors().GetVectors()["dense"] == nil {
		t.Errorf("with offset, limit, field and vectors: %v", found)
	}
	query.Offset, query.Limit, query.ScoreThreshold = nil, nil, &threshold
	if found = ask(); len(found) != 3 {
		t.Errorf("%d points score better than 11, want 3", len(found))
	}
}

func TestMissingFields(t *testing.T) {
	client := connect(t)
	c := collect(t, client, qdrant.Distance_Dot)
	put(t, client, c,
		rawPoint(1, []float32{1, 1}, map[string]any{"k": "a", "list": []any{"x", "y"}}),
		rawPoint(2, []float32{1, 1}, nil),
		rawPoint(3, []float32{1, 1}, map[string]any{"k": nil, "list": []any{}, "n": 5, "f": 2.5, "b": true}))
	half := 2.0
	for _, indexed := range []bool{false, true} {
		for _, test := range []struct {
			name   string
			filter *qdrant.Filter
			want   []uint64
		}{
			{"must not keeps points that lack the field", &qdrant.Filter{MustNot: []*qdrant.Condition{qdrant.NewMatchKeyword("k", "a")}}, []uint64{2, 3}},
			{"must needs the field", &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchKeyword("k", "a")}}, []uint64{1}},
			{"except needs the field", &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchExcept("k", "b")}}, []uint64{1}},
			{"except takes values of another kind", &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchExcept("n", "b")}}, []uint64{3}},
			{"empty is missing, null or an empty list", &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewIsEmpty("list")}}, []uint64{2, 3}},
			{"null is there", &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewIsNull("k")}}, []uint64{3}},
			{"a list matches by any element", &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchKeyword("list", "y")}}, []uint64{1}},
			{"integer", &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchInt("n", 5)}}, []uint64{3}},
			{"boolean", &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatchBool("b", true)}}, []uint64{3}},
			{"range", &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewRange("f", &qdrant.Range{Gt: &half})}}, []uint64{3}},
			{"range of integers", &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewRange("n", &qdrant.Range{Lte: &half})}}, nil},
			{"ids", &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewHasID(qdrant.NewIDNum(2), qdrant.NewIDNum(9))}}, []uint64{2}},
			{"some of", &qdrant.Filter{MinShould: &qdrant.MinShould{MinCount: 2, Conditions: []*qdrant.Condition{
				qdrant.NewIsEmpty("k"), qdrant.NewMatchInt("n", 5), qdrant.NewMatchKeyword("k", "a")}}}, []uint64{3}},
			{"empty filter", &qdrant.Filter{}, []uint64{1, 2, 3}},
		} {
			page, err := client.Scroll(t.Context(), &qdrant.ScrollPoints{CollectionName: c, Filter: test.filter})
			if err != nil {
				t.Fatal(err)
			}
			var got []uint64
			for _, point := range page {
				got = append(got, point.GetId().GetNum())
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s (indexed: %v): %v, want %v", test.name, indexed, got, test.want)
			}
		}
		wait := true
		for field, kind := range map[string]qdrant.FieldType{"k": qdrant.FieldType_FieldTypeKeyword, "list": qdrant.FieldType_FieldTypeKeyword, "n": qdrant.FieldType_FieldTypeInteger} {
			if _, err := client.CreateFieldIndex(t.Context(), &qdrant.CreateFieldIndexCollection{CollectionName: c, FieldName: field, FieldType: &kind, Wait: &wait}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestCosineStoresUnitVectors(t *testing.T) {
	client := connect(t)
	c := collect(t, client, qdrant.Distance_Cosine)
	put(t, client, c, rawPoint(1, []float32{3, 4}, nil))
	got, err := client.Get(t.Context(), &qdrant.GetPoints{CollectionName: c, Ids: []*qdrant.PointId{qdrant.NewIDNum(1), qdrant.NewIDNum(2)}, WithVectors: qdrant.NewWithVectors(true)})
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v; want one point", got, err)
	}
	vector := got[0].GetVectors().GetVectors().GetVectors()["dense"]
	data := vector.GetDense().GetData()
	if data == nil {
		data = vector.GetData() //nolint:staticcheck // servers before 1.16 answer so
	}
	if len(data) != 2 || math.Abs(float64(data[0])-0.6) > 1e-6 || math.Abs(float64(data[1])-0.8) > 1e-6 {
		t.Errorf("vector %v, want [0.6 0.8]", data)
	}
}

func TestEuclidPutsTheNearestFirst(t *testing.T) {
	client := connect(t)
	c := collect(t, client, qdrant.Distance_Euclid)
	put(t, client, c, rawPoint(1, []float32{9, 0}, nil), rawPoint(2, []float32{3, 4}, nil))
	dense, threshold := "dense", float32(6)
	found, err := client.Query(t.Context(), &qdrant.QueryPoints{CollectionName: c, Query: qdrant.NewQueryDense([]float32{0, 0}), Using: &dense, ScoreThreshold: &threshold})
	if err != nil || len(found) != 1 || found[0].GetId().GetNum() != 2 || found[0].GetScore() != 5 {
		t.Errorf("%v, %v; want point 2 at distance 5", found, err)
	}
}

func TestInverseDocumentFrequency(t *testing.T) {
	client := connect(t)
	c := collect(t, client, qdrant.Distance_Dot)
	for n := range uint64(8) { // term 1 is in all, term 2 in one
		indices, weights := []uint32{1}, []float32{1}
		if n == 5 {
			indices, weights = []uint32{2, 1}, []float32{3, 1}
		}
		put(t, client, c, &qdrant.PointStruct{Id: qdrant.NewIDNum(n), Vectors: qdrant.NewVectorsMap(map[string]*qdrant.Vector{"text": qdrant.NewVectorSparse(indices, weights)})})
	}
	text := "text"
	found, err := client.Query(t.Context(), &qdrant.QueryPoints{CollectionName: c, Query: qdrant.NewQuerySparse([]uint32{2, 99}, []float32{2, 1}), Using: &text})
	want := 2 * 3 * math.Log((8-1+0.5)/(1+0.5)+1)
	if err != nil || len(found) != 1 || found[0].GetId().GetNum() != 5 || math.Abs(float64(found[0].GetScore())-want) > 1e-4 {
		t.Errorf("%v, %v; want point 5 alone with score %v", found, err, want)
	}
}

func TestAliasActionsAreAllOrNone(t *testing.T) {
	client := connect(t)
	c, alias := collect(t, client, qdrant.Distance_Dot), "leat-alias-"+uuid.NewString()
	if err := client.UpdateAliases(t.Context(), []*qdrant.AliasOperations{qdrant.NewAliasDelete(alias), qdrant.NewAliasCreate(alias, c)}); err != nil {
		t.Fatal(err)
	}
	put(t, client, alias, rawPoint(1, []float32{1, 1}, nil))
	if aliases, err := client.ListCollectionAliases(t.Context(), c); err != nil || !slices.Equal(aliases, []string{alias}) {
		t.Errorf("aliases %v, %v; want %s", aliases, err, alias)
	}
	if n, err := client.Count(t.Context(), &qdrant.CountPoints{CollectionName: alias}); err != nil || n != 1 {
		t.Errorf("counted %d, %v through the alias", n, err)
	}
	err := client.UpdateAliases(t.Context(), []*qdrant.AliasOperations{qdrant.NewAliasCreate(alias, "leat-test-absent")})
	wantCode(t, "alias of an absent collection", err, codes.NotFound)
	if n, err := client.Count(t.Context(), &qdrant.CountPoints{CollectionName: alias}); err != nil || n != 1 {
		t.Errorf("counted %d, %v after a refused action", n, err)
	}
	if err := client.DeleteCollection(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	_, err = client.Count(t.Context(), &qdrant.CountPoints{CollectionName: alias})
	wantCode(t, "alias of a collection that was deleted", err, codes.NotFound)
}

// TestUnsupportedIsRefused concerns only the embedded server.
func TestUnsupportedIsRefused(t *testing.T) {
	if os.Getenv("LEAT_QDRANT_URL") != "" {
		t.Skip("a real server supports these")
	}
	client := connect(t)
	points, c := client.GetPointsClient(), collect(t, client, qdrant.Distance_Dot)
	ctx, dense := t.Context(), "dense"
	fuse := func(fusion qdrant.Fusion) error {
		_, err := points.Query(ctx, &qdrant.QueryPoints{CollectionName: c, Query: qdrant.NewQueryFusion(fusion), Prefetch: []*qdrant.PrefetchQuery{{Query: qdrant.NewQueryDense([]float32{1, 0}), Using: &dense}}})
		return err
	}
	if err := fuse(qdrant.Fusion_RRF); err != nil {
		t.Error(err)
	}
	count := func(condition *qdrant.Condition) error {
		_, err := points.Count(ctx, &qdrant.CountPoints{CollectionName: c, Filter: &qdrant.Filter{Must: []*qdrant.Condition{condition}}})
		return err
	}
	_, recommendErr := points.Recommend(ctx, &qdrant.RecommendPoints{CollectionName: c})
	_, snapshotErr := client.GetSnapshotsClient().Create(ctx, &qdrant.CreateSnapshotRequest{CollectionName: c})
	_, orderErr := points.Scroll(ctx, &qdrant.ScrollPoints{CollectionName: c, OrderBy: &qdrant.OrderBy{Key: "k"}})
	_, sampleErr := points.Query(ctx, &qdrant.QueryPoints{CollectionName: c, Query: qdrant.NewQuerySample(qdrant.Sample_Random)})
	for what, err := range map[string]error{
		"DBSF": fuse(qdrant.Fusion_DBSF), "text": count(qdrant.NewMatchText("k", "v")), "path": count(qdrant.NewMatchKeyword("a.b", "v")),
		"geo": count(qdrant.NewGeoRadius("k", 1, 2, 3)), "recommend": recommendErr, "snapshot": snapshotErr, "order": orderErr, "sample": sampleErr,
		"two vectors": client.CreateCollection(ctx, &qdrant.CreateCollection{CollectionName: c + "2", VectorsConfig: qdrant.NewVectorsConfigMap(map[string]*qdrant.VectorParams{
			"a": {Size: 2, Distance: qdrant.Distance_Dot}, "b": {Size: 2, Distance: qdrant.Distance_Dot},
		})}),
	} {
		wantCode(t, what, err, codes.Unimplemented)
	}
}

// TestReadsDuringWrites checks that a request becomes visible all at once. Each write replaces all points with those of
// its round, and no read may see two rounds.
func TestReadsDuringWrites(t *testing.T) {
	if os.Getenv("LEAT_QDRANT_URL") != "" {
		t.Skip("a real server applies the points of a request one by one")
	}
	client := connect(t)
	c := collect(t, client, qdrant.Distance_Dot)
	const points, rounds = 300, 60 // enough for compactions
	write := func(round int) error {
		request := &qdrant.UpsertPoints{CollectionName: c}
		for n := range uint64(points) {
			request.Points = append(request.Points, rawPoint(n, []float32{float32(round), float32(n)}, map[string]any{"round": round}))
		}
		_, err := client.Upsert(t.Context(), request)
		return err
	}
	if err := write(0); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	read := func(check func() error) {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if err := check(); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	limit, all, dense := uint64(points), uint32(points), "dense"
	oneRound := func(what string, n int, round func(int) int64) error {
		for i := range n {
			if round(i) != round(0) {
				return fmt.Errorf("%s saw rounds %d and %d", what, round(0), round(i))
			}
		}
		if n != points {
			return fmt.Errorf("%s saw %d points", what, n)
		}
		return nil
	}
	read(func() error {
		found, err := client.Query(t.Context(), &qdrant.QueryPoints{CollectionName: c, Query: qdrant.NewQueryDense([]float32{0, 1}), Using: &dense, Limit: &limit, WithPayload: qdrant.NewWithPayload(true)})
		if err != nil {
			return err
		}
		return oneRound("query", len(found), func(i int) int64 { return found[i].GetPayload()["round"].GetIntegerValue() })
	})
	read(func() error {
		page, err := client.Scroll(t.Context(), &qdrant.ScrollPoints{CollectionName: c, Limit: &all})
		if err != nil {
			return err
		}
		return oneRound("scroll", len(page), func(i int) int64 { return page[i].GetPayload()["round"].GetIntegerValue() })
	})
	for round := range rounds {
		if err := write(round); err != nil {
			t.Error(err)
			break
		}
	}
	close(stop)
	readers.Wait()
}
