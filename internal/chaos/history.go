//go:build linux

package chaos

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/leatworks/leat/internal/gitrun"
)

// history is a bare repository and the future commits of its branch.
type history struct {
	dir     string
	commits []string
}

func git(dir string, input io.Reader, args ...string) (string, error) {
	out, err := gitrun.Run(context.Background(), input, append([]string{"--git-dir", dir}, args...)...)
	return strings.TrimSpace(string(out)), err
}

// take copies the last commits of a repository's first-parent line.
func take(dir, repo string, commits int) (history, error) {
	h := history{dir: dir}
	if out, err := exec.Command("git", "clone", "--quiet", "--bare", "--no-hardlinks", "--", repo, dir).CombinedOutput(); err != nil {
		return h, fmt.Errorf("copy %s: %w: %s", repo, err, out)
	}
	list, err := git(dir, nil, "rev-list", "--first-parent", "--max-count="+strconv.Itoa(commits), "HEAD")
	if err != nil {
		return h, err
	}
	h.commits = strings.Fields(list)
	slices.Reverse(h.commits)
	return h, h.hide()
}

// hide removes all refs and keeps the commits.
func (h history) hide() error {
	refs, err := git(h.dir, nil, "for-each-ref", "--format=delete %(refname)")
	if err != nil {
		return err
	}
	if _, err := git(h.dir, strings.NewReader(refs+"\n"), "update-ref", "--stdin"); err != nil {
		return err
	}
	_, err = git(h.dir, nil, "symbolic-ref", "HEAD", branch)
	return err
}

// invent writes a history that depends on a seed alone.
func invent(dir string, seed uint64, commits int) (history, error) {
	h := history{dir: dir}
	if out, err := exec.Command("git", "init", "--quiet", "--bare", "--template=", "--", dir).CombinedOutput(); err != nil {
		return h, fmt.Errorf("make %s: %w: %s", dir, err, out)
	}
	t := &tree{random: rand.New(rand.NewPCG(seed, 2)), files: map[string]file{}}
	var stream bytes.Buffer
	for i := range commits {
		t.change(i)
		t.commit(&stream, i)
	}
	if _, err := git(dir, &stream, "fast-import", "--quiet"); err != nil {
		return h, err
	}
	for i := range commits {
		commit, err := git(dir, nil, "rev-parse", fmt.Sprintf("refs/invented/%d", i))
		if err != nil {
			return h, err
		}
		h.commits = append(h.commits, commit)
	}
	return h, h.hide()
}

// file is the content of a path in an invented tree.
type file struct {
	mode    string
	content string
}

// tree is the tree of the commit being invented.
type tree struct {
	random *rand.Rand
	files  map[string]file
	past   []map[string]file // trees of the earlier commits
}

const firstFiles = 60

// change makes the next tree. Over time it makes every kind of change that a push may hold.
func (t *tree) change(i int) {
	defer func() { t.past = append(t.past, maps.Clone(t.files)) }()
	if i == 0 {
		for range firstFiles {
			t.add()
		}
		return
	}
	switch t.random.IntN(12) {
	case 0: // a forced push to an earlier state
		t.files = maps.Clone(t.past[t.random.IntN(len(t.past))])
	case 1: // a directory is renamed
		t.move()
	}
	for range 1 + t.random.IntN(6) {
		path := t.any()
		f := t.files[path]
		switch t.random.IntN(8) {
		case 0, 1:
			t.add()
		case 2, 3:
			f.content += t.text(path)
			t.files[path] = f
		case 4: // renamed
			delete(t.files, path)
			t.put(t.path(), f)
		case 5: // copied
			t.put(t.path(), f)
		case 6:
			if len(t.files) > firstFiles/2 {
				delete(t.files, path)
			}
		case 7:
			t.retype(path, f)
		}
	}
}

