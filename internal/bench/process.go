//go:build linux

package bench

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/leatworks/leat/internal/bench/process"
)

// watcher measures processes and their children.
type watcher struct {
	pids map[string]int // by name
	stop chan struct{}
	rest atomic.Bool // no process is looked at
	done sync.WaitGroup

	mu       sync.Mutex
	children map[string]int64 // by process: the most that its children had together, in bytes
}

// A look at processes with much memory takes long, because the kernel walks through all of their pages. watchShare
// bounds the share of the time that looks take, so that the figures are not those of the harness.
const (
	watchInterval = 200 * time.Millisecond
	watchShare    = 0.02
)

func watch(pids map[string]int) *watcher {
	w := &watcher{pids: pids, stop: make(chan struct{}), children: make(map[string]int64)}
	w.done.Go(func() {
		next := time.NewTimer(watchInterval)
		defer next.Stop()
		for {
			select {
			case <-w.stop:
				return
			case <-next.C:
				began := time.Now()
				if !w.rest.Load() {
					w.look()
				}
				next.Reset(max(watchInterval, time.Duration(float64(time.Since(began))/watchShare)))
			}
		}
	})
	return w
}

func (w *watcher) close() {
	close(w.stop)
	w.done.Wait()
}

// reset resets the high-water marks.
func (w *watcher) reset() {
	for _, pid := range w.pids {
		process.ResetPeak(pid)
	}
	w.mu.Lock()
	clear(w.children)
	w.mu.Unlock()
	w.look()
}

// look records the current usage of the children.
func (w *watcher) look() {
	family := process.Families()
	for name, pid := range w.pids {
		total := process.ChildrenMemory(family, pid)
		w.mu.Lock()
		w.children[name] = max(w.children[name], total)
		w.mu.Unlock()
	}
}

// peaks returns the highest memory in bytes of each process, and of its children together, since
// the last reset.
func (w *watcher) peaks() (own, children map[string]int64) {
	w.look()
	own, children = make(map[string]int64), make(map[string]int64)
	for name, pid := range w.pids {
		own[name] = process.PeakMemory(pid)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, most := range w.children {
		children[name] = most
	}
	return own, children
}

// cpu returns the seconds of processor time of each process and its children.
func (w *watcher) cpu() map[string]float64 {
	family := process.Families()
	taken := make(map[string]float64, len(w.pids))
	for name, pid := range w.pids {
		taken[name] = process.FamilySeconds(family, pid)
	}
	return taken
}
