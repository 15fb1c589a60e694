package graph

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/fact"
)

// counted counts how often names are looked up.
type counted struct {
	Names
	times int
}

func (c *counted) Named(ctx context.Context, track uuid.UUID, names []string, mostOfEach int) ([]symbol, error) {
	c.times++
	return c.Names.Named(ctx, track, names, mostOfEach)
}

// The files of a page look names up together, and get the same edges as each does alone.
func TestAPageLooksNamesUpTogether(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var texts []OfflineFile
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, OfflineFile{Path: path, Language: "Go", Text: text})
	}
	o, err := NewOffline(texts)
	if err != nil {
		t.Fatal(err)
	}
	var files []catalog.StaleFile
	var sets []*fact.Set
	for _, path := range paths {
		set := o.Facts[path]
		source := catalog.GraphSource{Document: o.ids[path], Path: path, Content: catalog.ChunkingKey{Language: "Go"}}
		files, sets = append(files, catalog.StaleFile{GraphSource: source, Package: set.Package}), append(sets, set)
	}
	resolverOver := func(n Names) *resolver {
		return &resolver{layout: &o.layout, index: newIndex(t.Context(), n, uuid.UUID{})}
	}
	together, alone := &counted{Names: o}, &counted{Names: o}
	got := resolverOver(together).page(files, sets)
	one := resolverOver(alone)
	for i, f := range files {
		want := one.fileEdges(f, sets[i])
		if len(want.Edges) == 0 || !reflect.DeepEqual(got[i], want) {
			t.Errorf("%s leads elsewhere in a page than alone", f.Path)
		}
	}
	if together.times > 2*rounds || alone.times < 10*together.times {
		t.Errorf("names were looked up %d times together, %d times alone", together.times, alone.times)
	}
	t.Logf("%d look-ups together, %d alone", together.times, alone.times)
}
