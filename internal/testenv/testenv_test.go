package testenv_test

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"github.com/leatworks/leat/internal/testenv"
)

// endVariable makes the test binary a child that uses all servers and then
// ends in the way that it names.
const endVariable = "LEAT_TEST_TESTENV_END"

func TestMain(m *testing.M) {
	if os.Getenv(endVariable) != "" {
		os.Args = []string{os.Args[0], "-test.run=^TestChild$"}
		if os.Getenv(endVariable) == "without Main" {
			os.Exit(m.Run())
		}
	}
	testenv.Main(m)
}

// TestChild is the child's side of TestNothingIsLeftBehind.
func TestChild(t *testing.T) {
	end := os.Getenv(endVariable)
	if end == "" {
		t.Skip("runs as a child of another test")
	}
	testenv.Stack(t)
	fmt.Println("ready")
	_, _ = os.Stdin.Read(make([]byte, 1))
	if end == "panic" {
		panic("as asked")
	}
}

// TestNothingIsLeftBehind looks for files and processes of children that end
// in different ways.
func TestNothingIsLeftBehind(t *testing.T) {
	for _, end := range []string{"well", "without Main", "panic", "kill"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			temp := t.TempDir()
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), endVariable+"="+end, "TMPDIR="+temp, "LEAT_TEST_S3_URL=") // one server, at least, is its own
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
				_ = cmd.Process.Kill()
				t.Fatalf("the child says %q (%v)", line, err)
			}
			if left(temp) == nil {
				t.Error("the child's servers have no files: nothing is tested here")
			}
			if end == "kill" {
				_ = cmd.Process.Kill()
			}
			in.Close()
			_ = cmd.Wait()
			for deadline := time.Now().Add(time.Minute); left(temp) != nil; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("left behind: %v", left(temp))
				}
			}
		})
	}
}

// left lists the files in dir and the processes that work below it.
func left(dir string) (found []string) {
	found, _ = filepath.Glob(filepath.Join(dir, "*"))
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && strings.HasPrefix(cwd, dir) {
			found = append(found, link)
		}
	}
	return found
}

func TestEachTestHasPlacesOfItsOwn(t *testing.T) {
	one, two := testenv.Stack(t), testenv.Stack(t)
	places := map[string][2]string{
		"nats":     {one.NATS, two.NATS},
		"postgres": {one.Postgres, two.Postgres},
		"s3":       {one.S3, two.S3},
		"index":    {testenv.Index(one), testenv.Index(two)},
	}
	if os.Getenv("LEAT_QDRANT_URL") == "" { // otherwise all tests share one server, each with its own index
		places["qdrant"] = [2]string{one.Qdrant, two.Qdrant}
	}
	for name, pair := range places {
		if pair[0] == "" || pair[0] == pair[1] {
			t.Errorf("%s: %q and %q", name, pair[0], pair[1])
		}
	}
	conn, err := nats.Connect(one.NATS)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestDatabasesAreDropped(t *testing.T) {
	var dsn string
	t.Run("a test", func(t *testing.T) {
		dsn = testenv.Postgres(t)
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		// The connection is left open, as by a test that fails.
		if _, err := conn.Exec(context.Background(), "create table t (n int)"); err != nil {
			t.Error(err)
		}
	})
	conn, err := pgx.Connect(t.Context(), dsn)
	if err == nil {
		conn.Close(context.Background())
		t.Error("the database outlives its test")
	}
}

func TestEachTestHasAnAccountOfARealServer(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"t1", "t2"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("LEAT_TEST_NATS_URL", "nats://example.org:4222")
	t.Setenv("LEAT_TEST_NATS_ACCOUNTS", dir)
	one, two := testenv.NATS(t), testenv.NATS(t)
	if one != "nats://t1:test@example.org:4222" || two != "nats://t2:test@example.org:4222" {
		t.Errorf("%s and %s", one, two)
	}
}

func TestARealServerTakesTheEmbeddedOnesPlace(t *testing.T) {
	t.Setenv("LEAT_TEST_NATS_URL", "nats://example.org:4222")
	t.Setenv("LEAT_TEST_NATS_ACCOUNTS", "")
	t.Setenv("LEAT_QDRANT_URL", "http://example.org:6334")
	if got := testenv.NATS(t); got != "nats://example.org:4222" {
		t.Errorf("nats: %s", got)
	}
	if got := testenv.Qdrant(t); got != "http://example.org:6334" {
		t.Errorf("qdrant: %s", got)
	}

	// The embedded servers stand in for the real ones here.
	bucket := testenv.S3(t)
	u, err := url.Parse(bucket.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("LEAT_TEST_S3_URL", "http://"+u.Host)
	t.Setenv("LEAT_TEST_S3_ACCESS_KEY", bucket.AccessKey)
	t.Setenv("LEAT_TEST_S3_SECRET_KEY", bucket.SecretKey)
	if other := testenv.S3(t); !strings.HasPrefix(other.URL, "http://"+u.Host+"/") || other.URL == bucket.URL {
		t.Errorf("s3: %s beside %s", other.URL, bucket.URL)
	}
	admin := testenv.Postgres(t)
	t.Setenv("LEAT_TEST_POSTGRES_URL", admin)
	if other := testenv.Postgres(t); other == admin {
		t.Errorf("postgres: %s twice", other)
	}
}
