//go:build linux

package e2e_test

import (
	"testing"
	"time"
)

// Each worker is killed in the middle of its work and started again. Nothing is
// lost: the three stores are equal, and the index is that of an undisturbed
// run.
func TestKilledWorkersLoseNothing(t *testing.T) {
	t.Parallel()
	files := 800
	for !killEach(t, files) {
		if files *= 2; files > 6400 {
			t.Fatal("each ingest ends before this process can kill every worker: use more files")
		}
	}
}

// killEach kills each worker once while they ingest so many files. It returns false if they had
// done all before the last was killed.
func killEach(t *testing.T, files int) bool {
	t.Helper()
	repo := newRepo(t, files)
	d := newDeployment(t)
	nc := d.connect()
	indexed := listen(t, nc, "leat.repo.indexed.>")
	running := make(map[string]*process)
	for i, name := range workers {
		subject := []string{"leat.document.chunked.>", "leat.document.embedded.>", "leat.document.indexed.>", "leat.nothing"}[i]
		first := listen(t, nc, subject)
		running[name] = d.worker(name)
		running[name].ready()
		if name == "ingestor" {
			publish(t, nc, repo)
		}
		if name != "syncer" { // it looks every 5 s, and is killed before it has
			next(t, first)
		}
		if _, err := indexed.NextMsg(time.Millisecond); err == nil {
			for _, p := range running {
				p.kill()
			}
			return false
		}
		running[name].kill()
		running[name] = d.worker(name)
	}
	next(t, indexed)

	if n := number(t, d.leat(0, "status"), "repositories", 0, "documents", "indexed"); n != files {
		t.Errorf("%d documents are indexed, want %d", n, files)
	}
	d.verify(len(workers))
	for _, p := range running {
		p.ready()
		p.stop()
	}
	if got, want := d.leat(0, "digest")["digest"], undisturbed(t, repo); got != want {
		t.Errorf("the digest is %v, want %v as without a kill", got, want)
	}
	return true
}

// verify finds nothing missing, stale or damaged. A worker that is killed
// between the object and its row may leave one pack, which the syncer collects
// after the grace.
func (d *deployment) verify(kills int) {
	d.t.Helper()
	r, _ := try(d.t, d.env, "verify")
	for _, member := range []string{"missing_points", "stale_points", "orphan_points", "missing_objects", "corrupt_objects"} {
		if n := number(d.t, r, member); n != 0 {
			d.t.Errorf("verify counts %d %s", n, member)
		}
	}
	if n := number(d.t, r, "orphan_objects"); n > kills {
		d.t.Errorf("verify counts %d orphan_objects after %d kills", n, kills)
	}
}

// undisturbed returns the digest of a repository that was ingested in one go,
// into stores of its own.
func undisturbed(t *testing.T, repo string) any {
	t.Helper()
	env := []string{"LEAT_DATA=" + home(t), "LEAT_FAST=true"}
	leat(t, env, 0, "dev", "--once", "--submit", repo)
	return leat(t, env, 0, "digest")["digest"]
}
