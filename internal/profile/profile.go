// Package profile writes CPU profiles of processes that run for long.
package profile

import (
	"fmt"
	"os"
	"runtime/pprof"
)

// Start writes a CPU profile to the named file, if any, until stop is called.
func Start(name string) (stop func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("start the profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close()
	}, nil
}
