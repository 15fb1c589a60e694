package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/leatworks/leat/internal/fault"
)

// names is a resolver that knows only these names.
func names(known map[string]string) func(context.Context, string) ([]netip.Addr, error) {
	return func(_ context.Context, host string) ([]netip.Addr, error) {
		if address, ok := known[host]; ok {
			return []netip.Addr{netip.MustParseAddr(address)}, nil
		}
		return nil, fmt.Errorf("no such host %s", host)
	}
}

func portOf(t testing.TB, url string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(url[strings.Index(url, "://")+len("://"):])
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// counted serves 404 and counts the requests.
func counted(t testing.TB) (url string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

func wantUnreachable(t testing.TB, err error, detail string) {
	t.Helper()
	if kind, _ := fault.Of(err); kind != fault.KindRetry || !errors.Is(err, ErrUnreachable) {
		t.Errorf("%v, want %v, to be tried again", err, ErrUnreachable)
		return
	}
	if !strings.Contains(fault.Detail(err), detail) {
		t.Errorf("the log is told %q, want it to speak of %q", fault.Detail(err), detail)
	}
}

// A redirect is a connection like any other.
func TestARedirectInsideIsRefused(t *testing.T) {
	inside, requests := counted(t)
	for name, to := range map[string]string{
		"address": inside, "name": "http://inside.example:" + portOf(t, inside), "IPv6 form": "http://[::ffff:127.0.0.1]:" + portOf(t, inside), "metadata": "http://169.254.169.254",
		"decimal": "http://2130706433:" + portOf(t, inside), "octal": "http://0177.0.0.1:" + portOf(t, inside), "zero": "http://0.0.0.0:" + portOf(t, inside),
	} {
		var followed atomic.Bool
		forge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			followed.Store(true)
			http.Redirect(w, r, to+r.URL.RequestURI(), http.StatusMovedPermanently)
		}))
		m := newMirrors(t, func(cfg *Config) {
			cfg.AllowHTTP, cfg.AllowHosts = true, []string{"forge.example:" + portOf(t, forge.URL)}
			cfg.Resolve = names(map[string]string{"forge.example": "127.0.0.1", "inside.example": "127.0.0.1"})
		})
		_, err := m.Fetch(t.Context(), "r", mustParse(t, m, "http://forge.example:"+portOf(t, forge.URL)+"/a/b"), "")
		forge.Close()
		t.Run(name, func(t *testing.T) { wantUnreachable(t, err, "--git-allow-host") })
		if !followed.Load() || requests.Load() > 0 {
			t.Errorf("%s: asked the forge: %v; %d requests inside", name, followed.Load(), requests.Load())
		}
	}
}

// Addresses that lead nowhere, that are closed, or that must not be contacted look the same to a
// person who submits URLs, by http and by https.
func TestNobodyExploresANetworkByURLs(t *testing.T) {
	open, requests := counted(t)
	const closed = "1" // a port that was free a moment ago may be somebody's by now
	m := newMirrors(t, func(cfg *Config) {
		cfg.AllowHTTP = true
		// The ports are allowed of hosts of the public internet.
		cfg.AllowHosts = []string{"1.0.0.0/8:*", "shut.example:*"}
		cfg.Resolve = names(map[string]string{"inside.example": "127.0.0.1", "shut.example": "127.0.0.1", "mapped.example": "::ffff:127.0.0.1", "private.example": "10.1.2.3", "cloud.example": "169.254.169.254"})
	})
	texts := map[string]string{}
	for name, url := range map[string]string{
		"open, by name":   "http://inside.example:" + portOf(t, open),
		"closed, by name": "http://inside.example:" + closed,
		"mapped":          "http://mapped.example:" + portOf(t, open),
		"closed, allowed": "http://shut.example:" + closed,
		"private":         "https://private.example",
		"metadata":        "http://cloud.example",
		"no such name":    "https://nowhere.example",
		"no TLS":          "https://shut.example:" + portOf(t, open),
	} {
		_, err := m.Fetch(t.Context(), "r", mustParse(t, m, url+"/a/b"), "")
		wantUnreachable(t, err, "")
		texts[strings.ReplaceAll(fmt.Sprint(err), url, "URL")] += name + "; "
	}
	if len(texts) != 1 {
		t.Errorf("%d texts: %q", len(texts), texts)
	}
	if requests.Load() > 0 {
		t.Errorf("%d requests inside", requests.Load())
	}
}

