//go:build linux

package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/devstack"
)

const (
	tokenUser = "leat-reader"
	token     = "t0ken-that-n0body-may-see"
)

// secrets are the forms in which the token could surface.
var secrets = [][]byte{
	[]byte(token),
	[]byte(hex.EncodeToString([]byte(token))),
	[]byte(base64.StdEncoding.EncodeToString([]byte(tokenUser + ":" + token))),
	[]byte(base64.StdEncoding.EncodeToString([]byte(token))),
}

// holdsToken says whether the token is in b.
func holdsToken(b []byte) bool {
	for _, secret := range secrets {
		if bytes.Contains(b, secret) {
			return true
		}
	}
	return false
}

// A token for a git host is shown to that host alone. It is in no store, no file, no
// log and on no command line, whether it opened a repository or was refused by a server
// that repeats the request.
func TestTokenIsNowhere(t *testing.T) {
	t.Parallel()
	forge := newForge(t, newRepo(t, 20))
	dir := t.TempDir()
	tokens := filepath.Join(dir, "tokens")
	if err := os.WriteFile(tokens, fmt.Appendf(nil, "%s %s:%s\n", forge.host, tokenUser, token), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	env := []string{"LEAT_DATA=" + data, "LEAT_FAST=true"}
	dev := start(t, env, "leat", "dev", "--git-allow-http", "--git-allow-host", "127.0.0.1:*", "--git-token-file", tokens, "--log-level", "debug")
	dev.says("waiting for submissions", 1)
	leat(t, env, 0, "submit", forge.URL+"/repo.git", "--wait")
	refused := leat(t, env, 1, "submit", forge.URL+"/denied/repo.git", "--wait")
	if reasons := fmt.Sprint(refused["refused"]); !strings.Contains(reasons, "access denied") || holdsToken([]byte(reasons)) {
		t.Errorf("the refusal says %s", reasons)
	}
	if forge.shown() == 0 {
		t.Fatal("the host was never shown the token: nothing is tested here")
	}
	for _, line := range forge.commandLines() {
		if holdsToken(line) {
			t.Errorf("a command line holds the token: %q", line)
		}
	}

	endpoints, running, err := devstack.Running(data)
	if err != nil || !running {
		t.Fatalf("leat dev runs: %v, %v", running, err)
	}
	mention(t, "Postgres", dumpPostgres(t, endpoints.Postgres), forge.host)
	mention(t, "NATS", dumpNATS(t, endpoints.NATS), forge.host)
	dev.signal(os.Interrupt)
	dev.exits(0)
	mention(t, "the log", []byte(dev.log.String()), forge.host)
	scanFiles(t, data, forge.host)
}

// mention checks that a dump holds the expected text, so that the token would
// have been found, and that it does not hold the token.
func mention(t *testing.T, where string, content []byte, host string) {
	t.Helper()
	if !bytes.Contains(content, []byte(host)) {
		t.Errorf("%s does not hold the name of the host: has it been read?", where)
	}
	if holdsToken(content) {
		t.Errorf("%s holds the token", where)
	}
}

// dumpPostgres returns all rows of all tables as text.
func dumpPostgres(t *testing.T, dsn string) []byte {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `select format('%I.%I', table_schema, table_name) from information_schema.tables
		where table_schema = 'public' and table_type = 'BASE TABLE'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var dump bytes.Buffer
	for _, table := range tables {
		rows, err := conn.Query(t.Context(), "select r::text from "+table+" r")
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		dump.WriteString(strings.Join(lines, "\n"))
	}
	return dump.Bytes()
}

// dumpNATS returns the messages of all streams, whose files are compressed.
func dumpNATS(t *testing.T, url string) []byte {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	var dump bytes.Buffer
	streams := js.ListStreams(t.Context())
	for info := range streams.Info() {
		s, err := js.Stream(t.Context(), info.Config.Name)
		if err != nil {
			t.Fatal(err)
		}
		for seq := info.State.FirstSeq; seq <= info.State.LastSeq; seq++ {
			msg, err := s.GetMsg(t.Context(), seq)
			if err != nil {
				continue // a later message on its subject has replaced it
			}
			fmt.Fprintln(&dump, msg.Subject, msg.Header, string(msg.Data))
		}
	}
	if err := streams.Err(); err != nil {
		t.Fatal(err)
	}
	return dump.Bytes()
}

// scanFiles reads every file of a data directory. Objects below s3 hold texts
// as consecutive frames of zstd.
func scanFiles(t *testing.T, data, host string) {
	t.Helper()
	mentioned, packs := make(map[string]bool), 0
	err := filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		part, _, _ := strings.Cut(strings.TrimPrefix(path, data+"/"), "/")
		if part == "s3" && filepath.Base(filepath.Dir(path)) == "text" {
			packs++
			if content, err = unzip(content); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		if bytes.Contains(content, []byte(host)) || bytes.Contains(content, []byte("dir01/file")) || bytes.Contains(content, []byte("turns wheel")) {
			mentioned[part] = true
		}
		if holdsToken(content) {
			t.Errorf("%s holds the token", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"postgres", "s3", "qdrant"} {
		if !mentioned[part] {
			t.Errorf("no file of %s holds anything that is known to be there: have they been read?", part)
		}
	}
	if _, err := os.Stat(filepath.Join(data, "mirrors")); err != nil || packs == 0 {
		t.Errorf("there are %d packs, and mirrors: %v", packs, err)
	}
}

func unzip(content []byte) ([]byte, error) {
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	return decoder.DecodeAll(content, nil)
}

// forge serves one repository, by git's own HTTP server, to requests with the token. It
// refuses a second repository to everybody.
type forge struct {
	*httptest.Server
	host string

	mu    sync.Mutex
	asked int
	lines map[string]bool
}

func newForge(t *testing.T, repo string) *forge {
	t.Helper()
	exec, err := exec.CommandContext(t.Context(), "git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(exec)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + filepath.Dir(repo), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	}
	f := &forge{lines: make(map[string]bool)}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, given := r.BasicAuth()
		if given {
			f.look()
		}
		if user != tokenUser || password != token || strings.HasPrefix(r.URL.Path, "/denied/") {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, fmt.Sprintf("no access for %s:%s", user, password), http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	f.host = strings.TrimPrefix(f.URL, "http://")
	return f
}

// look records everything that any user of the machine can see while the token
// is in use.
func (f *forge) look() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
		files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, file := range files {
			if line, err := os.ReadFile(file); err == nil {
				f.lines[string(line)] = true
			}
		}
	}
}

func (f *forge) shown() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

func (f *forge) commandLines() (lines [][]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for line := range f.lines {
		lines = append(lines, []byte(line))
	}
	return lines
}
