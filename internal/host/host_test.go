package host_test

import (
	"math"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/leatworks/leat/internal/host"
)

func TestDisk(t *testing.T) {
	used, free, ok := host.Disk(t.TempDir())
	if runtime.GOOS == "linux" && (!ok || used < 0 || used > 1 || free < 0) {
		t.Errorf("%v used, %d bytes free, %v", used, free, ok)
	}
	if _, _, ok := host.Disk(filepath.Join(t.TempDir(), "nosuch")); ok {
		t.Error("a directory that is not there has a disk")
	}
}

func TestMemoryLimit(t *testing.T) {
	before := host.MemoryLimit(math.MaxInt64)
	if got := host.MemoryLimit(123 << 20); before == 0 && got != 123<<20 {
		t.Errorf("%d bytes, want those of GOMEMLIMIT", got)
	}
}
