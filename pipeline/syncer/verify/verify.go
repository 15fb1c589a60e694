// Package verify compares the three stores: the catalog with the points of the
// vector store and with the objects of S3.
package verify

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/vector"
)

// Report is the result of a comparison of the three stores.
type Report struct {
	OK             bool  `json:"ok"`                // nothing is missing, stale, orphan or corrupt
	Documents      int64 `json:"documents"`         // indexed, by the catalog
	Chunks         int64 `json:"chunks"`            // of those documents
	Points         int64 `json:"points"`            // in the vector store
	Dormant        int64 `json:"dormant,omitempty"` // documents without points, because their tracks are dormant; not among Documents
	MissingPoints  int64 `json:"missing_points"`    // a chunk of an indexed document has none
	StalePoints    int64 `json:"stale_points"`      // not of the document's revision, or of a document that is to have none
	OrphanPoints   int64 `json:"orphan_points"`     // of a document that the catalog does not know
	MissingObjects int64 `json:"missing_objects"`   // packs in the catalog and not in S3
	OrphanObjects  int64 `json:"orphan_objects"`    // objects in S3 and not in the catalog
	RecentObjects  int64 `json:"recent_objects"`    // the same, but younger than the grace: no difference
	CorruptObjects int64 `json:"corrupt_objects"`   // packs whose bytes are not those that were written

	DestroyedObjects int64 `json:"destroyed_objects"` // packs whose key was destroyed on purpose: no difference

	GraphFiles      int64 `json:"graph_files"`       // of symbol graphs, those compared with their facts
	WrongGraphFiles int64 `json:"wrong_graph_files"` // whose symbols or edges are not those that facts give
	UnknownFacts    int64 `json:"unknown_facts"`     // files whose facts are not stored, so nothing was compared: no difference
}

// Repaired is the result of a repair of the points and objects.
type Repaired struct {
	DeletedPoints     int64 `json:"deleted_points"`
	RequeuedDocuments int64 `json:"requeued_documents"`
	RepairedPacks     int64 `json:"repaired_packs"`
	DeletedObjects    int64 `json:"deleted_objects"`
	GraphFiles        int64 `json:"graph_files"` // of symbol graphs, made anew
}

// Graphs compares symbol graphs with the facts of their files, in some repositories or, if
// none is named, in all. Repair makes the graphs that differ owed, so that the graph step
// makes them anew.
type Graphs interface {
	Check(ctx context.Context, repositories []uuid.UUID, found func(kind, what string)) (files, wrong, unknown int64, err error)
	Repair(ctx context.Context, repositories []uuid.UUID) (files int64, err error)
}

// Verifier compares the stores. Only Repair writes to them.
type Verifier struct {
	Documents  point.Documents
	Packs      *catalog.Packs
	Points     vector.Store
	Blobs      *blob.Store
	Generation catalog.Generation
	Graphs     Graphs // nil: graphs are not compared
	// Grace is the age from which the catalog must know a pack. A writer puts the
	// object first, then records it; if it dies in between, the collector deletes the
	// object. 0: the catalog must know it at once.
	Grace time.Duration
	// Found is called for each difference; nil: nobody is told.
	Found func(kind, what string)
}

// Verify compares the repositories in scope, and all objects, because
// repositories share them. Memory is bounded by the page size.
func (v *Verifier) Verify(ctx context.Context, scope point.Scope) (Report, error) {
	var r Report
	compare := v.comparison(scope)
	if err := v.points(ctx, compare, &r); err != nil {
		return r, err
	}
	if err := v.documents(ctx, compare, &r); err != nil {
		return r, err
	}
	if err := v.objects(ctx, &r); err != nil {
		return r, err
	}
	if v.Graphs != nil {
		var err error
		r.GraphFiles, r.WrongGraphFiles, r.UnknownFacts, err = v.Graphs.Check(ctx, scope.Repositories, func(kind, what string) { v.found(kind, "%s", what) })
		if err != nil {
			return r, err
		}
	}
	r.OK = r.WrongGraphFiles+r.MissingPoints+r.StalePoints+r.OrphanPoints+r.MissingObjects+r.OrphanObjects+r.CorruptObjects == 0
	return r, nil
}

// Repair brings the points in scope in line with the catalog, as the syncer does at its
// interval. It makes graphs that differ from their facts owed, and leaves objects alone.
func (v *Verifier) Repair(ctx context.Context, scope point.Scope) (Repaired, error) {
	did, err := v.comparison(scope).Repair(ctx)
	repaired := Repaired{DeletedPoints: did.Deleted, RequeuedDocuments: did.Requeued}
	if err == nil && v.Graphs != nil {
		repaired.GraphFiles, err = v.Graphs.Repair(ctx, scope.Repositories)
	}
	return repaired, err
}

func (v *Verifier) found(kind, format string, args ...any) {
	if v.Found != nil {
		v.Found(kind, fmt.Sprintf(format, args...))
	}
}

func (v *Verifier) comparison(scope point.Scope) point.Comparison {
	return point.Comparison{Documents: v.Documents, Points: v.Points, Collection: v.Generation.Collection, Repositories: scope.Repositories}
}

// points looks for points that should not be there.
func (v *Verifier) points(ctx context.Context, c point.Comparison, r *Report) error {
	for page, err := range c.Marks(ctx, uuid.Nil) {
		if err != nil {
			return err
		}
		r.Points += int64(len(page))
		wrong, err := c.Misplaced(ctx, page)
		if err != nil {
			return err
		}
		for _, m := range wrong {
			if m.Orphan {
				r.OrphanPoints++
				v.found("orphan_point", "%s of document %s", m.ID, m.Document)
			} else {
				r.StalePoints++
				v.found("stale_point", "%s of document %s (%s)", m.ID, m.Document, m.Path)
			}
		}
	}
	return nil
}

// documents looks for chunks that have no point.
func (v *Verifier) documents(ctx context.Context, c point.Comparison, r *Report) error {
	for page, err := range c.Contents(ctx) {
		if err != nil {
			return err
		}
		for _, d := range page {
			switch {
			case d.State != catalog.StateIndexed:
			case d.Asleep:
				r.Dormant++
			default:
				r.Documents++
				r.Chunks += int64(d.Chunks)
			}
		}
		list, err := c.Lacking(ctx, page)
		if err != nil {
			return err
		}
		for _, d := range list {
			r.MissingPoints += int64(len(d.Missing))
			for _, id := range d.Missing {
				v.found("missing_point", "%s of document %s", id, d.ID)
			}
		}
	}
	return nil
}
