package point_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/syncer/point"
	"github.com/leatworks/leat/pipeline/syncer/verify"
	"github.com/leatworks/leat/pipeline/vector"
)

func TestStraysOfAnotherCatalogAreLeftToAPerson(t *testing.T) {
	p, _ := compared(t, 1)
	var strange []vector.Point
	one := p.AllPoints(t)[0]
	for range 1100 {
		q := one
		q.ID, q.Payload.Document, q.Payload.Repository = uuid.New(), uuid.New(), uuid.New()
		strange = append(strange, q)
	}
	p.WritePoints(t, strange...)
	if _, err := p.Now(t, points(p).Work()[0]); err == nil || !strings.Contains(err.Error(), "belong together") {
		t.Errorf("the run says %v", err)
	}
	if report, _ := p.Verify(t); report.OrphanPoints != 1100 {
		t.Errorf("%d strays are left of 1100", report.OrphanPoints)
	}
	// A person who knows better may have them deleted.
	v := verify.Verifier{Documents: p.Catalog, Packs: p.Catalog.Packs, Points: p.Points, Blobs: p.Blobs, Generation: p.Generation}
	if did, err := v.Repair(t.Context(), point.Scope{}); err != nil || did.DeletedPoints != 1100 {
		t.Errorf("repair: %+v, %v", did, err)
	}
	p.CheckClean(t)
}
