package service

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/glob"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/secret"
)

// Bounds of a GrepRequest, and of the work for one answer.
const (
	DefaultGrepLimit = 100
	MaxGrepLimit     = 1000
	MaxPattern       = 1000     // bytes
	DefaultGrepBytes = 64 << 20 // bytes of texts that one answer looks at

	grepTime  = 5 * time.Second // time for one answer
	grepBatch = 4 << 20         // bytes of texts in memory at once, unless one text is larger
	grepRows  = 5000            // files that one statement lists

	lineOverhead = 16 // bytes of a line without its path and its text
)

// GrepRequest asks for the lines of a repository's texts that match a pattern.
type GrepRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, or the end of one of them
	Ref        string   // branch, tag or full name; "": the only one that is indexed
	Pattern    string
	Literal    bool     // Pattern is a text, not a regular expression in RE2's syntax
	IgnoreCase bool     // ignore upper and lower case
	Path       string   // only this file, the files below this directory, or the files that match this glob; "": all
	Languages  []string // only these, by GitHub's names or aliases; empty: all
	Limit      int      // largest number of lines, 1 to MaxGrepLimit; 0: DefaultGrepLimit
	MaxBytes   int      // largest size of the lines, their paths and 16 bytes more a line; the first line always comes; 0: no bound
	After      string   // Next of the previous answer; "": from the first
}

// GrepAnswer holds lines by path and number. It is complete if Next is empty.
type GrepAnswer struct {
	At
	Lines []GrepLine `json:"lines" nullable:"false"`
	Files int        `json:"files" doc:"Files that this answer looked at."`
	Bytes int64      `json:"bytes" doc:"Bytes of these files' texts."`
	Cut   string     `json:"cut,omitempty" doc:"Why the answer ends before the last file, and how to continue."`
	Next  string     `json:"next,omitempty" doc:"Cursor of the next page; absent: this is the last."`
}

// GrepLine is a line that matches.
type GrepLine struct {
	Path   string `json:"path"`
	Line   int    `json:"line" doc:"Number of the line, from 1."`
	Column int    `json:"column" doc:"Byte of the line where the first match begins, from 1."`
	Text   string `json:"text" doc:"The indexed line; of a line longer than 500 bytes, a part around the match."`
}

// Grep looks for a pattern in each text of a ref's newest commit, in the order of paths. It reads
// the indexed texts, which are in UTF-8 with secrets masked.
func (s *Service) Grep(ctx context.Context, r GrepRequest) (a GrepAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres|store.S3); err != nil {
		return a, err
	}
	if r.Limit = cmp.Or(r.Limit, DefaultGrepLimit); r.Limit < 1 || r.Limit > MaxGrepLimit {
		return a, badLimit(r.Limit, MaxGrepLimit, "lines")
	}
	g := grep{Service: s, request: r, answer: &a, until: time.Now().Add(grepTime)}
	if g.match, err = newLineMatcher(r.Pattern, r.Literal, r.IgnoreCase); err != nil {
		return a, err
	}
	if g.here, err = pathMatcher(r.Path); err != nil {
		return a, err
	}
	if g.languages, err = languages(r.Languages); err != nil {
		return a, err
	}
	if g.from, err = grepPlaceOf(r.After); err != nil {
		return a, err
	}
	head, err := s.head(ctx, r.Tenant, r.Reach, r.Repository, r.Ref)
	if err != nil {
		return a, err
	}
	if a.At, err = s.at(ctx, head); err != nil {
		return a, err
	}
	a.Lines = []GrepLine{}
	return a, g.run(ctx, head)
}

// grep is one request under way.
type grep struct {
	*Service
	request   GrepRequest
	answer    *GrepAnswer
	match     *lineMatcher
	here      func(path string) bool
	languages []string
	from      grepPlace // place up to which earlier answers came
	until     time.Time
	shown     int // bytes of the answer's lines
}

func (g *grep) run(ctx context.Context, head catalog.Head) error {
	for {
		texts, err := g.stores.Catalog.Trees.Texts(ctx, head.ID, []byte(g.from.path), g.languages, grepRows)
		if err != nil {
			return err
		}
		listed := len(texts)
		for len(texts) > 0 {
			var batch []catalog.StoredText
			if batch, texts = g.batch(texts); len(batch) == 0 {
				break
			}
			if full, err := g.look(ctx, batch); full || err != nil {
				return err
			}
			if more := len(texts) > 0 || listed == grepRows; more && g.spent() {
				return nil
			}
		}
		if listed < grepRows {
			return nil
		}
	}
}

