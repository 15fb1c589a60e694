//go:build linux

package stack

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/profile"
)

// The stores, each a process of its own.
const (
	NATS     = "nats"
	Postgres = "postgres"
	S3       = "s3"
	Qdrant   = "qdrant"
)

// StoreNames lists all stores.
var StoreNames = []string{NATS, Postgres, S3, Qdrant}

var parts = map[string]devstack.Parts{
	NATS: devstack.NATS, Postgres: devstack.Postgres, S3: devstack.S3, Qdrant: devstack.Qdrant,
}

// When this program runs again as a store, these variables name the store and
// its data directory, and say how it runs.
const (
	envStore   = "LEAT_STACK_STORE"
	envDir     = "LEAT_STACK_DIR"
	envFast    = "LEAT_STACK_FAST"
	envProfile = "LEAT_STACK_PROFILE"
)

// The time that a store may take to start, including recovery after a kill, and to end.
const (
	StartPatience = 3 * time.Minute
	StopPatience  = time.Minute
)

// Serve runs one store until SIGTERM and does not return, if this process was
// started as a store. Every program that starts a Store calls it first.
func Serve() {
	name := os.Getenv(envStore)
	if name == "" {
		return
	}
	stop, err := profile.Start(os.Getenv(envProfile))
	if err == nil {
		err = serve(name, os.Getenv(envDir), os.Getenv(envFast) != "")
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(name, dir string, fast bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	stack, err := devstack.Start(ctx, devstack.Config{Dir: dir, Parts: parts[name], Fast: fast, Log: log})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(stack.Endpoints()); err != nil {
		return err
	}
	<-ctx.Done()
	return stack.Close()
}

// Store is one embedded store.
type Store struct {
	Process
	Dir     string
	Profile string // file that gets a CPU profile; default: none

	said *io.PipeReader

	mu        sync.Mutex
	endpoints devstack.Endpoints
}

// NewStore prepares a store with its data below dir and its log in logs. dir
// must be short, so that Postgres' socket fits into it. Fast stores do not
// survive the death of the machine, for speed.
func NewStore(dir, logs, name string, fast bool) (*Store, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &Store{Dir: filepath.Join(dir, name)}
	s.Name, s.Log = name, filepath.Join(logs, name+".log")
	s.Command = func() *exec.Cmd {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), envStore+"="+name, envDir+"="+s.Dir)
		if fast {
			cmd.Env = append(cmd.Env, envFast+"=1")
		}
		if s.Profile != "" {
			cmd.Env = append(cmd.Env, envProfile+"="+s.Profile)
		}
		reader, writer := io.Pipe()
		s.said, cmd.Stdout = reader, writer
		return cmd
	}
	return s, nil
}

// Start returns when the store accepts connections.
func (s *Store) Start() error {
	if err := s.Process.Start(); err != nil {
		return err
	}
	ready := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(s.said).ReadBytes('\n')
		if err == nil {
			err = s.heard(line)
		}
		ready <- err
	}()
	select {
	case err := <-ready:
		if err != nil {
			return fmt.Errorf("start %s: %w", s.Name, err)
		}
		return nil
	case <-s.Over():
		_ = s.said.Close()
		return fmt.Errorf("start %s: %w: %s", s.Name, s.Err(), s.LastWords())
	case <-time.After(StartPatience):
		s.Kill()
		return fmt.Errorf("start %s: not ready within %s", s.Name, StartPatience)
	}
}

// heard keeps the endpoints that the store prints.
func (s *Store) heard(line []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return json.Unmarshal(line, &s.endpoints)
}

// Endpoints returns the endpoints of the latest start, zero before the first. Other
// goroutines may ask while the store starts again.
func (s *Store) Endpoints() devstack.Endpoints {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endpoints
}

// Listens returns the address at which the store listens, for net.Dial.
func (s *Store) Listens() (network, address string, err error) {
	e := s.Endpoints()
	u, err := url.Parse(map[string]string{NATS: e.NATS, Postgres: e.Postgres, S3: e.S3, Qdrant: e.Qdrant}[s.Name])
	if err != nil {
		return "", "", err
	}
	if s.Name == Postgres {
		q := u.Query()
		return "unix", filepath.Join(q.Get("host"), ".s.PGSQL."+q.Get("port")), nil
	}
	return "tcp", u.Host, nil
}

// Kill ends the store as a power cut would. Postgres has several processes, and
// its parent could otherwise shut it down in order.
func (s *Store) Kill() {
	if s.Name == Postgres {
		if pid := s.postmaster(); pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	s.Process.Kill()
}

func (s *Store) postmaster() int {
	content, err := os.ReadFile(filepath.Join(s.Dir, Postgres, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := bytes.Cut(content, []byte("\n"))
	pid, _ := strconv.Atoi(string(bytes.TrimSpace(first)))
	return pid
}
