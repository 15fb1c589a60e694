package catalog

import (
	"slices"
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// The newest tags are those that were seen last. Among the tags of one look, they are those
// that people would call the newest.
func TestNewestTags(t *testing.T) {
	old, late := time.Unix(1, 0), time.Unix(2, 0)
	seen := func(at time.Time, names ...string) (list []query.ListSeenTagsRow) {
		for _, name := range names {
			list = append(list, query.ListSeenTagsRow{Ref: "refs/tags/" + name, SeenAt: at})
		}
		return list
	}
	of := func(names ...string) (refs []string) {
		for _, name := range names {
			refs = append(refs, "refs/tags/"+name)
		}
		return refs
	}
	expired := seen(late, "v99")
	expired[0].Old = true
	for name, test := range map[string]struct {
		seen []query.ListSeenTagsRow
		keep int
		want []string
	}{
		"by number":            {seen(old, "v1.9", "v1.10", "v1.2", "v0.99.9"), 3, of("v1.10", "v1.9", "v1.2")},
		"a release and before": {seen(old, "v2.0-rc1", "v2.0", "v2.0-rc2", "v1.9", "v2.0.1"), 4, of("v2.0.1", "v2.0", "v2.0-rc2", "v2.0-rc1")},
		"the last seen first":  {append(seen(old, "v3"), seen(late, "v2.5")...), 1, of("v2.5")},
		"zeros":                {seen(old, "r007", "r8"), 2, of("r8", "r007")},
		"too old":              {append(expired, seen(late, "v1")...), 2, of("v1")},
		"none":                 {nil, 3, nil},
	} {
		if got := newestTags(slices.Clone(test.seen), test.keep); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
