package git

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/leatworks/leat/internal/fault"
)

// limits are the kernel's limits on each process of git.
type limits struct {
	memory    int64         // bytes that it may write to; packs that are mapped do not count
	cpu       time.Duration // of a processor
	fileSize  int64         // of a file that it writes, in bytes
	processes int           // of the user, all counted
}

// The defaults.
const (
	defaultMaxMemory    = 512 << 20
	defaultMaxCPU       = 10 * time.Minute
	defaultMaxProcesses = 4096
)

func (m *Mirrors) limits() limits {
	return limits{memory: m.cfg.MaxMemory, cpu: m.cfg.MaxCPU, fileSize: m.cfg.MaxBytes, processes: m.cfg.MaxProcesses}
}

// Exit codes of a shell whose command was ended by a limit.
const (
	codeCPU      = 128 + int(syscall.SIGXCPU)
	codeFileSize = 128 + int(syscall.SIGXFSZ)
)

// errMemory is an ErrTooLarge that a fetch without large files may avoid.
var errMemory = fmt.Errorf("%w", ErrTooLarge)

// The messages that git prints about its own children.
var (
	diedOfCPU      = fmt.Sprintf("died of signal %d", syscall.SIGXCPU)
	diedOfFileSize = fmt.Sprintf("died of signal %d", syscall.SIGXFSZ)
)

// exceeded says which limit a run of git has met, or returns nil if it met none. A run
// that meets a limit will meet it again, so the failure is a rejection.
func (l limits) exceeded(f *failure) error {
	var exit *exec.ExitError
	signal, code := syscall.Signal(0), 0
	if errors.As(f.err, &exit) {
		code = exit.ExitCode()
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			signal = status.Signal()
		}
	}
	kind, what := ErrTooLarge, ""
	switch {
	case strings.Contains(f.stderr, "ut of memory"):
		kind = errMemory
		what = fmt.Sprintf("git needs more than the %d bytes of memory that it may take; raise --git-memory-mib if the repository is sound", l.memory)
	case code == codeCPU || strings.Contains(f.stderr, diedOfCPU) || signal == syscall.SIGXCPU:
		what = fmt.Sprintf("git needs more than the %s of a processor that it may take; raise --git-cpu if the repository is sound", l.cpu)
	case code == codeFileSize || strings.Contains(f.stderr, diedOfFileSize) || signal == syscall.SIGXFSZ || strings.Contains(f.stderr, "File too large"):
		what = fmt.Sprintf("git would write a file of more than %d bytes; raise --git-max-bytes if the repository is sound", l.fileSize)
	default:
		return nil
	}
	return fault.Reject(fmt.Errorf("%w: %s (%w)", kind, what, f))
}
