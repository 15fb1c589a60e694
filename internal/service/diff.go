package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/secret"
)

// MaxDiff bounds the files in one DiffAnswer, and maxDifferences the files in which two commits may
// differ.
const (
	MaxDiff        = 1000
	maxDifferences = 50_000
)

// The kinds of changes of a file.
const (
	FileAdded   = "added"
	FileRemoved = "removed"
	FileChanged = "changed"
	FileRenamed = "renamed"
)

// DiffRequest asks in which files two commits of a repository differ. Each is an indexed
// branch or tag, a version, or the beginning of a commit that was indexed.
type DiffRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	From, To   string
	Under      string // directory; "": all
	After      string // the list begins after this path; "": with the first
	Limit      int    // largest number of files, 1 to MaxDiff; 0: MaxDiff
}

// DiffAnswer lists files that differ, by path in byte order.
type DiffAnswer struct {
	From  At         `json:"from"`
	To    At         `json:"to"`
	Files []DiffFile `json:"files" nullable:"false"`

	Next string `json:"-"` // the next page is after this path; "": the list is complete
}

// DiffFile is a file that differs.
type DiffFile struct {
	Path       string `json:"path" doc:"Path of the file; for a removed file, its former path."`
	OldPath    string `json:"old_path,omitempty" doc:"The former path of a renamed file."`
	Change     string `json:"change" enum:"added,removed,changed,renamed" doc:"A renamed file has the same content at another path."`
	Language   string `json:"language,omitempty"`
	SkipReason string `json:"skip_reason,omitempty" doc:"Why its text is not indexed, so that its lines cannot be compared; absent: it is indexed."`
}

// Diff lists the files that differ between two commits.
func (s *Service) Diff(ctx context.Context, r DiffRequest) (a DiffAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	if r.Limit = cmp.Or(r.Limit, MaxDiff); r.Limit < 1 || r.Limit > MaxDiff {
		return a, badLimit(r.Limit, MaxDiff, "files")
	}
	from, err := s.side(ctx, r, r.From)
	if err != nil {
		return a, err
	}
	to, err := s.side(ctx, r, r.To)
	if err != nil {
		return a, err
	}
	a.From, a.To = from.place, to.place
	under := string(secret.Path([]byte(strings.Trim(r.Under, "/"))))
	if under != "" {
		under += "/"
	}
	all, err := s.stores.Catalog.Trees.Differences(ctx, from.revised(), to.revised(), []byte(under), maxDifferences+1)
	if err != nil {
		return a, err
	}
	if len(all) > maxDifferences {
		return a, &Error{Kind: Refused, Field: FieldPath, Reason: fmt.Sprintf("more than %d files differ: name a directory", maxDifferences)}
	}
	a.Files = changesOf(all)
	a.Files = slices.DeleteFunc(a.Files, func(f DiffFile) bool { return r.After != "" && f.Path <= r.After })
	if len(a.Files) > r.Limit {
		a.Files = a.Files[:r.Limit]
		a.Next = a.Files[r.Limit-1].Path
	}
	return a, nil
}

// revised returns the track in the form in which the catalog compares it.
func (m moment) revised() catalog.Revised { return catalog.Revised{Track: m.ID, At: m.at} }

func (s *Service) side(ctx context.Context, r DiffRequest, ref string) (m moment, err error) {
	if ref == "" {
		return m, &Error{Kind: Invalid, Field: FieldRef, Reason: "name two commits: branches, tags, versions, or the beginnings of indexed commits"}
	}
	return s.moment(ctx, r.Tenant, r.Reach, r.Repository, ref)
}

// changesOf names the changes. A removed file and a new one with the same content count as one
// renamed file. If there are several, files with the same name are paired first.
func changesOf(all []catalog.Difference) []DiffFile {
	gone := make(map[string][]string) // paths by object id
	for _, d := range all {
		if d.New == "" {
			gone[d.Old] = append(gone[d.Old], string(d.Path))
		}
	}
	was := make(map[string]string) // old paths by new ones
	pair := func(is func(before, after string) bool) {
		for _, d := range all {
			after := string(d.Path)
			if d.Old != "" || was[after] != "" {
				continue
			}
			list := gone[d.New]
			if i := slices.IndexFunc(list, func(before string) bool { return is(before, after) }); i >= 0 {
				was[after] = list[i]
				gone[d.New] = slices.Delete(list, i, i+1)
			}
		}
	}
	pair(func(before, after string) bool { return path.Base(before) == path.Base(after) })
	pair(func(string, string) bool { return true })
	renamed := make(map[string]bool)
	for _, before := range was {
		renamed[before] = true
	}
	files := []DiffFile{}
	for _, d := range all {
		f := DiffFile{Path: string(d.Path), Language: d.Language, SkipReason: d.SkipReason, OldPath: was[string(d.Path)]}
		switch {
		case f.OldPath != "":
			f.Change = FileRenamed
		case d.Old == "":
			f.Change = FileAdded
		case d.New == "" && renamed[f.Path]:
			continue
		case d.New == "":
			f.Change = FileRemoved
		default:
			f.Change = FileChanged
		}
		files = append(files, f)
	}
	return files
}

