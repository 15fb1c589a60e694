package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/testenv"
)

func TestMain(m *testing.M) {
	// A script mostly waits, for servers that start and for processes that end.
	_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0)))
	// testscript's directories are here, which may differ from that of the files of go itself.
	os.Setenv("GOTMPDIR", os.TempDir())
	testscript.Main(tests{m}, map[string]func(){"leat": leatOrResident})
}

// tests are the tests, and what they leave behind.
type tests struct{ *testing.M }

func (t tests) Run() int {
	defer func() {
		for _, dir := range forwarders {
			os.RemoveAll(dir)
		}
	}()
	return t.M.Run()
}

// TestScripts runs each script of testdata/script in a directory, and with a
// data directory, of its own.
func TestScripts(t *testing.T) { testscript.Run(t, params("testdata/script")) }

func params(dir string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Condition: func(name string) (bool, error) {
			if name != "root" {
				return false, fmt.Errorf("unknown condition %s", name)
			}
			return os.Geteuid() == 0, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"answers": answers,
			"repo":    makeRepo,
			"running": waitRunning,
			"json":    checkJSON,
			"gone":    checkGone,
			"until":   waitUntil,
			"pack":    touchPack,
			"damage":  damageBackup,
			"stores":  makeStores,
		},
	}
}

// setup gives a script git's identity and nothing of the user's own.
func setup(env *testscript.Env) error {
	for _, name := range []string{"AUTHOR", "COMMITTER"} {
		env.Setenv("GIT_"+name+"_NAME", "leat")
		env.Setenv("GIT_"+name+"_EMAIL", "leat@example.org")
		env.Setenv("GIT_"+name+"_DATE", "2026-01-31T12:00:00Z")
	}
	env.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	env.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	env.Setenv("LEAT_BIN", filepath.SplitList(env.Getenv("PATH"))[0]) // where testscript has put leat
	env.Setenv("LEAT_FAST", "true")
	env.Setenv("GORACE", os.Getenv("GORACE"))
	index, err := filepath.Abs("../../pipeline/graph/testdata/mill.scip")
	if err != nil {
		return err
	}
	env.Setenv("SCIP", index)
	env.Setenv("LEAT_DATA", filepath.Join(env.WorkDir, "data"))
	if os.Getenv(nobodyVariable) != "" {
		return nil // nobody cannot build
	}
	return startResident(env)
}

// answers runs a program and compares its exit code.
//
//	answers CODE program [args...]
func answers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: answers CODE program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := exitCode(ts, args[1:]); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// exitCode runs a program to its end.
func exitCode(ts *testscript.TestScript, command []string) int {
	var exit *exec.ExitError
	switch err := ts.Exec(command[0], command[1:]...); {
	case errors.As(err, &exit):
		return exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	return 0
}

// makeRepo commits the files of a directory. It makes the directory a repository if
// it is none.
//
//	repo DIR
func makeRepo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: repo DIR")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	for _, step := range [][]string{
		{"init", "-q", "-b", "main", dir},
		{"-C", dir, "add", "-A"},
		{"-C", dir, "commit", "-q", "--allow-empty", "-m", "a commit"},
	} {
		ts.Check(ts.Exec("git", step...))
	}
}

// makeStores gives a new data directory a Postgres that has the catalog's schema, which is
// most of the work of a first start. Scripts about first starts do without it.
//
//	stores DIR
func makeStores(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: stores DIR")
	}
	ts.Check(testenv.Home(ts.MkAbs(args[0])))
}

// waitRunning waits until a `leat dev` serves a data directory and has prepared
// the stores.
//
//	running DIR
func waitRunning(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: running DIR")
	}
	eventually(ts, "leat dev is ready", func() bool {
		_, running, err := devstack.Running(ts.MkAbs(args[0]))
		return err == nil && running && ts.Exec("leat", "status", "--data", args[0]) == nil
	})
}

// waitUntil runs a program, whatever it answers, until its output matches.
//
//	until program [args...] PATTERN
func waitUntil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until program [args...] PATTERN")
	}
	command, pattern := args[:len(args)-1], regexp.MustCompile("(?m)"+args[len(args)-1])
	eventually(ts, strings.Join(args, " "), func() bool {
		_ = ts.Exec(command[0], command[1:]...) // a status says no while something waits
		return pattern.MatchString(ts.ReadFile("stdout"))
	})
}

// patience is how long a script waits for a condition. A machine that runs many scripts
// takes half a minute to start a leat.
const patience = 2 * time.Minute

// eventually asks again after a pause as long as the question took: what is waited for needs
// the processor, too.
func eventually(ts *testscript.TestScript, what string, is func() bool) {
	for deadline := time.Now().Add(patience); ; {
		asked := time.Now()
		if is() {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("not within %s: %s", patience, what)
		}
		time.Sleep(max(200*time.Millisecond, time.Since(asked)))
	}
}

// checkJSON checks that standard output was one JSON document and, if a path is
// given, the value there.
//
//	json [PATH VALUE]
//
// A path consists of names and indexes: repositories.0.state. The name length stands
// for the length of a list.
func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 && len(args) != 2 {
		ts.Fatalf("usage: json [PATH VALUE]")
	}
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	decoder.UseNumber()
	var doc any
	if err := decoder.Decode(&doc); err != nil {
		ts.Fatalf("standard output is not JSON: %v", err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		ts.Fatalf("standard output goes on after the JSON document (%v)", err)
	}
	if len(args) == 0 {
		return
	}
	if got := fmt.Sprint(at(ts, doc, strings.Split(args[0], "."))); got != args[1] {
		ts.Fatalf("%s is %q, want %q", args[0], got, args[1])
	}
}

