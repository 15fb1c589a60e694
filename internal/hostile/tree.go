package hostile

import (
	"context"
	"fmt"
	"strings"
)

// power makes a tree of ten entries, each of which is a tree of ten entries, and so on. It holds
// ten to the power of levels files, and takes some hundred bytes a level.
func power(levels int) func(context.Context, *Repo) error {
	return func(_ context.Context, r *Repo) error {
		mode, oid := "100644", r.blob("text\n")
		for range levels {
			var items []item
			for i := range 10 {
				items = append(items, item{mode, fmt.Sprint(i), oid})
			}
			mode, oid = "40000", r.tree(items...)
		}
		r.commit(oid)
		return r.Err()
	}
}

// trees returns repositories whose trees are too large, or are such as git would never write.
func trees() []Kind {
	of := func(items func(r *Repo) []item) func(context.Context, *Repo) error {
		return func(_ context.Context, r *Repo) error {
			r.commit(r.tree(items(r)...))
			return r.Err()
		}
	}
	named := func(path string) func(context.Context, *Repo) error {
		return of(func(r *Repo) []item { return []item{{"100644", path, r.blob("text\n")}, r.good()} })
	}
	skipped := func(path, reason string) Want { return Want{Skipped: map[string]string{path: reason}} }
	return []Kind{
		{Name: "million_paths", Make: power(6), Want: Want{Rejected: "more than 500000 files"}},
		{Name: "ten_billion_paths", Make: power(10), Want: Want{Rejected: "more than 500000 files"}},
		{Name: "long_paths", Make: func(_ context.Context, r *Repo) error {
			mode, oid := "100644", r.blob("text\n")
			name := strings.Repeat("n", 250)
			for range 4 {
				var items []item
				for i := range 20 {
					items = append(items, item{mode, fmt.Sprintf("%s%02d", name, i), oid})
				}
				mode, oid = "40000", r.tree(items...)
			}
			r.commit(oid)
			return r.Err()
		}, Want: Want{Rejected: "bytes together"}},
		{Name: "the_same_path_twice", Make: of(func(r *Repo) []item {
			return []item{{"100644", "a", r.blob("one\n")}, {"100644", "a", r.blob("two\n")}, r.good()}
		}), Want: skipped("a", "damaged")},
		{Name: "the_same_path_apart", Make: of(func(r *Repo) []item {
			return []item{{"100644", "b", r.blob("one\n")}, {"100644", "a", r.blob("two\n")}, r.good(), {"100644", "b", r.blob("three\n")}}
		}), Want: Want{Skipped: map[string]string{"b": "damaged"}, Indexed: []string{"a"}}},
		{Name: "unsorted", Make: of(func(r *Repo) []item {
			return []item{{"100644", "z", r.blob("one\n")}, r.good(), {"100644", "a", r.blob("two\n")}}
		}), Want: Want{Indexed: []string{"a", "z"}}},
		{Name: "a_file_that_is_a_tree", Make: of(func(r *Repo) []item {
			return []item{{"100644", "a", r.tree(r.good())}, r.good()}
		}), Want: skipped("a", "damaged")},
		{Name: "a_rule_file_that_is_a_tree", Make: of(func(r *Repo) []item {
			return []item{{"100644", ".gitattributes", r.tree(r.good())}, {"100644", ".leatignore", r.tree(r.good())}, r.good()}
		}), Want: Want{Skipped: map[string]string{".gitattributes": "damaged", ".leatignore": "damaged"}}},
		{Name: "a_directory_that_is_a_file", Make: of(func(r *Repo) []item {
			return []item{{"40000", "a", r.blob("text\n")}, r.good()}
		}), Want: Want{Rejected: "damaged at its source"}},
		{Name: "a_missing_file", Make: of(func(r *Repo) []item {
			return []item{{"100644", "a", strings.Repeat("1", 40)}, r.good()}
		}), Want: Want{Rejected: "damaged at its source"}},
		{Name: "a_path_of_100_kilobytes", Make: named(strings.Repeat("p", 100<<10))},
		{Name: "a_path_of_5_kilobytes", Make: named(strings.Repeat("p", 5<<10))},
		{Name: "a_path_that_is_not_utf8", Make: named("\xff\xfe")},
		{Name: "a_path_of_control_characters", Make: named("a\x1b[2J\n\r\tb")},
		{Name: "a_path_out_of_the_repository", Make: named("..")},
		{Name: "a_path_into_git", Make: named(".git")},
		{Name: "a_path_with_backslashes", Make: named(`..\..\a`)},
		{Name: "a_mode_of_nobody", Make: of(func(r *Repo) []item { return []item{{"100777", "a", r.blob("text\n")}, r.good()} })},
		{Name: "a_submodule_of_nothing", Make: of(func(r *Repo) []item {
			return []item{{"160000", "a", strings.Repeat("2", 40)}, r.good()}
		}), Want: skipped("a", "submodule")},
		{Name: "a_link_to_itself", Make: of(func(r *Repo) []item { return []item{{"120000", "a", r.blob("a")}, r.good()} }), Want: skipped("a", "symlink")},
	}
}
