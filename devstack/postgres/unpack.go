package postgres

import (
	"archive/tar"
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/ulikunitz/xz"
)

// Bounds of an archive, of which some 60 MB in 1,000 entries are expected.
const (
	unpackedLimit = 512 << 20
	entryLimit    = 20_000
)

// errTooLarge says that an archive exceeds its bounds.
var errTooLarge = errors.New("the archive is too large")

// unpack writes the files of a .txz archive below dir. Neither a name nor an earlier link can lead outside dir.
func unpack(f *zip.File, dir string) error {
	archive, err := f.Open()
	if err != nil {
		return fmt.Errorf("open %s: %w", f.Name, err)
	}
	defer archive.Close()
	plain, err := xz.NewReader(archive)
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Name, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := unpackTar(plain, root, unpackedLimit); err != nil {
		return fmt.Errorf("unpack %s: %w", f.Name, err)
	}
	return nil
}

func unpackTar(plain io.Reader, root *os.Root, limit int64) error {
	// One byte more than the limit shows whether an archive exceeds it or ends there.
	bounded := &io.LimitedReader{R: plain, N: limit + 1}
	r := tar.NewReader(bounded)
	for range entryLimit {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = unpackEntry(root, h, r)
		}
		if bounded.N <= 0 {
			return errTooLarge
		}
		if err != nil {
			return err
		}
	}
	return errTooLarge
}

func unpackEntry(root *os.Root, h *tar.Header, content io.Reader) error {
	name := path.Clean(h.Name)
	if !filepath.IsLocal(name) {
		return fmt.Errorf("entry %q points outside", h.Name)
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeSymlink:
		if !filepath.IsLocal(path.Join(path.Dir(name), h.Linkname)) || path.IsAbs(h.Linkname) {
			return fmt.Errorf("link %q points outside, to %q", h.Name, h.Linkname)
		}
		return root.Symlink(h.Linkname, name)
	case tar.TypeReg:
		return unpackFile(root, name, h.FileInfo().Mode(), content)
	}
	return fmt.Errorf("entry %q is of the unexpected kind %q", h.Name, h.Typeflag)
}

// unpackFile writes one file. Of the mode it keeps only whether the file is a program.
func unpackFile(root *os.Root, name string, mode os.FileMode, content io.Reader) error {
	perm := os.FileMode(0o644)
	if mode&0o100 != 0 {
		perm = 0o755
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Chmod(perm), f.Close())
}
