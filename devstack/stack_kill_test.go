package devstack_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/leatworks/leat/devstack"
)

// ownerVariable makes the test binary own a stack in the directory that it names, until it is killed.
const ownerVariable = "LEAT_TEST_STACK_OWNER"

func TestMain(m *testing.M) {
	if os.Getenv(ownerVariable) != "" {
		// It runs one test, so that fill has a testing.T.
		os.Args = []string{os.Args[0], "-test.run=^TestOwnerForKilling$"}
	}
	os.Exit(m.Run())
}

// TestOwnerForKilling is the child's side of TestKilledOwner.
func TestOwnerForKilling(t *testing.T) {
	dir := os.Getenv(ownerVariable)
	if dir == "" {
		t.Skip("runs as a child of another test")
	}
	s, err := devstack.Start(context.Background(), devstack.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s.Endpoints())
	fmt.Println("filled")
	_, _ = os.Stdin.Read(make([]byte, 1)) // until it is killed, or its parent is gone
	os.Exit(1)
}

func TestKilledOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	owner := exec.CommandContext(t.Context(), os.Args[0])
	owner.Env = append(os.Environ(), ownerVariable+"="+dir)
	owner.Stderr = os.Stderr
	if _, err := owner.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "filled\n" {
		_ = owner.Process.Kill()
		t.Fatalf("the owner says %q (%v)", line, err)
	}
	if _, ok, err := devstack.Running(dir); !ok || err != nil {
		t.Errorf("before: running %v (%v)", ok, err)
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait() // the error says that it was killed

	if e, ok, err := devstack.Running(dir); ok || err != nil {
		t.Errorf("after: %+v, running %v (%v)", e, ok, err)
	}
	if runtime.GOOS == "linux" {
		waitForNoProcess(t, dir)
	}
	s := start(t, devstack.Config{Dir: dir})
	check(t, s.Endpoints())
}

// waitForNoProcess waits until the kernel's signal has ended the processes of the killed owner.
func waitForNoProcess(t *testing.T, dir string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if len(processesIn(t, dir)) == 0 {
			return
		}
	}
	noProcessIn(t, dir)
}
