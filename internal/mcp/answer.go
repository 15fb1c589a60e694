package mcp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/leatworks/leat/internal/service"
)

// maxListed is the most repositories or files of one answer.
const maxListed = 200

// mark begins each line that leat writes. The lines between are the text of a file. A line of a
// file that begins with the mark gets a blank before it, so that no file can pass for leat.
const mark = "» "

type exploreIn struct {
	Question   string `json:"question" jsonschema:"the question in plain words, or names to look for"`
	Repository string `json:"repository,omitempty" jsonschema:"only this repository: its URL or the end of it; default all"`
	Ref        string `json:"ref,omitempty" jsonschema:"only this branch, tag, version, or beginning of a commit"`
	MaxTokens  int    `json:"max_tokens,omitempty" jsonschema:"largest size of the answer in tokens, 500 to 50000; default 4000"`
}

func explore(ctx context.Context, c caller, in exploreIn) (string, error) {
	a, err := c.Explore(ctx, service.ExploreRequest{
		Tenant: c.Tenant, Question: in.Question, Repositories: names(in.Repository), Ref: in.Ref, MaxTokens: in.MaxTokens,
	})
	if err != nil {
		return "", err
	}
	if a.Empty != "" {
		return "Nothing found: " + a.Empty + "." + after(noticed(a.Waking, a.Slept)), nil
	}
	var b strings.Builder
	b.WriteString(noticed(a.Waking, a.Slept))
	source := ""
	for _, p := range a.Pieces {
		where := at(p.Ref, p.Commit, p.Underway)
		if same := p.Repository + where; same == source {
			p.Repository, where = "", ""
		} else {
			source = same
		}
		b.WriteString(mark + line(strings.TrimLeft(place(p.Repository, p.Path, p.StartLine, p.EndLine), " ")+named(p.Kind, p.Symbol)+where))
		if p.CalledBy != "" {
			b.WriteString(" called by " + line(p.CalledBy))
		}
		b.WriteString("\n" + parts(p))
		if len(p.Neighbours) > 0 {
			b.WriteString(mark + "also in this file:")
			for i, d := range p.Neighbours {
				b.WriteString(separator(i) + fmt.Sprintf("%s %d-%d", line(d.Symbol), d.StartLine, d.EndLine))
			}
			b.WriteString("\n")
		}
	}
	if len(a.Leads) > 0 {
		b.WriteString(mark + "there was no room for these; read them, or ask with a larger max_tokens:\n")
		for _, l := range a.Leads {
			b.WriteString(line(place(l.Repository, l.Path, l.StartLine, l.EndLine)+named(l.Kind, l.Symbol)) + "\n")
		}
	}
	return b.String(), nil
}

// parts returns the lines of a piece, and tells where some are left out.
func parts(p service.Piece) string {
	if len(p.Left) == 0 {
		return ended(p.Text)
	}
	var b strings.Builder
	text, at := p.Text, p.StartLine
	for _, gap := range p.Left {
		end := 0
		for ; at < gap.StartLine; at++ {
			end += strings.IndexByte(text[end:], '\n') + 1
		}
		if end > 0 {
			b.WriteString(ended(text[:end]))
		}
		fmt.Fprintf(&b, "%s%d-%d left out\n", mark, gap.StartLine, gap.EndLine)
		text, at = text[end:], gap.EndLine+1
	}
	if text != "" {
		b.WriteString(ended(text))
	}
	return b.String()
}

type searchIn struct {
	Query      string `json:"query" jsonschema:"words, names, an error message or a sentence"`
	Repository string `json:"repository,omitempty" jsonschema:"only this repository: its URL or the end of it; default all"`
	Ref        string `json:"ref,omitempty" jsonschema:"only this branch, tag, version, or beginning of a commit"`
	Language   string `json:"language,omitempty" jsonschema:"only this language, such as go or c++"`
	Path       string `json:"path,omitempty" jsonschema:"only paths that match this glob: * stays in a directory, ** does not"`
	Kind       string `json:"kind,omitempty" jsonschema:"only this kind: function, method, type, section and so on"`
	Symbol     string `json:"symbol,omitempty" jsonschema:"only definitions of this name"`
	Limit      int    `json:"limit,omitempty" jsonschema:"largest number of matches, 1 to 100; default 10"`
	Calls      bool   `json:"calls,omitempty" jsonschema:"tell what calls each match and what it calls; default false"`
	MaxTokens  int    `json:"max_tokens,omitempty" jsonschema:"largest size of the answer in tokens, 500 to 50000; default 4000"`
	Cursor     string `json:"cursor,omitempty" jsonschema:"the cursor of the previous answer, with the same query and filters"`
}

