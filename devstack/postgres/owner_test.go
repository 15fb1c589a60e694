package postgres

import (
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/leatworks/leat/devstack/internal/dirlock"
)

func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}

// TestRootServesBelowAPrivateDirectory uses a path through a directory that the server's user cannot enter.
func TestRootServesBelowAPrivateDirectory(t *testing.T) {
	needsRoot(t)
	private := filepath.Join(t.TempDir(), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(private, "pg")
	s := mustStart(t, dir)
	info, err := os.Stat(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	uid := info.Sys().(*syscall.Stat_t).Uid
	if uid == 0 || info.Mode().Perm() != 0o700 {
		t.Errorf("the data belongs to %d, with mode %v", uid, info.Mode())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// The server runs as the user who owns the data.
	if err := exec.Command("chown", "-R", "65534", filepath.Join(dir, "data")).Run(); err != nil {
		t.Fatal(err)
	}
	mustStart(t, dir)
}

// TestOrdinaryUser runs this package's tests again as an ordinary user.
func TestOrdinaryUser(t *testing.T) {
	needsRoot(t)
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	home := sharedTempDir(t)
	binary := copyProgram(t, home)
	temp := filepath.Join(home, "tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(temp, uid, gid); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.short", "-test.run=Survives|Killed|Orphan|Long|Refuse")
	cmd.Dir = temp
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "HOME="+temp, "XDG_RUNTIME_DIR=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}

func copyProgram(t *testing.T, dir string) string {
	t.Helper()
	from, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(dir, "test")
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhatIsRefused(t *testing.T) {
	type prepare func(t *testing.T, dir string)
	version := func(v string) prepare {
		return func(t *testing.T, dir string) {
			t.Helper()
			data := filepath.Join(dir, "data")
			if err := os.MkdirAll(data, 0o700); err != nil {
				t.Fatal(err)
			}
			if os.Geteuid() == 0 {
				if err := os.Chown(data, 65534, 65534); err != nil {
					t.Fatal(err)
				}
			}
			if v == "" {
				return
			}
			if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte(v), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		prepare prepare
		config  Config
		want    string
	}{
		"an old version":    {version("9.6\n"), Config{}, "unsupported version"},
		"a future version":  {version("99\n"), Config{}, "written by Postgres 99"},
		"no data":           {version(""), Config{}, "holds no Postgres data"},
		"no binaries there": {version("99\n"), Config{BinDir: "/nowhere"}, "/nowhere"},
		"in use": {func(t *testing.T, dir string) {
			t.Helper()
			l, err := dirlock.Acquire(filepath.Join(dir, "lock"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
		}, Config{}, "in use by process " + strconv.Itoa(os.Getpid())},
		"root's data": {func(t *testing.T, dir string) {
			t.Helper()
			needsRoot(t)
			if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
				t.Fatal(err)
			}
		}, Config{}, "belongs to root"},
		"someone else's data": {func(t *testing.T, _ string) {
			t.Helper()
			if os.Geteuid() == 0 {
				t.Skip("root may")
			}
		}, Config{Dir: "/"}, "permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c.prepare(t, dir)
			if c.config.Dir == "" {
				c.config.Dir = dir
			}
			s, err := Start(t.Context(), c.config)
			if err == nil {
				s.Close()
				t.Fatal("started")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.config.Dir) {
				t.Errorf("error %q does not name %q and %s", err, c.want, c.config.Dir)
			}
		})
	}
}
