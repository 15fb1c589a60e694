package httpapi

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

func registerFile(api huma.API, d deps) {
	get(api, d, route{
		id: "list-tree", path: "/repositories/{repository}/tree", tag: "files", scope: access.ScopeRead,
		summary: "List the files of a ref's newest commit by path",
	}, d.tree)
	get(api, d, route{
		id: "read-blob", path: "/repositories/{repository}/blob", tag: "files", scope: access.ScopeRead,
		summary: "Read lines of a file",
		text:    "Returns the indexed text, which is in UTF-8 with secrets masked. A long text is cut; `more` says so.",
	}, d.blob)
	get(api, d, route{
		id: "read-raw", path: "/repositories/{repository}/raw", tag: "files", scope: access.ScopeRead, bytes: []string{"text/plain"},
		summary: "Read the bytes of a file",
		text: "Returns the indexed text, which is in UTF-8 with secrets masked. Accepts `Range` and `If-None-Match`. " +
			"The headers Leat-Commit, Leat-Revision, Leat-Generation and Leat-Underway say how old it is.",
	}, d.raw)
	get(api, d, route{
		id: "grep", path: "/repositories/{repository}/grep", tag: "files", scope: access.ScopeSearch,
		summary: "Find the lines that match a pattern",
		text: "Looks at each text of the ref's newest commit, in the order of paths. Texts are in UTF-8 with secrets masked. " +
			"One answer looks at 64 MiB of texts and for 5 s at most; `cut` says which bound ended it, and `next` continues.",
	}, d.grep)
}

// FilePath names a file.
type FilePath struct {
	RepositoryPath
	Path string `query:"path" required:"true" minLength:"1" maxLength:"4096" doc:"From the repository's root."`
	Ref  string `query:"ref" maxLength:"1024" doc:"Branch, tag, version or full name, or a commit that was indexed. Default: the only ref that is indexed."`
}

type treeInput struct {
	RepositoryPath
	Page
	Ref   string `query:"ref" maxLength:"1024" doc:"Branch, tag, version or full name, or one of the last commits that were indexed. Default: the only ref that is indexed."`
	Under string `query:"under" maxLength:"4096" doc:"Only files below this directory."`
}

type treeOutput struct {
	Body struct {
		service.TreeAnswer
		Pages
	}
}

