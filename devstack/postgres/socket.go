package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// tempPrefix marks the socket directories made outside of Config.Dir.
const tempPrefix = "leat-pg-"

// A socketDir is the directory, of mode 0700, that holds the server's socket. It is Dir/run if a socket fits there. But
// the path of a socket may have only some 107 bytes on Linux and 103 elsewhere, and not every file system supports
// sockets. If Dir/run is unsuitable, the socket is in a directory with a short path among the temporary files, and
// Dir/run is a link to that. By the link, the next start finds and removes the leftovers of a killed server.
type socketDir struct {
	path string
	link string // "" if there is none
}

func makeSocketDir(dir string, user *owner) (*socketDir, error) {
	run := filepath.Join(dir, "run")
	if err := removeSockets(run); err != nil {
		return nil, fmt.Errorf("remove old socket directory: %w", err)
	}
	if err := os.Mkdir(run, 0o700); err != nil {
		return nil, err
	}
	if probeSocket(run) == nil {
		return &socketDir{path: run}, user.take(run)
	}
	if err := os.Remove(run); err != nil {
		return nil, err
	}
	var failures []error
	for _, base := range []string{os.Getenv("XDG_RUNTIME_DIR"), os.TempDir(), "/tmp"} {
		if !filepath.IsAbs(base) {
			continue
		}
		s, err := tempSocketDir(base, run)
		if err == nil {
			return s, user.take(s.path)
		}
		failures = append(failures, err)
	}
	return nil, fmt.Errorf("find a place for the socket: %w", errors.Join(failures...))
}

func tempSocketDir(base, link string) (*socketDir, error) {
	path, err := os.MkdirTemp(base, tempPrefix)
	if err != nil {
		return nil, err
	}
	err = probeSocket(path)
	if err == nil {
		err = os.Symlink(path, link)
	}
	if err != nil {
		os.Remove(path)
		return nil, err
	}
	return &socketDir{path: path, link: link}, nil
}

// probeSocket makes and removes a socket with the path that the server's socket will have.
func probeSocket(dir string) error {
	l, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL."+socketPort))
	if err != nil {
		return err
	}
	return l.Close()
}

func (s *socketDir) remove() {
	os.RemoveAll(s.path)
	if s.link != "" {
		os.Remove(s.link)
	}
}

// removeSockets removes the directory that an earlier server used. It follows only a link such as this package makes.
func removeSockets(run string) error {
	target, err := os.Readlink(run)
	if err == nil && strings.HasPrefix(filepath.Base(target), tempPrefix) {
		if info, err := os.Lstat(target); err == nil && info.IsDir() {
			if err := os.RemoveAll(target); err != nil && !errors.Is(err, fs.ErrPermission) {
				return err
			}
		}
	}
	return os.RemoveAll(run)
}
