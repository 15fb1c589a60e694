//go:build linux

package chaos

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// modelCall is one text in one call of the model, from an embedder's log.
type modelCall struct {
	at time.Time
	by string // the process
}

// window is a span of time in which an event can have cost a vector, be it under way or stored.
type window struct{ from, to time.Time }

// raceLimit is the time within which two embedders may ask for the same text without a fault,
// because they do not know of each other.
const raceLimit = 2 * ackWait

// repeats counts the texts that the model was asked for.
type repeats struct {
	texts, again int64 // different ones; calls beyond the first of each
	worst, bound int   // calls for one text, and how many of them the windows between the first and the last explain
	raced        int64 // calls that no window explains, but another embedder that asked at the same time
	unexplained  []string
}

// explain assigns each call for a text, except the first, to a window between
// it and the call before.
func explain(calls map[string][]modelCall, windows []window) repeats {
	var r repeats
	for _, text := range slices.Sorted(maps.Keys(calls)) {
		list := calls[text]
		slices.SortFunc(list, func(a, b modelCall) int { return a.at.Compare(b.at) })
		r.texts++
		r.again += int64(len(list) - 1)
		for i := 1; i < len(list); i++ {
			before, now := list[i-1], list[i]
			switch {
			case between(windows, before.at, now.at) > 0:
			case before.by != now.by && now.at.Sub(before.at) < raceLimit:
				r.raced++
			default:
				r.unexplained = append(r.unexplained, fmt.Sprintf("%s by %s at %s and by %s at %s", text,
					before.by, before.at.Format(time.TimeOnly), now.by, now.at.Format(time.TimeOnly)))
			}
		}
		if len(list) > r.worst {
			r.worst, r.bound = len(list), 1+between(windows, list[0].at, list[len(list)-1].at)
		}
	}
	return r
}

func between(windows []window, from, to time.Time) (n int) {
	for _, w := range windows {
		if !w.from.After(to) && !w.to.Before(from) {
			n++
		}
	}
	return n
}

// readCalls finds the calls in an embedder's log.
func readCalls(log, name string, into map[string][]modelCall) error {
	file, err := os.Open(log)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	starts := 0
	for lines.Scan() {
		line := lines.Bytes()
		if bytes.Contains(line, []byte("msg=starting ")) {
			starts++
		}
		if !bytes.Contains(line, []byte("msg=embedding ")) {
			continue
		}
		at, err := time.Parse(time.RFC3339, attribute(line, "time"))
		if err != nil {
			return fmt.Errorf("%s: %w", log, err)
		}
		for text := range strings.SplitSeq(attribute(line, "sha256"), ",") {
			into[text] = append(into[text], modelCall{at, fmt.Sprintf("%s (start %d)", name, starts)})
		}
	}
	return lines.Err()
}

// attribute returns a value without blanks from a line of a log.
func attribute(line []byte, key string) string {
	_, after, _ := bytes.Cut(line, []byte(key+"="))
	value, _, _ := bytes.Cut(after, []byte(" "))
	return strings.TrimSpace(string(value))
}

// checkEmbeddings counts how often the model was asked for each text.
func (r *run) checkEmbeddings(ctx context.Context) error {
	calls := make(map[string][]modelCall)
	for _, name := range workerNames {
		if strings.HasPrefix(name, "embedder-") {
			if err := readCalls(r.workers[name].Log, name, calls); err != nil {
				return err
			}
		}
	}
	collections, err := r.collections(ctx)
	if err != nil {
		return err
	}
	r.report.Repeats = explain(calls, slices.Concat(r.windows, collections))
	if r.report.Repeats.texts == 0 {
		r.violate("the embedders' logs name no text")
	}
	for _, what := range r.report.Repeats.unexplained[:min(5, len(r.report.Repeats.unexplained))] {
		r.violate("embedded again for no reason: %s", what)
	}
	return nil
}

// collections returns the runs of the garbage collector that deleted something. A text that comes
// back after such a run is embedded again.
func (r *run) collections(ctx context.Context) ([]window, error) {
	conn, err := r.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, "select started_at, finished_at from sync_runs where kind = 'garbage' and (repaired > 0 or finished_at is null)")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []window
	for rows.Next() {
		var w window
		var to *time.Time
		if err := rows.Scan(&w.from, &to); err != nil {
			return nil, err
		}
		w.to = *cmp.Or(to, &w.from)
		found = append(found, w)
	}
	return found, rows.Err()
}
