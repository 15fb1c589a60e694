package service_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/scip"
)

// The indexes of a repository are removed with it. The edges that they gave to a graph are removed
// with its ref. A repository that is being forgotten accepts no index.
func TestTheIndexesOfARepositoryGoWithIt(t *testing.T) {
	m := open(t)
	tree := testpipe.Text("a.go", "package a\n\nfunc A() { B() }\n\nfunc B() {}\n")
	kept, gone := testpipe.NewRepo(t), testpipe.NewRepo(t)
	commits := make(map[*testpipe.Repo]string)
	for _, r := range []*testpipe.Repo{kept, gone} {
		commits[r] = m.put(t, "acme", r, "refs/heads/main", tree)
		r.Git(t, nil, "-C", r.Dir, "update-ref", "refs/tags/v1", "main")
		if err := m.Ingest.Handle(t.Context(), testpipe.Submission(t, "acme", events.RepoSubmitted{URL: r.Dir, Ref: "refs/tags/v1"})); err != nil {
			t.Fatal(err)
		}
		m.Settle(t)
	}
	file := catalog.GraphIndexFile{Path: "a.go", Form: scip.Encode(scip.Document{Encoding: scip.UTF8, Occurrences: []scip.Occurrence{
		{Line: 2, Start: 11, End: 12, Symbol: "t . . . B()."}, {Line: 4, Start: 5, End: 6, Symbol: "t . . . B().", Roles: scip.Definition},
	}})}
	put := func(r *testpipe.Repo, commit, name string) error {
		one := catalog.GraphIndex{Repository: events.RepositoryID("acme", r.Dir), Commit: commit, Name: name, Hash: [32]byte{1}, Documents: 1}
		return m.Catalog.Graphs.PutIndex(t.Context(), "acme", one, []catalog.GraphIndexFile{file}, service.MaxCommitIndexes, service.MaxOldIndexes)
	}
	for r, commit := range commits {
		for _, at := range []string{commit, strings.Repeat("ab", 20)} {
			if err := put(r, at, "test"); err != nil {
				t.Fatal(err)
			}
		}
	}
	m.graphs(t)
	count := func(want map[string]string) {
		t.Helper()
		for table, rows := range want {
			if n := m.One(t, "select count(*) from "+table); n != rows {
				t.Errorf("%s rows in %s, want %s", n, table, rows)
			}
		}
	}
	forget := func(r *testpipe.Repo, ref string) {
		t.Helper()
		if _, err := m.Forget(t.Context(), service.ForgetRequest{Tenant: "acme", Repository: r.Dir, Ref: ref, Confirmed: true}); err != nil {
			t.Fatal(err)
		}
	}
	tend := func() {
		t.Helper()
		for range 4 { // mark, remove, drop the track, drop the repository
			if err := m.Sync.Forget(t.Context()); err != nil {
				t.Fatal(err)
			}
			m.Settle(t)
		}
	}
	count(map[string]string{"graph_exact": "4", "graph_indexes": "4", "graph_index_files": "4"})
	forget(gone, "refs/tags/v1") // the other ref is at the commit
	tend()
	count(map[string]string{"graph_exact": "3", "graph_indexes": "4", "graph_index_files": "4"})
	forget(gone, "")
	if err := put(gone, commits[gone], "late"); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("an index of a repository that is being forgotten: %v", err)
	}
	tend()
	count(map[string]string{"graphs": "2", "graph_files": "2", "graph_symbols": "6", "graph_exact": "2", "graph_indexes": "2", "graph_index_files": "2"})
	forget(kept, "")
	tend()
	count(map[string]string{"graphs": "0", "graph_files": "0", "graph_symbols": "0", "graph_exact": "0", "graph_indexes": "0", "graph_index_files": "0"})
}
