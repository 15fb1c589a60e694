package ingest

import (
	"context"
	"fmt"
	"io"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/content"
	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/lang"
	"github.com/leatworks/leat/pipeline/secret"
)

// file is an entry that has been judged, with its content if it is a document.
type file struct {
	catalog.File
	content []byte
}

// reader judges entries and reads the files to be indexed.
type reader struct {
	blobs    *git.Blobs
	rules    *lang.Rules
	contents content.Reader
	domain   string                      // key domain of the texts
	begin    func(context.Context) error // a batch
	most     int                         // files in a batch
	batches  chan<- []file

	batch []file
	bytes int
}

func newReader(ctx context.Context, l *listing, batches chan<- []file) (*reader, error) {
	blobs, err := l.repo.Blobs(ctx)
	if err != nil {
		return nil, err
	}
	return &reader{blobs: blobs, rules: l.rules, contents: l.step.contents, domain: l.domain, begin: l.turn, most: l.batchFiles(), batches: batches}, nil
}

func (r *reader) close() { r.blobs.Close() }

// read judges a group of entries by path, then by size, then by content. It reads no
// more of a file than the judgement needs.
func (r *reader) read(ctx context.Context, group []entry) error {
	group, err := r.judge(ctx, group, func(e entry, _ int) (lang.Verdict, error) { return r.rules.Path(ctx, e.Path, kindOf(e.Kind), 0) })
	if err != nil {
		return err
	}
	sizes, err := r.blobs.Sizes(oidsOf(group))
	if err != nil {
		return err
	}
	group, err = r.judge(ctx, group, func(e entry, i int) (lang.Verdict, error) {
		switch sizes[i] {
		case git.NoBlob:
			return lang.Verdict{Skip: lang.ReasonDamaged, Detail: "its object is no file"}, nil
		case git.TooBig:
			return lang.Verdict{Skip: lang.ReasonTooLarge, Detail: "git needs more memory than it may take to fetch it"}, nil
		}
		return r.rules.Path(ctx, e.Path, kindOf(e.Kind), sizes[i])
	})
	if err != nil {
		return err
	}
	r.blobs.Request(oidsOf(group)...)
	for _, e := range group {
		b, err := r.blobs.Next()
		if err != nil {
			return err
		}
		content := make([]byte, b.Size)
		if _, err := io.ReadFull(b, content); err != nil {
			return fmt.Errorf("read blob %s: %w", e.OID, err)
		}
		f, err := r.judgeContent(ctx, e, content)
		if err != nil {
			return fmt.Errorf("read %q: %w", e.name, err)
		}
		if err := r.add(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// judge adds the entries that are skipped to the batch and returns the others.
func (r *reader) judge(ctx context.Context, group []entry, verdict func(entry, int) (lang.Verdict, error)) ([]entry, error) {
	var left []entry
	for i, e := range group {
		v, err := verdict(e, i)
		if err != nil {
			return nil, err
		}
		if v.Skip == "" {
			left = append(left, e)
			continue
		}
		if err := r.add(ctx, judged(e, v)); err != nil {
			return nil, err
		}
	}
	return left, nil
}

// judged returns a file without content. The detail of its verdict may quote a rule of
// the repository, and so a path.
func judged(e entry, v lang.Verdict) file {
	return file{File: catalog.File{
		ID: e.id, Path: e.name, OID: e.oid, Mode: int32(e.Mode), SkipReason: string(v.Skip), SkipDetail: string(secret.Path([]byte(v.Detail))),
	}}
}

func (r *reader) add(ctx context.Context, f file) error {
	if len(r.batch) == r.most || r.bytes+len(f.content) > batchBytes {
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	if len(r.batch) == 0 {
		if err := r.begin(ctx); err != nil {
			return err
		}
	}
	r.batch = append(r.batch, f)
	r.bytes += len(f.content)
	return nil
}

// flush hands the batch on. It waits until the previous batch is stored.
func (r *reader) flush(ctx context.Context) error {
	if len(r.batch) == 0 {
		return nil
	}
	select {
	case r.batches <- r.batch:
		r.batch, r.bytes = nil, 0
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func oidsOf(group []entry) []string {
	oids := make([]string, len(group))
	for i, e := range group {
		oids[i] = e.OID
	}
	return oids
}

func kindOf(k git.Kind) lang.Kind {
	switch k {
	case git.Symlink:
		return lang.Symlink
	case git.Submodule:
		return lang.Submodule
	}
	return lang.File
}
