//go:build linux

package peer

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/client"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/pipeline/catalog"
)

// leat is 'leat dev' with its embedded stores, asked over HTTP, or by the commands 'leat submit' and
// 'leat search'.
type leat struct {
	bin     string // file of the command; "": it is built
	version string
	place   place
	env     []string
	dev     *stack.Process
	client  *client.Client
}

func (l *leat) about() About {
	return About{
		Name: "leat", Version: l.version, Vectors: true,
		Settings: "leat dev with its embedded NATS, Postgres, S3 and Qdrant, asked over HTTP or by leat submit --wait; " +
			"dense and sparse vectors and a symbol graph; no file is left out for being vendored, generated or minified",
	}
}

func (l *leat) install(ctx context.Context, dir string) error {
	if l.bin == "" {
		l.bin = filepath.Join(dir, "leat")
		out, err := exec.CommandContext(ctx, "go", "build", "-o", l.bin, "github.com/leatworks/leat/cmd/leat").CombinedOutput()
		if err != nil {
			return fmt.Errorf("build leat: %w\n%s", err, out)
		}
	}
	out, err := exec.CommandContext(ctx, l.bin, "--version").Output()
	l.version = strings.TrimSpace(string(out))
	return err
}

func (l *leat) start(ctx context.Context, p place) error {
	l.place = p
	embedders := filepath.Join(p.dir, "embedders.yaml")
	name := fmt.Sprintf("openai/local-384@%d", dimensions())
	text := fmt.Sprintf("embedders:\n  - name: %s\n    urls: [%s]\n    max_tokens: 8192\n    ask_dimensions: false\n", name, p.embedder)
	if err := os.WriteFile(embedders, []byte(text), 0o600); err != nil {
		return err
	}
	l.env = append(stack.Clean(os.Environ()), "LEAT_DATA="+filepath.Join(p.dir, "data"), "LEAT_EMBEDDERS_FILE="+embedders,
		"LEAT_EMBEDDER="+name, "LEAT_GATEWAY_LISTEN=127.0.0.1:0", "LEAT_VENDORED=true", "LEAT_GENERATED=true", "LEAT_MINIFIED=true",
		"LEAT_DATA_DUMPS=true", "OPENAI_API_KEY=none")
	l.dev = &stack.Process{Name: "leat dev", Log: filepath.Join(p.dir, "leat.log"), Command: func() *exec.Cmd {
		cmd := exec.Command(l.bin, "dev")
		cmd.Env, cmd.Dir = l.env, p.dir
		return cmd
	}}
	if err := l.dev.Start(); err != nil {
		return err
	}
	for {
		text, err := os.ReadFile(l.dev.Log)
		if err != nil {
			return err
		}
		if _, after, found := bytes.Cut(text, []byte("HTTP API at ")); found {
			address, _, _ := bytes.Cut(after, []byte("/api/"))
			return l.dial(ctx, string(address))
		}
		select {
		case <-l.dev.Over():
			return fmt.Errorf("leat dev has ended: %s", l.dev.LastWords())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookInterval):
		}
	}
}

func (l *leat) dial(ctx context.Context, address string) error {
	token, err := l.place.meter.command(ctx, false, l.env, l.bin, "token", "create", "peer", "--scopes", "submit,read,search")
	if err != nil {
		return err
	}
	l.client, err = client.New(client.Config{Server: address, Token: strings.TrimSpace(token)})
	return err
}

// lookInterval is how often a log is read for a line that is awaited.
const lookInterval = 5 * time.Millisecond

func (l *leat) processes() map[string]int { return map[string]int{"leat dev": l.dev.PID()} }

func (l *leat) update(ctx context.Context) error {
	s, err := l.client.Submit(ctx, service.SubmitRequest{Tenant: events.DefaultTenant, Repository: l.place.repo.dir})
	if err != nil {
		return err
	}
	end, err := l.client.Follow(ctx, service.FollowRequest{
		Tenant: events.DefaultTenant, Submissions: []catalog.SubmissionKey{s.Key}, Patience: 1,
	}, func(service.Progress) {})
	if err == nil && (len(end.Refused) > 0 || end.Counts.Failed > 0) {
		err = fmt.Errorf("leat refused the submission or %d documents: %v", end.Counts.Failed, end.Refused)
	}
	return err
}

func (*leat) end() error { return nil }

func (l *leat) updateAnew(ctx context.Context) error {
	_, err := l.place.meter.command(ctx, true, l.env, l.bin, "submit", "--wait", l.place.repo.dir)
	return err
}

func (l *leat) search(ctx context.Context, m mark) ([]hit, error) {
	// The path keeps the order of hits out of the measurement: leat ranks prose and tests behind code.
	a, err := l.client.Search(ctx, service.SearchRequest{Tenant: events.DefaultTenant, Query: m.word, Path: m.path})
	var hits []hit
	for _, h := range a.Hits {
		hits = append(hits, hit{h.Path, h.Text})
	}
	return hits, err
}

func (l *leat) count(ctx context.Context) (files, chunks int64, err error) {
	a, err := l.client.Status(ctx, service.StatusRequest{Tenant: events.DefaultTenant})
	for _, r := range a.Repositories {
		files, chunks = files+r.Documents.Indexed, chunks+r.Chunks
	}
	return files, chunks, err
}

func (l *leat) stop() error {
	if l.client != nil {
		l.client.Close()
	}
	if l.dev == nil {
		return nil
	}
	return l.dev.End(stack.StopPatience)
}
