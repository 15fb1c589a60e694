//go:build linux

package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/leatworks/leat/internal/gitrun"
)

// repository is the bare repository that is ingested, a copy or an invention.
type repository struct{ dir string }

func git(ctx context.Context, dir string, input io.Reader, args ...string) ([]byte, error) {
	return gitrun.Run(ctx, input, append([]string{"--git-dir", dir}, args...)...)
}

// copyOf takes the commit that HEAD of a repository names.
func copyOf(ctx context.Context, dir, repo string) (repository, error) {
	out, err := exec.CommandContext(ctx, "git", "clone", "--quiet", "--bare", "--no-hardlinks", "--", repo, dir).CombinedOutput()
	if err != nil {
		return repository{}, fmt.Errorf("copy %s: %w: %s", repo, err, out)
	}
	if _, err := git(ctx, dir, nil, "update-ref", branch, "HEAD"); err != nil {
		return repository{}, err
	}
	_, err = git(ctx, dir, nil, "symbolic-ref", "HEAD", branch)
	return repository{dir}, err
}

// invented makes a repository of files from a seed.
func invented(ctx context.Context, dir string, seed uint64, files int) (repository, error) {
	out, err := exec.CommandContext(ctx, "git", "init", "--quiet", "--bare", "--template=", "--initial-branch=main", "--", dir).CombinedOutput()
	if err != nil {
		return repository{}, fmt.Errorf("make %s: %w: %s", dir, err, out)
	}
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(invent(writer, seed, files)) }()
	_, err = git(ctx, dir, reader, "fast-import", "--quiet")
	_ = reader.Close()
	return repository{dir}, err
}

// commit makes a commit on the branch's tip. change is in the format of git fast-import.
func (r repository) commit(ctx context.Context, change string) error {
	const message = "Changed"
	stream := fmt.Sprintf("commit %s\ncommitter leat <leat@example.com> 1700000000 +0000\ndata %d\n%s\nfrom %[1]s^0\n%[4]s\n", branch, len(message), message, change)
	_, err := git(ctx, r.dir, strings.NewReader(stream), "fast-import", "--quiet")
	return err
}

// edit puts a line into the middle of a file.
func (r repository) edit(ctx context.Context, path, line string) error {
	content, err := git(ctx, r.dir, nil, "cat-file", "blob", branch+":"+path)
	if err != nil {
		return err
	}
	at := bytes.IndexByte(content[len(content)/2:], '\n') + 1 + len(content)/2
	edited := string(content[:at]) + line + "\n" + string(content[at:])
	return r.commit(ctx, fmt.Sprintf("M 100644 inline %s\ndata %d\n%s", path, len(edited), edited))
}

func (r repository) rename(ctx context.Context, from, to string) error {
	return r.commit(ctx, "R "+from+" "+to)
}

func (r repository) remove(ctx context.Context, path string) error { return r.commit(ctx, "D "+path) }
