package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/fault"
)

const patience = 2 * time.Minute

// The next fetch mends the damage that a kill -9, a full disk or a bad sector may leave.
func TestFetchMendsMirror(t *testing.T) {
	truncatePacks := func(dir string) error {
		packs, err := filepath.Glob(dir + "/objects/pack/*.pack")
		for _, pack := range packs {
			err = errors.Join(err, os.Chmod(pack, 0o600), os.Truncate(pack, 20))
		}
		return err
	}
	write := func(names ...string) func(string) error {
		return func(dir string) (err error) {
			for _, name := range names {
				path := filepath.Join(dir, name)
				err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("x"), 0o600))
			}
			return err
		}
	}
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.RemoveAll(filepath.Join(dir, name)) }
	}
	ref := mirrorRef("refs/heads/main")
	for name, damage := range map[string]func(dir string) error{
		"stale locks":          write(ref+".lock", "shallow.lock", "config.lock", "packed-refs.lock", "HEAD.lock", "objects/pack/tmp_pack_abc"),
		"half-made beside it":  write("../r.git.new/HEAD", "../r.git.old/HEAD"),
		"truncated packs":      truncatePacks,
		"no HEAD":              remove("HEAD"),
		"no config":            remove("config"),
		"no objects":           remove("objects"),
		"no refs":              remove("refs"),
		"garbage in config":    write("config"),
		"garbage in a ref":     write(ref),
		"garbage in shallow":   write("shallow"),
		"garbage in an index":  func(dir string) error { return garble(dir + "/objects/pack/*.idx") },
		"no mirror":            remove("."),
		"a file in its place":  func(dir string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)) },
		"marked as suspicious": func(dir string) error { distrust(dir); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, m := newSource(t), newMirrors(t)
			s.commit("main", text("a", "1"))
			mustFetch(t, m, "r", s.remote(m), "")
			if err := damage(m.dir("r")); err != nil {
				t.Fatal(err)
			}
			commit := s.commit("main", text("a", "2"), text("b", "b"))
			wantHead(t, mustFetch(t, m, "r", s.remote(m), ""), "refs/heads/main", commit)
			content, _, err := m.Open("r").File(t.Context(), commit, "a", 10)
			if string(content) != "2" || err != nil {
				t.Fatalf("file: %q, %v", content, err)
			}
			left, err := filepath.Glob(m.cfg.Dir + "/r.git.*")
			if locks, _ := filepath.Glob(m.dir("r") + "/*.lock"); err != nil || len(left)+len(locks) > 0 {
				t.Fatalf("left behind: %v %v", left, locks)
			}
		})
	}
}

func garble(pattern string) error {
	paths, err := filepath.Glob(pattern)
	for _, path := range paths {
		err = errors.Join(err, os.Chmod(path, 0o600), os.WriteFile(path, []byte(strings.Repeat("garbage", 1000)), 0o600))
	}
	return err
}

