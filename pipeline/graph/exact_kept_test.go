package graph_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
)

// A repository keeps all indexes of a commit that a ref is at, and only the newest indexes of other commits. A commit
// takes a limited number of indexes.
func TestOldIndexesGo(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	p.IngestTree(t, goTree().tree())
	repository, tenant := uuid.MustParse(p.One(t, "select id::text from repositories")), p.One(t, "select tenant from repositories")
	put := func(commit, name string) error {
		one := catalog.GraphIndex{Repository: repository, Commit: commit, Name: name, Hash: sha256.Sum256([]byte(commit + name)), Documents: 1}
		return p.Catalog.Graphs.PutIndex(t.Context(), tenant, one, []catalog.GraphIndexFile{{Path: "main.go", Form: []byte{1}}}, 2, 3)
	}
	current := p.One(t, "select encode(commit, 'hex') from snapshots where state in ('indexing', 'indexed')")
	for _, name := range []string{"a", "b", "a"} { // the second a replaces the first
		if err := put(current, name); err != nil {
			t.Fatal(err)
		}
	}
	if err := put(current, "c"); !errors.Is(err, catalog.ErrTooManyIndexes) {
		t.Errorf("a third index of a commit: %v", err)
	}
	for i := range 6 {
		if err := put(strings.Repeat(fmt.Sprintf("%02x", i), 20), "old"); err != nil {
			t.Fatal(err)
		}
	}
	want := "a b old 03 old 04 old 05"
	got := p.One(t, `select string_agg(case when commit = decode($1, 'hex') then name else name || ' ' || left(encode(commit, 'hex'), 2) end, ' ' order by name, commit) from graph_indexes`, current)
	if got != want {
		t.Errorf("indexes %s, want %s", got, want)
	}
	if n := p.One(t, "select count(*) from graph_index_files"); n != "5" {
		t.Errorf("%s documents of indexes, want 5", n)
	}
}