// batch takes the files to look at next from the beginning of a list.
func (g *grep) batch(texts []catalog.StoredText) (batch, rest []catalog.StoredText) {
	size := 0
	for i, t := range texts {
		path := string(t.Path)
		if path == g.from.path && g.from.whole {
			continue
		}
		if !g.here(path) {
			g.from = grepPlace{path: path, whole: true}
			continue
		}
		if size += int(t.Span.Size); size > grepBatch && len(batch) > 0 {
			return batch, texts[i:]
		}
		batch = append(batch, t)
	}
	return batch, nil
}

// look adds the matching lines of a batch to the answer, and says whether the answer is full.
func (g *grep) look(ctx context.Context, batch []catalog.StoredText) (full bool, err error) {
	spans, found := make([]blob.Span, len(batch)), make([][]GrepLine, len(batch))
	for i, t := range batch {
		spans[i] = blob.Span(t.Span)
	}
	room := g.request.Limit - len(g.answer.Lines) + 1 // one more tells whether there is a next page
	err = g.stores.Blobs.Read(ctx, spans, func(i int, text []byte) error {
		after := 0
		if path := string(batch[i].Path); path == g.from.path {
			after = g.from.line
		}
		found[i] = g.match.lines(text, after, room)
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("read the texts of %s: %w", g.answer.URL, err)
	}
	for i, t := range batch {
		path := string(t.Path)
		for _, line := range found[i] {
			g.shown += len(path) + len(line.Text) + lineOverhead
			n, most := len(g.answer.Lines), g.request.MaxBytes
			if n == g.request.Limit || n > 0 && most > 0 && g.shown > most {
				g.end("only the first " + strconv.Itoa(n) + " lines are shown")
				return true, nil
			}
			line.Path = path
			g.answer.Lines = append(g.answer.Lines, line)
			g.from = grepPlace{path: path, line: line.Line}
		}
		g.from = grepPlace{path: path, whole: true}
		g.answer.Files++
		g.answer.Bytes += int64(t.Span.Size)
	}
	return false, nil
}

// spent ends an answer that has used up the work that one answer may take.
func (g *grep) spent() bool {
	switch {
	case g.answer.Bytes >= g.cfg.GrepBytes:
		g.end(fmt.Sprintf("%d MiB of texts were looked at", g.answer.Bytes>>20))
	case time.Now().After(g.until):
		g.end(fmt.Sprintf("%d s have passed", int(grepTime.Seconds())))
	default:
		return false
	}
	return true
}

func (g *grep) end(reason string) {
	g.answer.Cut = reason + ": continue with the cursor, or narrow the search by path or language"
	g.answer.Next = g.from.cursor()
}

// grepPlace says how far an answer came.
type grepPlace struct {
	path  string
	line  int  // the last answered line
	whole bool // all lines of the path were answered
}

const grepMarker = "g1." // of the form of cursors of Grep

func (p grepPlace) cursor() string {
	line := strconv.Itoa(p.line)
	if p.whole {
		line = "-"
	}
	return grepMarker + base64.RawURLEncoding.EncodeToString([]byte(line+" "+p.path))
}

func grepPlaceOf(cursor string) (p grepPlace, err error) {
	if cursor == "" {
		return p, nil
	}
	text, found := strings.CutPrefix(cursor, grepMarker)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	line, path, whole := strings.Cut(string(raw), " ")
	if err != nil || !found || !whole {
		return p, badCursor()
	}
	if line == "-" {
		return grepPlace{path: path, whole: true}, nil
	}
	n, err := strconv.ParseInt(line, 10, 32)
	if err != nil || n < 0 {
		return p, badCursor()
	}
	return grepPlace{path: path, line: int(n)}, nil
}

// pathMatcher returns a function that says whether a request means a path. The request names a
// file, a directory or a glob.
func pathMatcher(path string) (func(string) bool, error) {
	path = string(secret.Path([]byte(strings.TrimPrefix(path, "./"))))
	if path == "" {
		return func(string) bool { return true }, nil
	}
	below := strings.TrimSuffix(path, "/") + "/"
	if err := glob.Check(path); err != nil {
		return nil, &Error{Kind: Invalid, Field: FieldPath, Value: path, Reason: err.Error()}
	}
	return func(p string) bool { return p == path || strings.HasPrefix(p, below) || glob.Match(path, p) }, nil
}

// excerpt returns the part of a line that is shown, in valid UTF-8.
func excerpt(line []byte, at int) string {
	const most, before = 500, 100
	line = bytes.TrimRight(line, "\r\n")
	if len(line) > most {
		from := max(0, min(at-before, len(line)-most))
		line = line[from : from+most]
	}
	return strings.ToValidUTF8(string(line), "")
}
