package qdrant

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/qdrant/go-client/qdrant"
	"pgregory.net/rapid"
)

// modelPoint is a point as the model keeps it.
type modelPoint struct {
	dense    []float32
	terms    map[uint32]float32
	word     string
	tags     []string
	revision int64
}

// model holds the server and a map that models it. There are few ids, so that operations meet on the same points.
type model struct {
	t      *rapid.T
	dir    string
	r      *registry
	api    *pointsAPI
	points map[uint64]modelPoint
}

func (m *model) open() {
	var err error
	if m.r, err = openRegistry(m.dir, quiet); err != nil {
		m.t.Fatal(err)
	}
	m.api = &pointsAPI{registry: m.r}
}

func drawPoint(t *rapid.T) modelPoint {
	small := rapid.IntRange(-3, 3) // equal scores must occur
	p := modelPoint{
		terms:    map[uint32]float32{},
		word:     rapid.SampledFrom([]string{"", "x", "y", "z"}).Draw(t, "word"),
		tags:     rapid.SliceOfN(rapid.SampledFrom([]string{"p", "q", "r"}), 0, 3).Draw(t, "tags"),
		revision: rapid.Int64Range(1, 4).Draw(t, "revision"),
	}
	if rapid.IntRange(0, 9).Draw(t, "vector") > 0 {
		for range 4 {
			p.dense = append(p.dense, float32(small.Draw(t, "component")))
		}
	}
	for _, index := range rapid.SliceOfNDistinct(rapid.Uint32Range(0, 6), 0, 4, rapid.ID).Draw(t, "terms") {
		p.terms[index] = float32(rapid.IntRange(1, 4).Draw(t, "weight"))
	}
	return p
}

func (p modelPoint) payload() map[string]any {
	payload := map[string]any{"revision": p.revision}
	if p.word != "" {
		payload["word"] = p.word
	}
	if p.tags != nil {
		tags := []any{}
		for _, tag := range p.tags {
			tags = append(tags, tag)
		}
		payload["tags"] = tags
	}
	return payload
}

func (p modelPoint) proto(id uint64) *qdrant.PointStruct {
	vectors := map[string]*qdrant.Vector{}
	if p.dense != nil {
		vectors["dense"] = qdrant.NewVectorDense(p.dense)
	}
	if len(p.terms) > 0 {
		var weights []float32
		indices := slices.Collect(maps.Keys(p.terms)) // in any order
		for _, index := range indices {
			weights = append(weights, p.terms[index])
		}
		vectors["text"] = qdrant.NewVectorSparse(indices, weights)
	}
	return &qdrant.PointStruct{Id: qdrant.NewIDNum(id), Payload: qdrant.NewValueMap(p.payload()), Vectors: qdrant.NewVectorsMap(vectors)}
}

// drawFilter returns a filter and its meaning.
func drawFilter(t *rapid.T, depth int) (*qdrant.Filter, func(uint64, modelPoint) bool) {
	filter := &qdrant.Filter{}
	means := func(uint64, modelPoint) bool { return true }
	for range rapid.IntRange(0, 3).Draw(t, "conditions") {
		condition, holds := drawCondition(t, depth)
		outer := means
		switch rapid.IntRange(0, 2).Draw(t, "clause") {
		case 0:
			filter.Must = append(filter.Must, condition)
			means = func(id uint64, p modelPoint) bool { return outer(id, p) && holds(id, p) }
		case 1:
			filter.MustNot = append(filter.MustNot, condition)
			means = func(id uint64, p modelPoint) bool { return outer(id, p) && !holds(id, p) }
		case 2:
			other, alsoHolds := drawCondition(t, depth)
			if len(filter.Should) > 0 {
				continue
			}
			filter.Should = []*qdrant.Condition{condition, other}
			means = func(id uint64, p modelPoint) bool { return outer(id, p) && (holds(id, p) || alsoHolds(id, p)) }
		}
	}
	return filter, means
}

