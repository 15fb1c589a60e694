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
// that some program would not read.
func narrowed(ctx context.Context, dir, from string) (repository, error) {
	r := repository{dir: dir}
	if _, err := gitrun.Run(ctx, nil, "clone", "--quiet", "--no-hardlinks", "--", from, dir); err != nil {
		return r, err
	}
	if _, err := r.git(ctx, "checkout", "--quiet", "-B", "main"); err != nil {
		return r, err
	}
	list, err := r.git(ctx, "ls-files", "-z")
	if err != nil {
		return r, err
	}
	var out []string
	for _, p := range strings.Split(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		size, taken, err := r.takes(p)
		if err != nil {
			return r, err
		}
		if taken {
			r.files = append(r.files, file{p, size})
		} else {
			out = append(out, p)
		}
	}
	if len(r.files) == 0 {
		return r, fmt.Errorf("%s has no file that every program reads", from)
	}
	slices.SortFunc(r.files, func(a, b file) int { return cmp.Or(cmp.Compare(a.size, b.size), strings.Compare(a.path, b.path)) })
	if len(out) > 0 {
		_, err := gitrun.Run(ctx, strings.NewReader(strings.Join(out, "\x00")), "-C", dir, "--literal-pathspecs",
			"rm", "-r", "-q", "-f", "--pathspec-from-file=-", "--pathspec-file-nul")
		if err != nil {
			return r, err
		}
	}
	return r, r.commit(ctx, "Keep what every program reads")
}

// takes says whether every program reads a file of the checkout, which has been tracked, and its size.
func (r repository) takes(p string) (size int64, taken bool, err error) {
	if !slices.Contains(suffixes, path.Ext(p)) || slices.ContainsFunc(strings.Split(path.Dir(p), "/"), func(dir string) bool { return slices.Contains(ignored, dir) }) {
		return 0, false, nil
	}
	name := filepath.Join(r.dir, p)
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 || info.Size() > maxFile {
		return 0, false, err
	}
	text, err := os.ReadFile(name)
	return info.Size(), err == nil && utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 && len(bytes.TrimSpace(text)) > 0, err
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
