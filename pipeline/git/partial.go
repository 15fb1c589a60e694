package git

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// largeBlob is the size, in bytes, above which a file is left at its source when its
// repository cannot be fetched whole. It is the size of the largest file from which text
// can be extracted.
const largeBlob = 64 << 20

// partialRemote is the name of the remote of a fetch with a filter, which needs one.
const partialRemote = "source"

// partial is the file that marks a mirror without large files.
const partial = "leat-partial"

func isPartialMirror(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, partial))
	return err == nil
}

// withoutLarge returns the options of a fetch that leaves large files out. A host that
// cannot leave files out sends them all the same. A repository of this machine is made to
// leave them out.
func withoutLarge(remote Remote) []string {
	options := []string{fmt.Sprintf("--filter=blob:limit=%d", largeBlob)}
	if remote.Local() {
		options = append(options, "--upload-pack=git -c uploadpack.allowFilter=true upload-pack")
	}
	return options
}

// keepConfig marks a mirror as partial, and returns a function that gives it back its
// configuration. A fetch with a filter configures git to ask the remote for each missing
// object later on, which leat never wants.
func keepConfig(dir string) (restore func() error, err error) {
	path := filepath.Join(dir, "config")
	before, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the mirror's configuration: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, partial), nil, 0o600); err != nil {
		return nil, fmt.Errorf("mark the mirror: %w", err)
	}
	return func() error {
		next := filepath.Join(dir, ".tmp-config")
		if err := errors.Join(os.WriteFile(next, before, 0o600), os.Rename(next, path)); err != nil {
			return fmt.Errorf("restore the mirror's configuration: %w", err)
		}
		return nil
	}, nil
}
