package worker

import (
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/leatworks/leat/internal/fault"
)

// profile writes a CPU profile to the named file, if any, until its result is called.
func profile(name string) (stop func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fault.Reject(fmt.Errorf("--profile (LEAT_PROFILE): %w: name a file that can be written", err))
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close()
	}, nil
}