// retype makes a path another kind of entry: executable, a link, a directory.
func (t *tree) retype(path string, f file) {
	switch t.random.IntN(3) {
	case 0:
		f.mode = map[string]string{"100644": "100755", "100755": "100644", "120000": "100644"}[f.mode]
		t.files[path] = f
	case 1:
		t.files[path] = file{"120000", "elsewhere"}
	case 2:
		delete(t.files, path)
		t.put(path+"/inner.md", f)
	}
}

func (t *tree) move() {
	for _, path := range slices.Sorted(maps.Keys(t.files)) {
		if rest, found := strings.CutPrefix(path, "a/"); found {
			f := t.files[path]
			delete(t.files, path)
			t.put("moved/"+rest, f)
		}
	}
}

// put adds a file, unless another file is in the way of its directories or it would be in the way
// of another's.
func (t *tree) put(path string, f file) {
	for other := range t.files {
		if strings.HasPrefix(path, other+"/") || strings.HasPrefix(other, path+"/") {
			return
		}
	}
	t.files[path] = f
}

func (t *tree) add() {
	path := t.path()
	head := ""
	if strings.HasSuffix(path, ".go") {
		head = "package mill\n\n"
	}
	t.put(path, file{"100644", head + t.text(path) + t.text(path)})
}

func (t *tree) any() string {
	paths := slices.Sorted(maps.Keys(t.files))
	return paths[t.random.IntN(len(paths))]
}

func (t *tree) path() string {
	directories := []string{"a", "a/deep", "b", "docs", "cmd"}
	extensions := []string{"go", "md", "txt", "py"}
	return fmt.Sprintf("%s/%s%d.%s", directories[t.random.IntN(len(directories))], t.word(), t.random.IntN(100), extensions[t.random.IntN(len(extensions))])
}

var words = strings.Fields("stream mill water wheel channel stone river gate flow sluice bank pond weir race grain flour miller bridge path meadow")

func (t *tree) word() string { return words[t.random.IntN(len(words))] }

// text makes the content of a path. For code these are functions that call others of this or
// another file, and otherwise lines of words.
func (t *tree) text(path string) string {
	function := ""
	switch {
	case strings.HasSuffix(path, ".go"):
		function = "// %[1]s turns the %[3]s.\nfunc %[1]s(n int) int {\n\treturn %[2]s(n) + %[4]d\n}\n\n"
	case strings.HasSuffix(path, ".py"):
		function = "def %[1]s(n):\n    \"\"\"Turns the %[3]s.\"\"\"\n    return %[2]s(n) + %[4]d\n\n"
	}
	var b strings.Builder
	for range 5 + t.random.IntN(30) {
		if function != "" {
			fmt.Fprintf(&b, function, t.name(), t.name(), t.word(), t.random.IntN(1000))
			continue
		}
		for range 3 + t.random.IntN(9) {
			b.WriteString(t.word())
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(t.random.IntN(1000)))
		b.WriteByte('\n')
	}
	return b.String()
}

// name returns one of a few hundred names, so that many are defined once and some several times.
func (t *tree) name() string { return t.word() + strconv.Itoa(t.random.IntN(30)) }

// commit writes the tree for git fast-import. Now and then a commit has no
// parent, as after a push of an unrelated history.
func (t *tree) commit(w io.Writer, i int) {
	fmt.Fprintf(w, "commit refs/invented/%d\nmark :%d\ncommitter leat <leat@example.com> %d +0000\ndata 1\n.\n", i, i+1, 1_700_000_000+i)
	if i > 0 && t.random.IntN(8) > 0 {
		fmt.Fprintf(w, "from :%d\n", i)
	}
	fmt.Fprintln(w, "deleteall")
	for _, path := range slices.Sorted(maps.Keys(t.files)) {
		f := t.files[path]
		fmt.Fprintf(w, "M %s inline %s\ndata %d\n%s\n", f.mode, path, len(f.content), f.content)
	}
	fmt.Fprintln(w)
}
