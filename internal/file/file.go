// Package file writes files so that a reader always finds a whole one, even if the writer ends
// halfway.
package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Temporary begins the names of the files that Replace writes first.
const Temporary = ".leat-"

// Replace durably replaces a file in one step. Until then the new content is in a file of the same
// directory that only its owner can read. A crash may leave that file behind.
func Replace(name string, content []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(name), Temporary+"*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(content)
	if err := errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), name); err != nil {
		return err
	}
	return Sync(filepath.Dir(name))
}

// Sync writes a file to the disk, so that it outlives a crash of the machine. For a directory it
// does the same with the names in it.
func Sync(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", name, err)
	}
	return nil
}
