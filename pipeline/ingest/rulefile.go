package ingest

import (
	"context"
	"fmt"
	"io"
	"path"

	"github.com/leatworks/leat/pipeline/git"
	"github.com/leatworks/leat/pipeline/lang"
)

const (
	ignoreFile     = ".leatignore"
	attributesFile = ".gitattributes"

	maxRuleFiles = 10_000 // of a commit
)

// ruleFiles are the files of a commit that say how to read the others. A file over a
// bound is not applied, and is skipped with the reason. The rest of the repository is
// still indexed.
type ruleFiles struct {
	paths, oids []string
	ignore      []byte
	attributes  map[string][]byte // by directory
	refused     map[string]string // paths, and why
}

func (f *ruleFiles) add(p, oid string) {
	switch {
	case p != ignoreFile && path.Base(p) != attributesFile:
	case len(f.oids) < maxRuleFiles:
		f.paths, f.oids = append(f.paths, p), append(f.oids, oid)
	default:
		f.refuse(p, "the repository has more than %d %s files", maxRuleFiles, attributesFile)
	}
}

func (f *ruleFiles) refuse(p, format string, args ...any) {
	if f.refused == nil {
		f.refused = make(map[string]string)
	}
	f.refused[p] = fmt.Sprintf(format, args...) + "; it is not applied"
}

// read reads the files whose sizes are within their bounds, in the tree's order.
func (f *ruleFiles) read(ctx context.Context, repo *git.Repo) error {
	f.attributes = make(map[string][]byte)
	if len(f.oids) == 0 {
		return nil
	}
	blobs, err := repo.Blobs(ctx)
	if err != nil {
		return err
	}
	defer blobs.Close()
	sizes, err := blobs.Sizes(f.oids)
	if err != nil {
		return err
	}
	var wanted, oids []string
	left := int64(lang.MaxAttributesBytes)
	for i, p := range f.paths {
		switch size := sizes[i]; {
		case size == git.NoBlob, size == git.TooBig: // the reader skips it
			continue
		case p == ignoreFile && size > lang.MaxIgnoreBytes:
			f.refuse(p, "%d bytes; the limit is %d", size, lang.MaxIgnoreBytes)
			continue
		case p != ignoreFile && size > left:
			f.refuse(p, "the %s files have more than %d bytes together", attributesFile, lang.MaxAttributesBytes)
			continue
		case p != ignoreFile:
			left -= size
		}
		wanted, oids = append(wanted, p), append(oids, f.oids[i])
	}
	blobs.Request(oids...)
	for _, p := range wanted {
		b, err := blobs.Next()
		if err != nil {
			return err
		}
		content, err := io.ReadAll(b)
		if err != nil {
			return err
		}
		f.apply(p, content)
	}
	return nil
}

func (f *ruleFiles) apply(p string, content []byte) {
	if p == ignoreFile {
		f.ignore = content
		return
	}
	dir := path.Dir(p)
	if dir == "." {
		dir = ""
	}
	f.attributes[dir] = content
}
