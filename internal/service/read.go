package service

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/secret"
)

// MaxReadBytes bounds the text of one ReadAnswer.
const MaxReadBytes = 256 << 10

// At is the place of an answer in a repository's history.
type At struct {
	ID         string `json:"id" doc:"Id of the repository."`
	URL        string `json:"repository" doc:"URL of the repository."`
	Ref        string `json:"ref" doc:"Full name."`
	Commit     string `json:"commit" doc:"In hex."`
	Revision   int64  `json:"revision" doc:"Revision of the commit's snapshot."`
	Generation int64  `json:"generation" doc:"The active generation of the index; 0: there is none yet."`
	Underway   bool   `json:"underway" doc:"This commit, or a newer one of the ref, is being read or indexed."`
}

// ReadRequest asks for the lines of a file.
type ReadRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, or the end of one of them
	Ref        string   // branch, tag, version, full name, or a commit or its beginning; "": the only ref that is indexed
	Path       string   // path from the repository's root
	First      int      // line, from 1; 0: the first
	Last       int      // line, inclusive; 0: the last
	Around     int      // line; the answer is the whole definition around it, and First and Last must be 0; 0: use these
}

// ReadAnswer holds lines of a file's indexed text, in UTF-8 and with secrets masked.
type ReadAnswer struct {
	At
	Path     string `json:"path"`
	Language string `json:"language"`
	Encoding string `json:"encoding,omitempty" doc:"The encoding or the document format that the text was converted from; absent: UTF-8."`
	Lines    int    `json:"lines" doc:"Number of lines of the whole file."`
	Symbol   string `json:"symbol,omitempty" doc:"The symbol that the lines define, if the request asked for the definition around a line."`
	First    int    `json:"start_line" doc:"First line of text, counted from 1; 0 if text is empty."`
	Last     int    `json:"end_line" doc:"Last line of text."`
	Text     string `json:"text"`
	More     bool   `json:"more" doc:"Text was cut: continue after end_line."`
}

// Read returns a file, or a range of its lines, at the newest commit that holds the stored text. It
// can also read an older indexed commit, as far as the text is still stored. It cuts a line that is
// longer than MaxReadBytes.
func (s *Service) Read(ctx context.Context, r ReadRequest) (a ReadAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres|store.S3); err != nil {
		return a, err
	}
	if r.First < 0 || r.Last < 0 || r.Last > 0 && r.Last < r.First {
		reason := fmt.Sprintf("lines %d to %d: lines count from 1, and the first must come before the last", r.First, r.Last)
		return a, &Error{Kind: Invalid, Field: FieldLines, Reason: reason}
	}
	if r.Around < 0 || r.Around > 0 && (r.First > 0 || r.Last > 0) {
		return a, &Error{Kind: Invalid, Field: FieldLines, Reason: "ask either for the definition around a line, counted from 1, or for a range of lines"}
	}
	head, file, place, err := s.locate(ctx, r.Tenant, r.Reach, r.Repository, r.Ref, r.Path)
	if err != nil {
		return a, err
	}
	if r.Around > 0 {
		found, err := s.around(ctx, document(head.ID, r.Path), file, r.Around)
		if err != nil {
			return a, err
		}
		r.First, r.Last, a.Symbol = found.StartLine, found.EndLine, found.Symbol
	}
	content, err := s.content(ctx, file)
	if err != nil {
		return a, fmt.Errorf("read %s: %w", r.Path, err)
	}
	a.At, a.Path, a.Language, a.Encoding = place, r.Path, file.Language, file.Encoding
	return a, a.cut(content, r.First, r.Last)
}

// locate finds a path of the track that a request names, and the newest commit that holds its
// stored text.
func (s *Service) locate(ctx context.Context, tenant string, reach []string, repository, ref, path string) (h catalog.Head, f catalog.StoredFile, place At, err error) {
	heads, err := s.heads(ctx, tenant, reach, repository)
	if err != nil {
		return h, f, place, err
	}
	found := chosen(heads, ref)
	if len(found) == 0 && ref != "" {
		return s.past(ctx, heads, ref, path)
	}
	if h, err = only(found, repository); err != nil {
		return h, f, place, err
	}
	if f, err = s.file(ctx, h, path); err != nil {
		return h, f, place, err
	}
	place, err = s.at(ctx, h)
	place.Commit, place.Revision, place.Underway = f.Commit, f.At, place.Underway || h.Revision != f.At
	return h, f, place, err
}

// around finds the smallest definition that holds a line. For a line outside the file it returns a
// definition of that missing line alone.
func (s *Service) around(ctx context.Context, document uuid.UUID, f catalog.StoredFile, line int) (Definition, error) {
	best, found := Definition{StartLine: line, EndLine: line}, false
	list, err := s.definitionsOf(ctx, document, f)
	for _, d := range list {
		if d.holds(line) && (!found || d.EndLine-d.StartLine < best.EndLine-best.StartLine) {
			best, found = d, true
		}
	}
	return best, err
}

// at returns the place of the newest commit of a track.
func (s *Service) at(ctx context.Context, h catalog.Head) (At, error) {
	generation, err := s.generation(ctx)
	return At{
		ID: h.Repository.String(), URL: h.URL, Ref: h.Ref, Commit: h.Commit, Revision: h.Revision, Generation: generation, Underway: underway(h),
	}, err
}

