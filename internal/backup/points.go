package backup

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/vector"
)

// PointParts are the points of the active generation by id. Each is a line of JSON (heldPoint).
// They are read after the point in time, while workers write. A restored leat compares them with
// its catalog, and mends the differences.
type PointParts struct {
	Parts
	Collection string           `json:"collection"`
	Dimensions int              `json:"dimensions"`
	Distance   catalog.Distance `json:"distance"`
}

// heldPoint is a point in the form of a backup.
type heldPoint struct {
	ID      uuid.UUID   `json:"id"`
	Vector  []byte      `json:"vector"` // a record, as in packs
	Payload heldPayload `json:"payload"`
}

// heldPayload is a [vector.Payload] with names that never change.
type heldPayload struct {
	Tenant     string         `json:"tenant"`
	Repository uuid.UUID      `json:"repository"`
	Track      uuid.UUID      `json:"track"`
	Document   uuid.UUID      `json:"document"`
	Ref        string         `json:"ref,omitempty"`
	Path       string         `json:"path"`
	Language   string         `json:"language,omitempty"`
	Kind       string         `json:"kind,omitempty"`
	Symbol     string         `json:"symbol,omitempty"`
	Symbols    vector.Symbols `json:"symbols,omitempty"`
	Blob       string         `json:"blob"`
	Commit     string         `json:"commit"`
	StartLine  int            `json:"start_line"`
	EndLine    int            `json:"end_line"`
	StartByte  int            `json:"start_byte"`
	EndByte    int            `json:"end_byte"`
	Revision   int64          `json:"revision"`
}

// pointStream begins the names of the objects with points. No table has this name.
const pointStream = "index_points"

// maxPoint bounds a line of points, in which the vector is in base64.
const maxPoint = 2 * vector.MaxPointBytes

// points copies the points of the index, if the request asks for them. A backup does not need them,
// so it goes on without if the index cannot be read.
func (c *creation) points(ctx context.Context) error {
	if !c.request.Points || c.leat.Points == nil {
		return nil
	}
	c.request.Tell(Progress{Step: "points"})
	active, err := c.leat.Catalog.Generations.Active(ctx)
	switch {
	case errors.Is(err, catalog.ErrNotFound):
		return nil // there is no index yet
	case err != nil:
		return err
	}
	held := PointParts{Collection: active.Collection, Dimensions: active.Embedder.Dimensions, Distance: active.Embedder.Distance}
	var unread error
	held.Parts, err = c.stream(ctx, pointStream, func(w *writer) (n int64, err error) {
		lines := json.NewEncoder(w)
		for p, err := range c.leat.Points.ScrollAll(ctx, active.Collection, true) {
			if err != nil {
				unread = err
				return n, err
			}
			record, err := embedder.Vector{Dense: p.Dense, Sparse: embedder.Sparse(p.Sparse)}.AppendBinary(nil)
			if err != nil {
				return n, fmt.Errorf("point %s: %w", p.ID, err)
			}
			if err := lines.Encode(heldPoint{p.ID, record, heldPayload(p.Payload)}); err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	})
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case unread != nil:
		c.log.Warn("the index cannot be read; the backup has no points", "error", unread)
		return nil
	case err != nil:
		return err
	}
	c.done.Points = &held
	return nil
}

// pointsAtOnce is the number of points that are in memory together.
const pointsAtOnce = 500

// restorePoints fills the collection of a backup, and returns how many points it wrote. It does not
// touch a collection with points, because they may belong to a living leat. If a restore that was
// cut short has left them, the syncer completes them.
func (v *Vault) restorePoints(ctx context.Context, to vector.Store, m Manifest) (int64, error) {
	held := *m.Points
	n, err := to.CountAll(ctx, held.Collection)
	if err == nil && n > 0 {
		v.log.Warn("the index already has a collection with points; the syncer will complete it", "collection", held.Collection, "points", n)
		return 0, nil
	}
	if err != nil && !errors.Is(err, vector.ErrNoCollection) {
		return 0, err
	}
	if err := to.CreateCollection(ctx, held.Collection, held.Dimensions, string(held.Distance)); err != nil {
		return 0, err
	}
	list, err := v.reader(ctx, m, held.Parts.Parts)
	if err != nil {
		return 0, err
	}
	defer list.Close()
	lines, written := bufio.NewScanner(list), int64(0)
	lines.Buffer(make([]byte, 64<<10), maxPoint)
	batch := make([]vector.Point, 0, pointsAtOnce)
	flush := func() error {
		err := persist(ctx, func() error { return to.Upsert(ctx, held.Collection, batch) })
		written, batch = written+int64(len(batch)), batch[:0]
		return err
	}
	for lines.Scan() {
		p, err := readPoint(lines.Bytes())
		if err != nil {
			return written, err
		}
		if batch = append(batch, p); len(batch) == pointsAtOnce {
			if err := flush(); err != nil {
				return written, err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return written, fmt.Errorf("read the points: %w", err)
	}
	return written, flush()
}

func readPoint(line []byte) (p vector.Point, err error) {
	var held heldPoint
	if err := json.Unmarshal(line, &held); err != nil {
		return p, fmt.Errorf("read the points: %w", err)
	}
	v, err := embedder.DecodeVector(held.Vector)
	if err != nil {
		return p, fmt.Errorf("read point %s: %w", held.ID, err)
	}
	return vector.Point{ID: held.ID, Dense: v.Dense, Sparse: vector.Sparse(v.Sparse), Payload: vector.Payload(held.Payload)}, nil
}
