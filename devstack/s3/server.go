package s3

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

// Region is the region for which requests must be signed, and Bucket the bucket that exists from the start.
const (
	Region = "us-east-1"
	Bucket = "leat"
)

// Limits of one gateway. Only workers of one machine talk to it.
const (
	maxConnections = 1024
	maxRequests    = 256
	maxParts       = 10_000
)

// closeLimit bounds Close. The gateway gives requests in flight ten seconds.
const closeLimit = time.Minute

// bindAttempts is how often a free port is chosen anew if somebody takes it between the moments in which it is found
// and bound.
const bindAttempts = 8

// ErrRunning says that this process already runs a gateway.
var ErrRunning = errors.New("this process already serves S3, and can only once")

var running atomic.Bool

// Config says which directory is served, at which address, and with which keys.
type Config struct {
	// Dir is the absolute path of the directory of the buckets. If it does not exist, it is made with mode 0700.
	Dir string
	// Addr is the TCP address to listen on. Default: a free port of 127.0.0.1.
	Addr string
	// AccessKey and SecretKey belong to the one account. Required.
	AccessKey, SecretKey string
	// Fast lets the system decide when an object reaches the disk. The object then survives the death of the process,
	// but not that of the machine. Default false.
	Fast bool
	// Log receives failures inside the gateway as errors. Default: nothing is logged.
	Log *slog.Logger
}

// Server is a running gateway.
type Server struct {
	addr   string
	cancel context.CancelFunc
	done   chan struct{}
	err    error // valid once done is closed
	close  sync.Once
}

// Start serves cfg.Dir and returns when the server accepts connections. ctx bounds only the start.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case !filepath.IsAbs(cfg.Dir):
		return nil, fmt.Errorf("serve s3: directory %q is not an absolute path", cfg.Dir)
	case cfg.AccessKey == "" || cfg.SecretKey == "":
		return nil, errors.New("serve s3: an access key and a secret key are needed")
	}
	if !running.CompareAndSwap(false, true) {
		return nil, fmt.Errorf("serve s3: %w", ErrRunning)
	}
	s, err := start(ctx, cfg)
	if err != nil {
		running.Store(false)
		return nil, fmt.Errorf("serve s3 from %s: %w", cfg.Dir, err)
	}
	return s, nil
}

func start(ctx context.Context, cfg Config) (*Server, error) {
	if err := os.MkdirAll(filepath.Join(cfg.Dir, bucketsDir, Bucket), 0o700); err != nil {
		return nil, err
	}
	if cfg.Addr != "" {
		return serve(ctx, cfg, cfg.Addr)
	}
	var failed error
	for range bindAttempts {
		addr, err := freeAddr()
		if err != nil {
			return nil, err
		}
		s, err := serve(ctx, cfg, addr)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return s, err
		}
		failed = err
	}
	return nil, failed
}

// freeAddr finds a free port. It is needed because the gateway takes an address and no listener.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func serve(ctx context.Context, cfg Config, addr string) (*Server, error) {
	backend, err := newBackend(cfg.Dir, !cfg.Fast, cfg.Log)
	if err != nil {
		return nil, err
	}
	listening := make(chan struct{})
	gateway := &embedgw.Config{
		RootUserAccess: cfg.AccessKey,
		RootUserSecret: cfg.SecretKey,
		// This is set so that the gateway does not announce that there is none.
		IAMService:        auth.NewIAMServiceSingle(auth.Account{Access: cfg.AccessKey, Secret: cfg.SecretKey, Role: auth.RoleAdmin}),
		Region:            Region,
		Ports:             []string{addr},
		MaxConnections:    maxConnections,
		MaxRequests:       maxRequests,
		MultipartMaxParts: maxParts,
		KeepAlive:         true,
		Quiet:             true,
		DisableACLs:       true,
		S3Options:         []s3api.Option{s3api.WithOnListen(sync.OnceFunc(func() { close(listening) }))},
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &Server{addr: addr, cancel: cancel, done: make(chan struct{})}
	go func() {
		s.err = embedgw.RunVersityGW(run, backend, gateway)
		close(s.done)
	}()
	select {
	case <-listening:
		if err := answer(ctx, addr); err != nil {
			return nil, errors.Join(err, s.wait())
		}
		return s, nil
	case <-s.done:
		cancel()
		return nil, s.err
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), s.wait())
	}
}

// answer waits for one answer of the gateway. The gateway says that it listens before it accepts connections. If it
// were stopped in between, its listener would stay open.
func answer(ctx context.Context, addr string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/", nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: closeLimit}
	response, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	return response.Body.Close() // the gateway refuses a request without a signature
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() string { return s.addr }

// URL returns the address of a bucket.
func (s *Server) URL(bucket string) string { return "http://" + s.addr + "/" + bucket }

// Close stops the server when the requests in flight have been answered, or after ten seconds. Closing twice is
// harmless.
func (s *Server) Close() error {
	var err error
	s.close.Do(func() {
		if err = s.wait(); err == nil {
			running.Store(false)
		}
	})
	return err
}

func (s *Server) wait() error {
	s.cancel()
	select {
	case <-s.done:
		return nil
	case <-time.After(closeLimit):
		return errors.New("stop s3: requests do not end")
	}
}
