package syncer

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// maxUnderWay bounds the documents that a checksum leaves out: with more of them
// under way, points are compared by id at once.
const maxUnderWay = 10_000

// seed makes the checksums of one process comparable with each other, and
// unforeseeable for whoever names files.
var seed = maphash.MakeSeed()

// checksum is of a set of points, in any order: how many there are, and the sum
// of a hash of each.
type checksum struct {
	points uint64
	sum    uint64
}

// add takes in a point by what decides whether it may be there.
func (s *checksum) add(id, document uuid.UUID, revision int64, blob [32]byte, tenant string) {
	b := make([]byte, 0, 128)
	b = append(b, id[:]...)
	b = append(b, document[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(revision))
	b = append(b, blob[:]...)
	b = append(b, tenant...)
	s.points++
	s.sum += maphash.Bytes(seed, b)
}

// equal says whether the collection holds what the catalog says, but for documents that are under way, and how many points it should
// hold. It costs one pass over the documents, which derives the ids, and one
// over the points, neither of which asks the other store. If it says no, there
// may be no difference after all: the stores were not read at one moment.
func (c comparison) equal(ctx context.Context) (bool, int64, error) {
	want, open, err := c.sumOfCatalog(ctx)
	if err != nil {
		return false, 0, err
	}
	held, err := c.held(ctx)
	if err != nil {
		return false, 0, err
	}
	compared := int64(want.points)
	switch {
	case held == 0 || len(open) == 0 && held != want.points:
		return held == want.points, compared, nil
	case len(open) > maxUnderWay:
		return false, compared, nil
	}
	got, err := c.sumOfIndex(ctx, open)
	return got == want, compared, err
}

// held is how many points there are.
func (c comparison) held(ctx context.Context) (uint64, error) {
	if len(c.repositories) == 0 {
		return c.points.CountAll(ctx, c.collection)
	}
	var held uint64
	for _, repository := range c.repositories {
		n, err := c.points.CountOf(ctx, c.collection, repository)
		if err != nil {
			return 0, err
		}
		held += n
	}
	return held, nil
}

// sumOfCatalog is of the points that should be there. open are the documents
// that are under way, and one more than maxUnderWay at most.
func (c comparison) sumOfCatalog(ctx context.Context) (sum checksum, open map[uuid.UUID]bool, err error) {
	open = make(map[uuid.UUID]bool)
	for page, err := range c.contents(ctx) {
		if err != nil {
			return sum, nil, err
		}
		for _, d := range page {
			switch {
			case d.State == catalog.StateIndexed:
				for i := range d.Chunks {
					sum.add(events.PointID(d.ID, d.Blob, d.Chunker, i), d.ID, d.Revision, d.Blob, d.Tenant)
				}
			case underWay(d) && len(open) <= maxUnderWay:
				open[d.ID] = true
			}
		}
	}
	return sum, open, nil
}

// sumOfIndex is of the points that are there.
func (c comparison) sumOfIndex(ctx context.Context, open map[uuid.UUID]bool) (sum checksum, err error) {
	for page, err := range c.marks(ctx, uuid.Nil) {
		if err != nil {
			return sum, err
		}
		for _, m := range page {
			if open[m.Document] {
				continue
			}
			var blob [32]byte
			if len(m.Blob) == hex.EncodedLen(len(blob)) {
				_, _ = hex.Decode(blob[:], []byte(m.Blob)) // what is no hash is not the right one
			}
			sum.add(m.ID, m.Document, m.Revision, blob, m.Tenant)
		}
	}
	return sum, nil
}
