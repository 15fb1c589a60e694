//go:build linux

package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// A publisher that has only a NATS client submits to four workers over four servers.
func TestAnyNATSClientCanSubmit(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	running := d.startAll()
	nc := d.connect()
	indexed := listen(t, nc, "leat.repo.indexed.default.*")
	repo := newRepo(t, 30)
	publish(t, nc, repo)

	var data struct {
		URL       string         `json:"url"`
		Documents map[string]int `json:"documents"`
	}
	msg := next(t, indexed)
	if err := json.Unmarshal(msg.Data, &data); err != nil {
		t.Fatal(err)
	}
	if got := msg.Header["ce-type"]; len(got) != 1 || got[0] != "leat.repo.indexed.v1" {
		t.Errorf("ce-type is %q", got)
	}
	if data.URL != repo || data.Documents["indexed"] != 30 || data.Documents["failed"]+data.Documents["skipped"] != 0 {
		t.Errorf("repo.indexed says %s", msg.Data)
	}

	if n := number(t, d.leat(0, "status", repo), "repositories", 0, "documents", "indexed"); n != 30 {
		t.Errorf("status counts %d documents, want 30", n)
	}
	if n := number(t, d.leat(0, "verify"), "points"); n < 30 {
		t.Errorf("verify counts %d points for 30 documents", n)
	}
	hits, _ := d.leat(0, "search", "which mill turns wheel number 17")["hits"].([]any)
	if len(hits) == 0 {
		t.Fatal("nothing is found")
	}
	if text := hits[0].(map[string]any)["text"].(string); !strings.Contains(text, "number 17.") {
		t.Errorf("the first hit is\n%s", text)
	}
	for _, p := range running {
		p.stop()
		if strings.Contains(p.log.String(), "level=ERROR") {
			t.Errorf("%s logs an error:\n%s", p.name, p.log.tail(4<<10))
		}
	}
}

// A malformed event ends as a dead letter, and the next submission is served.
func TestBadSubmissionStopsItselfAlone(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	ingestor := d.startAll()["ingestor"]
	nc := d.connect()
	indexed := listen(t, nc, "leat.repo.indexed.default.*")
	publish(t, nc, "https://user:hunter2@example.org/a/b")
	publish(t, nc, newRepo(t, 1), "ce-specversion", "0.3")
	publish(t, nc, newRepo(t, 1), "ce-type", "com.example.push")
	ingestor.says(`dead letter`, 3)
	publish(t, nc, newRepo(t, 1))
	next(t, indexed)
	if strings.Contains(ingestor.log.String(), "hunter2") {
		t.Error("the log holds a password")
	}
}
