package catalog

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrVanished says that content which was known to be stored, or a pack that
// was about to be recorded, has been collected as garbage meanwhile. The writer
// looks again at what is known, and stores under a new key what is not.
var ErrVanished = errors.New("content was collected as garbage meanwhile")

// The foreign keys by which a writer refers to content that it did not write.
var contentKeys = []string{"documents_chunking_fkey", "chunkings_blob_fkey", "blobs_pack_fkey", "vectors_pack_fkey"}

// vanished gives the violation of a reference to content its name.
func vanished(err error) error {
	const foreignKeyViolation = "23503"
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == foreignKeyViolation && slices.Contains(contentKeys, pg.ConstraintName) {
		return fmt.Errorf("%w (%w)", ErrVanished, err)
	}
	return err
}
