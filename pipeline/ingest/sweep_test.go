package ingest_test

import (
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/lang"
)

// Law 9. Other rules cause a listing of the whole tree, in groups of paths. A file is
// not gone because the first groups lack it.
func TestAWholeListingRemovesOnlyWhatIsNotInTheTree(t *testing.T) {
	const files = 1500 // more than are compared with the catalog at once
	p := testpipe.Open(t, testpipe.Config{})
	repo := testpipe.NewRepo(t)
	repo.Commit(t, many(files))
	p.Submit(t, repo)
	p.Events.Drain(t)

	tree := many(files)
	delete(tree, "dir0/file0007.txt")
	repo.Commit(t, tree)
	q := testpipe.Join(t, testpipe.Config{Filter: lang.Config{Exclude: []string{"none/**"}}}, p.Addresses)
	q.Submit(t, repo)
	for _, m := range q.Events.Drain(t) {
		if m.Type == events.TypeDocumentRemoved && m.Subject != "dir0/file0007.txt" {
			t.Fatalf("%s was removed", m.Subject)
		}
	}
	if n := q.One(t, "select count(*) from documents where state <> 'removed'"); n != "1499" {
		t.Errorf("%s documents, want 1499", n)
	}
}
