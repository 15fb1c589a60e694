package worker

import (
	"runtime"
	"testing"
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
