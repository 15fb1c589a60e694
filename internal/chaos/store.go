//go:build linux

package chaos

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
	"strings"
	"syscall"
	"time"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/devstack/postgres"
)

// The stores, each a process of its own behind a proxy of its own.
const (
	storeNATS     = "nats"
	storePostgres = "postgres"
	storeS3       = "s3"
	storeQdrant   = "qdrant"
)

var (
	storeNames = []string{storeNATS, storePostgres, storeS3, storeQdrant}
	storeParts = map[string]devstack.Parts{
		storeNATS: devstack.NATS, storePostgres: devstack.Postgres, storeS3: devstack.S3, storeQdrant: devstack.Qdrant,
	}
)

// What tells this program, run again, which store it is, and where.
const (
	envStore = "LEAT_CHAOS_STORE"
	envDir   = "LEAT_CHAOS_DIR"
)

const (
	startPatience = time.Minute // recovery after a kill included
	stopPatience  = 30 * time.Second
)

// Store runs one store until SIGTERM, if this process was started by the
// harness to be one, and never returns then. Every program that calls Run
// calls it first.
func Store() {
	name := os.Getenv(envStore)
	if name == "" {
		return
	}
	if err := serveStore(name, os.Getenv(envDir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serveStore(name, dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	// Fast: what was acknowledged survives kill -9, which is all that happens here.
	stack, err := devstack.Start(ctx, devstack.Config{Dir: dir, Parts: storeParts[name], Fast: true, Log: log})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(stack.Endpoints()); err != nil {
		return err
	}
	<-ctx.Done()
	return stack.Close()
}

// store is one store's process and proxy.
type store struct {
	process
	dir       string
	proxy     *proxy
	endpoints devstack.Endpoints // of the store itself
	said      *io.PipeReader
}

func newStore(dir, logs, name string) (*store, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &store{dir: filepath.Join(dir, name)}
	if s.proxy, err = newProxy(); err != nil {
		return nil, err
	}
	s.name, s.log = name, filepath.Join(logs, name+".log")
	s.command = func() *exec.Cmd {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), envStore+"="+name, envDir+"="+s.dir)
		reader, writer := io.Pipe()
		s.said, cmd.Stdout = reader, writer
		return cmd
	}
	return s, nil
}

// start returns when the store accepts connections and the proxy leads there.
func (s *store) start() error {
	if err := s.process.start(); err != nil {
		return err
	}
	ready := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(s.said).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &s.endpoints)
		}
		ready <- err
	}()
	select {
	case err := <-ready:
		if err != nil {
			return fmt.Errorf("start %s: %w", s.name, err)
		}
	case <-s.over():
		_ = s.said.Close()
		return fmt.Errorf("start %s: %w: %s", s.name, s.result(), s.lastWords())
	case <-time.After(startPatience):
		s.kill()
		return fmt.Errorf("start %s: not ready within %s", s.name, startPatience)
	}
	return s.lead()
}

// lead points the proxy at the store.
func (s *store) lead() error {
	address := map[string]string{
		storeNATS: s.endpoints.NATS, storePostgres: s.endpoints.Postgres, storeS3: s.endpoints.S3, storeQdrant: s.endpoints.Qdrant,
	}[s.name]
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	if s.name == storePostgres {
		q := u.Query()
		s.proxy.lead("unix", filepath.Join(q.Get("host"), ".s.PGSQL."+q.Get("port")))
		return nil
	}
	s.proxy.lead("tcp", u.Host)
	return nil
}

// kill ends the store as a power cut would end it. Postgres is several
// processes: its own parent could let it shut down in order.
func (s *store) kill() {
	if s.name == storePostgres {
		if pid := s.postmaster(); pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	s.process.kill()
}

func (s *store) postmaster() int {
	content, err := os.ReadFile(filepath.Join(s.dir, storePostgres, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := bytes.Cut(content, []byte("\n"))
	pid, _ := strconv.Atoi(string(bytes.TrimSpace(first)))
	return pid
}

// wipe removes what the store holds. It must not run.
func (s *store) wipe() error { return os.RemoveAll(filepath.Join(s.dir, s.name)) }

// environment is what a worker needs to reach the stores through their proxies.
func environment(stores map[string]*store) []string {
	nats, _ := url.Parse(stores[storeNATS].endpoints.NATS)
	nats.Host = stores[storeNATS].proxy.addr()
	s3 := stores[storeS3].endpoints
	_, bucket, _ := strings.Cut(strings.TrimPrefix(s3.S3, "http://"), "/")
	return []string{
		"LEAT_NATS_URL=" + nats.String(),
		fmt.Sprintf("LEAT_POSTGRES_URL=postgres://%s@%s/%s?sslmode=disable", postgres.User, stores[storePostgres].proxy.addr(), postgres.Database),
		fmt.Sprintf("LEAT_S3_URL=http://%s/%s", stores[storeS3].proxy.addr(), bucket),
		"LEAT_S3_ACCESS_KEY=" + s3.S3AccessKey,
		"LEAT_S3_SECRET_KEY=" + s3.S3SecretKey,
		"LEAT_QDRANT_URL=http://" + stores[storeQdrant].proxy.addr(),
	}
}

func natsURL(env []string) string {
	for _, variable := range env {
		if url, found := strings.CutPrefix(variable, "LEAT_NATS_URL="); found {
			return url
		}
	}
	return ""
}
