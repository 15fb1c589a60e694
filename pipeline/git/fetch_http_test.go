package git

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
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
	"sync/atomic"
	"testing"

	"github.com/leatworks/leat/internal/fault"
)

const testToken = "s3cret-t0ken-of-the-test"

// forge serves the repositories under a directory with git's own HTTP server, to
// requests that show the token.
type forge struct {
	*httptest.Server
	host     string
	wantUser string
	asked    atomic.Int64 // requests with credentials
	leaks    sync.Map     // command lines that held the token
}

func newForge(t *testing.T, s *source) *forge {
	t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	backend := &cgi.Handler{
		Path: strings.TrimSpace(string(out)) + "/git-http-backend",
		Env:  []string{"GIT_PROJECT_ROOT=" + filepath.Dir(s.dir), "GIT_HTTP_EXPORT_ALL=1"},
	}
	f := &forge{wantUser: "git"}
	f.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to, moved := strings.CutPrefix(r.URL.Path, "/moved/"); moved {
			http.Redirect(w, r, "/"+to+"?"+r.URL.RawQuery, http.StatusMovedPermanently)
			return
		}
		user, password, given := r.BasicAuth()
		if given {
			f.asked.Add(1)
			f.inspectProcesses()
		}
		if user != f.wantUser || password != testToken {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			// A server's answer may repeat the credentials.
			http.Error(w, fmt.Sprintf("no access for %s:%s", user, password), http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	f.host = strings.TrimPrefix(f.URL, "https://")
	trust(t, f.Server)
	return f
}

// trust makes git accept the server's certificate.
func trust(t *testing.T, server *httptest.Server) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_SSL_CAINFO", path)
}

// inspectProcesses looks for the token in the arguments of every process.
func (f *forge) inspectProcesses() {
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range paths {
		line, err := os.ReadFile(path)
		if err == nil && holdsToken(string(line)) {
			f.leaks.Store(string(line), path)
		}
	}
}

func holdsToken(text string) bool {
	for _, user := range []string{"git", "oauth2", "someone"} {
		if strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(user+":"+testToken))) {
			return true
		}
	}
	return strings.Contains(text, testToken)
}

