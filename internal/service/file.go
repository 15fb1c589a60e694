package service

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/leatworks/leat/internal/store"
)

// FileRequest asks for a whole file.
type FileRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // its URL, its path, the end of either, or its id
	Ref        string   // branch, tag or full name; "": the only one that is indexed
	Path       string   // path from the repository's root
	Unless     []string // hashes of texts that the client has
}

// FileAnswer is the indexed text of a file, in UTF-8 and with secrets masked.
type FileAnswer struct {
	At
	Path     string
	Language string
	Encoding string // the encoding or the document format that the text was converted from; "": UTF-8
	Hash     string // SHA-256 of the text, in hex
	Same     bool   // the client has the text, so Text is empty
	Text     []byte // bounded by the ingestor's limit of a file
}

// File returns a file at the newest commit that holds its stored text.
func (s *Service) File(ctx context.Context, r FileRequest) (a FileAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres|store.S3); err != nil {
		return a, err
	}
	_, file, place, err := s.locate(ctx, r.Tenant, r.Reach, r.Repository, r.Ref, r.Path)
	if err != nil {
		return a, err
	}
	a = FileAnswer{At: place, Path: r.Path, Language: file.Language, Encoding: file.Encoding, Hash: hex.EncodeToString(file.Blob[:])}
	for _, hash := range r.Unless {
		if hash == a.Hash {
			a.Same = true
			return a, nil
		}
	}
	if a.Text, err = s.content(ctx, file); err != nil {
		return a, fmt.Errorf("read %s: %w", r.Path, err)
	}
	return a, nil
}
