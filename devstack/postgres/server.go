package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/leatworks/leat/devstack/internal/dirlock"
)

// Database is the database in every new server, and User its owner.
const (
	Database = "leat"
	User     = "leat"
)

// How long Close waits for a clean shutdown, and then for each harder way to stop the server.
const (
	stopFast      = 10 * time.Second
	stopImmediate = 5 * time.Second
	stopKilled    = time.Minute // the kernel may be busy
)

// Config says where the server lives and how careful it is.
type Config struct {
	// Dir is the absolute path of the directory of the server's data. If it does not exist, it is made with mode 0700.
	Dir string
	// Fast trades safety for speed, for tests. An acknowledged commit survives the death of every process, but not that
	// of the machine. Default false.
	Fast bool
	// BinDir is the directory of the binaries initdb and postgres. Default: $LEAT_POSTGRES_BIN, else the machine's,
	// else a download.
	BinDir string
	// Log receives the server's own messages at debug level, and its unexpected end as an error. Default: nothing is
	// logged.
	Log *slog.Logger
}

// Server is a running Postgres.
type Server struct {
	log     *slog.Logger
	lock    *dirlock.Lock
	sockets *socketDir
	proc    *process
	stop    sync.Once
	stopErr error
	closing chan struct{}
}

// Start starts the server on cfg.Dir and returns when it accepts connections. The first start makes the cluster and its
// database. A start that was cut short does not disturb the next one. ctx bounds only the start. The server runs until
// Close.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if !filepath.IsAbs(cfg.Dir) {
		return nil, fmt.Errorf("start postgres: directory %q is not an absolute path", cfg.Dir)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s, err := start(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("start postgres in %s: %w", cfg.Dir, err)
	}
	return s, nil
}

func start(ctx context.Context, cfg Config) (_ *Server, err error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	s := &Server{log: cfg.Log, closing: make(chan struct{})}
	defer func() {
		if err != nil {
			s.release()
		}
	}()
	if s.lock, err = dirlock.Acquire(filepath.Join(cfg.Dir, "lock")); err != nil {
		return nil, err
	}
	c := cluster{dir: cfg.Dir, fast: cfg.Fast, log: cfg.Log}
	if err := c.openExisting(); err != nil {
		return nil, err
	}
	if c.bin, err = binaries(ctx, cfg.BinDir, c.major, cfg.Log); err != nil {
		return nil, err
	}
	if err := c.ensure(ctx); err != nil {
		return nil, err
	}
	if s.sockets, err = makeSocketDir(cfg.Dir, c.user); err != nil {
		return nil, err
	}
	if s.proc, err = c.serve(ctx, s.sockets.path); err != nil {
		return nil, err
	}
	go s.watch()
	return s, nil
}

// URL returns the connection string of a database on this server, in the form that pgx and libpq read.
func (s *Server) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(User), Path: "/" + database}
	u.RawQuery = url.Values{"host": {s.sockets.path}, "port": {socketPort}}.Encode()
	return u.String()
}

// Close stops the server. If a clean stop takes more than ten seconds, Close stops it at once, which costs a recovery
// at the next start but no commit. Close returns when no process is left. Closing twice is harmless.
func (s *Server) Close() error {
	s.stop.Do(func() {
		close(s.closing)
		s.stopErr = s.shutdown()
		s.release()
	})
	return s.stopErr
}

func (s *Server) shutdown() error {
	steps := []struct {
		signal syscall.Signal
		wait   time.Duration
	}{
		{syscall.SIGINT, stopFast},
		{syscall.SIGQUIT, stopImmediate},
		{syscall.SIGKILL, stopKilled},
	}
	for _, step := range steps {
		s.proc.signal(step.signal)
		if s.proc.wait(step.wait) {
			return nil
		}
		s.log.Warn("postgres did not stop in time", "signal", step.signal.String(), "waited", step.wait)
	}
	return errors.New("stop postgres: the process does not end")
}

// watch reports a server that ends without having been asked to.
func (s *Server) watch() {
	select {
	case <-s.closing:
	case <-s.proc.exited:
		s.log.Error("postgres stopped by itself", "error", s.proc.failure("postgres"))
	}
}

// release frees what start has acquired, in reverse order.
func (s *Server) release() {
	if s.sockets != nil {
		s.sockets.remove()
	}
	if s.lock != nil {
		s.lock.Close()
	}
}
