package service

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/scip"
)

// The bounds of imported indexes.
const (
	MaxCommitIndexes = 16  // indexes of one commit
	MaxOldIndexes    = 20  // indexes of a repository for commits without a ref; the newest are kept
	maxIndexName     = 128 // bytes
	maxImports       = 4   // indexes that are read at once; a tenant leaves places for others
)

// IndexesRequest asks for the indexes of a repository.
type IndexesRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
}

// ImportRequest brings an index of a commit.
type ImportRequest struct {
	IndexesRequest
	Commit string    // the whole commit in hex
	Name   string    // distinguishes the index from others of the commit; "": the indexer's name, with the root
	Root   string    // directory of the repository in which the indexer ran; "": the root
	Index  io.Reader // in SCIP's protobuf form, perhaps compressed by gzip
}

// GraphIndex is an imported index of a commit.
type GraphIndex struct {
	Commit      string    `json:"commit" doc:"In hex."`
	Name        string    `json:"name" doc:"Distinguishes the index from others of the commit."`
	Tool        string    `json:"tool" doc:"Name and version of the indexer, in its own words."`
	Documents   int       `json:"documents"`
	Occurrences int64     `json:"occurrences" doc:"Number of names in the documents."`
	LeftOut     int64     `json:"left_out" doc:"Number of documents, occurrences and relations that break a bound, or have no place in a repository."`
	Placed      *int64    `json:"placed" doc:"Number of references that it resolves. Absent until a graph of the commit has been made with it."`
	Strange     *int64    `json:"strange" doc:"Number of occurrences at places without a name in the text, because the index was made from another text. Absent if placed is."`
	ImportedAt  time.Time `json:"imported_at"`
	Holds       bool      `json:"holds" doc:"A present graph of a ref contains its edges."`
}

// IndexesAnswer lists imported indexes, newest first.
type IndexesAnswer struct {
	Indexes []GraphIndex `json:"indexes" nullable:"false"`
}

// ImportIndex stores an index of a commit of a repository. It replaces one with the same name. The
// graph of each ref at the commit is made with it. The commit need not have been read yet.
func (s *Service) ImportIndex(ctx context.Context, r ImportRequest) (g GraphIndex, err error) {
	defer mark(&err)
	heads, err := s.indexesOf(ctx, r.IndexesRequest)
	if err != nil {
		return g, err
	}
	if !commitName.MatchString(r.Commit) {
		return g, badCommit(r.Commit)
	}
	if r.Root != "" && !scip.CleanPath(r.Root) {
		return g, &Error{Kind: Invalid, Field: FieldPath, Value: r.Root, Reason: "the root must be a directory of the repository, without . or .. and without a slash at its ends"}
	}
	if len(r.Name) > maxIndexName || !utf8.ValidString(r.Name) || strings.ContainsRune(r.Name, 0) {
		return g, badIndexName()
	}
	if err := s.imports.Take(ctx, nil, r.Tenant); err != nil {
		return g, err
	}
	defer s.imports.Release(r.Tenant)
	files, report, err := readIndex(ctx, r)
	if err != nil {
		return g, err
	}
	if r.Name == "" {
		r.Name = strings.TrimSpace(report.Tool.Name + " " + r.Root)
		r.Name = strings.ToValidUTF8(r.Name[:min(len(r.Name), maxIndexName)], "")
	}
	if r.Name == "" {
		return g, badIndexName()
	}
	one := catalog.GraphIndex{
		Repository: heads[0].Repository, Commit: r.Commit, Name: r.Name, Tool: strings.TrimSpace(report.Tool.Name + " " + report.Tool.Version), Hash: hashOfIndex(files),
		Documents: report.Documents, Occurrences: int64(report.Occurrences), LeftOut: int64(report.LeftOut), ImportedAt: time.Now().UTC(),
	}
	err = s.stores.Catalog.Graphs.PutIndex(ctx, r.Tenant, one, files, MaxCommitIndexes, MaxOldIndexes)
	switch {
	case errors.Is(err, catalog.ErrTooManyIndexes):
		reason := fmt.Sprintf("the commit already has %d indexes, the largest number: drop one, or give the name of the one to replace", MaxCommitIndexes)
		return g, &Error{Kind: Refused, Field: FieldName, Value: r.Name, Reason: reason, Err: err}
	case isNotFound(err):
		return g, &Error{Kind: NotFound, Field: FieldRepository, Value: r.Repository, Reason: "the repository was forgotten", Err: err}
	}
	return graphIndex(one), err
}

func badCommit(commit string) error {
	return &Error{Kind: Invalid, Field: FieldCommit, Value: commit, Reason: "give the whole commit: 40 or 64 digits in hex"}
}

