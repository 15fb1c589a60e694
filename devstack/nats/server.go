package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Limits of the server. An event has a few KiB, and the pipeline keeps no stream in memory.
const (
	maxPayload       = 1 << 20
	maxStreamMemory  = 64 << 20
	startLimit       = 2 * time.Minute // includes the recovery of a large store
	closeLimit       = time.Minute
	randomPort       = server.RANDOM_PORT
	defaultHost      = "127.0.0.1"
	readyPollingStep = 100 * time.Millisecond
)

// Config says where the server lives and who may use it.
type Config struct {
	// Dir is the absolute path of the directory of the streams. If it does not exist, it is made with mode 0700.
	Dir string
	// Addr is the TCP address to listen on. Default: a free port of 127.0.0.1.
	Addr string
	// Token is the secret that clients must present. Required.
	Token string
	// Fast lets the system decide when a message reaches the disk. The message then survives the death of the process,
	// but not that of the machine. Default false.
	Fast bool
	// Log receives the server's messages: warnings and errors as such, and the others at debug level. Default: nothing
	// is logged.
	Log *slog.Logger
}

// Server is a running NATS server.
type Server struct {
	server *server.Server
	addr   string
	token  string
	close  sync.Once
	err    error
}

// Start starts the server and returns when it accepts connections. ctx bounds only the start.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case !filepath.IsAbs(cfg.Dir):
		return nil, fmt.Errorf("start nats: directory %q is not an absolute path", cfg.Dir)
	case cfg.Token == "":
		return nil, errors.New("start nats: a token is needed")
	}
	s, err := start(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("start nats in %s: %w", cfg.Dir, err)
	}
	return s, nil
}

func start(ctx context.Context, cfg Config) (*Server, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	opts, err := options(cfg)
	if err != nil {
		return nil, err
	}
	ns, err := server.NewServer(opts)
	if err != nil {
		return nil, err
	}
	log := &logger{log: cfg.Log}
	ns.SetLoggerV2(log, false, false, false)
	s := &Server{server: ns, token: cfg.Token}
	ns.Start()
	if err := s.ready(ctx, log); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.addr = ns.Addr().String()
	return s, nil
}

func options(cfg Config) (*server.Options, error) {
	host, port := defaultHost, randomPort
	if cfg.Addr != "" {
		h, p, err := net.SplitHostPort(cfg.Addr)
		if err != nil {
			return nil, err
		}
		if host = h; p != "0" {
			if port, err = strconv.Atoi(p); err != nil {
				return nil, fmt.Errorf("read address %s: %w", cfg.Addr, err)
			}
		}
	}
	return &server.Options{
		ServerName:             "leat",
		Host:                   host,
		Port:                   port,
		Authorization:          cfg.Token,
		MaxPayload:             maxPayload,
		JetStream:              true,
		StoreDir:               cfg.Dir,
		JetStreamMaxMemory:     maxStreamMemory,
		SyncAlways:             !cfg.Fast,
		NoSigs:                 true,
		NoLog:                  true,
		DisableJetStreamBanner: true,
	}, nil
}

// ready waits until the server accepts connections or has given up. A server that gives up, for example because of a
// taken port or an unreadable store, logs a fatal message and then waits.
func (s *Server) ready(ctx context.Context, log *logger) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		if s.server.ReadyForConnections(readyPollingStep) {
			if !s.server.JetStreamEnabled() {
				return errors.Join(errors.New("JetStream did not start"), log.fatal())
			}
			return nil
		}
		if err := log.fatal(); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// URL returns the address of the server, with the token.
func (s *Server) URL() string {
	u := url.URL{Scheme: "nats", User: url.User(s.token), Host: s.addr}
	return u.String()
}

// Close stops the server and returns when its files are closed. Closing twice is harmless.
func (s *Server) Close() error {
	s.close.Do(func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.server.Shutdown()
			s.server.WaitForShutdown()
		}()
		select {
		case <-done:
		case <-time.After(closeLimit):
			s.err = errors.New("stop nats: the server does not end")
		}
	})
	return s.err
}
