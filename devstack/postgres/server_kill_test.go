package postgres

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"
)

// ownerVariable makes the test binary own a server in the directory that it names, until it is killed.
const ownerVariable = "LEAT_TEST_POSTGRES_OWNER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerVariable); dir != "" {
		if err := own(dir); err != nil {
			fmt.Println(err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// own writes a row, reports it, and waits to be killed.
func own(dir string) error {
	ctx := context.Background()
	s, err := Start(ctx, Config{Dir: dir})
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, s.URL(Database))
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "create table kept as select 7 as n"); err != nil {
		return err
	}
	fmt.Println("ready")
	_, err = os.Stdin.Read(make([]byte, 1))
	return err
}

// startOwner runs own in a child, and returns when the child has written its row.
func startOwner(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), ownerVariable+"="+dir)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "ready\n" {
		_ = cmd.Process.Kill()
		t.Fatalf("the owner says %q (%v)", line, err)
	}
	return cmd
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the error says that it was killed
}

// mustStart starts a server on dir, checks that it holds own's row, and closes it when the test ends.
func mustStart(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := Start(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func mustHoldRow(t *testing.T, s *Server) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL(Database))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var n int
	if err := conn.QueryRow(t.Context(), "select n from kept").Scan(&n); err != nil || n != 7 {
		t.Errorf("the row holds %d (%v), want 7", n, err)
	}
}

// TestStartOnTheHeelsOfAKill starts while the killed owner's server is still dying.
func TestStartOnTheHeelsOfAKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pg")
	kill(t, startOwner(t, dir))
	mustHoldRow(t, mustStart(t, dir))
}

// TestOrphanIsStopped is for systems on which children outlive their parent. There the owner loses its lock, but its
// server runs on.
func TestOrphanIsStopped(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pg")
	orphan := mustStart(t, dir)
	conn, err := pgx.Connect(t.Context(), orphan.URL(Database))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "create table kept as select 7 as n"); err != nil {
		t.Fatal(err)
	}
	if err := orphan.lock.Close(); err != nil {
		t.Fatal(err)
	}
	s := mustStart(t, dir)
	if !orphan.proc.wait(stopImmediate) {
		t.Error("the orphan still runs")
	}
	mustHoldRow(t, s)
}

// TestStalePidFileIsMended leaves a pid file that names a living process of another program. Postgres itself would
// refuse to start.
func TestStalePidFileIsMended(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pg")
	if err := mustStart(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	stale := strconv.Itoa(os.Getpid()) + "\n" + filepath.Join(dir, "data") + "\n1700000000\n5432\n/tmp\n\n  1 1\nready\n"
	if err := os.WriteFile(filepath.Join(dir, "data", "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	mustStart(t, dir)
}

// TestInterruptedCreationStartsAfresh cuts the first start short at different moments, and leaves the files that a
// killed start would leave.
func TestInterruptedCreationStartsAfresh(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	cache, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	_, before := os.Stat(cache)
	dir := filepath.Join(t.TempDir(), "pg")
	for _, after := range []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		s, err := Start(ctx, Config{Dir: dir})
		cancel()
		if err == nil {
			s.Close()
			t.Fatalf("started within %v", after)
		}
	}
	if _, err := os.Stat(cache); err == nil && before != nil {
		t.Errorf("an interrupted look for the binaries began a download into %s", cache)
	}
	half := filepath.Join(dir, "data.new-123")
	if err := os.MkdirAll(filepath.Join(half, "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "data*")); err != nil || len(left) != 1 {
		t.Errorf("left of the interrupted starts: %v (%v)", left, err)
	}
	mustStart(t, dir)
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("the unfinished cluster is still there (%v)", err)
	}
}

// TestLongDirectory uses a path that is too long for a socket.
func TestLongDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30), "pg")
	first := mustStart(t, dir)
	kept := first.sockets.path
	if strings.HasPrefix(kept, dir) {
		t.Fatalf("the socket is in %s", kept)
	}
	if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("socket directory: %v (%v)", info.Mode(), err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(kept); !os.IsNotExist(err) {
		t.Errorf("the socket directory outlives the server (%v)", err)
	}

	owner := startOwner(t, dir)
	kept, err := os.Readlink(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	kill(t, owner)
	mustHoldRow(t, mustStart(t, dir))
	if _, err := os.Stat(kept); !os.IsNotExist(err) {
		t.Errorf("the killed owner's socket directory is still there (%v)", err)
	}
}

// TestARecoveryThatFailsOnce kills a server after it has forgotten an unlogged table, but before its log says so. The
// recovery makes the table's initial file anew, and then finds the file of its rows in its way. Postgres 15 gives up.
// It succeeds when it starts again, because it then knows from the first file that the second one may go.
func TestARecoveryThatFailsOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pg")
	s := mustStart(t, dir)
	connect := func() *pgx.Conn {
		conn, err := pgx.Connect(t.Context(), s.URL(Database))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) }) // the server is gone
		return conn
	}
	exec := func(conn *pgx.Conn, statement string) {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	maker, writer := connect(), connect()
	exec(maker, "begin")
	exec(maker, "create unlogged table passing (n int)")
	exec(writer, "create table kept as select 7 as n") // writes the log as far as it is
	exec(maker, "rollback")                            // leaves its own part of the log to a later moment
	killAll(t, s, dir)
	mustHoldRow(t, mustStart(t, dir))
}

// killAll kills all processes of a server, and lets go of its lock as if their owner were gone too.
func killAll(t *testing.T, s *Server, dir string) {
	t.Helper()
	c := cluster{dir: dir, log: s.log}
	pids, err := c.orphans()
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended with its parent
	}
	if err := s.lock.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestSharedMemoryThatIsStillHeld starts a server while a process holds the shared memory of the one before. The kernel
// does so for a moment after it has ended a process.
func TestSharedMemoryThatIsStillHeld(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pg")
	before := mustStart(t, dir)
	conn, err := pgx.Connect(t.Context(), before.URL(Database))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "create table kept as select 7 as n"); err != nil {
		t.Fatal(err)
	}
	c := cluster{dir: dir, log: before.log}
	content, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(strings.Split(string(content), "\n")[6]) // the key and the number
	if len(fields) != 2 {
		t.Fatalf("postmaster.pid has no shared memory:\n%s", content)
	}
	number, err := strconv.Atoi(fields[1])
	if err != nil {
		t.Fatal(err)
	}
	held, err := unix.SysvShmAttach(number, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	killAll(t, before, dir)
	log := &letGo{after: 2, fn: func() {
		if err := unix.SysvShmDetach(held); err != nil {
			t.Error(err)
		}
	}}
	s, err := Start(t.Context(), Config{Dir: dir, Log: slog.New(log)})
	if err != nil {
		t.Fatal(err)
	}
	mustHoldRow(t, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// letGo calls a function once a number of warnings were logged.
type letGo struct {
	slog.Handler
	after int
	fn    func()
}

func (l *letGo) Enabled(context.Context, slog.Level) bool { return true }

func (l *letGo) Handle(_ context.Context, r slog.Record) error {
	if r.Level == slog.LevelWarn {
		if l.after--; l.after == 0 {
			l.fn()
		}
	}
	return nil
}

func (l *letGo) WithAttrs([]slog.Attr) slog.Handler { return l }
