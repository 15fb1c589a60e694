package git

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/fault"
)

// tip is the object that a ref points at, according to the remote.
type tip struct {
	ref string // full name, or HEAD if the remote's HEAD is detached
	oid string // of a commit, or of the tag that leads to one

	redirected bool // git was led to another address
}

// wanted names what a fetch asks the remote for: a ref, or a commit by its own name.
func (t tip) wanted() string {
	if strings.HasPrefix(t.ref, commitRefs) {
		return t.oid
	}
	return t.ref
}

// mirrorRef returns the ref under which the mirror keeps a remote's ref. The name is a
// hash, because a remote may rename a to a/b, and git cannot hold both.
func mirrorRef(ref string) string {
	sum := sha256.Sum256([]byte(ref))
	return "refs/leat/" + hex.EncodeToString(sum[:16])
}

// checkRef refuses text that git does not accept as the name of a ref.
func checkRef(ref string) error {
	bad := len(ref) > 1024 || !utf8.ValidString(ref) || strings.HasPrefix(ref, "-") || strings.HasPrefix(ref, "/") || strings.HasSuffix(ref, "/") ||
		strings.HasSuffix(ref, ".") || strings.ContainsFunc(ref, isControl) || strings.ContainsAny(ref, " ~^:?*[\\")
	for _, part := range []string{"..", "//", "@{", "/.", ".lock/"} {
		bad = bad || strings.Contains(ref, part)
	}
	if bad || strings.HasPrefix(ref, ".") || strings.HasSuffix(ref, ".lock") || ref == "@" {
		return fault.Reject(fmt.Errorf("%w: %.100q is not the name of a ref; give a branch, a tag or a full name such as refs/heads/main", ErrNoRef, ref))
	}
	return nil
}

// commitRefs begins the full names of commits that were requested by their own names:
// refs/commits/1f0c…. A remote has no such refs.
const commitRefs = "refs/commits/"

// candidates lists the full names that ref may stand for, the likeliest first:
// a branch before a tag, and "heads/x" or "tags/x" last. Refs elsewhere
// (refs/pull/1/head) must be written in full.
func candidates(ref string) []string {
	switch {
	case ref == "" || ref == "HEAD":
		return []string{"HEAD"}
	case isOID(ref):
		return []string{commitRefs + ref}
	case strings.HasPrefix(ref, "refs/"):
		return []string{ref}
	}
	names := []string{"refs/heads/" + ref, "refs/tags/" + ref}
	if strings.HasPrefix(ref, "heads/") || strings.HasPrefix(ref, "tags/") {
		names = append(names, "refs/"+ref)
	}
	return names
}

// resolve asks the remote which object ref names.
func (m *Mirrors) resolve(ctx context.Context, remote Remote, access access, ref string) (tip, error) {
	if err := checkRef(ref); err != nil {
		return tip{}, err
	}
	if info, err := os.Stat(remote.text); remote.Local() && (err != nil || !info.IsDir()) {
		return tip{}, fault.Reject(fmt.Errorf("%w: there is no directory %s%s", ErrNotFound, remote, hint(remote, "")))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, m.cfg.IdleTimeout, silence(m.cfg.IdleTimeout))
	defer cancel()

	names := candidates(ref)
	if oid, asked := strings.CutPrefix(names[0], commitRefs); asked { // the fetch shows whether the remote has it
		if !isOID(oid) {
			return tip{}, fault.Reject(fmt.Errorf("%w: %.80q is not the full name of a commit", ErrNoRef, oid))
		}
		return tip{ref: names[0], oid: oid}, nil
	}
	args := []string{"ls-remote", "--quiet", "--symref"}
	if strings.HasPrefix(names[0], "refs/heads/") || strings.HasPrefix(names[0], "refs/tags/") {
		args = append(args, "--heads", "--tags") // spares the listing of every pull request
	}
	list := access.command(append(access.options(args), append([]string{"--", remote.fetchURL()}, names...)...))
	list.heard = &tail{}
	out, err := m.run(ctx, list)
	if err != nil {
		return tip{}, explain(remote, err)
	}
	if names[0] == "HEAD" && oddHead(string(out)) {
		return tip{}, fault.Reject(fmt.Errorf("%w: the name of the remote's default branch is not UTF-8; rename it, or give another ref", ErrNoRef))
	}
	if found, ok := pick(string(out), names); ok {
		found.redirected = strings.Contains(list.heard.String(), redirecting)
		return found, nil
	}
	return tip{}, m.missing(ctx, remote, access, ref)
}

// isOID says whether a text has the form of an object's full name. It runs for each entry
// of a tree.
func isOID(text string) bool {
	return (len(text) == 40 || len(text) == 64) && strings.Trim(text, "0123456789abcdef") == ""
}

// pick reads the output of ls-remote: lines of "oid TAB name", and of
// "ref: target TAB name" before a symbolic ref.
func pick(listing string, names []string) (tip, bool) {
	oids, target := map[string]string{}, ""
	for line := range strings.Lines(listing) {
		value, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if to, symbolic := strings.CutPrefix(value, "ref: "); symbolic {
			if name == "HEAD" && strings.HasPrefix(to, "refs/") && checkRef(to) == nil {
				target = to
			}
		} else if isOID(value) {
			oids[name] = value
		}
	}
	for _, name := range names {
		oid, ok := oids[name]
		switch {
		case ok && name == "HEAD" && target != "":
			return tip{ref: target, oid: oid}, true
		case ok:
			return tip{ref: name, oid: oid}, true
		}
	}
	return tip{}, false
}

// oddHead says whether the remote's HEAD is a branch that no event and no row
// can name.
func oddHead(listing string) bool {
	for line := range strings.Lines(listing) {
		value, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if to, symbolic := strings.CutPrefix(value, "ref: "); symbolic && name == "HEAD" {
			return !utf8.ValidString(to)
		}
	}
	return false
}

// missing returns the error that says why a remote does not have ref.
func (m *Mirrors) missing(ctx context.Context, remote Remote, access access, ref string) error {
	var listed counter
	err := m.runTo(ctx, access.command(append(access.options([]string{"ls-remote", "--quiet"}), "--", remote.fetchURL())), &listed)
	switch {
	case err != nil:
		return explain(remote, err)
	case listed == 0:
		return fault.Reject(fmt.Errorf("%w: it has no commit yet; submit it again after the first push", ErrEmpty))
	case ref == "" || ref == "HEAD":
		return fault.Reject(fmt.Errorf("%w: the remote's HEAD names a branch that does not exist; give a ref", ErrNoRef))
	}
	return fault.Reject(fmt.Errorf("%w: the remote has no branch or tag %q", ErrNoRef, ref))
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// checkOID refuses everything but the full name of an object, before it can
// reach git as an option or an expression.
func checkOID(oid string) error {
	if !isOID(oid) {
		return fault.Reject(fmt.Errorf("%.80q is not the full name of a git object", oid))
	}
	return nil
}

var errSilent = errors.New("the remote kept silent")
