package hostile

import (
	"context"
	"fmt"
	"strings"
)

// rules returns repositories whose rule files are costly to match, or too large.
func rules() []Kind {
	long := strings.Repeat("a", 250) + "/" + strings.Repeat("ab", 100)
	with := func(path, text string, more ...string) func(context.Context, *Repo) error {
		return func(_ context.Context, r *Repo) error {
			items := []item{{"100644", path, r.blob(text)}, r.good()}
			for _, p := range more { // a directory and a file in it
				dir, name, _ := strings.Cut(p, "/")
				items = append([]item{{"40000", dir, r.tree(item{"100644", name, r.blob("text\n")})}}, items...)
			}
			r.commit(r.tree(items...))
			return r.Err()
		}
	}
	stars := strings.Repeat(strings.Repeat("*a", 500)+" text\n", 1<<20/1006)
	return []Kind{
		{Name: "attributes_of_stars", Make: with(".gitattributes", stars, long)},
		{Name: "ignore_of_stars", Make: with(".leatignore", strings.Repeat(strings.Repeat("*a", 100)+"b\n", 1000), long)},
		{Name: "ignore_deep", Make: with(".leatignore", strings.Repeat("**/", 87_000)+"nothing\n", long)},
		{Name: "ignore_deep_names", Make: with(".leatignore", strings.Repeat("**/a*/", 40_000)+"nothing\n", long)},
		{Name: "ignore_too_large", Make: with(".leatignore", strings.Repeat("nothing\n", 40_000)), Want: Want{Skipped: map[string]string{".leatignore": "rules"}}},
		{Name: "attributes_too_large", Make: with(".gitattributes", strings.Repeat("*.x text\n", 120_000)), Want: Want{Skipped: map[string]string{".gitattributes": "rules"}}},
		{Name: "attributes_in_each_directory", Make: func(_ context.Context, r *Repo) error {
			dir := r.tree(item{"100644", ".gitattributes", r.blob("*.x text\n")})
			var items []item
			for i := range 10_050 {
				items = append(items, item{"40000", fmt.Sprintf("d%05d", i), dir})
			}
			r.commit(r.tree(append(items, r.good())...))
			return r.Err()
		}, Want: Want{Skipped: map[string]string{"d10049/.gitattributes": "rules"}}},
	}
}
