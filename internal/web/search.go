package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/search"
)

const (
	// hitsPerPage and linesPerHit keep a page of hits below the bound of its size.
	hitsPerPage = 10
	linesPerHit = 16
	// widestLine is the longest line of a hit that is shown whole, in bytes.
	widestLine = 400
	// homeRefs is the number of repositories on the first page.
	homeRefs = 6
)

// question is a search in the form of its address.
type question struct {
	Query, Repository, Ref, Language, Kind, Path, Symbol string
	calls                                                bool // show the calls of hits
	after                                                string
}

// filters are the fields of a search other than its words, in the order of their chips.
var filters = []struct{ name, text, hint string }{
	{"repository", "Repository", "acme/mill"},
	{"ref", "Ref", "main"},
	{"language", "Language", "Go"},
	{"kind", "Kind", "function"},
	{"path", "Path", "lib/**/*.go"},
	{"symbol", "Symbol", "Stream.Flow"},
}

func questionOf(query url.Values) question {
	get := func(name string) string { return strings.TrimSpace(query.Get(name)) }
	return question{get("q"), get("repository"), get("ref"), get("language"), get("kind"), get("path"), get("symbol"), get("calls") != "", query.Get("after")}
}

func (q question) value(filter string) string {
	return map[string]string{"repository": q.Repository, "ref": q.Ref, "language": q.Language, "kind": q.Kind, "path": q.Path, "symbol": q.Symbol}[filter]
}

// link is the address of the search with some parameters changed.
func (q question) link(v visit, change ...string) string {
	pairs := []string{"q", q.Query}
	for _, f := range filters {
		pairs = append(pairs, f.name, q.value(f.name))
	}
	if q.calls {
		pairs = append(pairs, "calls", "1")
	}
	for i := 0; i+1 < len(change); i += 2 {
		if at := slices.Index(pairs, change[i]); at >= 0 && at%2 == 0 {
			pairs[at+1] = change[i+1]
		} else {
			pairs = append(pairs, change[i], change[i+1])
		}
	}
	return v.to("/search", pairs...)
}

func (q question) filtered() bool {
	return slices.ContainsFunc(filters, func(f struct{ name, text, hint string }) bool { return q.value(f.name) != "" })
}

func (q question) request(who Caller) service.SearchRequest {
	list := func(value string) []string {
		if value == "" {
			return nil
		}
		return []string{value}
	}
	return service.SearchRequest{
		Tenant: who.Tenant, Reach: who.Repositories, Query: q.Query, Repositories: list(q.Repository), Ref: q.Ref, Languages: list(q.Language),
		Kinds: list(q.Kind), Symbols: list(q.Symbol), Path: q.Path, Limit: hitsPerPage, Calls: q.calls, After: q.after,
	}
}

// results is the content of a search page below its box.
type results struct {
	question
	service.SearchAnswer
	failure *Failure // why the search cannot be answered
	home    []service.Ref
}

// search shows the box, and the hits if a question was asked.
func (p *Pages) search(w http.ResponseWriter, r *http.Request, v visit) (err error) {
	res := results{question: questionOf(r.URL.Query())}
	status := http.StatusOK
	if res.Query != "" {
		if res.SearchAnswer, err = p.service.Search(r.Context(), res.request(v.who)); err != nil {
			f := p.cfg.Explain(r.Context(), err)
			if status = f.Status; status >= http.StatusInternalServerError {
				return err
			}
			res.failure = &f
		}
	} else if v.may(access.ScopeRead) {
		a, err := p.service.Refs(r.Context(), service.TracksRequest{Tenant: v.who.Tenant, Reach: v.who.Repositories})
		if err != nil {
			return err
		}
		res.home = a.Refs[:min(homeRefs, len(a.Refs))]
	}
	switch {
	case v.part && res.after != "":
		return p.show(w, r, http.StatusOK, hitList(v, res))
	case v.part: // a part with another status would not be shown
		w.Header().Set("HX-Replace-Url", res.link(v))
		return p.show(w, r, http.StatusOK, resultPart(v, res))
	}
	return p.show(w, r, status, searchPage(v, res))
}

// hitCode returns the shown text of a hit, and how many lines are left out.
func hitCode(ctx context.Context, v visit, q question, h service.Hit) (code, int) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	lines, left := v.palette.paint(ctx, h.Language, h.Path, h.Text)
	return code{lines: lines, first: h.StartLine, link: hitLink(v, h), marker: search.NewMatcher(q.Query), marks: true}, left + h.CutLines
}

// narrow cuts a line that is too wide.
func narrow(line []span) []span {
	width := 0
	for i, s := range line {
		if width += len(s.text); width > widestLine {
			keep := strings.ToValidUTF8(s.text[:max(0, len(s.text)-width+widestLine)], "")
			return append(slices.Clone(line[:i]), span{s.class, keep}, span{"c", " …"})
		}
	}
	return line
}

// hitLink is the address of a hit's lines in the file.
func hitLink(v visit, h service.Hit) string {
	return fileLink(v, h.Repository, h.Ref, h.Path, h.StartLine, h.EndLine)
}

// fileLink is the address of lines of a file, or of the whole file if first is 0.
func fileLink(v visit, repository, ref, path string, first, last int) string {
	lines := ""
	if first > 0 {
		lines = strconv.Itoa(first) + "-" + strconv.Itoa(last)
	}
	return v.to("/file", "repository", repository, "ref", shortRef(ref), "path", path, "lines", lines)
}

// facet is a value of a filter that hits have.
type facet struct{ name, value, text string }

// facets are values by which the hits can be narrowed down.
func (r results) facets() (list []facet) {
	add := func(name, value, text string) {
		if f := (facet{name, value, text}); value != "" && r.value(name) == "" && !slices.Contains(list, f) && len(list) < 9 {
			list = append(list, f)
		}
	}
	for _, h := range r.Hits {
		add("language", h.Language, h.Language)
		add("kind", h.Kind, h.Kind)
		add("repository", h.Repository, name(h.Repository))
	}
	slices.SortStableFunc(list, func(a, b facet) int { return strings.Compare(a.name, b.name) })
	return list
}

// directory is the part of a path before its last name.
func directory(path string) string { return path[:strings.LastIndexByte(path, '/')+1] }

// base is the last name of a path.
func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
