package child

import (
	"os"
	"os/exec"
	"reflect"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/leatworks/leat/internal/race"
)

func TestTheKernelBoundsAChild(t *testing.T) {
	p := open(t, Config{Children: 1, Memory: 300 << 20, CPU: 7 * time.Second})
	pid := p.running(t)
	for resource, most := range map[int]uint64{unix.RLIMIT_DATA: 300 << 20, unix.RLIMIT_CPU: 7 + 2, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CORE: 0} {
		var got unix.Rlimit
		if err := unix.Prlimit(pid, resource, nil, &got); err != nil {
			t.Fatal(err)
		}
		if got.Cur > most && (!race.On || resource != unix.RLIMIT_DATA) {
			t.Errorf("limit %d is %d, want at most %d", resource, got.Cur, most)
		}
	}
}

// lowerVariable makes the test binary a process that may take less memory than its pool
// gives to children.
const lowerVariable = "LEAT_TEST_CHILD_LOWER"

// TestALowerLimitStays runs a pool where the process's own hard limit of memory
// is lower than the pool's: a child starts, parses, and keeps the lower one.
func TestALowerLimitStays(t *testing.T) {
	if race.On {
		t.Skip("the race detector maps more than a limit of memory would allow")
	}
	const lower = 256 << 20
	if os.Getenv(lowerVariable) == "" {
		cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `ulimit -d 262144 && exec "$0" -test.run='^TestALowerLimitStays$'`, os.Args[0])
		cmd.Env = append(os.Environ(), lowerVariable+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	p := open(t, Config{Children: 1})
	got, err := one(t.Context(), p, "Python", []byte(source))
	if want := spansOf(t, "Python", []byte(source)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%d spans, %v; want %d", len(got), err, len(want))
	}
	var limit unix.Rlimit
	if err := unix.Prlimit(p.running(t), unix.RLIMIT_DATA, nil, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur != lower || limit.Max != lower {
		t.Errorf("the child may take %d, at most %d bytes; want %d", limit.Cur, limit.Max, lower)
	}
}
