//go:build !linux

package s3

import (
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
)

// openPosix makes the posix backend and restores the working directory.
func openPosix(root string, store meta.MetadataStorer, opts posix.PosixOpts) (*posix.Posix, error) {
	return openAndReturn(root, store, opts)
}
