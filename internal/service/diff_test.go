package service_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

func TestDiffNamesFilesAndLines(t *testing.T) {
	m := open(t)
	repo := testpipe.NewRepo(t)
	old := m.put(t, "acme", repo, "refs/tags/v1", testpipe.Text(
		"a.txt", "one\ntwo\nthree\n", "dir/moved.txt", "moved\n", "copy1.txt", "same\n", "gone.txt", "gone\n", "bin", "\x00\x01", "kept.txt", "kept\n"))
	now := m.put(t, "acme", repo, "refs/heads/main", testpipe.Text(
		"a.txt", "one\n2\nthree\n", "new/moved.txt", "moved\n", "copy2.txt", "same\n", "copy3.txt", "same\n", "bin", "\x00\x02", "kept.txt", "kept\n", "new.txt", "new\n"))
	r := service.DiffRequest{Tenant: "acme", Repository: repo.Dir, From: "v1", To: "main"}
	want := []string{
		"changed a.txt", "changed bin", "renamed copy2.txt copy1.txt", "added copy3.txt", "removed gone.txt", "added new.txt", "renamed new/moved.txt dir/moved.txt",
	}
	for _, limit := range []int{0, 1, 3} {
		var got []string
		r.Limit, r.After = limit, ""
		for {
			a, err := m.Diff(t.Context(), r)
			if err != nil || a.From.Commit != old || a.To.Commit != now || limit > 0 && len(a.Files) > limit {
				t.Fatalf("%+v, %v", a, err)
			}
			for _, f := range a.Files {
				got = append(got, strings.TrimSpace(fmt.Sprint(f.Change, " ", f.Path, " ", f.OldPath)))
				if f.Path == "bin" && f.SkipReason == "" {
					t.Errorf("%+v", f)
				}
			}
			if r.After = a.Next; r.After == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %d: %q", limit, got)
		}
	}
	lines := func(path, oldPath string) (text string) {
		a, err := m.FileDiff(t.Context(), service.FileDiffRequest{DiffRequest: r, Path: path, OldPath: oldPath})
		if err != nil {
			t.Fatal(err)
		}
		text = a.Change
		for _, h := range a.Hunks {
			text += fmt.Sprintf(" %d,%d %d,%d:", h.OldStart, h.OldLines, h.NewStart, h.NewLines)
			for _, l := range h.Lines {
				text += map[string]string{"added": "+", "removed": "-", "kept": " "}[l.Change] + l.Text
			}
		}
		return text
	}
	for _, test := range [][3]string{
		{"a.txt", "", "changed 1,3 1,3: one-two+2 three"},
		{"new.txt", "", "added 0,0 1,1:+new"},
		{"gone.txt", "", "removed 1,1 0,0:-gone"},
		{"new/moved.txt", "dir/moved.txt", "changed"},
	} {
		if got := lines(test[0], test[1]); got != test[2] {
			t.Errorf("%s: %q, want %q", test[0], got, test[2])
		}
	}
	_, err := m.FileDiff(t.Context(), service.FileDiffRequest{DiffRequest: r, Path: "bin"})
	if !errors.Is(err, service.Refused) {
		t.Errorf("a skipped file: %v", err)
	}
	if _, err = m.FileDiff(t.Context(), service.FileDiffRequest{DiffRequest: r, Path: "nosuch"}); !errors.Is(err, service.NotFound) {
		t.Errorf("no such file: %v", err)
	}
	r.To = "nosuch"
	if _, err = m.Diff(t.Context(), r); !errors.Is(err, service.NotFound) {
		t.Errorf("no such ref: %v", err)
	}
}
