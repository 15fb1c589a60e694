package search_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/search"
)

// TestCopiesOfARepositoryRankAlike asks several copies of a repository the same question. The ids of points differ from
// copy to copy and must not decide.
func TestCopiesOfARepositoryRankAlike(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	files := testpipe.Text(
		"lib/water.go", "package water\n\n// Stream is a narrow river.\ntype Stream struct{ Width int }\n\n"+
			"// Flow says how much water passes.\nfunc (s Stream) Flow() int { return s.Width * 2 }\n",
		"README.md", "# Mill\n\nA leat leads water to a mill.\n",
	)
	for i := range 6 {
		repo := testpipe.NewRepo(t)
		repo.Commit(t, files)
		submit(t, p, events.DefaultTenant, "", repo)
		var got []string
		only := []uuid.UUID{events.RepositoryID(events.DefaultTenant, repo.Dir)}
		for _, h := range find(t, p, search.Query{Text: "how much water passes", Repositories: only, Limit: 1}) {
			got = append(got, fmt.Sprintf("%s:%d-%d", h.Path, h.StartLine, h.EndLine))
		}
		if want := []string{"lib/water.go:3-7"}; !slices.Equal(got, want) {
			t.Errorf("copy %d: %q, want %q", i, got, want)
		}
	}
}