// Stale locks are no reason to fetch everything again.
func TestMendKeepsMirror(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	s.commit("main", text("a", "1"))
	mustFetch(t, m, "r", s.remote(m), "")
	before, err := os.Stat(m.dir("r"))
	if err != nil {
		t.Fatal(err)
	}
	stale := []string{mirrorRef("refs/heads/main") + ".lock", "shallow.lock", "objects/pack/tmp_pack_abc", "objects/pack/.tmp-1-pack-x.pack"}
	for _, name := range stale {
		if err := os.WriteFile(filepath.Join(m.dir("r"), name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.commit("main", text("a", "2"))
	mustFetch(t, m, "r", s.remote(m), "")
	after, err := os.Stat(m.dir("r"))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the mirror was made anew, %v", err)
	}
	for _, name := range stale {
		if _, err := os.Stat(filepath.Join(m.dir("r"), name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
}

// A mirror that cannot be read is replaced even if the remote has nothing new.
func TestReadersDoubtMirror(t *testing.T) {
	for _, read := range []string{"blob", "tree"} {
		t.Run(read, func(t *testing.T) {
			s, m := newSource(t), newMirrors(t)
			commit := s.commit("main", text("dir/a", randomText(1000)), text("dir/b", randomText(100_000)))
			repo := m.Open("r")
			mustFetch(t, m, "r", s.remote(m), "")
			spoil(t, m.dir("r"), s.git(nil, "rev-parse", map[string]string{"blob": "main:dir/b", "tree": "main:dir"}[read]))

			if err := readAll(t.Context(), repo, commit); err == nil {
				t.Fatal("reading a damaged mirror: no error")
			} else if kind, _ := fault.Of(err); kind != fault.KindRetry {
				t.Fatalf("error %v is not to be retried", err)
			}
			mustFetch(t, m, "r", s.remote(m), "")
			if err := readAll(t.Context(), repo, commit); err != nil {
				t.Fatalf("after the next fetch: %v", err)
			}
		})
	}
}

// spoil flips bytes in the middle of one packed object.
func spoil(t *testing.T, dir, oid string) {
	t.Helper()
	packs, err := filepath.Glob(dir + "/objects/pack/*.pack")
	if err != nil || len(packs) != 1 {
		t.Fatalf("%d packs, %v", len(packs), err)
	}
	out, err := exec.Command("git", "verify-pack", "-v", packs[0]).Output()
	if err != nil {
		t.Fatal(err)
	}
	var kind string
	var size, packed, offset int64
	_, line, _ := strings.Cut(string(out), oid)
	if _, err := fmt.Sscan(line, &kind, &size, &packed, &offset); err != nil {
		t.Fatalf("%s in %s: %v", oid, out, err)
	}
	if err := os.Chmod(packs[0], 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(packs[0], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt([]byte("\xff\x00\xff\x00\xff\x00"), offset+packed/2); err != nil {
		t.Fatal(err)
	}
}

func readAll(ctx context.Context, repo *Repo, commit string) error {
	blobs, err := repo.Blobs(ctx)
	if err != nil {
		return err
	}
	defer blobs.Close()
	for entry, err := range repo.Tree(ctx, commit) {
		if err != nil {
			return err
		}
		blobs.Request(entry.OID)
	}
	for {
		blob, err := blobs.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, blob); err != nil {
			return err
		}
	}
}

// A reader whose mirror is replaced fails or finishes. It never marks the new mirror as
// doubtful.
func TestReplacedWhileRead(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	s.commit("main", text("a", "1"))
	s.commit("side", text("b", "2"))
	mustFetch(t, m, "r", s.remote(m), "main")
	blobs, err := m.Open("r").Blobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer blobs.Close()
	distrust(m.dir("r"))
	mustFetch(t, m, "r", s.remote(m), "side") // a new mirror, without main
	blobs.Request(s.blob("1"))
	if _, err := blobs.Next(); err == nil {
		t.Log("the old mirror was still open")
	}
	if distrusted(m.dir("r")) {
		t.Fatal("the new mirror is doubted")
	}
}

func TestFetchConcurrently(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	want := map[string]string{}
	for i := range 4 {
		branch := fmt.Sprintf("b%d", i)
		want[branch] = s.commit(branch, text("a", branch))
	}
	var group sync.WaitGroup
	for i := range 12 {
		branch := fmt.Sprintf("b%d", i%4)
		group.Go(func() {
			other := newMirrors(t, func(cfg *Config) { cfg.Dir = m.cfg.Dir })
			head, err := other.Fetch(t.Context(), "r", s.remote(other), branch)
			if err != nil || head.Commit != want[branch] {
				t.Errorf("fetch of %s: %v, %v", branch, head, err)
			}
		})
	}
	group.Wait()
	for branch, commit := range want {
		if !m.Open("r").Has(t.Context(), commit) {
			t.Errorf("%s is not in the mirror", branch)
		}
	}
}

// Processes share a mirror as goroutines do.
func TestFetchFromProcesses(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	commit := s.commit("main", text("a", "1"))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			out, err := helperProcess(t.Context(), m, s.dir, "ssh").CombinedOutput()
			if err != nil || !strings.Contains(string(out), commit) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	group.Wait()
}

// helperProcess runs fetchAsHelper in a process of its own.
func helperProcess(ctx context.Context, m *Mirrors, url, ssh string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "LEAT_TEST_FETCH="+url, "LEAT_TEST_DIR="+m.cfg.Dir, "LEAT_TEST_SSH="+ssh)
	return cmd
}

func fetchAsHelper() int {
	m, err := New(Config{Dir: os.Getenv("LEAT_TEST_DIR"), SSHCommand: os.Getenv("LEAT_TEST_SSH"), AllowLocal: true})
	if err != nil {
		fmt.Println(err)
		return 2
	}
	remote, err := m.Parse(os.Getenv("LEAT_TEST_FETCH"))
	if err != nil {
		fmt.Println(err)
		return 2
	}
	head, err := m.Fetch(context.Background(), "r", remote, "")
	fmt.Println(head.Commit, err)
	if err != nil {
		return 1
	}
	return 0
}

// hang is an ssh that hangs, with a child. Both hold a pipe open, so that the end of the
// pipe shows that both are gone.
type hang struct {
	t      *testing.T
	script string
	read   *os.File
	write  *os.File // ours, so that the pipe does not end before they open it
}

func newHang(t *testing.T) *hang {
	t.Helper()
	fifo := filepath.Join(t.TempDir(), "alive")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(mode int) *os.File {
		file, err := os.OpenFile(fifo, mode|syscall.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		return file
	}
	h := &hang{t: t, read: open(os.O_RDONLY), write: open(os.O_WRONLY)}
	if err := h.read.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	h.script = fakeSSH(t, fmt.Sprintf("exec 9>'%s'\nsleep 1000 &\necho x >&9\nsleep 1000", fifo))
	return h
}

// started says whether the script has run, once nothing can start it any more.
func (h *hang) started() bool {
	h.t.Helper()
	if err := h.read.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		h.t.Fatal(err)
	}
	_, err := io.ReadFull(h.read, make([]byte, 2))
	if err := h.read.SetReadDeadline(time.Now().Add(patience)); err != nil {
		h.t.Fatal(err)
	}
	return err == nil
}

func (h *hang) wantStarted() {
	h.t.Helper()
	if _, err := io.ReadFull(h.read, make([]byte, 2)); err != nil {
		h.t.Fatalf("ssh was not started: %v", err)
	}
}

func (h *hang) wantGone() {
	h.t.Helper()
	h.write.Close()
	if _, err := io.Copy(io.Discard, h.read); err != nil {
		h.t.Fatalf("a child of git still lives: %v", err)
	}
}

const hangingURL = "ssh://git@example.com/r"

func TestTimeoutKillsGroup(t *testing.T) {
	for name, change := range map[string]func(*Config, time.Duration){
		"whole": func(cfg *Config, limit time.Duration) { cfg.FetchTimeout = limit },
		"idle":  func(cfg *Config, limit time.Duration) { cfg.IdleTimeout = limit },
	} {
		t.Run(name, func(t *testing.T) {
			for limit := time.Second; ; limit *= 4 {
				hang := newHang(t)
				m := newMirrors(t, func(cfg *Config) { change(cfg, limit); cfg.SSHCommand = hang.script })
				_, err := m.Fetch(t.Context(), "r", mustParse(t, m, hangingURL), "")
				if kind, _ := fault.Of(err); err == nil || kind != fault.KindRetry || !strings.Contains(err.Error()+fault.Detail(err), limit.String()) {
					t.Fatalf("error %v, want one to retry that names the limit of %s", err, limit)
				}
				if !hang.started() {
					if limit > time.Minute {
						t.Fatalf("ssh was not started within %s", limit)
					}
					continue // a busy machine needs more time to start ssh
				}
				hang.wantGone()
				return
			}
		})
	}
}

// A fetch that shows no progress ends, though its refs were listed in time.
func TestSilentTransferIsKilled(t *testing.T) {
	s := newSource(t)
	s.commit("main", text("a", "1"))
	flag := filepath.Join(t.TempDir(), "listed")
	script := fakeSSH(t, fmt.Sprintf(`if [ -e '%[1]s' ]; then exec sleep 1000; fi; touch '%[1]s'; eval "exec $last"`, flag))
	m := newMirrors(t, func(cfg *Config) { cfg.SSHCommand, cfg.IdleTimeout = script, 2*time.Second })
	_, err := m.Fetch(t.Context(), "r", mustParse(t, m, "ssh://git@example.com"+s.dir), "")
	if kind, _ := fault.Of(err); !errors.Is(err, errSilent) || kind != fault.KindRetry {
		t.Fatalf("error %v (%v)", err, kind)
	}
	if left, _ := filepath.Glob(m.dir("r") + "*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestCancelKillsGroup(t *testing.T) {
	hang := newHang(t)
	m := newMirrors(t, func(cfg *Config) { cfg.SSHCommand = hang.script })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := m.Fetch(ctx, "r", mustParse(t, m, hangingURL), "")
		done <- err
	}()
	hang.wantStarted()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	hang.wantGone()
}

// A kill -9 of the process leaves no git behind, and no process that git started.
func TestKillLeavesNothingBehind(t *testing.T) {
	hang := newHang(t)
	m := newMirrors(t)
	cmd := helperProcess(t.Context(), m, hangingURL, hang.script)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hang.wantStarted()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	hang.wantGone()
	_ = cmd.Wait() // killed
}

func TestLockWaitsAndGivesUp(t *testing.T) {
	s, m := newSource(t), newMirrors(t)
	s.commit("main", text("a", "1"))
	held, _, err := m.lock(t.Context(), "r")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := m.Fetch(ctx, "r", s.remote(m), ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("fetch of a locked mirror: %v", err)
	}
	held.release()
	mustFetch(t, m, "r", s.remote(m), "")
}
