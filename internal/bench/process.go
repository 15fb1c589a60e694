//go:build linux

package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
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
		// For 5 see proc(5). If writing is not allowed, the mark is that of the whole run.
		_ = os.WriteFile(proc(pid, "clear_refs"), []byte("5"), 0)
	}
	w.mu.Lock()
	clear(w.children)
	w.mu.Unlock()
	w.look()
}

// look records the current usage of the children.
func (w *watcher) look() {
	family := families()
	for name, pid := range w.pids {
		var total int64
		for _, child := range descendants(family, pid) {
			total += kilobytes(proc(child, "smaps_rollup"), "Pss:")
		}
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
		own[name] = kilobytes(proc(pid, "status"), "VmHWM:")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, most := range w.children {
		children[name] = most
	}
	return own, children
}

// cpu returns the seconds of processor time of each process and its children.
// The time of a child counts as long as the child, or the process that waited
// for it, lives.
func (w *watcher) cpu() map[string]float64 {
	family := families()
	taken := make(map[string]float64, len(w.pids))
	for name, pid := range w.pids {
		for _, one := range append(descendants(family, pid), pid) {
			taken[name] += seconds(one)
		}
	}
	return taken
}

func proc(pid int, file string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), file)
}

// families lists the children of every process.
func families() map[int][]int {
	family := make(map[int][]int)
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if fields := stat(pid); len(fields) > 1 {
			parent, _ := strconv.Atoi(fields[1])
			family[parent] = append(family[parent], pid)
		}
	}
	return family
}

func descendants(family map[int][]int, pid int) []int {
	var all []int
	for _, child := range family[pid] {
		all = append(append(all, child), descendants(family, child)...)
	}
	return all
}

// stat returns the fields of /proc/PID/stat after the name, which may hold any
// character.
func stat(pid int) []string {
	text, err := os.ReadFile(proc(pid, "stat"))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

// tick is the unit of time in /proc, on every Linux that Go runs on.
const tick = 0.01

// seconds adds up utime, stime, cutime and cstime.
func seconds(pid int) float64 {
	fields := stat(pid)
	if len(fields) < 15 {
		return 0
	}
	total := 0.0
	for _, field := range fields[11:15] {
		ticks, _ := strconv.ParseFloat(field, 64)
		total += ticks * tick
	}
	return total
}

// ownSeconds is the processor time of a process without its children, to the nanosecond. A
// process that has ended has none.
func ownSeconds(pid int) float64 {
	// Source: the macros MAKE_PROCESS_CPUCLOCK and CPUCLOCK_SCHED in the kernel's
	// include/linux/posix-timers.h.
	clock := int32(^pid<<3 | 2)
	var taken unix.Timespec
	if unix.ClockGettime(clock, &taken) != nil {
		return 0
	}
	return time.Duration(taken.Nano()).Seconds()
}

// kilobytes reads a line such as "VmHWM:  123 kB", and returns bytes.
func kilobytes(file, key string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == key {
			n, _ := strconv.ParseInt(fields[1], 10, 64)
			return n << 10
		}
	}
	return 0
}
