package hostile

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/leatworks/leat/internal/gitrun"
)

// Repo is a bare repository in the making. Its first error stays.
type Repo struct {
	Dir string
	ctx context.Context
	err error
}

// New makes an empty repository in a directory.
func New(ctx context.Context, dir string) (*Repo, error) {
	_, err := gitrun.Run(ctx, nil, "init", "--quiet", "--bare", "--initial-branch=main", dir)
	return &Repo{Dir: dir, ctx: ctx}, err
}

// Err returns the first error.
func (r *Repo) Err() error { return r.err }

func (r *Repo) git(input []byte, args ...string) string {
	if r.err != nil {
		return ""
	}
	out, err := gitrun.Run(r.ctx, bytes.NewReader(input), append([]string{"-C", r.Dir}, args...)...)
	r.err = err
	return strings.TrimSpace(string(out))
}

// object writes an object that git need not find sound, and returns its id.
func (r *Repo) object(kind string, content []byte) string {
	return r.git(content, "hash-object", "-w", "-t", kind, "--literally", "--stdin")
}

func (r *Repo) blob(text string) string { return r.object("blob", []byte(text)) }

// item is one entry of a tree, as git writes it.
type item struct{ mode, name, oid string }

func (r *Repo) tree(items ...item) string {
	var raw bytes.Buffer
	for _, it := range items {
		oid, err := hex.DecodeString(it.oid)
		if err != nil && r.err == nil {
			r.err = err
		}
		fmt.Fprintf(&raw, "%s %s\x00%s", it.mode, it.name, oid)
	}
	return r.object("tree", raw.Bytes())
}

const signature = "leat <leat@example.org> 1700000000 +0000"

// commit makes a commit of a tree, to which main points.
func (r *Repo) commit(tree string) string {
	commit := r.object("commit", fmt.Appendf(nil, "tree %s\nauthor %s\ncommitter %s\n\nhostile\n", tree, signature, signature))
	r.git(nil, "update-ref", "refs/heads/main", commit)
	return commit
}

// good is the file that must be indexed whatever stands beside it.
func (r *Repo) good() item { return item{"100644", Good, r.blob(GoodText)} }
