package service

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAddressMakesPathsAbsoluteAndLeavesURLs(t *testing.T) {
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for repo, want := range map[string]string{
		"https://example.org/a/b.git": "https://example.org/a/b.git",
		"git@example.org:a/b.git":     "git@example.org:a/b.git",
		"example.org:a/b":             "example.org:a/b",
		"/srv/git/a":                  "/srv/git/a",
		".":                           cwd,
		"./a:b":                       filepath.Join(cwd, "a:b"),
		"dir/a:b":                     filepath.Join(cwd, "dir/a:b"),
		"a":                           filepath.Join(cwd, "a"),
	} {
		got, err := Address(repo)
		if err != nil || got != want {
			t.Errorf("%s is taken for %s (%v), want %s", repo, got, err, want)
		}
	}
}

func TestLanguagesTakesNamesAsPeopleWriteThem(t *testing.T) {
	got, err := languages([]string{"go", "golang", "Go", "js", "c++", "MARKDOWN"})
	want := []string{"Go", "Go", "Go", "JavaScript", "C++", "Markdown"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v (%v), want %v", got, err, want)
	}
	if _, err := languages([]string{"Pyhton"}); err == nil || !strings.Contains(err.Error(), "Python") {
		t.Errorf("a slip is answered with %v", err)
	}
	if _, err := languages([]string{""}); err == nil {
		t.Error("the empty name is a language")
	}
}

func TestFullRefs(t *testing.T) {
	for ref, want := range map[string][]string{
		"main":            {"refs/heads/main", "refs/tags/main"},
		"refs/heads/main": {"refs/heads/main"},
		"HEAD":            {"HEAD"},
	} {
		if got := FullRefs(ref); !slices.Equal(got, want) {
			t.Errorf("%s may be %v, want %v", ref, got, want)
		}
	}
}
