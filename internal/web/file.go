package web

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/service"
)

const (
	// codeBytes bounds the markup of a file's lines, so that a page stays below its size.
	codeBytes = 56 << 10
	// linesAtOnce bounds the lines that are read for a page.
	linesAtOnce = 800
	// linesBefore is the number of lines that are shown before the ones in an address.
	linesBefore = 40
	// besideFile and symbolsShow bound the lists at the side, and chunksShown those of a file.
	besideFile  = 100
	symbolsShow = 120
	chunksShown = 60
	// entriesShown bounds the page of a directory.
	entriesShown = 300
)

// fileView is the content of the page of a file.
type fileView struct {
	service.ReadAnswer
	tree    service.DirectoryAnswer
	newest  string // commit of the ref
	treeAt  string // commit to which the links of the tree lead; "": they lead to the ref
	symbols []service.Definition
	text    string // lines, as markup
	last    int    // line that is shown last
	chosen  [2]int
	made    string // commit of the permalink that the visitor followed; "": there was none
	branch  string // the ref at which the permalink was made
	show    string // code or chunks
	lineage service.LineageAnswer
	now     time.Time
}

// file shows a file, or a directory.
func (p *Pages) file(w http.ResponseWriter, r *http.Request, v visit) error {
	query := r.URL.Query()
	path := strings.Trim(query.Get("path"), "/")
	request := service.ReadRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: query.Get("repository"), Ref: query.Get("ref"), Path: path}
	at, of := query.Get("at"), request
	of.Ref = cmp.Or(at, of.Ref)
	skip, _ := strconv.Atoi(query.Get("skip"))
	skip = max(0, skip)
	tree, err := p.directory(r, v, of, path, skip, entriesShown)
	if notFound(err, service.FieldCommit) != nil || at != "" && notFound(err, service.FieldRef) != nil {
		return p.fileAt(w, r, v, request, cmp.Or(at, request.Ref))
	}
	if err != nil {
		return err
	}
	request.Repository = tree.ID // the id is found sooner than the name
	switch {
	case path == "" || len(tree.Entries) > 0 || skip > 0:
		return p.show(w, r, http.StatusOK, directoryPage(v, tree, at, skip))
	case at != "":
		return p.fileAt(w, r, v, request, at)
	}
	return p.oneFile(w, r, v, request, fileView{})
}

// oneFile shows the file of a request.
func (p *Pages) oneFile(w http.ResponseWriter, r *http.Request, v visit, request service.ReadRequest, view fileView) (err error) {
	query, beside := r.URL.Query(), request
	view.now, view.show, view.chosen = time.Now(), query.Get("show"), linesOf(query.Get("lines"))
	request.First, request.Last = window(query.Get("from"), view.chosen)
	if view.ReadAnswer, err = p.service.Read(r.Context(), request); err != nil {
		return err
	}
	if view.newest, err = p.newest(r, v, view.At); err != nil {
		return err
	}
	at := strings.TrimSuffix(directory(request.Path), "/")
	view.treeAt = view.made
	view.tree, err = p.directory(r, v, beside, at, 0, besideFile)
	if notFound(err, service.FieldCommit) != nil { // the file is known, but its neighbours no longer are
		beside.Ref, view.treeAt = view.Ref, ""
		view.tree, err = p.directory(r, v, beside, at, 0, besideFile)
	}
	if err != nil {
		return err
	}
	if view.show == "chunks" {
		from, _ := strconv.Atoi(query.Get("chunk"))
		view.lineage, err = p.service.Lineage(r.Context(), service.LineageRequest{
			Tenant: request.Tenant, Reach: request.Reach, Repository: request.Repository, Ref: request.Ref, Path: request.Path, From: max(0, from), Limit: chunksShown,
		})
		if err != nil && notFound(err, service.FieldCommit) == nil { // a changed text no longer has points
			return err
		}
		return p.show(w, r, http.StatusOK, filePage(v, view))
	}
	outline, err := p.service.Outline(r.Context(), service.OutlineRequest{
		Tenant: request.Tenant, Reach: request.Reach, Repository: request.Repository, Ref: request.Ref, Path: request.Path,
	})
	if err != nil {
		return err
	}
	view.symbols = outline.Definitions
	view.write(r.Context())
	return p.show(w, r, http.StatusOK, filePage(v, view))
}

