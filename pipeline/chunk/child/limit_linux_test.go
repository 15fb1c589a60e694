package child

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestTheKernelBoundsAChild(t *testing.T) {
	p := open(t, Config{Children: 1, Memory: 300 << 20, CPU: 7 * time.Second})
	pid := p.running(t)
	for resource, most := range map[int]uint64{unix.RLIMIT_DATA: 300 << 20, unix.RLIMIT_CPU: 7 + 2, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CORE: 0} {
		var got unix.Rlimit
		if err := unix.Prlimit(pid, resource, nil, &got); err != nil {
			t.Fatal(err)
		}
		if got.Cur > most && !(raced && resource == unix.RLIMIT_DATA) {
			t.Errorf("limit %d is %d, want at most %d", resource, got.Cur, most)
		}
	}
}
