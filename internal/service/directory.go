package service

import (
	"context"
	"math"
	"strings"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/secret"
)

// MaxDirectory bounds the entries in one DirectoryAnswer.
const MaxDirectory = 1000

// DirectoryRequest asks for the entries of a directory of a repository at a ref.
type DirectoryRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Ref        string   // branch, tag, version, full name, or a commit or its beginning; "": the only ref that is indexed
	Path       string   // of the directory; "": the root
	Skip       int      // number of entries to skip
	Limit      int      // largest number of entries, 1 to MaxDirectory; 0: MaxDirectory
}

// DirectoryAnswer lists directories, and then files, by name.
type DirectoryAnswer struct {
	At
	Path    string           `json:"path" doc:"Path of the directory; empty: the root."`
	Entries []DirectoryEntry `json:"entries" nullable:"false"`
	More    bool             `json:"more" doc:"There are more entries than the answer lists."`
}

// DirectoryEntry is a file, or a directory with the number of files below it.
type DirectoryEntry struct {
	Name       string `json:"name"`
	Directory  bool   `json:"directory"`
	Files      int64  `json:"files" doc:"Number of files below a directory; 1 for a file."`
	Skipped    int64  `json:"skipped" doc:"Number of these files that are not indexed."`
	State      string `json:"state,omitempty" doc:"State of a file."`
	SkipReason string `json:"skip_reason,omitempty" doc:"Why a file is not indexed; absent: it is indexed, or will be."`
}

// Directory lists a directory of the newest commit of a ref that has been read or is being read, or of
// one of the last indexed commits. A missing directory counts as empty.
func (s *Service) Directory(ctx context.Context, r DirectoryRequest) (a DirectoryAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	if r.Limit == 0 {
		r.Limit = MaxDirectory
	}
	if r.Limit < 1 || r.Limit > MaxDirectory || r.Skip < 0 || r.Skip > math.MaxInt32 {
		return a, badLimit(r.Limit, MaxDirectory, "entries")
	}
	m, err := s.moment(ctx, r.Tenant, r.Reach, r.Repository, r.Ref)
	if err != nil {
		return a, err
	}
	a.At = m.place
	a.Path = string(secret.Path([]byte(strings.Trim(r.Path, "/"))))
	under := a.Path
	if under != "" {
		under += "/"
	}
	list, err := s.stores.Catalog.Trees.Directory(ctx, m.ID, m.at, []byte(under), r.Skip, r.Limit+1)
	if err != nil {
		return a, err
	}
	if a.More = len(list) > r.Limit; a.More {
		list = list[:r.Limit]
	}
	a.Entries = make([]DirectoryEntry, len(list))
	for i, e := range list {
		a.Entries[i] = DirectoryEntry{Name: string(e.Name), Directory: e.Directory, Files: e.Files, Skipped: e.Skipped}
		if !e.Directory {
			a.Entries[i].State, a.Entries[i].SkipReason = string(e.State), e.SkipReason
		}
	}
	return a, nil
}
