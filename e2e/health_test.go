//go:build linux

package e2e_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv"
)

// Workers that start before their stores wait for each one, name it, and are
// alive but not ready. They become ready when the last store has come up.
func TestStoresComeUpLate(t *testing.T) {
	t.Parallel()
	stores := testenv.Stack(t)
	late := stores
	postgres, openPostgres := latePostgres(t, stores.Postgres)
	late.Postgres = postgres
	open := map[string]func(){"Postgres": openPostgres}
	for name, address := range map[string]*string{"NATS": &late.NATS, "S3": &late.S3, "Qdrant": &late.Qdrant} {
		*address, open[name] = lateTCP(t, *address)
	}
	d := deploy(t, late)
	running := make(map[string]*process)
	for _, name := range workers {
		running[name] = d.worker(name)
	}
	for _, store := range []string{"Postgres", "NATS", "S3", "Qdrant"} {
		for _, p := range running {
			p.says("not ready yet; trying again.* store="+store, 3) // they have waited for it twice
			if status, body := p.health("/healthz"); status != http.StatusOK {
				t.Errorf("%s without %s: healthz answers %d %s", p.name, store, status, body)
			}
			if status, body := p.health("/readyz"); status != http.StatusServiceUnavailable {
				t.Errorf("%s without %s: readyz answers %d %s", p.name, store, status, body)
			}
		}
		open[store]()
	}
	for _, p := range running {
		p.ready()
		await(t, p.name+" with all stores: readyz answers 200", func() bool {
			status, _ := p.health("/readyz")
			return status == http.StatusOK
		})
	}
	if status, _ := running["ingestor"].health("/nosuch"); status != http.StatusNotFound {
		t.Errorf("another path answers %d", status)
	}
	nc := d.connect()
	indexed := listen(t, nc, "leat.repo.indexed.>")
	publish(t, nc, newRepo(t, 3))
	next(t, indexed)
	for _, p := range running {
		p.stop()
	}
}

// lateTCP stands in for the server of a URL, and listens only when it is told
// to.
func lateTCP(t *testing.T, address string) (late string, open func()) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	server := u.Host
	u.Host = testenv.FreeAddress(t)
	return u.String(), func() {
		listener, err := net.Listen("tcp", u.Host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				go forward(conn, server)
			}
		}()
	}
}

func forward(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		server.Close()
	}()
	_, _ = io.Copy(client, server)
}

// latePostgres is lateTCP for a server that may listen on a socket in a directory.
func latePostgres(t *testing.T, dsn string) (late string, open func()) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	dir := query.Get("host")
	if dir == "" {
		return lateTCP(t, dsn)
	}
	link := filepath.Join(t.TempDir(), "pg")
	query.Set("host", link)
	u.RawQuery = query.Encode()
	return u.String(), func() {
		if err := os.Symlink(dir, link); err != nil {
			t.Fatal(err)
		}
	}
}

// A worker that is told to end is no longer ready, finishes its work, and exits with
// code 0.
func TestDrain(t *testing.T) {
	t.Parallel()
	p, forge := holdingIngestor(t, "10m")
	release := sync.OnceFunc(func() { close(forge.release) })
	defer release() // a test that fails must not hold the forge
	p.signal(syscall.SIGTERM)
	await(t, "readyz answers 503", func() bool {
		status, body := p.health("/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "stopping")
	})
	if status, _ := p.health("/healthz"); status != http.StatusOK {
		t.Errorf("healthz answers %d while draining", status)
	}
	if p.ended() {
		t.Error("it has not waited for the message that it holds")
	}
	release()
	p.exits(0)
	p.says("dead letter", 1) // the fetch was finished: there is no such repository
}

// Work that is not finished in time is given back, and the worker still exits with
// code 0.
func TestDrainIsBounded(t *testing.T) {
	t.Parallel()
	for attempt := 1; ; attempt++ {
		p, forge := holdingIngestor(t, "1s")
		defer close(forge.release)
		began := time.Now()
		p.stop()
		took := time.Since(began)
		if strings.Contains(p.log.String(), "dead letter") {
			t.Error("the submission is buried, not given back")
		}
		if took < 15*time.Second { // less than the default
			return
		}
		if attempt == 3 { // others may take the machine away for a while
			t.Fatalf("it took %s to end with a drain timeout of 1 s", took)
		}
	}
}

// A signal that comes while a worker drains ends it at once.
func TestSecondSignalKills(t *testing.T) {
	t.Parallel()
	p, forge := holdingIngestor(t, "10m")
	defer close(forge.release)
	await(t, "it has ended", func() bool {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		return p.ended()
	})
	p.exits(-1)
}

// slowForge answers no request until it is released; then it says that there is
// no such repository.
type slowForge struct {
	*httptest.Server
	asked, release chan struct{}
}

// holdingIngestor returns an ingestor in the middle of a fetch.
func holdingIngestor(t *testing.T, drain string) (*process, *slowForge) {
	t.Helper()
	forge := &slowForge{asked: make(chan struct{}, 100), release: make(chan struct{})}
	forge.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		forge.asked <- struct{}{}
		<-forge.release
		http.NotFound(w, r)
	}))
	t.Cleanup(forge.Close)
	d := newDeployment(t)
	p := d.worker("ingestor", "LEAT_GIT_ALLOW_HTTP=true", "LEAT_GIT_ALLOW_HOST=127.0.0.1:*", "LEAT_DRAIN_TIMEOUT="+drain)
	p.ready()
	publish(t, d.connect(), fmt.Sprintf("%s/slow.git", forge.URL))
	select {
	case <-forge.asked:
	case <-time.After(patience):
		t.Fatal("the ingestor fetches nothing")
	}
	return p, forge
}
