package point

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// maxUnderWay bounds the documents that a checksum leaves out. With more of them
// under way, points are compared by id at once.
const maxUnderWay = 10_000

// seed makes the checksums of one process comparable with each other, and
// unpredictable for people who name files.
var seed = maphash.MakeSeed()

// checksum is the checksum of a set of points in any order: their number, and
// the sum of their hashes.
type checksum struct {
	points uint64
	sum    uint64
}

// add takes in a point by the fields that decide whether it may be there.
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

// Demand is the demand of the catalog at some time.
type Demand struct {
	Points int64 // that were compared
	sum    checksum
	open   bool // documents were under way, and left out
}

// Equal says whether the collection holds the points that the catalog demands, and
// returns the demand. Documents under way are left out. It costs one pass over the
// documents, which derives the ids, and one over the points. False may be wrong,
// because the two stores are not read at one moment.
func (c Comparison) Equal(ctx context.Context) (bool, Demand, error) {
	want, open, err := c.sumOfCatalog(ctx)
	if err != nil {
		return false, Demand{}, err
	}
	demand := Demand{int64(want.points), want, len(open) > 0}
	held, err := c.held(ctx)
	if err != nil {
		return false, Demand{}, err
	}
	switch {
	case held == 0 || len(open) == 0 && held != want.points:
		return held == want.points, demand, nil
	case len(open) > maxUnderWay:
		return false, demand, nil
	}
	got, err := c.sumOfIndex(ctx, open, held)
	return got == want, demand, err
}

// Demands says whether the catalog demands the same points as before, and whether
// nothing was under way then or is now. If so, a collection that was equal then still
// is: points change with their documents only.
func (c Comparison) Demands(ctx context.Context, before Demand) (bool, error) {
	if before.open {
		return false, nil
	}
	want, open, err := c.sumOfCatalog(ctx)
	return err == nil && len(open) == 0 && want == before.sum, err
}

// held counts the points.
func (c Comparison) held(ctx context.Context) (uint64, error) {
	if len(c.Repositories) == 0 {
		return c.Points.CountAll(ctx, c.Collection)
	}
	var held uint64
	for _, repository := range c.Repositories {
		n, err := c.Points.CountOf(ctx, c.Collection, repository)
		if err != nil {
			return 0, err
		}
		held += n
	}
	return held, nil
}

// sumOfCatalog returns the checksum of the points that should be there. open holds
// the documents under way, at most one more than maxUnderWay.
func (c Comparison) sumOfCatalog(ctx context.Context) (sum checksum, open map[uuid.UUID]bool, err error) {
	open = make(map[uuid.UUID]bool)
	for page, err := range c.Contents(ctx) {
		if err != nil {
			return sum, nil, err
		}
		for _, d := range page {
			switch {
			case d.State == catalog.StateIndexed:
				if d.Asleep {
					continue
				}
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

// parts is the number of ranges of ids that are read side by side, so that the server looks for one
// page while another is decoded. Each range reads up to a page too far.
const parts = 4

// sumOfIndex returns the checksum of the points that are there, about held ones. It reads them in
// one go if it is to be slow, or if there are few.
func (c Comparison) sumOfIndex(ctx context.Context, open map[uuid.UUID]bool, held uint64) (checksum, error) {
	if c.Pace != nil || held < 2*parts*pageSize {
		return c.sumOfRange(ctx, open, uuid.Nil, uuid.Max)
	}
	var sums [parts]checksum
	group, ctx := errgroup.WithContext(ctx)
	for i := range sums {
		first, last := uuid.Nil, lastOf(i, parts)
		first[0] = byte(256 / parts * i)
		group.Go(func() (err error) {
			sums[i], err = c.sumOfRange(ctx, open, first, last)
			return err
		})
	}
	err := group.Wait()
	var sum checksum
	for _, s := range sums {
		sum.points, sum.sum = sum.points+s.points, sum.sum+s.sum
	}
	return sum, err
}

// sumOfRange returns the checksum of the points from one id to another, both inclusive.
func (c Comparison) sumOfRange(ctx context.Context, open map[uuid.UUID]bool, first, last uuid.UUID) (sum checksum, err error) {
	for page, err := range c.Marks(ctx, first) {
		if err != nil {
			return sum, err
		}
		for _, m := range page {
			if bytes.Compare(m.ID[:], last[:]) > 0 {
				return sum, nil
			}
			if open[m.Document] {
				continue
			}
			var blob [32]byte
			if len(m.Blob) == hex.EncodedLen(len(blob)) {
				_, _ = hex.Decode(blob[:], []byte(m.Blob)) // anything but a hash differs from every blob
			}
			sum.add(m.ID, m.Document, m.Revision, blob, m.Tenant)
		}
	}
	return sum, nil
}