func at(ts *testscript.TestScript, doc any, path []string) any {
	for _, name := range path {
		switch v := doc.(type) {
		case map[string]any:
			value, there := v[name]
			if !there {
				ts.Fatalf("there is no member %q among %v", name, v)
			}
			doc = value
		case []any:
			if name == "length" {
				return len(v)
			}
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) {
				ts.Fatalf("there is no element %s of %d", name, len(v))
			}
			doc = v[i]
		default:
			ts.Fatalf("%s: %v has no members", name, doc)
		}
	}
	return doc
}

// checkGone waits until no process works in a directory or names it.
//
//	gone DIR
func checkGone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: gone DIR")
	}
	var left []string
	eventually(ts, "no process is left", func() bool {
		left = processesOf(ts.MkAbs(args[0]))
		return len(left) == 0
	})
}

// processesOf lists the processes that work below dir or name it.
func processesOf(dir string) (found []string) {
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, proc := range procs {
		cwd, _ := os.Readlink(filepath.Join(proc, "cwd"))
		line, _ := os.ReadFile(filepath.Join(proc, "cmdline"))
		if cwd == dir || strings.HasPrefix(cwd, dir+"/") || bytes.Contains(line, []byte(dir)) {
			found = append(found, fmt.Sprintf("%s: %s (in %s)", proc, bytes.ReplaceAll(line, []byte{0}, []byte{' '}), cwd))
		}
	}
	return found
}

// touchPack removes or damages the newest pack of a kind: older ones may be about to go.
//
//	pack text|vector remove|damage DIR
func touchPack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: pack text|vector remove|damage DIR")
	}
	var packs []string
	ts.Check(filepath.WalkDir(filepath.Join(ts.MkAbs(args[2]), "s3"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && filepath.Base(filepath.Dir(path)) == args[0] {
			packs = append(packs, path)
		}
		return err
	}))
	if len(packs) == 0 {
		ts.Fatalf("there is no pack of kind %s", args[0])
	}
	written := func(pack string) time.Time {
		info, err := os.Stat(pack)
		ts.Check(err)
		return info.ModTime()
	}
	slices.SortFunc(packs, func(a, b string) int { return written(b).Compare(written(a)) })
	if args[1] == "remove" {
		ts.Check(os.Remove(packs[0]))
		return
	}
	content, err := os.ReadFile(packs[0])
	ts.Check(err)
	content[len(content)/2] ^= 1
	ts.Check(os.WriteFile(packs[0], content, 0o600))
}

// damageBackup changes a byte of the first pack of a kind in a target, or of the newest
// manifest.
//
//	damage DIR text|vector|manifest
func damageBackup(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: damage DIR text|vector|manifest")
	}
	pattern := filepath.Join(ts.MkAbs(args[0]), "packs", "*", args[1], "*")
	if args[1] == "manifest" {
		pattern = filepath.Join(ts.MkAbs(args[0]), "backups", "*", "manifest.json")
	}
	found, err := filepath.Glob(pattern)
	ts.Check(err)
	if len(found) == 0 {
		ts.Fatalf("there is no %s", pattern)
	}
	file := found[len(found)-1]
	content, err := os.ReadFile(file)
	ts.Check(err)
	if args[1] == "manifest" {
		content = bytes.Replace(content, []byte(`"documents":2`), []byte(`"documents":3`), 1)
	} else {
		content[len(content)/2] ^= 1
	}
	ts.Check(os.WriteFile(file, content, 0o600))
}

// nobodyVariable holds the directory in which TestScriptsAsNobody runs this
// test binary again, as a user without rights.
const nobodyVariable = "LEAT_TEST_NOBODY"

// TestScriptsAsNobody runs one script as the user nobody, if the tests run as root. (As
// root, leat lowers the rights of its Postgres.)
func TestScriptsAsNobody(t *testing.T) {
	if dir := os.Getenv(nobodyVariable); dir != "" {
		p := params(filepath.Join(dir, "script"))
		p.WorkdirRoot = dir
		testscript.Run(t, p)
		return
	}
	setpriv, err := exec.LookPath("setpriv")
	if os.Geteuid() != 0 || err != nil {
		t.Skip("needs root and setpriv")
	}
	dir, err := os.MkdirTemp("", "leat-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	const nobody = 65534
	script, err := os.ReadFile("testdata/script/once.txtar")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Chown(dir, nobody, nobody),
		os.Mkdir(filepath.Join(dir, "script"), 0o755),
		os.WriteFile(filepath.Join(dir, "script", "once.txtar"), script, 0o644),
		os.WriteFile(filepath.Join(dir, "leat.test"), binary, 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), setpriv, "--reuid=nobody", "--regid="+strconv.Itoa(nobody), "--clear-groups",
		filepath.Join(dir, "leat.test"), "-test.run=^TestScriptsAsNobody$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), nobodyVariable+"="+dir, "HOME="+dir, "TMPDIR="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestScriptsAsNobody/once")) {
		t.Errorf("%v\n%s", err, out)
	}
}