// Bounds of the comparison of a file's lines.
const (
	maxDiffBytes = 1 << 20 // of each side
	diffContext  = 3       // lines around a change
)

// FileDiffRequest asks for the lines in which a file differs between two commits.
type FileDiffRequest struct {
	DiffRequest
	Path    string // path from the repository's root
	OldPath string // path at the older commit; "": Path
}

// FileDiffAnswer holds the lines that differ, with some around them.
type FileDiffAnswer struct {
	From    At         `json:"from"`
	To      At         `json:"to"`
	Path    string     `json:"path"`
	OldPath string     `json:"old_path"`
	Change  string     `json:"change" enum:"added,removed,changed"`
	Hunks   []DiffHunk `json:"hunks" nullable:"false" doc:"Empty if both sides have the same lines."`
}

// DiffHunk is a run of lines.
type DiffHunk struct {
	OldStart int        `json:"old_start" doc:"From 1; 0: none of its lines are on this side."`
	OldLines int        `json:"old_lines"`
	NewStart int        `json:"new_start" doc:"From 1; 0: none of its lines are on this side."`
	NewLines int        `json:"new_lines"`
	Lines    []DiffLine `json:"lines" nullable:"false"`
}

// DiffLine is a line of one side or of both.
type DiffLine struct {
	Change string `json:"change" enum:"added,removed,kept"`
	Text   string `json:"text" doc:"The line without its end."`
}

// FileKept marks a line that both sides have.
const FileKept = "kept"

// FileDiff compares a file's lines at two commits.
func (s *Service) FileDiff(ctx context.Context, r FileDiffRequest) (a FileDiffAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres|store.S3); err != nil {
		return a, err
	}
	a = FileDiffAnswer{Path: r.Path, OldPath: cmp.Or(r.OldPath, r.Path), Change: FileChanged}
	before, there, err := s.sideOf(ctx, r.DiffRequest, r.From, a.OldPath, &a.From)
	if err != nil {
		return a, err
	}
	after, here, err := s.sideOf(ctx, r.DiffRequest, r.To, a.Path, &a.To)
	switch {
	case err != nil:
		return a, err
	case !there && !here:
		return a, &Error{Kind: NotFound, Field: FieldPath, Value: r.Path, Reason: "no such file at " + r.From + " or " + r.To}
	case !there:
		a.Change = FileAdded
	case !here:
		a.Change = FileRemoved
	}
	a.Hunks, err = hunks(before, after)
	return a, err
}

// sideOf reads a file at one of the two commits.
func (s *Service) sideOf(ctx context.Context, r DiffRequest, ref, path string, at *At) (text string, found bool, err error) {
	m, err := s.side(ctx, r, ref)
	if err != nil {
		return "", false, err
	}
	*at = m.place
	f, err := s.fileThen(ctx, m, path)
	if known := (*Error)(nil); errors.As(err, &known) && known.Kind == NotFound && known.Field == FieldPath {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	if f.Size > maxDiffBytes {
		return "", false, &Error{Kind: Refused, Field: FieldPath, Value: path, Reason: fmt.Sprintf("the file has more than %d bytes: read both sides instead", maxDiffBytes)}
	}
	content, err := s.content(ctx, f)
	return string(content), true, err
}

// hunks compares two texts by lines.
func hunks(before, after string) ([]DiffHunk, error) {
	list := []DiffHunk{}
	if before == after {
		return list, nil
	}
	unified, err := udiff.ToUnifiedDiff("", "", before, udiff.Strings(before, after), diffContext)
	if err != nil {
		return nil, fmt.Errorf("compare two texts: %w", err)
	}
	for _, h := range unified.Hunks {
		hunk := DiffHunk{OldStart: h.FromLine, NewStart: h.ToLine, Lines: []DiffLine{}}
		for _, l := range h.Lines {
			line := DiffLine{FileKept, strings.TrimSuffix(l.Content, "\n")}
			switch l.Kind {
			case udiff.Delete:
				line.Change = FileRemoved
				hunk.OldLines++
			case udiff.Insert:
				line.Change = FileAdded
				hunk.NewLines++
			default:
				hunk.OldLines++
				hunk.NewLines++
			}
			hunk.Lines = append(hunk.Lines, line)
		}
		if hunk.OldLines == 0 {
			hunk.OldStart = 0
		}
		if hunk.NewLines == 0 {
			hunk.NewStart = 0
		}
		list = append(list, hunk)
	}
	return list, nil
}
