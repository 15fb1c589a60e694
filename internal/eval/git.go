package eval

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/leatworks/leat/internal/gitrun"
)

// repository is a git repository that is only read.
type repository struct{ dir string }

// file is the content of a path in a commit.
type file struct{ path, mode, content string }

// runGit runs git in a repository.
func runGit(ctx context.Context, dir string, input io.Reader, args ...string) ([]byte, error) {
	return gitrun.Run(ctx, input, append([]string{"-C", dir}, args...)...)
}

// head returns the commit of HEAD.
func (r repository) head(ctx context.Context) (string, error) {
	out, err := runGit(ctx, r.dir, nil, "rev-parse", "--verify", "HEAD^{commit}")
	return strings.TrimSpace(string(out)), err
}

// largest is the size of the largest file that is read, in bytes. leat indexes no larger one.
const largest = 1 << 20

// files returns the files of a commit. Links, submodules, files that are too
// large and files that a partial clone lacks are left out.
func (r repository) files(ctx context.Context, commit string) ([]file, error) {
	out, err := runGit(ctx, r.dir, nil, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	var list []file
	var ids []string
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		about, path, _ := strings.Cut(entry, "\t")
		fields := strings.Fields(about)
		if len(fields) == 3 && strings.HasPrefix(fields[0], "100") {
			list, ids = append(list, file{path: path, mode: fields[0]}), append(ids, fields[2])
		}
	}
	contents, err := r.blobs(ctx, ids)
	if err != nil {
		return nil, err
	}
	kept := list[:0]
	for i, f := range list {
		content, found := contents[ids[i]]
		if found {
			f.content = content
			kept = append(kept, f)
		}
	}
	return kept, nil
}

// blobs returns the contents of blobs by their ids, without missing blobs and
// those that are too large.
func (r repository) blobs(ctx context.Context, ids []string) (map[string]string, error) {
	sizes, err := runGit(ctx, r.dir, strings.NewReader(strings.Join(ids, "\n")+"\n"), "cat-file", "--batch-check")
	if err != nil {
		return nil, err
	}
	var wanted []string
	for line := range strings.Lines(string(sizes)) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[1] != "blob" {
			continue // missing
		}
		if size, err := strconv.Atoi(fields[2]); err == nil && size <= largest {
			wanted = append(wanted, fields[0])
		}
	}
	contents := make(map[string]string, len(wanted))
	if len(wanted) == 0 {
		return contents, nil
	}
	out, err := runGit(ctx, r.dir, strings.NewReader(strings.Join(wanted, "\n")+"\n"), "cat-file", "--batch")
	if err != nil {
		return nil, err
	}
	for in := bufio.NewReader(bytes.NewReader(out)); ; {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return contents, nil
		}
		fields := strings.Fields(line)
		if err != nil || len(fields) != 3 {
			return nil, fmt.Errorf("git cat-file in %s answered %q", r.dir, line)
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil, fmt.Errorf("git cat-file in %s answered %q", r.dir, line)
		}
		content := make([]byte, size+1) // and a newline
		if _, err := io.ReadFull(in, content); err != nil {
			return nil, fmt.Errorf("read blob %s of %s: %w", fields[0], r.dir, err)
		}
		contents[fields[0]] = string(content[:size])
	}
}

// write makes a bare repository at dir whose main holds the files.
func write(ctx context.Context, dir string, files []file) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if _, err := runGit(ctx, dir, nil, "init", "--quiet", "--bare", "--template=", "--initial-branch=main"); err != nil {
		return err
	}
	reader, writer := io.Pipe()
	go func() {
		out := bufio.NewWriter(writer)
		fmt.Fprintf(out, "commit refs/heads/main\ncommitter leat <leat@example.org> 1700000000 +0000\ndata 0\n")
		for _, f := range files {
			fmt.Fprintf(out, "M %s inline %s\ndata %d\n%s\n", f.mode, gitrun.Quote(f.path), len(f.content), f.content)
		}
		writer.CloseWithError(out.Flush())
	}()
	_, err := runGit(ctx, dir, reader, "fast-import", "--quiet")
	_ = reader.Close()
	return err
}
