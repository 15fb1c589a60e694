package service_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// Each chunk of a file leads to a point in the index, and back to the commit and the submission
// that brought it.
func TestLineageLeadsFromPointsToTheEvent(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	first := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.go", "package a\n\nfunc A() {}\n\nfunc B() {}\n", "b.bin", "\x00\x01"))
	second := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text("a.go", "package a\n\nfunc A() {}\n\nfunc B() {}\n", "b.bin", "\x00\x01", "dir/c.md", "# c\n"))
	a, err := m.Lineage(t.Context(), service.LineageRequest{Tenant: "acme", Repository: repo.Dir, Path: "a.go"})
	if err != nil {
		t.Fatal(err)
	}
	if a.Commit != second || a.Brought.Commit != first || a.Brought.Revision != 1 || a.Brought.Event == "" || a.Brought.Source == "" || a.Count != len(a.Chunks) || a.Count < 2 || a.Pack == "" {
		t.Errorf("%+v", a)
	}
	var ids []uuid.UUID
	for _, c := range a.Chunks {
		ids = append(ids, uuid.MustParse(c.Point))
		if !c.Embedded || c.Pack == "" || c.StartLine < 1 || c.EndByte <= c.StartByte {
			t.Errorf("%+v", c)
		}
	}
	held, err := m.Points.Held(t.Context(), a.Collection, ids)
	if err != nil || len(held) != len(ids) {
		t.Errorf("the index holds %d of %d points, %v", len(held), len(ids), err)
	}
	half, err := m.Lineage(t.Context(), service.LineageRequest{Tenant: "acme", Repository: repo.Dir, Path: "a.go", From: 1, Limit: 1})
	if err != nil || len(half.Chunks) != 1 || half.Chunks[0] != a.Chunks[1] || half.More != (a.Count > 2) {
		t.Errorf("%+v, %v", half, err)
	}
	h, err := m.History(t.Context(), service.HistoryRequest{Tenant: "acme", Repository: repo.Dir})
	if err != nil || len(h.Snapshots) != 2 || h.Snapshots[0].Commit != second || h.Snapshots[0].Files != 3 || len(h.Skipped) != 1 || h.Skipped[0] != (service.SkipCount{Reason: "binary", Files: 1}) {
		t.Errorf("%+v, %v", h, err)
	}
	d, err := m.Directory(t.Context(), service.DirectoryRequest{Tenant: "acme", Repository: repo.Dir, Limit: 2})
	if err != nil || len(d.Entries) != 2 || !d.More || d.Entries[0] != (service.DirectoryEntry{Name: "dir", Directory: true, Files: 1}) || d.Entries[1].Name != "a.go" {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := m.Lineage(t.Context(), service.LineageRequest{Tenant: "other", Repository: repo.Dir, Path: "a.go"}); !errors.Is(err, service.NotFound) {
		t.Errorf("another tenant: %v", err)
	}
}

// Work under way is counted at the stage that has to do it. Past work is counted in its span of
// time.
func TestFlowCountsWorkByStage(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	repo.Commit(t, testpipe.Text("a.go", "package a\n", "b.go", "package b\n"))
	if err := m.Ingest.Handle(t.Context(), testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: repo.Dir, Ref: "refs/heads/main"})); err != nil {
		t.Fatal(err)
	}
	open := func(tenant string) (sums []int64) {
		a, err := m.Flow(t.Context(), service.FlowRequest{Tenant: tenant, Queues: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range a.Stages {
			n := int64(0)
			for _, l := range s.Lanes {
				n += l.Open
			}
			sums = append(sums, n)
		}
		return sums
	}
	if got := open("acme"); got[1] != 2 || got[2] != 0 {
		t.Errorf("before the embedder: %v", got)
	}
	if got := open("other"); got[1] != 0 {
		t.Errorf("another tenant: %v", got)
	}
	told, stop := 0, errors.New("enough")
	watching, cancel := context.WithTimeout(t.Context(), testpipe.Patience)
	defer cancel()
	err := m.Watch(watching, service.StatusRequest{Tenant: "acme", Repository: repo.Dir}, func(a service.StatusAnswer) error {
		switch told++; {
		case told == 1 && a.Repositories[0].Documents.Pending == 2:
			m.Settle(t)
		case a.Repositories[0].Documents.Indexed == 2:
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || told < 2 {
		t.Errorf("watched %d times: %v", told, err)
	}
	if got := open("acme"); got[0]+got[1]+got[2] != 0 {
		t.Errorf("at the end: %v", got)
	}
	activity, err := m.Activity(t.Context(), service.ActivityRequest{Tenant: "acme", Width: 15 * time.Minute, Spans: 4})
	if err != nil || len(activity.Spans) != 4 {
		t.Fatalf("%+v, %v", activity, err)
	}
	submitted, indexed := int64(0), int64(0)
	for _, s := range activity.Spans {
		submitted, indexed = submitted+s.Submitted, indexed+s.Indexed
	}
	if submitted != 1 || indexed != 1 {
		t.Errorf("%+v", activity)
	}
}