func search(ctx context.Context, c caller, in searchIn) (string, error) {
	tokens, err := budget(in.MaxTokens)
	if err != nil {
		return "", err
	}
	a, err := c.Search(ctx, service.SearchRequest{
		Tenant: c.Tenant, Query: in.Query, Repositories: names(in.Repository), Ref: in.Ref, Languages: names(in.Language), Kinds: names(in.Kind),
		Symbols: names(in.Symbol), Path: in.Path, Limit: in.Limit, MaxTokens: tokens, Calls: in.Calls, After: in.Cursor,
	})
	if err != nil {
		return "", err
	}
	if len(a.Hits) == 0 {
		if in.Cursor != "" {
			return "No further matches.", nil
		}
		return "Nothing found: " + a.Empty + "." + after(noticed(a.Waking, a.Slept)), nil
	}
	var b strings.Builder
	b.WriteString(noticed(a.Waking, a.Slept))
	for _, h := range a.Hits {
		b.WriteString(mark + line(place(h.Repository, h.Path, h.StartLine, h.EndLine)+named(h.Kind, h.Symbol)+at(h.Ref, h.Commit, h.Underway)))
		if len(h.Places) > 0 {
			fmt.Fprintf(&b, ", the same in %d more places", len(h.Places))
		}
		b.WriteString("\n")
		for _, sentence := range h.Calls.Sentences() {
			b.WriteString(mark + line(sentence) + "\n")
		}
		b.WriteString(ended(h.Text))
	}
	if a.Cut != "" {
		b.WriteString(mark + a.Cut + "\n")
	}
	if a.Next != "" {
		b.WriteString(mark + "more with cursor " + a.Next + "\n")
	}
	return b.String(), nil
}

// noticed says what an answer lacks because refs sleep.
func noticed(waking []service.Turned, slept int64) string {
	var b strings.Builder
	for _, notice := range service.Notices(waking, slept) {
		b.WriteString(mark + line(notice) + "\n")
	}
	return b.String()
}

// after puts lines after a sentence.
func after(lines string) string {
	if lines == "" {
		return ""
	}
	return "\n" + lines
}

type readIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	Path       string `json:"path" jsonschema:"path from the root of the repository"`
	Ref        string `json:"ref,omitempty" jsonschema:"branch, tag, version, or beginning of a commit; needed where several are indexed"`
	First      int    `json:"first_line,omitempty" jsonschema:"from 1; default the first"`
	Last       int    `json:"last_line,omitempty" jsonschema:"inclusive; default the last"`
	Around     int    `json:"around,omitempty" jsonschema:"a line: read the whole function or type that holds it, in place of a range"`
	MaxTokens  int    `json:"max_tokens,omitempty" jsonschema:"largest size of the answer in tokens, 500 to 50000; default 4000"`
}

func read(ctx context.Context, c caller, in readIn) (string, error) {
	tokens, err := budget(in.MaxTokens)
	if err != nil {
		return "", err
	}
	a, err := c.Read(ctx, service.ReadRequest{
		Tenant: c.Tenant, Repository: in.Repository, Ref: in.Ref, Path: in.Path, First: in.First, Last: in.Last, Around: in.Around,
	})
	if err != nil {
		return "", err
	}
	text, last := a.Text, a.Last
	head := mark + line(place(a.URL, a.Path, a.First, a.Last))
	room := max(tokens*service.BytesPerToken-len(head)-300, 0) // 300 for the lines around the text; a path may exceed the budget
	cut := a.More
	if len(text) > room {
		text = strings.ToValidUTF8(text[:room], "")
		if end := strings.LastIndexByte(text, '\n'); end >= 0 {
			text = text[:end+1]
		}
		last, cut = a.First+strings.Count(text, "\n")-1, true
	}
	where := place(a.URL, a.Path, a.First, max(last, a.First))
	if a.First == 0 {
		where = a.URL + " " + a.Path + ", empty"
	}
	var b strings.Builder
	b.WriteString(mark + line(where+fmt.Sprintf(" of %d lines", a.Lines)+named("", a.Symbol)+at(a.Ref, a.Commit, a.Underway)))
	if a.Encoding != "" {
		b.WriteString(", converted from " + line(a.Encoding))
	}
	b.WriteString("\n" + ended(text))
	switch {
	case cut && last < a.First:
		b.WriteString(mark + "the line is longer than the answer may be: ask with a larger max_tokens\n")
	case cut:
		fmt.Fprintf(&b, "%scut here: continue with first_line %d\n", mark, last+1)
	}
	return b.String(), nil
}

type grepIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	Pattern    string `json:"pattern" jsonschema:"a regular expression of RE2, matched in each line"`
	Literal    bool   `json:"literal,omitempty" jsonschema:"take the pattern literally, not as a regular expression"`
	IgnoreCase bool   `json:"ignore_case,omitempty" jsonschema:"ignore upper and lower case"`
	Ref        string `json:"ref,omitempty" jsonschema:"branch, tag, version, or beginning of a commit; needed where several are indexed"`
	Path       string `json:"path,omitempty" jsonschema:"only this file, the files below this directory, or the files that match this glob"`
	Language   string `json:"language,omitempty" jsonschema:"only this language, such as go or c++"`
	MaxTokens  int    `json:"max_tokens,omitempty" jsonschema:"largest size of the answer in tokens, 500 to 50000; default 4000"`
	Cursor     string `json:"cursor,omitempty" jsonschema:"the cursor of the previous answer, with the same pattern and filters"`
}

// grepRoom is the room in bytes for the parts of an answer other than lines: the head, and a cursor
// that holds a path.
const grepRoom = 600

func grep(ctx context.Context, c caller, in grepIn) (string, error) {
	tokens, err := budget(in.MaxTokens)
	if err != nil {
		return "", err
	}
	a, err := c.Grep(ctx, service.GrepRequest{
		Tenant: c.Tenant, Repository: in.Repository, Ref: in.Ref, Pattern: in.Pattern, Literal: in.Literal, IgnoreCase: in.IgnoreCase, Path: in.Path,
		Languages: names(in.Language), Limit: service.MaxGrepLimit, MaxBytes: tokens*service.BytesPerToken - grepRoom, After: in.Cursor,
	})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(mark + line(fmt.Sprintf("%s%s: %d lines in %d files that were looked at", a.URL, at(a.Ref, a.Commit, a.Underway), len(a.Lines), a.Files)) + "\n")
	if len(a.Lines) == 0 && a.Next == "" {
		b.WriteString(in.none(a.Files) + "\n")
	}
	path := ""
	for _, l := range a.Lines {
		if l.Path != path {
			path = l.Path
			b.WriteString(mark + line(path) + "\n")
		}
		fmt.Fprintf(&b, "%d: %s\n", l.Line, line(l.Text))
	}
	if a.Next != "" {
		b.WriteString(mark + a.Cut + "\n" + mark + "more with cursor " + a.Next + "\n")
	}
	return b.String(), nil
}

// none says why no line was found among a number of files.
func (in grepIn) none(files int) string {
	switch {
	case in.Cursor != "":
		return "no further lines"
	case files == 0 && (in.Path != "" || in.Language != ""):
		return "no indexed file matches path and language: ask without them"
	case files == 0:
		return "no file of it is indexed: status says why"
	}
	return "no line matches; search also finds places with other words"
}

type statusIn struct {
	Repository string `json:"repository,omitempty" jsonschema:"only this repository: its URL or the end of it; default all"`
}

