package worker

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestSpare(t *testing.T) {
	t.Setenv("GOGC", "")
	room := spare()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	runtime.KeepAlive(room)
	if stats.NextGC < 2*spareHeap {
		t.Errorf("the next collection is at %d bytes, want at least %d", stats.NextGC, 2*spareHeap)
	}
	t.Setenv("GOGC", "50")
	if spare() != nil {
		t.Error("an operator's GOGC is overruled")
	}
}

// The spare heap takes no memory of the machine, even at addresses that the runtime has used before and has to zero.
func TestSpareTakesNoPages(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	t.Setenv("GOGC", "")
	used := make([]byte, 2*spareHeap)
	for i := range used {
		used[i] = 1
	}
	runtime.KeepAlive(used)
	runtime.GC() // used is free again, and dirty
	before := resident(t)
	room := spare()
	if grown := resident(t) - before; grown > spareHeap/4 {
		t.Errorf("%d bytes of memory taken", grown)
	}
	runtime.KeepAlive(room)
}

// resident returns the memory of this process in bytes.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", "self", "statm"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

func TestLimitFor(t *testing.T) {
	for live, want := range map[uint64]int64{0: softLimit, 60 << 20: softLimit, 400 << 20: 600 << 20} {
		if got := limitFor(live); got != want {
			t.Errorf("limit for %d MiB alive: %d MiB, want %d", live>>20, got>>20, want>>20)
		}
	}
	if limitFor(math.MaxUint64) < 0 {
		t.Error("a large live memory overflows the limit")
	}
}

// A worker's limit holds while it runs, and gives way to the operator's settings.
func TestKeepSmall(t *testing.T) {
	t.Setenv("GOGC", "")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); keepSmall(ctx) }()
	for debug.SetMemoryLimit(-1) == math.MaxInt64 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-done
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		t.Errorf("the limit of %d stays", limit)
	}
	t.Setenv("GOGC", "50")
	keepSmall(t.Context()) // returns at once
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		t.Errorf("an operator's GOGC is overruled by a limit of %d", limit)
	}
}