func (d deps) tree(ctx context.Context, who caller, in *treeInput) (*treeOutput, error) {
	after, err := place[string]("tree", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &treeOutput{}
	out.Body.TreeAnswer, err = d.Tree(ctx, service.TreeRequest{
		Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref, Under: in.Under, After: after, Limit: in.Limit,
	})
	out.Body.Cursor = cursor("tree", out.Body.Next)
	return out, err
}

type blobInput struct {
	FilePath
	Lines  string `query:"lines" pattern:"^[0-9]{1,9}(-[0-9]{0,9})?$" doc:"Only these lines, counted from 1: 7, 7-12, or 7- for line 7 and all after it."`
	Around int    `query:"around" minimum:"0" maximum:"999999999" doc:"A line. The answer is the whole definition around it, which symbol names. Use it in place of lines."`
}

type blobOutput struct{ Body service.ReadAnswer }

func (d deps) blob(ctx context.Context, who caller, in *blobInput) (*blobOutput, error) {
	first, last, err := lines(in.Lines)
	if err != nil {
		return nil, err
	}
	a, err := d.Read(ctx, service.ReadRequest{
		Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref, Path: in.Path, First: first, Last: last, Around: in.Around,
	})
	return &blobOutput{a}, err
}

// lines parses a range such as 7, 7-12 or 7-.
func lines(text string) (first, last int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	from, to, ranged := strings.Cut(text, "-")
	if first, err = strconv.Atoi(from); err == nil && to != "" {
		last, err = strconv.Atoi(to)
	} else if !ranged {
		last = first
	}
	if err != nil || first < 1 || last < 0 || ranged && to != "" && last < first {
		return 0, 0, &service.Error{Kind: service.Invalid, Field: service.FieldLines, Value: text, Reason: "lines count from 1, and the first must come before the last"}
	}
	return first, last, nil
}

type grepInput struct {
	RepositoryPath
	Pattern    string   `query:"pattern" required:"true" minLength:"1" maxLength:"1000" doc:"A regular expression in RE2's syntax, matched in each line."`
	Literal    bool     `query:"literal" doc:"Take the pattern literally, not as a regular expression."`
	IgnoreCase bool     `query:"ignore_case" doc:"Ignore upper and lower case."`
	Ref        string   `query:"ref" maxLength:"1024" doc:"Branch, tag or full name. Default: the only ref that is indexed."`
	Path       string   `query:"path" maxLength:"4096" doc:"Only this file, the files below this directory, or the files that match this glob: * stays in a directory, ** does not."`
	Languages  []string `query:"language,explode" maxItems:"50" doc:"Only these languages, by GitHub's names or aliases. May be repeated."`
	Limit      int      `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Largest number of lines in the answer."`
	Cursor     string   `query:"cursor" maxLength:"8192" doc:"Continues the list: next of the previous answer. The other parameters must be the same."`
}

type grepOutput struct{ Body service.GrepAnswer }

func (d deps) grep(ctx context.Context, who caller, in *grepInput) (*grepOutput, error) {
	a, err := d.Grep(ctx, service.GrepRequest{
		Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref, Pattern: in.Pattern,
		Literal: in.Literal, IgnoreCase: in.IgnoreCase, Path: in.Path, Languages: in.Languages, Limit: in.Limit, After: in.Cursor,
	})
	return &grepOutput{a}, err
}

type rawInput struct {
	FilePath
	IfNoneMatch string `header:"If-None-Match" maxLength:"4096" doc:"ETags of the texts that the client has."`
	IfRange     string `header:"If-Range" maxLength:"256" doc:"ETag of the text that the range belongs to."`
	Range       string `header:"Range" maxLength:"256" doc:"Only these bytes."`
}

type rawOutput struct{ Body func(huma.Context) }

func (d deps) raw(ctx context.Context, who caller, in *rawInput) (*rawOutput, error) {
	a, err := d.File(ctx, service.FileRequest{
		Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Ref, Path: in.Path, Unless: hashes(in.IfNoneMatch),
	})
	if err != nil {
		return nil, err
	}
	return &rawOutput{func(out huma.Context) { serveFile(out, a) }}, nil
}

// serveFile answers with a text. It leaves ranges and conditions to net/http.
func serveFile(out huma.Context, a service.FileAnswer) {
	r, w := humago.Unwrap(out)
	h := w.Header()
	h.Set("ETag", `"`+a.Hash+`"`)
	h.Set("Cache-Control", "private, no-cache") // keep it, but ask each time whether it is still current
	h.Set("Leat-Commit", a.Commit)
	h.Set("Leat-Revision", strconv.FormatInt(a.Revision, 10))
	h.Set("Leat-Generation", strconv.FormatInt(a.Generation, 10))
	h.Set("Leat-Underway", strconv.FormatBool(a.Underway))
	if a.Same {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", "attachment") // an HTML page of a repository must never run in this origin
	// The hash has decided above. net/http does not know the ETag of a compressed answer.
	r.Header.Del("If-None-Match")
	ranged := &rangeWriter{ResponseWriter: w}
	http.ServeContent(ranged, r, "", time.Time{}, bytes.NewReader(a.Text))
	if ranged.refused {
		h.Del("Content-Disposition")
		h.Del("ETag")
		serveProblem(w, newProblem(r.Context(), http.StatusRequestedRangeNotSatisfiable, "The range is outside the file: Content-Range says how many bytes it has."))
	}
}

// rangeWriter suppresses net/http's error about a range, because it is not a problem in JSON.
type rangeWriter struct {
	http.ResponseWriter
	refused bool
}

func (w *rangeWriter) WriteHeader(status int) {
	if w.refused = status == http.StatusRequestedRangeNotSatisfiable; !w.refused {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *rangeWriter) Write(b []byte) (int, error) {
	if w.refused {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// hashes returns the hashes in a list of ETags. The ETag of a compressed answer ends in -gzip.
func hashes(tags string) []string {
	var list []string
	for tag := range strings.SplitSeq(tags, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if unquoted, err := strconv.Unquote(tag); err == nil {
			list = append(list, strings.TrimSuffix(unquoted, gzipSuffix))
		}
	}
	return list
}
