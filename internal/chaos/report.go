//go:build linux

package chaos

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// Report is what a run found.
type Report struct {
	Seed     uint64
	Commits  int          // pushed
	Faults   map[Kind]int // done, by kind
	Breaking time.Duration
	Settling time.Duration // from the end of the last fault until nothing was owed

	Digest        string // of the index
	Documents     int64
	Points        int64
	OrphanObjects int64 // in S3 and not in the catalog: written by a worker that was killed before it could say so

	Texts    int64 // that have a vector
	Excess   int64 // vectors computed and stored more than once, by the bytes that nothing refers to
	Explains int   // faults that can have cost a vector that was under way

	StaleFiles int // that a killed git left in a mirror; the mirror's next fetch removes them

	// Violations are what must not be. None: the run is clean.
	Violations []string
	Dir        string // where data and logs are; "" if they have been removed
}

// Write prints a report for people.
func (r Report) Write(w io.Writer) {
	total := 0
	for _, n := range r.Faults {
		total += n
	}
	fmt.Fprintf(w, "seed %d: %d commits, %d faults in %s, settled %s later\n", r.Seed, r.Commits, total, r.Breaking.Round(time.Second), r.Settling.Round(100*time.Millisecond))
	for _, kind := range slices.Sorted(maps.Keys(r.Faults)) {
		fmt.Fprintf(w, "  %4d %s\n", r.Faults[kind], kind)
	}
	fmt.Fprintf(w, "  %d documents, %d points, digest %.16s\n", r.Documents, r.Points, r.Digest)
	fmt.Fprintf(w, "  %d texts have a vector; %d were embedded again (%d faults can explain it)\n", r.Texts, r.Excess, r.Explains)
	fmt.Fprintf(w, "  %d orphan objects in S3, %d stale files in mirrors\n", r.OrphanObjects, r.StaleFiles)
	for _, v := range r.Violations {
		fmt.Fprintf(w, "VIOLATION: %s\n", v)
	}
	if len(r.Violations) == 0 {
		fmt.Fprintln(w, "clean")
	}
	if r.Dir != "" {
		fmt.Fprintf(w, "data and logs: %s\n", r.Dir)
	}
}
