package service

import (
	"context"
	"strings"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/secret"
)

// MaxTree bounds the files in one TreeAnswer.
const MaxTree = 1000

// TreeRequest asks for the files of a repository at a ref.
type TreeRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, or the end of one of them
	Ref        string   // branch, tag, version, full name, or a commit or its beginning; "": the only ref that is indexed
	Under      string   // directory; "": all
	After      string   // the list begins after this path; "": with the first
	Limit      int      // largest number of files, 1 to MaxTree; 0: MaxTree
}

// TreeAnswer lists files by path, in byte order.
type TreeAnswer struct {
	At
	Files []TreeFile `json:"files" nullable:"false"`

	Next string `json:"-"` // the next page is after this path; "": the list is complete
}

// TreeFile is a file of a commit. A skipped one has no language and no size.
type TreeFile struct {
	Path       string `json:"path"`
	Mode       int32  `json:"mode" doc:"Git's mode as a decimal number: 33188 is 0100644."`
	Size       int32  `json:"size" doc:"Bytes of its stored text."`
	Language   string `json:"language"`
	State      string `json:"state"`
	SkipReason string `json:"skip_reason,omitempty" doc:"Why it is not indexed; absent: it is indexed, or will be."`
}

// Tree lists the files of the newest commit of a ref that has been read or is being read, or of one
// of the last indexed commits.
func (s *Service) Tree(ctx context.Context, r TreeRequest) (a TreeAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	if r.Limit == 0 {
		r.Limit = MaxTree
	}
	if r.Limit < 1 || r.Limit > MaxTree {
		return a, badLimit(r.Limit, MaxTree, "files")
	}
	m, err := s.moment(ctx, r.Tenant, r.Reach, r.Repository, r.Ref)
	if err != nil {
		return a, err
	}
	a.At = m.place
	under := string(secret.Path([]byte(strings.Trim(r.Under, "/"))))
	if under != "" {
		under += "/"
	}
	files, err := s.stores.Catalog.Trees.Files(ctx, m.ID, m.at, []byte(under), []byte(r.After), r.Limit+1)
	if err != nil {
		return a, err
	}
	if len(files) > r.Limit {
		files = files[:r.Limit]
		a.Next = string(files[r.Limit-1].Path)
	}
	a.Files = make([]TreeFile, len(files))
	for i, f := range files {
		a.Files[i] = TreeFile{string(f.Path), f.Mode, f.Size, f.Language, string(f.State), f.SkipReason}
	}
	return a, nil
}