func tokenFile(t *testing.T, lines string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantNoToken(t *testing.T, f *forge, m *Mirrors) {
	t.Helper()
	f.leaks.Range(func(line, path any) bool {
		t.Errorf("%v: the token is in the arguments %q", path, line)
		return true
	})
	err := filepath.WalkDir(m.cfg.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && holdsToken(readFile(t, path)) {
			t.Errorf("the token is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestFetchWithToken(t *testing.T) {
	s := newSource(t)
	commit := s.commit("main", text("a", "1"))
	for _, test := range []struct{ line, user string }{{"%s " + testToken, "git"}, {"# a comment\n\n%s\tsomeone:" + testToken + "\n", "someone"}} {
		f := newForge(t, s)
		f.wantUser = test.user
		m := newMirrors(t, func(cfg *Config) { cfg.TokenFile = tokenFile(t, fmt.Sprintf(test.line, f.host)) })
		for _, url := range []string{f.URL + "/source.git", f.URL + "/moved/source.git"} {
			wantHead(t, mustFetch(t, m, "r", mustParse(t, m, url), ""), "refs/heads/main", commit)
		}
		if f.asked.Load() == 0 {
			t.Error("no credentials arrived")
		}
		wantNoToken(t, f, m)
	}
}

func TestFetchWithTokenFromEnvironment(t *testing.T) {
	s := newSource(t)
	s.commit("main", text("a", "1"))
	f := newForge(t, s)
	t.Setenv("LEAT_GIT_TOKEN_GIT__LAB_EXAMPLE_COM", testToken)
	m := newMirrors(t)
	access, err := m.access(t.Context(), mustParse(t, m, "https://Git-Lab.example.com/x"))
	if err != nil || !strings.Contains(strings.Join(access.env, " "), testToken) {
		t.Fatalf("access %v, %v", access.env, err)
	}
	access.close()
	// Another host gets no credentials.
	_, err = m.Fetch(t.Context(), "r", mustParse(t, m, f.URL+"/source.git"), "")
	wantRejected(t, err, ErrAuth)
	if f.asked.Load() > 0 {
		t.Error("credentials were sent to a host that they do not belong to")
	}
}

func TestFetchDenied(t *testing.T) {
	s := newSource(t)
	s.commit("main", text("a", "1"))
	f := newForge(t, s)
	f.wantUser = "nobody"
	for name, lines := range map[string]string{"no token": "", "wrong token": f.host + " " + testToken} {
		m := newMirrors(t, func(cfg *Config) { cfg.TokenFile = tokenFile(t, lines) })
		_, err := m.Fetch(t.Context(), "r", mustParse(t, m, f.URL+"/source.git"), "")
		wantRejected(t, err, ErrAuth)
		if holdsToken(err.Error()) || !strings.Contains(err.Error(), "token file") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %q", name, err)
		}
		wantNoToken(t, f, m)
	}
}

func TestFetchHTTPErrors(t *testing.T) {
	var status atomic.Int64
	status.Store(http.StatusNotFound)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no\x1b[2J", int(status.Load())) }))
	t.Cleanup(server.Close)
	m := newMirrors(t, func(cfg *Config) { cfg.AllowHTTP = true })
	remote := mustParse(t, m, server.URL+"/a/b.git")

	_, err := m.Fetch(t.Context(), "r", remote, "")
	wantRejected(t, err, ErrNotFound)
	status.Store(http.StatusForbidden)
	_, err = m.Fetch(t.Context(), "r", remote, "")
	wantRejected(t, err, ErrAuth)
	for _, code := range []int{http.StatusTooManyRequests, http.StatusBadGateway} {
		status.Store(int64(code))
		_, err = m.Fetch(t.Context(), "r", remote, "")
		kind, after := fault.Of(err)
		if kind != fault.KindRetry || (after > 0) != (code == http.StatusTooManyRequests) {
			t.Errorf("status %d: %v, after %v: %v", code, kind, after, err)
		}
	}
	server.Close()
	if _, err = m.Fetch(t.Context(), "r", remote, ""); err == nil {
		t.Error("a server that is not there: no error")
	}
	if kind, _ := fault.Of(err); kind != fault.KindRetry {
		t.Errorf("a server that is not there: %v", err)
	}
}

// A redirect to another protocol is not followed, nor is a token sent along.
func TestFetchRedirectElsewhere(t *testing.T) {
	var got, target atomic.Value
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.Store(r.Header.Get("Authorization"))
		w.Header().Set("WWW-Authenticate", `Basic realm="other"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(other.Close)
	target.Store(other.URL)
	from := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target.Load().(string)+r.URL.RequestURI(), http.StatusFound)
	}))
	t.Cleanup(from.Close)
	trust(t, from)
	line := strings.TrimPrefix(from.URL, "https://") + " " + testToken

	m := newMirrors(t, func(cfg *Config) { cfg.TokenFile = tokenFile(t, line) })
	if _, err := m.Fetch(t.Context(), "r", mustParse(t, m, from.URL+"/x.git"), ""); err == nil || holdsToken(err.Error()) {
		t.Fatalf("error %v", err)
	}
	if got.Load() != nil {
		t.Fatal("a redirect from https to http was followed")
	}

	// A redirect to a host of the same protocol is followed, and the token stays behind.
	second := httptest.NewTLSServer(other.Config.Handler)
	t.Cleanup(second.Close)
	target.Store(second.URL)
	if _, err := m.Fetch(t.Context(), "r", mustParse(t, m, from.URL+"/x.git"), ""); !errors.Is(err, ErrAuth) {
		t.Fatalf("error %v", err)
	}
	if got.Load() != "" {
		t.Fatalf("the other host was sent %q", got.Load())
	}
}