// newest returns the present commit of a place's ref.
func (p *Pages) newest(r *http.Request, v visit, at service.At) (string, error) {
	a, err := p.service.Refs(r.Context(), service.TracksRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: at.ID})
	for _, ref := range a.Refs {
		if ref.Ref == at.Ref {
			return ref.Commit, err
		}
	}
	return at.Commit, err
}

// directory lists a directory beside a file.
func (p *Pages) directory(r *http.Request, v visit, of service.ReadRequest, path string, skip, most int) (service.DirectoryAnswer, error) {
	return p.service.Directory(r.Context(), service.DirectoryRequest{
		Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: of.Repository, Ref: of.Ref, Path: path, Skip: skip, Limit: most,
	})
}

// write makes the markup of as many lines as a page may hold.
func (f *fileView) write(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	lines, _ := colour(ctx, f.Language, f.Path, f.Text, math.MaxInt)
	for i, line := range lines {
		lines[i] = narrow(line)
	}
	n := 0
	f.text, n = code{lines: lines, first: max(1, f.First), chosen: f.chosen}.write(codeBytes)
	f.last = f.First + n - 1
}

// raw answers with the indexed text of a file.
func (p *Pages) raw(w http.ResponseWriter, r *http.Request, v visit) error {
	query := r.URL.Query()
	a, err := p.service.File(r.Context(), service.FileRequest{
		Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: query.Get("repository"), Ref: cmp.Or(query.Get("at"), query.Get("ref")), Path: query.Get("path"),
		Unless: []string{strings.Trim(r.Header.Get("If-None-Match"), `W/"`)},
	})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+a.Hash+`"`)
	if a.Same {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	_, _ = w.Write(a.Text) // it fails only if the client has gone
	return nil
}

// linesOf parses a range such as 7-12, or 7. Any other text gives no range.
func linesOf(text string) (lines [2]int) {
	first, last, _ := strings.Cut(text, "-")
	lines[0], _ = strconv.Atoi(first)
	lines[1], _ = strconv.Atoi(last)
	if lines[0] < 1 {
		return [2]int{}
	}
	lines[1] = max(lines[0], lines[1])
	return lines
}

// window returns the range of lines that is read for a page.
func window(from string, chosen [2]int) (first, last int) {
	first, _ = strconv.Atoi(from)
	if first < 1 {
		first = 1
		if chosen[0] > linesBefore*5 {
			first = chosen[0] - linesBefore
		}
	}
	return first, first + linesAtOnce - 1
}

// link is the address of this file with pairs of parameters.
func (f fileView) link(v visit, pairs ...string) string {
	return v.to("/file", append([]string{"repository", f.ID, "ref", shortRef(f.Ref), "at", f.made, "path", f.Path}, pairs...)...)
}

// parents returns the directories above a path, each with its name.
func parents(path string) (list [][2]string) {
	for i, r := range path {
		if r == '/' {
			list = append(list, [2]string{path[:i], base(path[:i])})
		}
	}
	return list
}

// join is the path of an entry of a directory.
func join(directory, name string) string { return strings.TrimPrefix(directory+"/"+name, "/") }

// digits writes a number for an address.
func digits(n int) string { return strconv.Itoa(n) }

// title names a directory.
func title(d service.DirectoryAnswer) string {
	if d.Path == "" {
		return name(d.URL)
	}
	return base(d.Path)
}

// symbolLink is the address of a definition in the file that is shown.
func symbolLink(v visit, f fileView, d service.Definition) string {
	anchor := "#L" + digits(d.StartLine)
	if f.show != "chunks" && d.StartLine >= f.First && d.StartLine <= f.last {
		return anchor
	}
	return f.link(v, "lines", digits(d.StartLine)+"-"+digits(d.EndLine)) + anchor
}

// packName is the beginning of an object's name.
func packName(key string) string {
	if key == "" {
		return "no pack"
	}
	return "pack " + base(key)[:min(10, len(base(key)))]
}

func language(name string) string {
	if name == "" {
		return "text"
	}
	return name
}
