package s3

import (
	"errors"
	"fmt"
	"os"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
)

// openAndReturn makes the posix backend, which changes the working directory, and then changes the directory back.
func openAndReturn(root string, store meta.MetadataStorer, opts posix.PosixOpts) (*posix.Posix, error) {
	before, err := os.Open(".")
	if err != nil {
		return nil, fmt.Errorf("note the working directory: %w", err)
	}
	defer before.Close()
	p, err := posix.New(root, store, opts)
	return p, errors.Join(err, before.Chdir())
}
