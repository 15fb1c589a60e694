//go:build linux

package chaos

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/leatworks/leat/pipeline/graph"
)

// Report holds the findings of a run.
type Report struct {
	Seed     uint64
	Commits  int          // of the history
	Pushes   int          // of all refs
	Filters  int          // changes of the filter
	Faults   map[Kind]int // done, by kind
	Breaking time.Duration
	NoDisk   string        // why no disk could be filled; "": it was possible, or not asked for
	Settling time.Duration // from the end of the last fault until nothing was owed

	Digest    string // of the index
	Graph     graph.Digest
	Documents int64
	Points    int64

	Repeats repeats // texts that the model was asked for
	Growth  growth  // of resources, from before the first fault to the end

	Backups backups
	Parts   parts
	Turns   turns
	Imports imports

	StaleFiles int // files that a killed git left in a mirror; the mirror's next fetch removes them

	// Violations are broken promises. None: the run is clean.
	Violations []string
	Dir        string // holds data and logs; "" if it has been removed
}

// Write prints a report for people.
func (r Report) Write(w io.Writer) {
	total := 0
	for _, n := range r.Faults {
		total += n
	}
	fmt.Fprintf(w, "seed %d: %d commits in %d pushes, %d changes of the filter, %d faults in %s, settled %s later\n", r.Seed, r.Commits, r.Pushes, r.Filters, total, r.Breaking.Round(time.Second), r.Settling.Round(100*time.Millisecond))
	for _, kind := range slices.Sorted(maps.Keys(r.Faults)) {
		fmt.Fprintf(w, "  %4d %s\n", r.Faults[kind], kind)
	}
	fmt.Fprintf(w, "  %d documents, %d points, digest %.16s\n", r.Documents, r.Points, r.Digest)
	fmt.Fprintf(w, "  %d files, %d symbols and %d edges of symbol graphs, digest %.16s\n", r.Graph.Files, r.Graph.Symbols, r.Graph.Edges, r.Graph.Digest)
	fmt.Fprintf(w, "  %d texts embedded, %d times again; one of them %d times (%d were explained), %d times by two embedders at once\n",
		r.Repeats.texts, r.Repeats.again, r.Repeats.worst, r.Repeats.bound, r.Repeats.raced)
	fmt.Fprintf(w, "  grown by at most %d goroutines and %d files a worker, %d connections a store\n", r.Growth.Goroutines, r.Growth.Files, r.Growth.Connections)
	fmt.Fprintf(w, "  %d stale files in mirrors\n", r.StaleFiles)
	fmt.Fprintf(w, "  %d backups made under faults, %d failed, %d killed; the last one restored: %t\n", r.Backups.Made, r.Backups.Failed, r.Backups.Killed, r.Backups.Restored)
	fmt.Fprintf(w, "  %d repositories forgotten and restored into the living leat, under faults, by %d commands, of which %d were killed\n", r.Parts.Repositories, r.Parts.Attempts, r.Parts.Killed)
	fmt.Fprintf(w, "  tracks fell asleep %d times and woke %d times under faults\n", r.Turns.Slept, r.Turns.Woken)
	fmt.Fprintf(w, "  %d indexes imported and %d dropped under faults, %d commands killed; %d files have exact edges\n",
		r.Imports.Imported, r.Imports.Dropped, r.Imports.Killed, r.Graph.Exact)
	if r.NoDisk != "" {
		fmt.Fprintf(w, "  no disk was filled: %s\n", r.NoDisk)
	}
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
