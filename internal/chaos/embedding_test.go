//go:build linux

package chaos

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestExplain assigns repeated calls to the windows between them.
func TestExplain(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	windows := []window{{at(10), at(12)}, {at(11), at(30)}}
	for _, test := range []struct {
		name        string
		calls       []modelCall
		worst       int
		bound       int
		raced       int64
		unexplained int
	}{
		{"once", []modelCall{{at(1), "a"}}, 1, 1, 0, 0},
		{"a fault between", []modelCall{{at(9), "a"}, {at(13), "a"}}, 2, 3, 0, 0},
		{"out of order", []modelCall{{at(13), "a"}, {at(9), "a"}}, 2, 3, 0, 0},
		{"no fault between", []modelCall{{at(1), "a"}, {at(9), "a"}}, 2, 1, 0, 1},
		{"one fault for two", []modelCall{{at(1), "a"}, {at(9), "a"}, {at(11), "a"}}, 3, 3, 0, 1},
		{"two at once", []modelCall{{at(1), "a"}, {at(2), "b"}}, 2, 1, 1, 0},
		{"two long after each other", []modelCall{{at(31), "a"}, {at(61), "b"}}, 2, 1, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := explain(map[string][]modelCall{"text": test.calls}, windows)
			if r.texts != 1 || r.again != int64(len(test.calls)-1) || r.worst != test.worst || r.bound != test.bound ||
				r.raced != test.raced || len(r.unexplained) != test.unexplained {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestReadCalls(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	const text = `time=2026-01-01T00:00:00.500Z level=INFO msg=starting worker=embedder health=127.0.0.1:41
time=2026-01-01T00:00:01.500Z level=DEBUG msg=embedding worker=embedder texts=2 sha256=aa,bb
time=2026-01-01T00:00:02.000Z level=INFO msg=starting worker=embedder health=127.0.0.1:42
time=2026-01-01T00:00:03.000Z level=DEBUG msg=embedding worker=embedder texts=1 sha256=aa
`
	if err := os.WriteFile(log, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	calls := make(map[string][]modelCall)
	if err := readCalls(log, "embedder-1", calls); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 2 || len(calls["aa"]) != 2 || len(calls["bb"]) != 1 {
		t.Fatalf("%v", calls)
	}
	one, two := calls["aa"][0], calls["aa"][1]
	if one.by == two.by || two.at.Sub(one.at) != 1500*time.Millisecond {
		t.Errorf("the calls are %v and %v", one, two)
	}
}