func drawCondition(t *rapid.T, depth int) (*qdrant.Condition, func(uint64, modelPoint) bool) {
	word := rapid.SampledFrom([]string{"x", "y", "none"}).Draw(t, "word")
	tag := rapid.SampledFrom([]string{"p", "q"}).Draw(t, "tag")
	bound := rapid.Int64Range(0, 4).Draw(t, "bound")
	switch rapid.IntRange(0, 9).Draw(t, "condition") {
	case 0:
		return qdrant.NewMatchKeywords("word", word, "z"), func(_ uint64, p modelPoint) bool { return p.word == word || p.word == "z" }
	case 1:
		return qdrant.NewMatchKeyword("tags", tag), func(_ uint64, p modelPoint) bool { return slices.Contains(p.tags, tag) }
	case 2:
		limit := float64(bound)
		return qdrant.NewRange("revision", &qdrant.Range{Lt: &limit}), func(_ uint64, p modelPoint) bool { return p.revision < bound }
	case 3:
		return qdrant.NewMatchInt("revision", bound), func(_ uint64, p modelPoint) bool { return p.revision == bound }
	case 4:
		return qdrant.NewMatchExcept("word", word), func(_ uint64, p modelPoint) bool { return p.word != "" && p.word != word }
	case 5:
		return qdrant.NewIsEmpty("tags"), func(_ uint64, p modelPoint) bool { return len(p.tags) == 0 }
	case 6:
		return qdrant.NewHasID(qdrant.NewIDNum(3), qdrant.NewIDNum(uint64(bound))), func(id uint64, _ modelPoint) bool { return id == 3 || id == uint64(bound) }
	case 7:
		return qdrant.NewHasVector("dense"), func(_ uint64, p modelPoint) bool { return p.dense != nil }
	case 8:
		return qdrant.NewIsNull("word"), func(uint64, modelPoint) bool { return false }
	}
	if depth == 0 {
		return qdrant.NewMatchKeyword("word", word), func(_ uint64, p modelPoint) bool { return p.word == word }
	}
	nested, holds := drawFilter(t, depth-1)
	return qdrant.NewFilterAsCondition(nested), holds
}

func (m *model) matching(means func(uint64, modelPoint) bool) []uint64 {
	var found []uint64
	for _, id := range slices.Sorted(maps.Keys(m.points)) {
		if means(id, m.points[id]) {
			found = append(found, id)
		}
	}
	return found
}

func (m *model) Upsert(t *rapid.T) {
	request := &qdrant.UpsertPoints{CollectionName: "c"}
	for range rapid.IntRange(1, 5).Draw(t, "points") { // the same id may come twice, and the later point wins
		id, p := rapid.Uint64Range(0, 40).Draw(t, "id"), drawPoint(t)
		request.Points = append(request.Points, p.proto(id))
		m.points[id] = p
	}
	if _, err := m.api.Upsert(context.Background(), request); err != nil {
		t.Fatal(err)
	}
}

func (m *model) DeleteByID(t *rapid.T) {
	var list []*qdrant.PointId
	for _, id := range rapid.SliceOfN(rapid.Uint64Range(0, 40), 1, 3).Draw(t, "ids") {
		list = append(list, qdrant.NewIDNum(id))
		delete(m.points, id)
	}
	if _, err := m.api.Delete(context.Background(), &qdrant.DeletePoints{CollectionName: "c", Points: qdrant.NewPointsSelectorIDs(list)}); err != nil {
		t.Fatal(err)
	}
}

func (m *model) DeleteByFilter(t *rapid.T) {
	filter, means := drawFilter(t, 1)
	for _, id := range m.matching(means) {
		delete(m.points, id)
	}
	if _, err := m.api.Delete(context.Background(), &qdrant.DeletePoints{CollectionName: "c", Points: qdrant.NewPointsSelectorFilter(filter)}); err != nil {
		t.Fatal(err)
	}
}

