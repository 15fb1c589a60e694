//go:build linux

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/leatworks/leat/devstack/postgres"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// Postgres is killed in mid-ingest and comes back elsewhere, as after a failover: its
// address now leads to the new server. The workers find it by themselves, nothing is lost,
// and the index is that of an undisturbed run.
func TestAFailoverOfPostgresLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := startPostgres(t, dir)
	link := testenv.NewLink(t, "tcp", "127.0.0.1:1")
	network, address := testenv.PostgresAddress(t, server.URL(postgres.Database))
	link.Lead(network, address)
	stores := testenv.Stack(t)
	stores.Postgres = postgresAt(link.Addr())
	d := deploy(t, stores)
	running := d.startAll()
	repo := testpipe.NewRepo(t)
	c := &clustered{deployment: d, repo: repo, files: 300}

	c.push(func() {
		killPostgres(t, dir)
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
		link.Cut()
		server = startPostgres(t, dir)
		link.Lead(testenv.PostgresAddress(t, server.URL(postgres.Database)))
		link.Heal()
	})
	d.verify(0)
	for _, p := range running {
		p.stop()
	}
	if got, want := d.leat(0, "digest")["digest"], undisturbed(t, repo.Dir); got != want {
		t.Errorf("the digest is %v, want %v as with a Postgres that stays", got, want)
	}
}

// Behind a pooler that gives each transaction a connection of its own, everything works
// with statements that are not prepared. Two of each worker share locks.
func TestAPoolerBeforePostgres(t *testing.T) {
	t.Parallel()
	binary, err := exec.LookPath("pgbouncer")
	if err != nil {
		t.Skip("pgbouncer is not installed (apt-get install pgbouncer)")
	}
	dir := t.TempDir()
	server := startPostgres(t, dir)
	stores := testenv.Stack(t)
	stores.Postgres = postgresAt(startPooler(t, binary, server.URL(postgres.Database)))
	d := deploy(t, stores)
	d.env = append(d.env, "LEAT_POSTGRES_POOLED=true")
	running := d.startAll()
	var more []*process
	for _, name := range workers {
		p := d.worker(name)
		p.ready()
		more = append(more, p)
	}
	repo := testpipe.NewRepo(t)
	c := &clustered{deployment: d, repo: repo, files: 100}
	c.push(func() {})
	c.push(func() {})

	d.verify(0)
	for _, p := range running {
		more = append(more, p)
	}
	for _, p := range more {
		p.stop()
		if strings.Contains(p.log.String(), "level=ERROR") {
			t.Errorf("%s logs an error:\n%s", p.name, p.log.tail(4<<10))
		}
	}
	if got, want := d.leat(0, "digest")["digest"], undisturbed(t, repo.Dir); got != want {
		t.Errorf("the digest is %v, want %v as without a pooler", got, want)
	}
}

func startPostgres(t *testing.T, dir string) *postgres.Server {
	t.Helper()
	server, err := postgres.Start(t.Context(), postgres.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// killPostgres ends the server as the loss of its machine would: the server writes nothing
// more.
func killPostgres(t *testing.T, dir string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
}

func postgresAt(address string) string {
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", postgres.User, address, postgres.Database)
}

// startPooler starts PgBouncer in front of a database and returns its address. Each
// transaction gets a connection of its own.
func startPooler(t *testing.T, binary, database string) string {
	t.Helper()
	dir := t.TempDir()
	network, server := testenv.PostgresAddress(t, database)
	if network != "unix" {
		t.Fatalf("Postgres listens at %s", server)
	}
	link := testenv.NewLink(t, network, server)
	_, port, _ := strings.Cut(link.Addr(), ":")
	users := filepath.Join(dir, "users")
	if err := os.WriteFile(users, []byte(`"`+postgres.User+`" ""`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	address := testenv.FreeAddress(t)
	_, listen, _ := strings.Cut(address, ":")
	config := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf(`[databases]
%s = host=127.0.0.1 port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = transaction
default_pool_size = 30
`, postgres.Database, port, listen, users)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for path := dir; len(path) > 1; path = filepath.Dir(path) { // it runs as nobody
		if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o055 != 0o055 {
			_ = os.Chmod(path, info.Mode()|0o055)
		}
	}
	args := []string{config}
	if os.Getuid() == 0 {
		args = []string{"-u", "nobody", config}
	}
	cmd, log := exec.Command(binary, args...), &output{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("pgbouncer said:\n%s", log.tail(4<<10))
		}
	})
	await(t, "pgbouncer listens", func() bool { return strings.Contains(log.String(), "listening on") })
	return address
}
