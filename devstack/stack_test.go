package devstack_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/devstack"
)

func start(t *testing.T, cfg devstack.Config) *devstack.Stack {
	t.Helper()
	began := time.Now()
	s, err := devstack.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() { closeStack(t, s) })
	return s
}

func closeStack(t *testing.T, s *devstack.Stack) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestAllDataSurvivesARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := start(t, devstack.Config{Dir: dir})
	fill(t, s.Endpoints())
	closeStack(t, s)
	noProcessIn(t, dir)

	s = start(t, devstack.Config{Dir: dir})
	check(t, s.Endpoints())
}

func TestPartsAreChosen(t *testing.T) {
	dir := t.TempDir()
	s := start(t, devstack.Config{Dir: dir, Parts: devstack.NATS | devstack.Qdrant})
	e := s.Endpoints()
	if e.NATS == "" || e.Qdrant == "" || e.Postgres != "" || e.S3 != "" {
		t.Errorf("endpoints %+v, want those of NATS and Qdrant", e)
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a part that was not asked for has a directory (%v)", err)
	}
}

func TestOneOwnerAtATime(t *testing.T) {
	dir := t.TempDir()
	running := func() (devstack.Endpoints, bool) {
		t.Helper()
		e, ok, err := devstack.Running(dir)
		if err != nil {
			t.Fatal(err)
		}
		return e, ok
	}
	if _, ok := running(); ok {
		t.Error("a stack runs in an empty directory")
	}
	s := start(t, devstack.Config{Dir: dir, Parts: devstack.NATS})
	_, err := devstack.Start(t.Context(), devstack.Config{Dir: dir, Parts: devstack.NATS})
	if !errors.Is(err, devstack.ErrLocked) {
		t.Fatalf("second owner: %v, want %v", err, devstack.ErrLocked)
	}
	for _, part := range []string{dir, strconv.Itoa(os.Getpid())} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error %q does not name %s", err, part)
		}
	}
	if e, ok := running(); !ok || e != s.Endpoints() {
		t.Errorf("found %+v, %v; want %+v", e, ok, s.Endpoints())
	}
	closeStack(t, s)
	if e, ok := running(); ok {
		t.Errorf("found %+v after the end", e)
	}
}

// An owner that still has more to start announces its stack itself.
func TestAStackIsAnnouncedLater(t *testing.T) {
	dir := t.TempDir()
	s := start(t, devstack.Config{Dir: dir, Parts: devstack.NATS, Later: true})
	if e, ok, err := devstack.Running(dir); ok || err != nil {
		t.Errorf("before its announcement: %+v, running %v (%v)", e, ok, err)
	}
	if err := s.Announce(devstack.Endpoints{NATS: "nats://elsewhere", Qdrant: "http://elsewhere"}); err != nil {
		t.Fatal(err)
	}
	want := s.Endpoints()
	want.Qdrant = "http://elsewhere" // the stack has no Qdrant of its own
	if e, ok, err := devstack.Running(dir); !ok || err != nil || e != want {
		t.Errorf("afterwards: %+v, running %v (%v)", e, ok, err)
	}
}

func TestStaleAnnouncementIsIgnored(t *testing.T) {
	dir := t.TempDir()
	s := start(t, devstack.Config{Dir: dir, Parts: devstack.NATS})
	path := filepath.Join(dir, "run", "endpoints.json")
	stale, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	closeStack(t, s)
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(string(stale))
	if e, ok, err := devstack.Running(dir); ok || err != nil {
		t.Errorf("without an owner: %+v, %v, %v", e, ok, err)
	}
	start(t, devstack.Config{Dir: dir, Parts: devstack.NATS})
	write(strings.Replace(string(stale), strconv.Itoa(os.Getpid()), "1", 1))
	if e, ok, err := devstack.Running(dir); ok || err != nil {
		t.Errorf("another owner's: %+v, %v, %v", e, ok, err)
	}
	write(string(stale[:len(stale)/2]))
	if e, ok, err := devstack.Running(dir); ok || err == nil {
		t.Errorf("a torn one: %+v, %v, %v", e, ok, err)
	}
}

func TestAFailedStartLeavesNothingRunning(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	_, err = devstack.Start(t.Context(), devstack.Config{Dir: dir, QdrantPort: taken.Addr().(*net.TCPAddr).Port})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Fatalf("error %v, want one that says the port is taken", err)
	}
	noProcessIn(t, dir)
	start(t, devstack.Config{Dir: dir})
}

func TestEverythingIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := start(t, devstack.Config{Dir: dir})
	fill(t, s.Endpoints())
	for _, name := range []string{".", "run", "nats", "s3", "postgres", "postgres/data", "postgres/run", "qdrant"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("directory %s: %v (%v)", name, info.Mode(), err)
		}
	}
	for _, name := range []string{"secrets.json", "run/endpoints.json", "format.json", "lock"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("file %s: %v (%v)", name, info.Mode(), err)
		}
	}
}

func TestSecretsDifferAndStay(t *testing.T) {
	of := func(dir string) (secrets map[string]string) {
		t.Helper()
		s := start(t, devstack.Config{Dir: dir, Parts: devstack.NATS})
		closeStack(t, s)
		content, err := os.ReadFile(filepath.Join(dir, "secrets.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(content, &secrets); err != nil {
			t.Fatal(err)
		}
		return secrets
	}
	one, two := t.TempDir(), t.TempDir()
	first, again, other := of(one), of(one), of(two)
	if len(first) != 5 {
		t.Errorf("secrets %v, want five", first)
	}
	for name, value := range first {
		if again[name] != value || other[name] == value || len(value) < 16 {
			t.Errorf("%s: %q, then %q, elsewhere %q", name, value, again[name], other[name])
		}
	}
}

// A directory from before Qdrant had a key gets a key, and keeps its other secrets.
func TestAnOlderDirectoryGetsAKeyOfQdrant(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "format.json"), `{"format": 1}`)
	writeFile(t, filepath.Join(dir, "secrets.json"), `{"s3_access_key": "a", "s3_secret_key": "b", "nats_token": "the-old-token"}`)
	s := start(t, devstack.Config{Dir: dir, Parts: devstack.NATS | devstack.Qdrant})
	first := s.Endpoints()
	if first.QdrantKey == "" || !strings.Contains(first.NATS, "the-old-token@") {
		t.Errorf("endpoints %+v: want a key of Qdrant, and the old token", first)
	}
	closeStack(t, s)
	s = start(t, devstack.Config{Dir: dir, Parts: devstack.Qdrant})
	if again := s.Endpoints(); again.QdrantKey != first.QdrantKey {
		t.Errorf("the key was %q and is %q", first.QdrantKey, again.QdrantKey)
	}
}

func TestDirectoriesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string) string
		want    string
	}{
		"relative": {func(*testing.T, string) string { return "data" }, "absolute"},
		"a file": {func(t *testing.T, dir string) string {
			return writeFile(t, filepath.Join(dir, "file"), "")
		}, "give leat a directory"},
		"below a file": {func(t *testing.T, dir string) string {
			return filepath.Join(writeFile(t, filepath.Join(dir, "file"), ""), "data")
		}, "give leat a directory"},
		"someone's": {func(t *testing.T, dir string) string {
			writeFile(t, filepath.Join(dir, "thesis.tex"), "")
			return dir
		}, "thesis.tex"},
		"a newer format": {func(t *testing.T, dir string) string {
			writeFile(t, filepath.Join(dir, "format.json"), `{"format": 2}`)
			return dir
		}, "newer leat"},
		"a broken format": {func(t *testing.T, dir string) string {
			writeFile(t, filepath.Join(dir, "format.json"), `{`)
			return dir
		}, "format.json"},
		"broken secrets": {func(t *testing.T, dir string) string {
			writeFile(t, filepath.Join(dir, "format.json"), `{"format": 1}`)
			writeFile(t, filepath.Join(dir, "secrets.json"), `{}`)
			return dir
		}, "secrets.json"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := c.prepare(t, t.TempDir())
			_, err := devstack.Start(t.Context(), devstack.Config{Dir: dir, Parts: devstack.NATS})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %v, want one that names %q and %s", err, c.want, dir)
			}
		})
	}
}

func writeFile(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// BenchmarkStart measures a start on existing data.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	startAndStop(b, dir)
	for b.Loop() {
		startAndStop(b, dir)
	}
}

// BenchmarkFirstStart measures a start on an empty directory.
func BenchmarkFirstStart(b *testing.B) {
	for b.Loop() {
		startAndStop(b, b.TempDir())
	}
}

// startAndStop starts and stops a stack. It does not measure the stop.
func startAndStop(b *testing.B, dir string) {
	b.Helper()
	s, err := devstack.Start(b.Context(), devstack.Config{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	b.StartTimer()
}