// head finds the track that a request names.
func (s *Service) head(ctx context.Context, tenant string, reach []string, repository, ref string) (catalog.Head, error) {
	heads, err := s.heads(ctx, tenant, reach, repository)
	if err != nil {
		return catalog.Head{}, err
	}
	found := chosen(heads, ref)
	if len(found) == 0 && ref != "" {
		past, err := s.snapshots(ctx, heads, ref, 1)
		if err == nil && len(past) > 0 {
			err = notKept(past[0].Commit, "")
		}
		return catalog.Head{}, cmp.Or(err, noRef(ref))
	}
	return only(found, repository)
}

// heads lists the tracks with a read commit of the repository that a request names.
func (s *Service) heads(ctx context.Context, tenant string, reach []string, repository string) ([]catalog.Head, error) {
	if repository == "" {
		return nil, noName()
	}
	heads, err := s.Tracks(ctx, TracksRequest{Tenant: tenant, Reach: reach, Repository: repository})
	return slices.DeleteFunc(heads, func(h catalog.Head) bool { return h.Commit == "" }), err
}

// chosen returns the tracks that a ref names, or the tracks that are meant if it is empty.
func chosen(heads []catalog.Head, ref string) []catalog.Head {
	if ref == "" {
		return current(heads)
	}
	return named(heads, ref)
}

// only returns the only track that a request can mean.
func only(heads []catalog.Head, repository string) (catalog.Head, error) {
	switch len(heads) {
	case 0:
		return catalog.Head{}, &Error{Kind: NotFound, Field: FieldRepository, Reason: fmt.Sprintf("nothing of %s has been read yet", repository)}
	case 1:
		return heads[0], nil
	}
	var refs []string
	for _, h := range heads {
		refs = append(refs, h.Ref)
	}
	reason := fmt.Sprintf("%s has %d indexed refs: name one of %s", heads[0].URL, len(refs), strings.Join(refs, ", "))
	return catalog.Head{}, &Error{Kind: Invalid, Field: FieldRef, Reason: reason}
}

func noName() error {
	return &Error{Kind: Invalid, Field: FieldRepository, Reason: "the repository is empty: name one"}
}

// document returns the id of a path's document. Paths are stored without secrets.
func document(track uuid.UUID, path string) uuid.UUID {
	return events.DocumentID(track, secret.Path([]byte(path)))
}

// file looks up a path, in the repository's own form or in the one that leat shows. The error says
// why the file has no text.
func (s *Service) file(ctx context.Context, h catalog.Head, path string) (catalog.StoredFile, error) {
	file, err := s.stores.Catalog.Trees.StoredFile(ctx, document(h.ID, path))
	switch {
	case isNotFound(err):
		return file, noFile(path, ShortRef(h.Ref), h.URL, err)
	case err != nil:
		return file, err
	case file.SkipReason != "":
		return file, textless(path, file.SkipReason)
	}
	return file, nil
}

func noFile(path, at, url string, cause error) error {
	return &Error{Kind: NotFound, Field: FieldPath, Value: path, Reason: fmt.Sprintf("no such file at %s of %s", at, url), Err: cause}
}

func textless(path, reason string) error {
	return &Error{Kind: Refused, Field: FieldPath, Value: path, Reason: "its text is not stored: it was skipped (" + reason + ")"}
}

// content reads a document's blob. The empty blob is not stored.
func (s *Service) content(ctx context.Context, f catalog.StoredFile) (content []byte, err error) {
	if f.Blob == sha256.Sum256(nil) {
		return nil, nil
	}
	spans, err := s.stores.Catalog.BlobSpans(ctx, [][]byte{f.Blob[:]})
	if err != nil {
		return nil, err
	}
	span, found := spans[f.Blob]
	if !found {
		return nil, fmt.Errorf("blob %x: %w", f.Blob, catalog.ErrNotFound)
	}
	err = s.texts.Read(ctx, []blob.Span{blob.Span(span)}, func(_ int, data []byte) error {
		content = bytes.Clone(data)
		return nil
	})
	return content, err
}

// cut keeps the lines from first to last of the file's text.
func (a *ReadAnswer) cut(content []byte, first, last int) error {
	a.Lines = bytes.Count(content, []byte("\n"))
	if len(content) > 0 && content[len(content)-1] != '\n' {
		a.Lines++
	}
	if first > max(a.Lines, 1) {
		reason := fmt.Sprintf("line %d: the file has %d", first, a.Lines)
		return &Error{Kind: Invalid, Field: FieldLines, Reason: reason}
	}
	if a.Lines == 0 {
		return nil
	}
	a.First, a.Last = max(first, 1), a.Lines
	if last > 0 {
		a.Last = min(last, a.Lines)
	}
	var text []byte
	number := 0
	for line := range bytes.Lines(content) {
		number++
		switch {
		case number < a.First:
			continue
		case number > a.Last:
		case len(text) == 0 && len(line) > MaxReadBytes:
			text, a.Last, a.More = line[:MaxReadBytes], number, true
		case len(text)+len(line) > MaxReadBytes:
			a.Last, a.More = number-1, true
		default:
			text = append(text, line...)
			continue
		}
		break
	}
	a.Text = strings.ToValidUTF8(string(text), "")
	return nil
}