func badIndexName() error {
	return &Error{Kind: Invalid, Field: FieldName, Reason: fmt.Sprintf("give the index a name of 1 to %d bytes of UTF-8", maxIndexName)}
}

// indexesOf lists the refs of the repository that a request names.
func (s *Service) indexesOf(ctx context.Context, r IndexesRequest) ([]catalog.Head, error) {
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return nil, err
	}
	return s.one(ctx, TracksRequest(r))
}

// readIndex reads an index into its stored forms.
func readIndex(ctx context.Context, r ImportRequest) (files []catalog.GraphIndexFile, report scip.Report, err error) {
	size := 0
	tooLarge := false
	var beyond scip.Report // what the root makes too long
	report, err = scip.Read(ctx, r.Index, func(d scip.Document) error {
		file := catalog.GraphIndexFile{Path: path.Join(r.Root, d.Path), Form: scip.Encode(d)}
		if len(file.Path) > scip.MaxPath {
			beyond.Documents++
			beyond.Occurrences += len(d.Occurrences)
			return nil
		}
		if size += len(file.Path) + len(file.Form); size > scip.MaxStored {
			tooLarge = true
			return scip.ErrInvalid
		}
		files = append(files, file)
		return nil
	})
	report.Documents -= beyond.Documents
	report.Occurrences -= beyond.Occurrences
	report.LeftOut += beyond.Documents
	switch {
	case tooLarge:
		reason := fmt.Sprintf("the index holds more than %d MiB of occurrences and relations: import it in parts, each with a name", scip.MaxStored>>20)
		return nil, report, &Error{Kind: Invalid, Field: FieldBody, Reason: reason, Err: err}
	case errors.Is(err, scip.ErrInvalid):
		return nil, report, &Error{Kind: Invalid, Field: FieldBody, Reason: err.Error(), Err: err}
	case err != nil:
		return nil, report, fmt.Errorf("read an index: %w", err)
	case len(files) == 0:
		return nil, report, &Error{Kind: Invalid, Field: FieldBody, Reason: "the index has no document"}
	}
	slices.SortFunc(files, func(a, b catalog.GraphIndexFile) int { return strings.Compare(a.Path, b.Path) })
	return files, report, nil
}

// hashOfIndex returns a hash of all stored forms of an index.
func hashOfIndex(files []catalog.GraphIndexFile) [32]byte {
	sum := sha256.New()
	for _, f := range files {
		for _, b := range [][]byte{[]byte(f.Path), f.Form} {
			_ = binary.Write(sum, binary.LittleEndian, uint32(len(b))) // a hash never returns an error
			_, _ = sum.Write(b)
		}
	}
	return [32]byte(sum.Sum(nil))
}

func graphIndex(i catalog.GraphIndex) GraphIndex {
	return GraphIndex{
		Commit: i.Commit, Name: i.Name, Tool: i.Tool, Documents: i.Documents, Occurrences: i.Occurrences, LeftOut: i.LeftOut,
		Placed: i.Placed, Strange: i.Strange, ImportedAt: i.ImportedAt.UTC(), Holds: i.Holds,
	}
}

// Indexes lists the imported indexes of a repository.
func (s *Service) Indexes(ctx context.Context, r IndexesRequest) (a IndexesAnswer, err error) {
	defer mark(&err)
	heads, err := s.indexesOf(ctx, r)
	if err != nil {
		return a, err
	}
	list, err := s.stores.Catalog.Graphs.Indexes(ctx, heads[0].Repository, MaxSymbols)
	a.Indexes = []GraphIndex{}
	for _, one := range list {
		a.Indexes = append(a.Indexes, graphIndex(one))
	}
	return a, err
}

// DropIndexRequest names an index of a commit.
type DropIndexRequest struct {
	IndexesRequest
	Commit, Name string
}

// DropIndex deletes an imported index. The graphs of its commit are then made without it.
func (s *Service) DropIndex(ctx context.Context, r DropIndexRequest) (err error) {
	defer mark(&err)
	heads, err := s.indexesOf(ctx, r.IndexesRequest)
	if err != nil {
		return err
	}
	if !commitName.MatchString(r.Commit) {
		return badCommit(r.Commit)
	}
	err = s.stores.Catalog.Graphs.DropIndex(ctx, r.Tenant, heads[0].Repository, r.Commit, r.Name)
	if isNotFound(err) {
		return &Error{Kind: NotFound, Field: FieldName, Value: r.Name, Reason: "the commit has no index of this name", Err: err}
	}
	return err
}