// A URL whose text shows that it must not be contacted is refused at once, with the reason.
func TestAURLThatMayNotBeContactedIsRefused(t *testing.T) {
	m := newMirrors(t, func(cfg *Config) { cfg.AllowHTTP, cfg.AllowHosts = true, nil })
	for _, url := range []string{
		"https://127.0.0.1/a", "https://127.0.0.1:443/a", "https://[::1]/a", "https://[::ffff:127.0.0.1]/a", "https://[::ffff:7f00:1]/a", "https://[64:ff9b::7f00:1]/a", "https://[fd00:ec2::254]/a", "https://[fe80::1]/a",
		"https://10.0.0.1/a", "https://192.168.1.1/a", "https://172.16.0.1/a", "https://100.64.0.1/a", "http://169.254.169.254/a", "https://0.0.0.0/a", "https://224.0.0.1/a", "https://255.255.255.255/a",
		"https://2130706433/a", "https://0x7f000001/a", "https://0x7f.0.0.1/a", "https://0177.0.0.1/a", "https://127.1/a", "https://0/a",
		"https://github.com:8443/a", "http://github.com:6379/a", "ssh://git@github.com:2222/a", "ssh://git@127.0.0.1/a", "ssh://git@[::1]/a", "git@127.0.0.1:a", "git@10.0.0.1:a", "git@127.1:a", "ssh://git@0x7f.1/a",
	} {
		_, err := m.Parse(url)
		if kind, _ := fault.Of(err); kind != fault.KindReject || !errors.Is(err, ErrRefused) {
			t.Errorf("Parse(%q): %v, want %v", url, err, ErrRefused)
		}
	}
	for _, url := range []string{"https://github.com/a", "http://github.com/a", "https://github.com:80/a", "https://github.com:22/a", "ssh://git@ssh.github.com:443/a", "git@github.com:a/b", "https://1.1.1.1/a", "https://[2606:50c0:8000::153]/a"} {
		if _, err := m.Parse(url); err != nil {
			t.Errorf("Parse(%q): %v", url, err)
		}
	}
}

// A server's words are for the operator's log.
func TestAServersWordsAreNotRepeated(t *testing.T) {
	var status atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the page of the intranet \x1b[31m\u202e\u0085 says hello", int(status.Load()))
	}))
	t.Cleanup(server.Close)
	m := newMirrors(t, func(cfg *Config) { cfg.AllowHTTP = true })
	for code, kind := range map[int]error{200: nil, 401: ErrAuth, 403: ErrAuth, 404: ErrNotFound, 429: ErrUnreachable, 500: ErrUnreachable, 503: ErrUnreachable} {
		status.Store(int64(code))
		_, err := m.Fetch(t.Context(), "r", mustParse(t, m, server.URL+"/a.git"), "")
		if err == nil || kind != nil && !errors.Is(err, kind) {
			t.Errorf("status %d: %v, want %v", code, err, kind)
			continue
		}
		if strings.Contains(err.Error(), "intranet") || strings.Contains(err.Error(), "fatal") || strings.Contains(err.Error(), "returned") {
			t.Errorf("status %d: the submitter is told %q", code, err)
		}
		detail := fault.Detail(err)
		if detail == "" || strings.ContainsAny(detail, "\x1b\u202e\u0085\n") || len(detail) > 4*maxMessage {
			t.Errorf("status %d: the log is told %q", code, detail)
		}
	}
}

