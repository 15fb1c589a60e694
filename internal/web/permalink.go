package web

import (
	"cmp"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// A permalink names a commit and the ref at which it was made. The commit decides what is shown. If
// the commit is not kept, the page offers the ref.

// notFound returns err if it says that the value of one of the fields does not exist, and nil
// otherwise. FieldCommit means that a commit was indexed but is not kept.
func notFound(err error, fields ...service.Field) *service.Error {
	if known := (*service.Error)(nil); errors.As(err, &known) && known.Kind == service.NotFound && slices.Contains(fields, known.Field) {
		return known
	}
	return nil
}

// fileAt shows a file at a commit.
func (p *Pages) fileAt(w http.ResponseWriter, r *http.Request, v visit, request service.ReadRequest, commit string) error {
	branch := request.Ref
	request.Ref = commit
	err := p.oneFile(w, r, v, request, fileView{made: commit, branch: branch})
	if known := notFound(err, service.FieldCommit, service.FieldRef); known != nil {
		return p.show(w, r, http.StatusNotFound, lostPage(v, lost{request: request, branch: shortRef(branch), commit: cmp.Or(wholeCommit(known.Value), commit), field: known.Field}))
	}
	return err
}

// lostSide says that one of the commits of a comparison is not kept.
func (p *Pages) lostSide(w http.ResponseWriter, r *http.Request, v visit, of service.DiffRequest, err error) error {
	known := notFound(err, service.FieldCommit)
	if known == nil {
		return err
	}
	l := lost{request: service.ReadRequest{Repository: of.Repository}, commit: known.Value, field: known.Field}
	return p.show(w, r, http.StatusNotFound, lostPage(v, l))
}

// lost is a commit that cannot be shown.
type lost struct {
	request service.ReadRequest
	branch  string // the ref at which the link was made; "": the link does not say
	commit  string
	field   service.Field // FieldCommit: the commit was indexed; FieldRef: it is unknown
}

var hexCommit = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// wholeCommit returns a commit in hex, or "".
func wholeCommit(text string) string {
	if hexCommit.MatchString(text) {
		return text
	}
	return ""
}

// mayKeep says whether the visitor can have the commit indexed.
func (l lost) mayKeep(v visit) bool { return v.may(access.ScopeSubmit) && wholeCommit(l.commit) != "" }

// now returns the address of the file at the ref.
func (l lost) now(v visit) string {
	ref := l.branch
	if strings.HasPrefix(l.commit, ref) {
		ref = ""
	}
	return v.to("/file", "repository", l.request.Repository, "ref", ref, "path", l.request.Path)
}

// permalink returns the address of the file, or of its chosen lines, at the shown commit.
func (f fileView) permalink(v visit) string {
	lines, anchor := "", ""
	if f.chosen[0] > 0 {
		anchor = digits(f.chosen[0])
		lines, anchor = anchor+"-"+digits(f.chosen[1]), "#L"+anchor
	}
	return v.to("/file", "repository", f.ID, "ref", shortRef(f.Ref), "at", f.Commit, "path", f.Path, "lines", lines) + anchor
}

// moved says whether the ref is at a newer commit than the file.
func (f fileView) moved() bool { return f.made != "" && f.newest != f.Commit }

// apart says whether the tree beside the file belongs to another commit.
func (f fileView) apart() bool { return f.made != "" && f.Commit != f.tree.Commit }

// behind says whether the file is shown at another commit than the requested one, because a commit
// that is being read has no files yet.
func (f fileView) behind() bool {
	return f.made != "" && !strings.HasPrefix(f.Commit, f.made) && hexStart.MatchString(f.made)
}

var hexStart = regexp.MustCompile(`^[0-9a-f]{7,64}$`)
