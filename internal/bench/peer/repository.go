//go:build linux

package peer

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/gitrun"
)

// suffixes are the ends of the names of the files that claude-context reads unless told otherwise,
// apart from notebooks. The other programs can be told what to read.
var suffixes = []string{
	".ts", ".tsx", ".js", ".jsx", ".py", ".java", ".cpp", ".c", ".h", ".hpp", ".cs", ".go", ".rs", ".php", ".rb",
	".swift", ".kt", ".scala", ".m", ".mm", ".dart", ".sol", ".md", ".markdown",
}

// ignored are directories that claude-context does not read, at any depth.
var ignored = []string{
	"node_modules", "dist", "build", "out", "target", "coverage", ".nyc_output", ".vscode", ".idea", ".git", ".svn",
	".hg", ".cache", "__pycache__", ".pytest_cache", "logs", "tmp", "temp",
}

// maxFile is the size of the largest file that is measured. Some programs leave out larger ones.
const maxFile = 512 << 10

// repository is a checkout with its history.
type repository struct {
	dir   string
	files []file // sorted by size
}

type file struct {
	path string
	size int64
}

func (r repository) git(ctx context.Context, args ...string) ([]byte, error) {
	return gitrun.Run(ctx, nil, append([]string{"-C", r.dir, "-c", "user.name=leat", "-c", "user.email=leat@example.com"}, args...)...)
}

// narrowed copies HEAD of a repository, with its history, and removes in a last commit the files
// that some program would not read. Their contents are not needed.
func narrowed(ctx context.Context, dir, from string) (repository, error) {
	r := repository{dir: dir}
	if _, err := gitrun.Run(ctx, nil, "clone", "--quiet", "--no-hardlinks", "--no-checkout", "--", from, dir); err != nil {
		return r, err
	}
	head, err := r.git(ctx, "rev-parse", "HEAD")
	if err != nil {
		return r, err
	}
	for _, args := range [][]string{{"symbolic-ref", "HEAD", "refs/heads/main"}, {"update-ref", "HEAD", strings.TrimSpace(string(head))}} {
		if _, err := r.git(ctx, args...); err != nil {
			return r, err
		}
	}
	tree, err := r.git(ctx, "ls-tree", "-r", "-z", "--full-tree", "HEAD")
	if err != nil {
		return r, err
	}
	var named []string
	for line := range strings.SplitSeq(strings.TrimSuffix(string(tree), "\x00"), "\x00") {
		if entry, p, _ := strings.Cut(line, "\t"); strings.HasPrefix(entry, "100") && readable(p) {
			named = append(named, p)
		}
	}
	if len(named) > 0 {
		_, err := gitrun.Run(ctx, strings.NewReader(strings.Join(named, "\x00")), "-C", dir, "--literal-pathspecs",
			"checkout", "--quiet", "HEAD", "--pathspec-from-file=-", "--pathspec-file-nul")
		if err != nil {
			return r, err
		}
	}
	for _, p := range named {
		name := filepath.Join(dir, p)
		text, err := os.ReadFile(name)
		if err != nil {
			return r, err
		}
		if len(text) <= maxFile && utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 && len(bytes.TrimSpace(text)) > 0 {
			r.files = append(r.files, file{p, int64(len(text))})
		} else if err := os.Remove(name); err != nil {
			return r, err
		}
	}
	if len(r.files) == 0 {
		return r, fmt.Errorf("%s has no file that every program reads", from)
	}
	slices.SortFunc(r.files, func(a, b file) int { return cmp.Or(cmp.Compare(a.size, b.size), strings.Compare(a.path, b.path)) })
	for _, args := range [][]string{{"read-tree", "--empty"}, {"add", "--force", "--all"}} {
		if _, err := r.git(ctx, args...); err != nil {
			return r, err
		}
	}
	return r, r.commit(ctx, "Keep what every program reads")
}

// readable says whether every program reads files of this path.
func readable(p string) bool {
	return slices.Contains(suffixes, path.Ext(p)) &&
		!slices.ContainsFunc(strings.Split(path.Dir(p), "/"), func(dir string) bool { return slices.Contains(ignored, dir) })
}

func (r repository) bytes() (total int64) {
	for _, f := range r.files {
		total += f.size
	}
	return total
}

func (r repository) commit(ctx context.Context, message string) error {
	_, err := r.git(ctx, "commit", "--quiet", "--allow-empty", "-a", "-m", message)
	return err
}

// copy makes another checkout of the same commit, with its history.
func (r repository) copy(ctx context.Context, dir string) (repository, error) {
	_, err := gitrun.Run(ctx, nil, "clone", "--quiet", "--no-hardlinks", "--", r.dir, dir)
	return repository{dir: dir, files: r.files}, err
}

// minLines is the length of the shortest file that is changed.
const minLines = 24

// subject returns the file that a round changes. It is among the larger ones, where a program that
// embeds a whole file again does more than one that embeds its changed part.
func (r repository) subject(round int) (string, error) {
	for i := len(r.files)*3/4 + 1; i < len(r.files); i++ {
		text, err := os.ReadFile(filepath.Join(r.dir, r.files[i].path))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // removed by an earlier round
			return "", err
		}
		if bytes.Count(text, []byte("\n")) < minLines {
			continue
		}
		if round--; round < 0 {
			return r.files[i].path, nil
		}
	}
	return "", errors.New("the repository has too few files that are long enough to be changed")
}

// mark is what a search has to find.
type mark struct {
	path   string
	word   string // occurs nowhere else
	around string // the lines around it
}

// edit puts a comment, or a line of prose, with a word of its own into the middle of a file, and commits that.
func (r repository) edit(ctx context.Context, p, word string) (mark, error) {
	name := filepath.Join(r.dir, p)
	text, err := os.ReadFile(name)
	if err != nil {
		return mark{}, err
	}
	comment := "// "
	switch path.Ext(p) {
	case ".py", ".rb":
		comment = "# "
	case ".md", ".markdown":
		comment = ""
	}
	lines := strings.SplitAfter(string(text), "\n")
	middle := len(lines) / 2
	// An indented line is inside a declaration. claude-context never finds what lies between two of a Go file.
	for i := middle; i < len(lines); i++ {
		if strings.HasPrefix(lines[i], "\t") || strings.HasPrefix(lines[i], "  ") {
			middle = i
			break
		}
	}
	lines = slices.Insert(lines, middle, comment+word+"\n")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "")), 0o600); err != nil {
		return mark{}, err
	}
	const context = 4 // lines before and after
	around := strings.Join(lines[max(0, middle-context):min(len(lines), middle+context+1)], "")
	return mark{p, word, around}, r.commit(ctx, "Change a line")
}

// rename gives the file of a mark another name in the same directory.
func (r repository) rename(ctx context.Context, m mark) (mark, error) {
	to := path.Join(path.Dir(m.path), "renamed_"+path.Base(m.path))
	if _, err := r.git(ctx, "mv", "--", m.path, to); err != nil {
		return m, err
	}
	m.path = to
	return m, r.commit(ctx, "Rename a file")
}

func (r repository) remove(ctx context.Context, m mark) error {
	if _, err := r.git(ctx, "rm", "--quiet", "--", m.path); err != nil {
		return err
	}
	return r.commit(ctx, "Remove a file")
}