func status(ctx context.Context, c caller, in statusIn) (string, error) {
	a, err := c.Status(ctx, service.StatusRequest{Tenant: c.Tenant, Repository: in.Repository, Limit: maxListed})
	if err != nil {
		return "", err
	}
	if len(a.Repositories) == 0 {
		return "No repository has been submitted.", nil
	}
	var b strings.Builder
	for _, r := range a.Repositories {
		d := r.Documents
		b.WriteString(line(r.URL + at(r.Ref, r.Commit, r.Underway) + ": " + r.State))
		fmt.Fprintf(&b, ", %d of %d files indexed, %d pending, %d failed, %d skipped", d.Indexed, d.Total, d.Pending, d.Failed, d.Skipped)
		if r.Held != "" && len(r.Versions) == 0 {
			b.WriteString(", rolled back")
		}
		if r.Dormant != "" {
			b.WriteString(", " + r.Dormant)
		}
		if r.Error != "" {
			b.WriteString("; " + line(r.Error))
		}
		b.WriteString("\n")
	}
	if a.Next != "" {
		fmt.Fprintf(&b, "only the first %d are listed: name a repository for others\n", maxListed)
	}
	return b.String(), nil
}

type listIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	Ref        string `json:"ref,omitempty" jsonschema:"branch, tag, version, or beginning of a commit; needed where several are indexed"`
	Under      string `json:"under,omitempty" jsonschema:"a directory; default the whole repository"`
	After      string `json:"after,omitempty" jsonschema:"continue after this path"`
}

func list(ctx context.Context, c caller, in listIn) (string, error) {
	a, err := c.Tree(ctx, service.TreeRequest{Tenant: c.Tenant, Repository: in.Repository, Ref: in.Ref, Under: in.Under, After: in.After, Limit: maxListed})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(mark + line(a.URL+at(a.Ref, a.Commit, a.Underway)) + "\n")
	for _, f := range a.Files {
		b.WriteString(line(f.Path))
		switch {
		case f.SkipReason != "":
			b.WriteString(" (not indexed: " + line(f.SkipReason) + ")")
		case f.Language != "":
			b.WriteString(" " + line(f.Language))
		}
		b.WriteString("\n")
	}
	switch {
	case a.Next != "":
		b.WriteString(mark + "more with after " + line(a.Next) + "\n")
	case len(a.Files) == 0:
		b.WriteString(in.none() + "\n")
	}
	return b.String(), nil
}

// none says why no file is listed.
func (in listIn) none() string {
	switch {
	case in.After != "":
		return "no further files"
	case in.Under != "":
		return "the commit has no directory of that name with files: list without under"
	}
	return "the commit has no files"
}

func names(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

func budget(asked int) (int, error) {
	tokens := cmp.Or(asked, service.DefaultExploreTokens)
	if tokens < service.LeastExploreTokens || tokens > service.MaxExploreTokens {
		return 0, fmt.Errorf("max_tokens %d: ask for %d to %d", asked, service.LeastExploreTokens, service.MaxExploreTokens)
	}
	return tokens, nil
}

func place(repository, path string, first, last int) string {
	return fmt.Sprintf("%s %s:%d-%d", repository, path, first, last)
}

func named(kind, symbol string) string {
	if symbol == "" {
		return ""
	}
	return strings.TrimRight(" "+kind, " ") + " " + symbol
}

// at says of which commit a place is, and whether a newer one is coming.
func at(ref, commit string, underway bool) string {
	text := ""
	if commit != "" {
		text = " " + service.ShortRef(ref) + "@" + commit[:min(len(commit), 12)]
	}
	if underway {
		text += ", newer work under way"
	}
	return text
}

// line makes a single line of a name from a repository.
func line(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			return '?'
		}
		return r
	}, text)
}

// ended returns a file's text with a line end after its last line, in which no line begins with the
// mark.
func ended(text string) string {
	if strings.Contains(text, mark) {
		text = strings.TrimPrefix(strings.ReplaceAll("\n"+text, "\n"+mark, "\n "+mark), "\n")
	}
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}

func separator(i int) string {
	if i == 0 {
		return " "
	}
	return "; "
}

// advise turns an error into advice for a model.
func (c caller) advise(err error) string {
	text := c.explain(err)
	var failed *service.Error
	if !errors.As(err, &failed) {
		return text
	}
	switch {
	case failed.Kind == service.NotFound && failed.Field == service.FieldRepository:
		text += ". The tool status lists all repositories."
	case failed.Kind == service.NotFound && failed.Field == service.FieldPath:
		text += ". Search for it, or list the directory."
	case failed.Kind == service.Unavailable:
		text += ". Try again in a moment."
	}
	return text
}
