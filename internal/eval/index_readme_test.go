package eval

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/embedder"
)

// example is a search that the README shows, with its first answer.
var example = regexp.MustCompile(`\$ leat search (.+?) --limit 3 --lang Go\n(\S+?):`)

// TestReadmeExamples indexes this repository in the way of make demo, and asks the questions of the
// README and of the demo.
func TestReadmeExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("indexes the whole repository")
	}
	const root = "../.."
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		t.Skip("not in a checkout")
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := example.FindSubmatch(readme)
	if shown == nil {
		t.Fatal("the README shows no search")
	}
	files, err := repository{root}.files(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	clone := filepath.Join(dir, "repository.git")
	if err := write(t.Context(), clone, files); err != nil {
		t.Fatal(err)
	}
	x, err := openIndex(t.Context(), dir, embedder.LocalName, config.Embedders{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := x.ingest(t.Context(), clone); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		strings.ReplaceAll(string(shown[1]), `\`, ""): string(shown[2]),
		"publish owed work again":                     "pipeline/syncer/owed.go",
	} {
		found, err := x.service.Search(t.Context(), service.SearchRequest{Tenant: events.DefaultTenant, Query: query, Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Hits) == 0 || found.Hits[0].Path != want {
			t.Errorf("%q: %+v, want %s first", query, found.Hits, want)
		}
	}
}