// throughProxy serves CONNECT and leads every tunnel to one address.
func throughProxy(t testing.TB, to string) (url string, targets chan string) {
	t.Helper()
	targets = make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != "Basic bWU6c2VjcmV0" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		targets <- r.Host
		out, err := net.Dial("tcp", to)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer out.Close()
		in, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer in.Close()
		fmt.Fprint(in, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(out, in); out.Close() }()
		_, _ = io.Copy(in, out)
	}))
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "http://", "http://me:secret@", 1), targets
}

// The operator's proxy is used if there is one. It resolves names, so the policy judges only
// ports, and addresses that stand in the URL.
func TestTheOperatorsProxyIsUsed(t *testing.T) {
	s := newSource(t)
	commit := s.commit("main", text("a", "1"))
	f := newForge(t, s)
	proxy, targets := throughProxy(t, f.host)
	t.Setenv("HTTPS_PROXY", proxy)
	t.Setenv("NO_PROXY", "direct.example")
	line := "example.com someone:" + testToken // the test server's certificate is for this name
	m := newMirrors(t, func(cfg *Config) {
		cfg.AllowHosts, cfg.Resolve, cfg.TokenFile = nil, names(map[string]string{"direct.example": "127.0.0.1"}), tokenFile(t, line)
	})
	f.wantUser = "someone"
	wantHead(t, mustFetch(t, m, "r", mustParse(t, m, "https://example.com/source.git"), ""), "refs/heads/main", commit)
	if target := <-targets; target != "example.com:443" {
		t.Errorf("the proxy was asked for %s", target)
	}
	// Hosts that the environment exempts from the proxy are judged and dialled here.
	_, err := m.Fetch(t.Context(), "r", mustParse(t, m, "https://direct.example/source.git"), "")
	wantUnreachable(t, err, "loopback")
}

// Even if the environment exempts every host from proxies, nothing goes around the gate.
func TestNoProxyLeadsNowhere(t *testing.T) {
	inside, requests := counted(t)
	t.Setenv("NO_PROXY", "*")
	t.Setenv("no_proxy", "*")
	m := newMirrors(t, func(cfg *Config) {
		cfg.AllowHTTP, cfg.AllowHosts = true, []string{"1.0.0.0/8:*"}
		cfg.Resolve = names(map[string]string{"inside.example": "127.0.0.1"})
	})
	_, err := m.Fetch(t.Context(), "r", mustParse(t, m, "http://inside.example:"+portOf(t, inside)+"/a"), "")
	wantUnreachable(t, err, "loopback")
	if requests.Load() > 0 {
		t.Errorf("%d requests inside", requests.Load())
	}
}

// A gate serves only the fetch for which it was opened.
func TestTheGateIsNoOpenProxy(t *testing.T) {
	inside, requests := counted(t)
	m := newMirrors(t)
	a, err := m.access(t.Context(), mustParse(t, m, "https://example.com/a"))
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	address := a.gate.URL()[strings.LastIndexByte(a.gate.URL(), '@')+1:]
	for _, header := range []string{"", "Proxy-Authorization: Basic bGVhdDp4\r\n", "Proxy-Authorization: Bearer x\r\n"} {
		for _, line := range []string{"GET " + inside + "/ HTTP/1.1\r\nHost: x\r\n", "CONNECT " + strings.TrimPrefix(inside, "http://") + " HTTP/1.1\r\nHost: x\r\n"} {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(conn, line+header+"Connection: close\r\n\r\n")
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("%q with %q: %v", line, header, err)
			}
			if response.StatusCode != http.StatusProxyAuthRequired {
				t.Errorf("%q with %q: %d", line, header, response.StatusCode)
			}
			response.Body.Close()
			conn.Close()
		}
	}
	if requests.Load() > 0 {
		t.Errorf("%d requests passed", requests.Load())
	}
}
