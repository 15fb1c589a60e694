//go:build linux

package stack

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/devstack/postgres"
)

// Environment returns the variables with which a worker reaches the stores. e holds the keys, and
// at gives the address (host:port) at which the worker finds each store.
func Environment(e devstack.Endpoints, at map[string]string) ([]string, error) {
	nats, err := url.Parse(e.NATS)
	if err != nil {
		return nil, err
	}
	nats.Host = at[NATS]
	_, bucket, _ := strings.Cut(strings.TrimPrefix(e.S3, "http://"), "/")
	return []string{
		"LEAT_NATS_URL=" + nats.String(),
		fmt.Sprintf("LEAT_POSTGRES_URL=postgres://%s@%s/%s?sslmode=disable", postgres.User, at[Postgres], postgres.Database),
		fmt.Sprintf("LEAT_S3_URL=http://%s/%s", at[S3], bucket),
		"LEAT_S3_ACCESS_KEY=" + e.S3AccessKey,
		"LEAT_S3_SECRET_KEY=" + e.S3SecretKey,
		"LEAT_QDRANT_URL=http://" + at[Qdrant],
		"LEAT_QDRANT_API_KEY=" + e.QdrantKey,
	}, nil
}

// NewWorker prepares the process of a worker: kind is its binary's name in bin.
// Its temporary files and mirrors are below dir, where they can be found; env
// is its configuration.
func NewWorker(dir, logs, bin, kind, name string, env []string) (*Process, error) {
	home := filepath.Join(dir, name)
	for _, sub := range []string{"tmp", "mirrors"} {
		if err := os.MkdirAll(filepath.Join(home, sub), 0o700); err != nil {
			return nil, err
		}
	}
	env = append(Clean(os.Environ()), env...)
	env = append(env, "LEAT_LISTEN=127.0.0.1:0", "LEAT_GIT_ALLOW_LOCAL=true",
		"LEAT_GIT_DIR="+filepath.Join(home, "mirrors"), "TMPDIR="+filepath.Join(home, "tmp"))
	return &Process{
		Name: name,
		Log:  filepath.Join(logs, name+".log"),
		Command: func() *exec.Cmd {
			cmd := exec.Command(filepath.Join(bin, kind))
			cmd.Env, cmd.Dir = env, home
			return cmd
		},
	}, nil
}

// Ready says whether a worker's last run has opened everything that it needs.
func (p *Process) Ready() bool {
	text, err := os.ReadFile(p.Log)
	return err == nil && bytes.LastIndex(text, []byte("msg=ready ")) > bytes.LastIndex(text, []byte("msg=starting "))
}

// Health returns the address of the health checks of a worker's last run, or ""
// if the run has not logged it yet.
func (p *Process) Health() string {
	text, err := os.ReadFile(p.Log)
	if err != nil {
		return ""
	}
	_, after, found := bytes.Cut(text[max(0, bytes.LastIndex(text, []byte("msg=starting "))):], []byte(" health="))
	if !found {
		return ""
	}
	address, _, _ := bytes.Cut(after, []byte("\n"))
	return string(bytes.TrimSpace(address))
}

// Metrics reads a worker's metrics, by name.
func (p *Process) Metrics(ctx context.Context) (map[string]float64, error) {
	address := p.Health()
	if address == "" {
		return nil, fmt.Errorf("%s has not logged the address of its health checks", p.Name)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	request.Close = true // the worker must hold no connection of this caller
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	told := make(map[string]float64)
	lines := bufio.NewScanner(io.LimitReader(answer.Body, 1<<20))
	for lines.Scan() {
		line := lines.Text()
		end := strings.LastIndexByte(line, ' ') // a label may hold blanks
		if end < 0 || line[0] == '#' {
			continue
		}
		name, value := line[:end], line[end+1:]
		if told[name], err = strconv.ParseFloat(value, 64); err != nil {
			return nil, fmt.Errorf("%s reports an unreadable metric %q: %w", p.Name, line, err)
		}
	}
	return told, lines.Err()
}

// Clean returns env without the variables that would configure leat.
func Clean(env []string) []string {
	var left []string
	for _, variable := range env {
		if !strings.HasPrefix(variable, "LEAT_") && !strings.HasPrefix(variable, "PG") {
			left = append(left, variable)
		}
	}
	return left
}

// Build makes the binaries of cmd/, with flags for go build.
func Build(bin string, flags ...string) error {
	args := slices.Concat([]string{"build", "-ldflags=-s -w", "-o", bin + string(filepath.Separator)}, flags, []string{"github.com/leatworks/leat/cmd/..."})
	cmd := exec.Command("go", args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the workers: %w\n%s", err, out)
	}
	return nil
}
