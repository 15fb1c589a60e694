//go:build linux

package bench

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestPollsAreCounted(t *testing.T) {
	from := time.UnixMicro(1_700_000_000_000_000)
	const interval = 10 * time.Second
	at := func(seconds float64) time.Time { return from.Add(time.Duration(seconds * float64(time.Second))) }
	p := pollsOf([]call{
		{at: at(1), lsRemote: true, repository: "/a.git"}, {at: at(11.5), lsRemote: true, repository: "/a.git"},
		{at: at(1.2), lsRemote: true, repository: "/b.git"}, {at: at(11.2), lsRemote: true, repository: "/b.git"},
		{at: at(15), lsRemote: true, repository: "/c.git"}, {at: at(15.1), repository: "/c.git"},
	}, from, interval)
	if p.Polled != 3 || p.Once != 2 || p.Questions != 5 || p.Others != 1 {
		t.Errorf("%+v", p)
	}
	if math.Abs(p.Latest-0.05) > 1e-6 || p.Busiest != 8 { // two of five are in one of twenty tenths
		t.Errorf("the interval is missed by %v, and the busiest tenth has %v times its share", p.Latest, p.Busiest)
	}
}

func TestCallsAreRead(t *testing.T) {
	c := gitCalls{t.TempDir()}
	const calls = "1700000000.000001 ls-remote --quiet -- /r/1.git HEAD\n" +
		"1700000005.000001 rev-parse --show-object-format\nHEAD\n" +
		"1700000009.000001 ls-remote --quiet -- /r/2.git HEAD\n"
	if err := os.WriteFile(filepath.Join(c.dir, "calls"), []byte(calls), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := c.between(time.Unix(1_700_000_000, 0), time.Unix(1_700_000_008, 0))
	if err != nil || len(list) != 2 || !list[0].lsRemote || list[0].repository != "/r/1.git" || list[1].lsRemote {
		t.Errorf("%+v, %v", list, err)
	}
}
