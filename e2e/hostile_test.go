//go:build linux

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/leatworks/leat/internal/hostile"
)

// slow lists kinds of repository that each cost an ingestor seconds.
var slow = []string{"csharp_patterns", "csharp_templates", "ignore_deep", "ignore_deep_names", "attributes_of_stars", "attributes_in_each_directory"}

// An ingestor that reads repositories made to hold it up exits within the drain
// limit, with code 0. It gives back the work that it has not finished.
func TestHostileRepositoriesDoNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	for _, inProcess := range []bool{false, true} {
		t.Run(fmt.Sprintf("parsed in the worker: %t", inProcess), func(t *testing.T) {
			t.Parallel()
			endWhileReading(t, inProcess)
		})
	}
}

func endWhileReading(t *testing.T, parseInProcess bool) {
	t.Helper()
	const (
		drain  = time.Second
		copies = 5 // of each repository: far more than can be read within the drain limit
	)
	d := newDeployment(t)
	p := d.worker("ingestor", "LEAT_DRAIN_TIMEOUT="+drain.String(), fmt.Sprintf("LEAT_IN_FLIGHT=%d", len(slow)),
		fmt.Sprintf("LEAT_PARSE_IN_PROCESS=%t", parseInProcess))
	p.ready()
	nc := d.connect()
	made := 0
	for _, kind := range hostile.Kinds() {
		if !slices.Contains(slow, kind.Name) {
			continue
		}
		made++
		repo, err := hostile.New(t.Context(), filepath.Join(t.TempDir(), "repo.git"))
		if err == nil {
			err = kind.Make(t.Context(), repo)
		}
		if err != nil {
			t.Fatal(err)
		}
		publish(t, nc, repo.Dir)
		for range copies - 1 {
			again := filepath.Join(t.TempDir(), "repo.git")
			if err := os.CopyFS(again, os.DirFS(repo.Dir)); err != nil {
				t.Fatal(err)
			}
			publish(t, nc, again)
		}
	}
	if made != len(slow) {
		t.Fatalf("%d of %d kinds are there", made, len(slow))
	}
	db, err := pgx.Connect(t.Context(), d.stores.Postgres)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	snapshots := func(where string) (n int) {
		if err := db.QueryRow(t.Context(), "select count(*) from snapshots where "+where).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	await(t, "it reads one of them", func() bool { return snapshots("state = 'listing'") > 0 })
	began := time.Now()
	p.stop()
	if took := time.Since(began); took > drain+time.Minute { // others may take the machine away for a while
		t.Errorf("it took %s to end with a drain timeout of %s", took, drain)
	}
	if snapshots("state <> 'listing'") == copies*len(slow) {
		t.Error("it had read them all: nothing is tested here")
	}
	if text := p.log.String(); strings.Contains(text, "dead letter") || strings.Contains(text, "ignore that they were cancelled") {
		t.Errorf("a submission is buried, or its handler did not hear that it is cancelled\n%s", p.log.tail(4<<10))
	}
}
