package mcp_test

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/mcp"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// repositoriesEnv names a directory with trees of repositories. Each is in a directory with the
// name of a file of testdata/questions.
const repositoriesEnv = "LEAT_TEST_REPOSITORIES"

// least is the number of answered questions of the ten about each repository. The questions about
// the first four were looked at when the exploration was written; the others were not.
// docs/quality.md has the measurements.
var least = map[string]int{"gin": 7, "express": 9, "fastapi": 7, "axum": 7, "ripgrep": 4, "jedis": 5, "puma": 5, "got": 5, "click": 5}

// Each line of testdata/questions holds a question, and the texts of files that an answer must
// show: the beginning of a definition, and a line that answers the question.
func TestExploreIsAskedAboutRepositories(t *testing.T) {
	root := os.Getenv(repositoriesEnv)
	if root == "" {
		t.Skipf("%s names no directory with trees of repositories", repositoriesEnv)
	}
	for name, least := range least {
		t.Run(name, func(t *testing.T) {
			if _, err := os.Stat(filepath.Join(root, name)); err != nil {
				t.Skip(err)
			}
			m := open(t)
			repo := testpipe.NewRepo(t)
			m.put(t, "acme", repo, tree(t, filepath.Join(root, name)))
			s := local(t, m, mcp.Config{}, acme)
			answered := 0
			for _, q := range questionsOf(t, name) {
				text, failed := s.call(t, "explore", map[string]any{"question": q.question, "repository": repo.Dir})
				if failed || len(text) > service.DefaultExploreTokens*service.BytesPerToken {
					t.Errorf("%q: %d bytes: %.200s", q.question, len(text), text)
				}
				if q.answered(text) {
					answered++
				} else {
					t.Logf("%q shows none of %q", q.question, q.shows)
				}
			}
			t.Logf("%d answered", answered)
			if answered < least {
				t.Errorf("%d questions are answered, and were %d", answered, least)
			}
		})
	}
}

// questionsOf reads the questions about a repository, with the lines that answer them.
func questionsOf(t *testing.T, name string) (list []asked) {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "questions", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Split(lines.Text(), " | ")
		if len(fields) != 3 {
			t.Fatalf("%s: %q has %d fields", name, lines.Text(), len(fields))
		}
		list = append(list, asked{fields[0], strings.Split(fields[2], " || ")})
	}
	return list
}

// tree returns the texts of a directory.
func tree(t *testing.T, root string) testpipe.Tree {
	t.Helper()
	tree := testpipe.Tree{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(root, path))
		if utf8.Valid(content) {
			tree[path] = testpipe.File{Content: string(content)}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}
