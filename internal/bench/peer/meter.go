//go:build linux

package peer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/leatworks/leat/internal/bench/process"
)

// meter measures the processes of one program: those that keep running, and commands that end.
type meter struct {
	stop chan struct{}
	done sync.WaitGroup

	mu       sync.Mutex
	resident map[string]int // process ids by name
	running  map[int]string // commands under way
	ended    float64        // processor time of commands that have ended
	peak     int64          // bytes, since the last reset
	parts    map[string]int64
}

const sampleInterval = 100 * time.Millisecond

func newMeter() *meter {
	m := &meter{stop: make(chan struct{}), resident: make(map[string]int), running: make(map[int]string)}
	m.done.Go(func() {
		ticker := time.NewTicker(sampleInterval)
		defer ticker.Stop()
		for {
			select {
			case <-m.stop:
				return
			case <-ticker.C:
				m.sample()
			}
		}
	})
	return m
}

func (m *meter) close() {
	close(m.stop)
	m.done.Wait()
}

// follow makes processes count that keep running.
func (m *meter) follow(resident map[string]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.Copy(m.resident, resident)
}

// all returns every process that counts, and commands under way.
func (m *meter) all() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := maps.Clone(m.resident)
	for pid, name := range m.running {
		all[name] = pid
	}
	return all
}

func (m *meter) sample() {
	family, parts, total := process.Families(), make(map[string]int64), int64(0)
	for name, pid := range m.all() {
		parts[name] = process.Memory(pid) + process.ChildrenMemory(family, pid)
		total += parts[name]
	}
	m.note(total, parts)
}

func (m *meter) note(total int64, parts map[string]int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if total > m.peak {
		m.peak, m.parts = total, parts
	}
}

// reset begins a new step.
func (m *meter) reset() {
	m.mu.Lock()
	m.peak, m.parts = 0, nil
	m.mu.Unlock()
	m.sample()
}

// most returns the highest memory since the last reset, and what it was made of.
func (m *meter) most() (int64, map[string]int64) {
	m.sample()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.peak, m.parts
}

// cpu returns the seconds of processor time so far.
func (m *meter) cpu() float64 {
	family := process.Families()
	m.mu.Lock()
	defer m.mu.Unlock()
	total := m.ended
	for _, pid := range m.resident {
		total += process.FamilySeconds(family, pid)
	}
	return total
}

// command runs a command of the program to its end and returns its output. It counts, unless it
// only checks.
func (m *meter) command(ctx context.Context, counts bool, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = env
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		return "", err
	}
	if counts {
		m.mu.Lock()
		m.running[cmd.Process.Pid] = filepath.Base(name)
		m.mu.Unlock()
	}
	err := cmd.Wait()
	if counts {
		m.end(cmd)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), err
}

func (m *meter) end(cmd *exec.Cmd) {
	m.mu.Lock()
	delete(m.running, cmd.Process.Pid)
	m.ended += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	m.mu.Unlock()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		most := usage.Maxrss << 10
		m.note(most, map[string]int64{filepath.Base(cmd.Path): most})
	}
}

// A program rests when it takes less than a tenth of a processor for half a second.
const (
	restWindow   = 500 * time.Millisecond
	restShare    = 0.1
	restPatience = 2 * time.Minute
)

// rest waits until the program has no more work, or for two minutes.
func (m *meter) rest(ctx context.Context) error {
	if len(m.all()) == 0 {
		return nil
	}
	for deadline := time.Now().Add(restPatience); time.Now().Before(deadline); {
		before, began := m.cpu(), time.Now()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(restWindow):
		}
		if m.cpu()-before < restShare*time.Since(began).Seconds() {
			return nil
		}
	}
	return nil
}

// diskUse adds up the space of files below directories.
func diskUse(dirs ...string) (total int64) {
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return nil // a file may vanish meanwhile
			}
			if info, err := entry.Info(); err == nil {
				if at, ok := info.Sys().(*syscall.Stat_t); ok {
					total += at.Blocks * 512
				}
			}
			return nil
		})
	}
	return total
}