func (m *model) SetPayload(t *rapid.T) {
	filter, means := drawFilter(t, 0)
	word := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "new word")
	for _, id := range m.matching(means) {
		p := m.points[id]
		p.word = word
		m.points[id] = p
	}
	_, err := m.api.SetPayload(context.Background(), &qdrant.SetPayloadPoints{
		CollectionName: "c", Payload: qdrant.NewValueMap(map[string]any{"word": word}), PointsSelector: qdrant.NewPointsSelectorFilter(filter),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (m *model) Index(t *rapid.T) {
	name := rapid.SampledFrom([]string{"word", "tags"}).Draw(t, "field")
	var err error
	if rapid.Bool().Draw(t, "create") {
		_, err = m.api.CreateFieldIndex(context.Background(), &qdrant.CreateFieldIndexCollection{CollectionName: "c", FieldName: name, FieldType: qdrant.FieldType_FieldTypeKeyword.Enum()})
	} else {
		_, err = m.api.DeleteFieldIndex(context.Background(), &qdrant.DeleteFieldIndexCollection{CollectionName: "c", FieldName: name})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (m *model) Restart(t *rapid.T) {
	if err := m.r.close(); err != nil {
		t.Fatal(err)
	}
	m.open()
}

func (m *model) Compact(t *rapid.T) {
	c := m.r.collections["c"]
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.compact(); err != nil {
		t.Fatal(err)
	}
}

func (m *model) Scroll(t *rapid.T) {
	filter, means := drawFilter(t, 2)
	limit := rapid.Uint32Range(1, 50).Draw(t, "limit")
	request := &qdrant.ScrollPoints{CollectionName: "c", Filter: filter, Limit: &limit, WithVectors: qdrant.NewWithVectors(true)}
	var got []uint64
	for {
		reply, err := m.api.Scroll(context.Background(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, point := range reply.GetResult() {
			got = append(got, point.GetId().GetNum())
			m.checkPoint(t, point)
		}
		if request.Offset = reply.GetNextPageOffset(); request.Offset == nil {
			break
		}
	}
	if want := m.matching(means); !slices.Equal(got, want) {
		t.Fatalf("scrolled %v, want %v", got, want)
	}
	count, err := m.api.Count(context.Background(), &qdrant.CountPoints{CollectionName: "c", Filter: filter})
	if err != nil || count.GetResult().GetCount() != uint64(len(got)) {
		t.Fatalf("counted %d, %v; want %d", count.GetResult().GetCount(), err, len(got))
	}
}

func (m *model) checkPoint(t *rapid.T, got *qdrant.RetrievedPoint) {
	want := m.points[got.GetId().GetNum()]
	if payload := qdrant.NewValueMap(want.payload()); fmt.Sprint(sortedFields(got.GetPayload())) != fmt.Sprint(sortedFields(payload)) {
		t.Fatalf("payload %v, want %v", got.GetPayload(), payload)
	}
	named := got.GetVectors().GetVectors().GetVectors()
	if dense := named["dense"].GetDense().GetData(); !slices.Equal(dense, want.dense) {
		t.Fatalf("dense %v, want %v", dense, want.dense)
	}
	terms := map[uint32]float32{}
	for i, index := range named["text"].GetSparse().GetIndices() {
		terms[index] = named["text"].GetSparse().GetValues()[i]
	}
	if !reflect.DeepEqual(terms, want.terms) {
		t.Fatalf("terms %v, want %v", terms, want.terms)
	}
}

func sortedFields(payload map[string]*qdrant.Value) []string {
	var list []string
	for key, value := range payload {
		list = append(list, fmt.Sprintf("%s=%s/%d/%v", key, value.GetStringValue(), value.GetIntegerValue(), value.GetListValue().GetValues()))
	}
	slices.Sort(list)
	return list
}

type modelHit struct {
	id    uint64
	score float32
}

// rank sorts and cuts as the server must.
func rank(hits []modelHit, limit int) []modelHit {
	slices.SortFunc(hits, func(a, b modelHit) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id)) })
	return hits[:min(limit, len(hits))]
}

func (m *model) nearest(query []float32, means func(uint64, modelPoint) bool, limit int) []modelHit {
	var hits []modelHit
	for _, id := range m.matching(means) {
		if dense := m.points[id].dense; dense != nil {
			score := float32(0)
			for i := range dense {
				score += dense[i] * query[i]
			}
			hits = append(hits, modelHit{id, score})
		}
	}
	return rank(hits, limit)
}

func (m *model) sharing(query map[uint32]float32, means func(uint64, modelPoint) bool, limit int) []modelHit {
	weights := map[uint32]float32{}
	for index, weight := range query {
		n := 0.0
		for _, p := range m.points {
			if _, has := p.terms[index]; has {
				n++
			}
		}
		weights[index] = weight * float32(math.Log((float64(len(m.points))-n+0.5)/(n+0.5)+1))
	}
	var hits []modelHit
	for _, id := range m.matching(means) {
		score, shared := float32(0), false
		for _, index := range slices.Sorted(maps.Keys(m.points[id].terms)) {
			if weight, has := weights[index]; has {
				score, shared = score+weight*m.points[id].terms[index], true
			}
		}
		if shared {
			hits = append(hits, modelHit{id, score})
		}
	}
	return rank(hits, limit)
}

func (m *model) Query(t *rapid.T) {
	filter, means := drawFilter(t, 1)
	query := drawPoint(t)
	if query.dense == nil {
		query.dense = []float32{1, 2, 3, 0}
	}
	indices := slices.Sorted(maps.Keys(query.terms))
	var weights []float32
	for _, index := range indices {
		weights = append(weights, query.terms[index])
	}
	limit := rapid.IntRange(1, 20).Draw(t, "limit")
	top, dense, text := uint64(limit), "dense", "text"
	nearest, sharing := m.nearest(query.dense, means, limit), m.sharing(query.terms, means, limit)
	fused := map[uint64]float32{}
	for _, list := range [][]modelHit{nearest, sharing} {
		for place, hit := range list {
			fused[hit.id] += 1 / float32(2+place)
		}
	}
	var both []modelHit
	for id, score := range fused {
		both = append(both, modelHit{id, score})
	}
	byVector, byTerms := qdrant.NewQueryDense(query.dense), qdrant.NewQuerySparse(indices, weights)
	m.checkQuery(t, &qdrant.QueryPoints{Query: byVector, Using: &dense, Filter: filter, Limit: &top}, nearest)
	m.checkQuery(t, &qdrant.QueryPoints{Query: byTerms, Using: &text, Filter: filter, Limit: &top}, sharing)
	m.checkQuery(t, &qdrant.QueryPoints{Query: qdrant.NewQueryFusion(qdrant.Fusion_RRF), Limit: &top, Prefetch: []*qdrant.PrefetchQuery{
		{Query: byVector, Using: &dense, Filter: filter, Limit: &top}, {Query: byTerms, Using: &text, Filter: filter, Limit: &top},
	}}, rank(both, limit))
}

func (m *model) checkQuery(t *rapid.T, request *qdrant.QueryPoints, want []modelHit) {
	request.CollectionName = "c"
	reply, err := m.api.Query(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	var got []modelHit
	for _, point := range reply.GetResult() {
		got = append(got, modelHit{point.GetId().GetNum(), point.GetScore()})
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%v found %v, want %v", request, got, want)
	}
}

// TestModel runs random operations on the server and on a map, and compares both. Components and weights are small
// integers, so that scores are exact.
func TestModel(t *testing.T) {
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(root, "")
		if err != nil {
			t.Fatal(err)
		}
		m := &model{t: t, dir: dir, points: map[uint64]modelPoint{}}
		m.open()
		defer func() {
			if err := m.r.close(); err != nil {
				t.Error(err)
			}
		}()
		if err := m.r.create("c", testShape, tuning{}); err != nil {
			t.Fatal(err)
		}
		t.Repeat(map[string]func(*rapid.T){
			"upsert": m.Upsert, "upsert more": m.Upsert, "delete": m.DeleteByID, "delete by filter": m.DeleteByFilter, "set payload": m.SetPayload,
			"index": m.Index, "restart": m.Restart, "compact": m.Compact, "scroll": m.Scroll, "query": m.Query,
		})
	})
}
