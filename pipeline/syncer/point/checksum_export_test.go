package point

import (
	"context"

	"github.com/google/uuid"
)

// SameInParts reports whether the points of a collection have one checksum, read in one go and in ranges side by side,
// and how many each way has seen.
func (c Comparison) SameInParts(ctx context.Context) (same bool, whole, parted uint64, err error) {
	one, err := c.sumOfRange(ctx, nil, uuid.Nil, uuid.Max)
	if err != nil {
		return false, 0, 0, err
	}
	many, err := c.sumOfIndex(ctx, nil, 1<<20)
	return one == many, one.points, many.points, err
}
