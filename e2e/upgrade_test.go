//go:build linux

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// Workers of an older build and of this one share the work over one set of stores, as they
// do while a release is rolled out. Nothing is lost, and together they make the index that
// this build makes alone. 'make test-upgrade OLD=REF' builds the older one.
func TestTwoBuildsSideBySide(t *testing.T) {
	old := os.Getenv("LEAT_TEST_OLD_BINARIES")
	if old == "" {
		t.Skip("LEAT_TEST_OLD_BINARIES names no directory of an older build: 'make test-upgrade'")
	}
	old, err := filepath.Abs(old)
	if err != nil {
		t.Fatal(err)
	}
	d := newDeployment(t)
	repo := testpipe.NewRepo(t)
	c := &clustered{deployment: d, repo: repo, files: 300}

	before := make(map[string]*process)
	for _, name := range workers {
		before[name] = startOf(t, old, append([]string{}, d.env...), name)
	}
	for _, p := range before {
		p.ready()
	}
	after := make(map[string]*process)
	c.push(func() { // in mid-ingest, workers of this build start over the older schema and bring it up to date
		for _, name := range workers {
			after[name] = d.worker(name)
		}
	})
	for _, p := range after {
		p.ready()
	}
	for range 4 {
		c.push(func() {})
	}
	for _, name := range []string{"embedder", "indexer"} { // the ingestors are left out: one of them does a whole ingest
		share := func(p *process) int { return handled(t, p) }
		if share(before[name]) == 0 || share(after[name]) == 0 {
			t.Errorf("%s: the older build handled %d messages, this one %d; want some each", name, share(before[name]), share(after[name]))
		}
		t.Logf("%s: the older build handled %d messages, this one %d", name, share(before[name]), share(after[name]))
	}
	c.push(func() { // in mid-ingest the workers of the older build end
		for _, p := range before {
			p.stop()
		}
	})

	d.verify(0)
	for _, p := range after {
		p.stop()
	}
	if got, want := d.leat(0, "digest")["digest"], undisturbed(t, repo.Dir); got != want {
		t.Errorf("the digest is %v, want %v as by this build alone", got, want)
	}
}

// handled counts the messages that a worker has settled, by its own figures.
func handled(t *testing.T, p *process) (n int) {
	t.Helper()
	status, body := p.health("/metrics")
	if status != 200 {
		t.Fatalf("%s answers /metrics with %d", p.name, status)
	}
	for _, line := range regexp.MustCompile(`(?m)^leat_messages_total\{[^}]*outcome="(?:done|ack)"[^}]*\} (\S+)$`).FindAllStringSubmatch(body, -1) {
		v, err := strconv.ParseFloat(line[1], 64)
		if err != nil {
			t.Fatal(fmt.Errorf("read %q: %w", line[0], err))
		}
		n += int(v)
	}
	return n
}
