package devstack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/leatworks/leat/devstack/internal/dirlock"
	"github.com/leatworks/leat/devstack/nats"
	"github.com/leatworks/leat/devstack/postgres"
	"github.com/leatworks/leat/devstack/qdrant"
	"github.com/leatworks/leat/devstack/s3"
)

// Parts is a set of servers.
type Parts uint

// The parts of a stack.
const (
	NATS Parts = 1 << iota
	S3
	Postgres
	Qdrant

	All = NATS | S3 | Postgres | Qdrant
)

// Config says which servers run, and where.
type Config struct {
	// Dir is the absolute path of the data directory. If it does not exist, it is made with mode 0700.
	Dir string
	// Parts are the servers to start. Default: All.
	Parts Parts
	// Ports of 127.0.0.1 to listen on. Default: 0, which is a free port. Postgres has a socket instead.
	NATSPort, S3Port, QdrantPort int
	// Fast trades safety for speed, for tests. Acknowledged writes survive the death of the process, but not that of
	// the machine. Default false.
	Fast bool
	// Later leaves it to the owner to announce the stack with Announce. Default: Start does.
	Later bool
	// Log receives the servers' logs. Default: nothing is logged.
	Log *slog.Logger
}

// Stack is a set of running servers.
type Stack struct {
	cfg       Config
	home      *home
	endpoints Endpoints

	mu      sync.Mutex
	servers []server
	close   sync.Once
	err     error
}

type server interface{ Close() error }

// ErrLocked says that another process owns the data directory. Running returns the addresses of its servers.
var ErrLocked = dirlock.ErrLocked

// Start starts the parts concurrently and returns when all accept connections. If one cannot start, none is left
// running. ctx bounds only the start.
func Start(ctx context.Context, cfg Config) (*Stack, error) {
	if cfg.Parts == 0 {
		cfg.Parts = All
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	h, err := openHome(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Stack{cfg: cfg, home: h, endpoints: Endpoints{SecretKey: h.secrets.SecretKey}}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context) error {
	// After the first failure, the other starts are pointless.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var starting sync.WaitGroup
	for part, start := range map[Parts]func(context.Context) error{
		NATS:     s.startNATS,
		S3:       s.startS3,
		Postgres: s.startPostgres,
		Qdrant:   s.startQdrant,
	} {
		if s.cfg.Parts&part != 0 {
			starting.Go(func() {
				if err := start(ctx); err != nil {
					cancel(err) // only the first cause counts
				}
			})
		}
	}
	starting.Wait()
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("start the embedded stack: %w", err)
	}
	if s.cfg.Later {
		return nil
	}
	return s.Announce(Endpoints{})
}

// Announce tells other processes where the servers are. From then on, Running finds them. others has
// the addresses of servers that the stack does not run and that its owner uses, without their keys.
func (s *Stack) Announce(others Endpoints) error {
	all := s.endpoints
	all.NATS, all.Postgres = cmp.Or(all.NATS, others.NATS), cmp.Or(all.Postgres, others.Postgres)
	all.S3, all.Qdrant = cmp.Or(all.S3, others.S3), cmp.Or(all.Qdrant, others.Qdrant)
	return s.home.announce(all)
}

func (s *Stack) startNATS(ctx context.Context) error {
	srv, err := nats.Start(ctx, nats.Config{
		Dir: s.dir("nats"), Addr: loopback(s.cfg.NATSPort), Token: s.home.secrets.NATSToken, Fast: s.cfg.Fast, Log: s.log("nats"),
	})
	if err != nil {
		return err
	}
	s.started(srv, func(e *Endpoints) { e.NATS = srv.URL() })
	return nil
}

func (s *Stack) startS3(ctx context.Context) error {
	keys := s.home.secrets
	srv, err := s3.Start(ctx, s3.Config{
		Dir: s.dir("s3"), Addr: optional(s.cfg.S3Port), AccessKey: keys.S3AccessKey, SecretKey: keys.S3SecretKey, Fast: s.cfg.Fast, Log: s.log("s3"),
	})
	if err != nil {
		return err
	}
	s.started(srv, func(e *Endpoints) {
		e.S3, e.S3AccessKey, e.S3SecretKey = srv.URL(s3.Bucket), keys.S3AccessKey, keys.S3SecretKey
	})
	return nil
}

func (s *Stack) startPostgres(ctx context.Context) error {
	srv, err := postgres.Start(ctx, postgres.Config{Dir: s.dir("postgres"), Fast: s.cfg.Fast, Log: s.log("postgres")})
	if err != nil {
		return err
	}
	s.started(srv, func(e *Endpoints) { e.Postgres = srv.URL(postgres.Database) })
	return nil
}

func (s *Stack) startQdrant(context.Context) error {
	key := s.home.secrets.QdrantKey
	srv, err := qdrant.Start(qdrant.Config{Dir: s.dir("qdrant"), Addr: loopback(s.cfg.QdrantPort), APIKey: key, Log: s.log("qdrant")})
	if err != nil {
		return err
	}
	s.started(srv, func(e *Endpoints) { e.Qdrant, e.QdrantKey = "http://"+srv.Addr(), key })
	return nil
}

// started records a running server and its address.
func (s *Stack) started(srv server, note func(*Endpoints)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers = append(s.servers, srv)
	note(&s.endpoints)
}

func (s *Stack) dir(part string) string { return filepath.Join(s.cfg.Dir, part) }

func (s *Stack) log(part string) *slog.Logger { return s.cfg.Log.With("part", part) }

// loopback returns the address of a port. 0 stands for any port.
func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// optional does what loopback does, for a server that finds a free port only if it is given no address.
func optional(port int) string {
	if port == 0 {
		return ""
	}
	return loopback(port)
}

// Endpoints returns the addresses of the servers.
func (s *Stack) Endpoints() Endpoints { return s.endpoints }

// Close stops all servers within half a minute, and releases the directory. It leaves no process. Closing twice is
// harmless.
func (s *Stack) Close() error {
	s.close.Do(func() {
		s.home.retract()
		var (
			closing sync.WaitGroup
			errs    = make([]error, len(s.servers))
		)
		for i, srv := range s.servers {
			closing.Go(func() { errs[i] = srv.Close() })
		}
		closing.Wait()
		if err := errors.Join(append(errs, s.home.close())...); err != nil {
			s.err = fmt.Errorf("stop the embedded stack: %w", err)
		}
	})
	return s.err
}
