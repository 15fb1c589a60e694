//go:build linux

package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/proto"
)

const (
	pointsPage      = 2000 // as many as leat upserts at once
	publishPatience = 10 * time.Second
)

// upsert lets the bare client write the points of a revision, or all of them, and delete the stale
// ones.
func (f *floor) upsert(ctx context.Context, w wrote) error {
	filter := &qdrant.Filter{Must: []*qdrant.Condition{
		qdrant.NewMatchKeyword("track", w.track.String()), qdrant.NewMatchInt("revision", w.revision),
	}}
	if w.all {
		filter = nil
	}
	if w.whole {
		filter = nil
		model := f.leat.generation.Embedder
		if err := f.leat.Points.DropCollection(ctx, scratchCollection); err != nil {
			return err
		}
		if err := f.leat.Points.CreateCollection(ctx, scratchCollection, model.Dimensions, string(model.Distance)); err != nil {
			return err
		}
	}
	documents := make(map[string]bool)
	for _, id := range w.removed {
		documents[id.String()] = true
	}
	var next *qdrant.PointId
	for {
		page, err := f.points.Scroll(ctx, &qdrant.ScrollPoints{
			CollectionName: f.leat.generation.Collection, Filter: filter, Offset: next, Limit: qdrant.PtrOf(uint32(pointsPage)),
			WithPayload: qdrant.NewWithPayload(true), WithVectors: qdrant.NewWithVectors(true),
		})
		if err != nil {
			return err
		}
		if err := f.write(ctx, page.GetResult(), documents); err != nil {
			return err
		}
		if next = page.GetNextPageOffset(); next == nil {
			break
		}
	}
	if w.first || len(documents) == 0 {
		return nil
	}
	return f.deleteOlder(ctx, w, documents)
}

func (f *floor) write(ctx context.Context, found []*qdrant.RetrievedPoint, documents map[string]bool) error {
	points := make([]*qdrant.PointStruct, len(found))
	size := int64(0)
	for i, p := range found {
		named := make(map[string]*qdrant.Vector)
		for name, v := range p.GetVectors().GetVectors().GetVectors() {
			if sparse := v.GetSparse(); sparse != nil {
				named[name] = qdrant.NewVectorSparse(sparse.GetIndices(), sparse.GetValues())
			} else {
				named[name] = qdrant.NewVectorDense(v.GetDense().GetData())
			}
		}
		points[i] = &qdrant.PointStruct{Id: p.GetId(), Payload: p.GetPayload(), Vectors: qdrant.NewVectorsMap(named)}
		documents[p.GetPayload()["document"].GetStringValue()] = true
		size += int64(proto.Size(points[i]))
	}
	if len(points) == 0 {
		return nil
	}
	return f.time("Qdrant upsert", int64(len(points)), size, func() error {
		_, err := f.points.Upsert(ctx, &qdrant.UpsertPoints{CollectionName: scratchCollection, Points: points, Wait: qdrant.PtrOf(true)})
		return err
	})
}

func (f *floor) deleteOlder(ctx context.Context, w wrote, documents map[string]bool) error {
	var names []string
	for name := range documents {
		names = append(names, name)
	}
	stale := &qdrant.Filter{Must: []*qdrant.Condition{
		qdrant.NewMatchKeywords("document", names...), qdrant.NewRange("revision", &qdrant.Range{Lt: qdrant.PtrOf(float64(w.revision))}),
	}}
	return f.time("Qdrant delete", int64(len(names)), 0, func() error {
		_, err := f.points.Delete(ctx, &qdrant.DeletePoints{
			CollectionName: scratchCollection, Points: qdrant.NewPointsSelectorFilter(stale), Wait: qdrant.PtrOf(true),
		})
		return err
	})
}

// publish publishes the same number of messages, of the same mean size, into a
// stream of the same kind, each on its own subject.
func (f *floor) publish(ctx context.Context, w wrote) error {
	body := make([]byte, w.size)
	return f.time("NATS publish", w.messages, w.messages*w.size, func() error {
		pending := make([]jetstream.PubAckFuture, 0, w.messages)
		for i := range w.messages {
			future, err := f.leat.js.PublishAsync(fmt.Sprintf("%s.%d", scratch, i), body, jetstream.WithStallWait(publishPatience))
			if err != nil {
				return err
			}
			pending = append(pending, future)
		}
		for _, future := range pending {
			select {
			case <-future.Ok():
			case err := <-future.Err():
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
}
