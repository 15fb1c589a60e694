package web

import (
	"html"
	"net/http"
	"strconv"
	"strings"

	"github.com/leatworks/leat/internal/service"
)

const (
	// filesCompared bounds a page of a comparison; rowsCompared and bytesCompared bound the
	// lines of a file on one.
	filesCompared = 200
	rowsCompared  = 600
	bytesCompared = 80 << 10
	// rowBytes is the size of a row's markup without its text.
	rowBytes = 130
)

// compareView is the content of the page of a comparison.
type compareView struct {
	repository, from, to string
	refs                 []service.Ref
	diff                 *service.DiffAnswer // nil: nothing was chosen yet
	file                 *service.FileDiffAnswer
	rows                 []diffRow
	before, left         int // rows before and after the ones that are shown
}

// diffRow is a line of each side. A number of 0 stands for no line.
type diffRow struct {
	oldNumber, newNumber int
	oldText, newText     string
	oldClass, newClass   string
	gap                  bool // lines are left out before the row
}

// compare shows the files in which two commits of a repository differ, or the lines in which a file
// differs.
func (p *Pages) compare(w http.ResponseWriter, r *http.Request, v visit) (err error) {
	query := r.URL.Query()
	view := compareView{repository: query.Get("repository"), from: strings.TrimSpace(query.Get("from")), to: strings.TrimSpace(query.Get("to"))}
	refs, err := p.service.Refs(r.Context(), service.TracksRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: view.repository})
	if err != nil {
		return err
	}
	if view.repository == "" {
		return &service.Error{Kind: service.NotFound, Field: service.FieldRepository, Reason: "there is no such repository"}
	}
	view.refs = refs.Refs
	request := service.DiffRequest{
		Tenant: v.who.Tenant, Reach: v.who.Repositories, Repository: view.repository, From: view.from, To: view.to, After: query.Get("after"), Limit: filesCompared,
	}
	switch path := query.Get("path"); {
	case view.from == "" || view.to == "":
	case path != "":
		a, err := p.service.FileDiff(r.Context(), service.FileDiffRequest{DiffRequest: request, Path: path, OldPath: query.Get("old")})
		if err != nil {
			return p.lostSide(w, r, v, request, err)
		}
		view.file = &a
		view.cut(diffRows(a.Hunks), query.Get("row"))
	default:
		a, err := p.service.Diff(r.Context(), request)
		if err != nil {
			return p.lostSide(w, r, v, request, err)
		}
		view.diff = &a
	}
	return p.show(w, r, http.StatusOK, comparePage(v, view))
}

// cut keeps the rows of one page, beginning with a row.
func (c *compareView) cut(rows []diffRow, from string) {
	first, _ := strconv.Atoi(from)
	first = min(max(0, first), max(0, len(rows)-1))
	n, bytes := first, 0
	for ; n < len(rows) && n-first < rowsCompared; n++ {
		bytes += rowBytes + len(html.EscapeString(rows[n].oldText)) + len(html.EscapeString(rows[n].newText))
		if n > first && bytes > bytesCompared {
			break
		}
	}
	c.rows, c.before, c.left = rows[first:n], first, len(rows)-n
}

// diffRows puts removed lines beside the added ones that replace them.
func diffRows(hunks []service.DiffHunk) (rows []diffRow) {
	for _, h := range hunks {
		before, after, first := h.OldStart, h.NewStart, len(rows)
		free := first // the first row whose right side is free
		for _, l := range h.Lines {
			text := clipLine(l.Text)
			switch l.Change {
			case service.FileRemoved:
				rows = append(rows, diffRow{oldNumber: before, oldText: text, oldClass: "removed"})
				before++
			case service.FileAdded:
				if free < len(rows) && rows[free].newNumber == 0 && rows[free].oldClass == "removed" {
					rows[free].newNumber, rows[free].newText, rows[free].newClass = after, text, "added"
				} else {
					rows = append(rows, diffRow{newNumber: after, newText: text, newClass: "added"})
				}
				free++
				after++
			default:
				rows = append(rows, diffRow{oldNumber: before, newNumber: after, oldText: text, newText: text})
				before, after, free = before+1, after+1, len(rows)
			}
		}
		if first < len(rows) {
			rows[first].gap = first > 0
		}
	}
	return rows
}

// clipLine cuts a line that is too wide.
func clipLine(text string) string {
	if len(text) <= widestLine {
		return text
	}
	return strings.ToValidUTF8(text[:widestLine], "") + " …"
}

// permalink returns the address of this comparison at the compared commits.
func (c compareView) permalink(v visit, from, to service.At, pairs ...string) string {
	c.from, c.to = from.Commit, to.Commit
	return c.link(v, pairs...)
}

// link is the address of this comparison with pairs of parameters.
func (c compareView) link(v visit, pairs ...string) string {
	return v.to("/compare", append([]string{"repository", c.repository, "from", c.from, "to", c.to}, pairs...)...)
}

// lineNumber is a line's number, or nothing.
func lineNumber(n int) string {
	if n == 0 {
		return ""
	}
	return digits(n)
}

// compared names the repository of a comparison.
func compared(c compareView) string {
	if len(c.refs) == 0 {
		return c.repository
	}
	return name(c.refs[0].URL)
}
