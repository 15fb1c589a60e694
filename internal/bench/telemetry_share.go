//go:build linux

package bench

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"github.com/leatworks/leat/internal/telemetry"
)

// sampled holds the seconds of profiles by their cause.
type sampled struct {
	telemetry float64 // its own code, and goroutines that send
	hits      int     // number of samples of telemetry
	collector float64 // the garbage collector
	allocated struct{ telemetry, all float64 }
}

// shareOf returns the part of the workers' own processor time that telemetry took in the ingests,
// and its standard error. It divides the garbage collector's time by the shares of allocation. The
// profiles also hold the start of the workers, so the share is rather too large.
func shareOf(list []ingested) (share, deviation float64, err error) {
	var all sampled
	own := 0.0
	for _, one := range list {
		own += one.own
		for _, file := range one.profiles {
			if err := all.read(file); err != nil {
				return 0, 0, err
			}
		}
	}
	if own == 0 || all.hits == 0 {
		return 0, 0, nil
	}
	took := all.telemetry
	if all.allocated.all > 0 {
		took += all.collector * all.allocated.telemetry / all.allocated.all
	}
	share = took / own
	return share, share / math.Sqrt(float64(all.hits)), nil
}

func (s *sampled) read(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return fmt.Errorf("read profile %s: %w", file, err)
	}
	for _, one := range p.Sample {
		s.add(one)
	}
	return nil
}

// add counts one sample: its values are a number of hits and nanoseconds.
func (s *sampled) add(one *profile.Sample) {
	seconds := float64(one.Value[1]) / 1e9
	ours := len(one.Label[telemetry.ProfileLabel]) > 0 || holds(one, "go.opentelemetry.io/", "github.com/exaring/otelpgx")
	if ours {
		s.telemetry += seconds
		s.hits += int(one.Value[0])
	}
	if holds(one, "runtime.mallocgc") {
		s.allocated.all += seconds
		if ours {
			s.allocated.telemetry += seconds
		}
	}
	if holds(one, "runtime.gcBgMarkWorker", "runtime.gcAssistAlloc", "runtime.bgsweep") && !ours {
		s.collector += seconds
	}
}

// holds says whether the stack has a function whose name begins with one of the prefixes.
func holds(one *profile.Sample, prefixes ...string) bool {
	for _, place := range one.Location {
		for _, line := range place.Line {
			if line.Function != nil && slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(line.Function.Name, p) }) {
				return true
			}
		}
	}
	return false
}
