package catalog

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrVanished says that content that was known to be stored, or a pack that was
// about to be recorded, has been collected as garbage meanwhile. The writer looks
// again, and stores the content that is missing under a new key.
var ErrVanished = errors.New("content was collected as garbage meanwhile")

// The foreign keys by which a writer refers to content that it did not write.
var contentKeys = []string{"documents_chunking_fkey", "chunkings_blob_fkey", "blobs_pack_fkey", "vectors_pack_fkey", "facts_blob_fkey", "facts_content_fkey"}

// The codes of errors of Postgres (manual, appendix A).
const (
	foreignKeyViolation = "23503"
	uniqueViolation     = "23505"
)

// vanished turns a violated reference to content into ErrVanished.
func vanished(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == foreignKeyViolation && slices.Contains(contentKeys, pg.ConstraintName) {
		return fmt.Errorf("%w (%w)", ErrVanished, err)
	}
	return err
}
