package telemetry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// LogFile is a file of logs that is rotated by size: NAME is the newest, then NAME.1 and so on. Its
// name cannot lead out of its directory, not even through a link.
type LogFile struct {
	name string
	most int64
	keep int

	mu     sync.Mutex
	root   *os.Root
	file   *os.File // nil: opening it failed after a rotation, and the next line tries again
	size   int64
	closed bool
}

// OpenLogFile opens a file of logs in an existing directory. A file takes up to most bytes, and
// keep older files stay beside it.
func OpenLogFile(dir, name string, most int64, keep int) (*LogFile, error) {
	if !filepath.IsLocal(name) || filepath.Base(name) != name {
		return nil, fmt.Errorf("%q is not the name of a file in %s: give a name without a directory", name, dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open directory of logs: %w", err)
	}
	l := &LogFile{name: name, most: most, keep: keep, root: root}
	if err := l.open(); err != nil {
		root.Close()
		return nil, err
	}
	return l, nil
}

func (l *LogFile) open() error {
	file, err := l.root.OpenFile(l.name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return fmt.Errorf("open log: %w", err)
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write appends a line. It begins a new file if the line would make this one too large.
func (l *LogFile) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, fs.ErrClosed
	}
	if l.file == nil {
		if err := l.open(); err != nil {
			return 0, err
		}
	}
	if l.size > 0 && l.size+int64(len(line)) > l.most {
		if err := l.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(line)
	l.size += int64(n)
	return n, err
}

// rotate gives each file the next number, and removes the oldest.
func (l *LogFile) rotate() error {
	err := l.file.Close()
	l.file = nil
	if err != nil {
		return err
	}
	for n := l.keep; n > 0; n-- {
		from := l.name
		if n > 1 {
			from = fmt.Sprintf("%s.%d", l.name, n-1)
		}
		if err := l.root.Rename(from, fmt.Sprintf("%s.%d", l.name, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("rotate log: %w", err), l.open())
		}
	}
	if l.keep == 0 {
		if err := l.root.Remove(l.name); err != nil {
			return errors.Join(fmt.Errorf("rotate log: %w", err), l.open())
		}
	}
	return l.open()
}

// Close closes the file.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	err := l.root.Close()
	if l.file != nil {
		err = errors.Join(l.file.Close(), err)
	}
	return err
}
