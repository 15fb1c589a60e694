package vector

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"

	"github.com/leatworks/leat/internal/fault"
)

// Filter says which points are seen. An empty list does not restrict.
type Filter struct {
	Tenant       string // required
	Repositories []uuid.UUID
	Tracks       []uuid.UUID
	Documents    []uuid.UUID
	Refs         []string
	Languages    []string
	Kinds        []string
	// Path is a glob over the whole path: * and ? stop at a slash, ** does
	// not, {a,b} and [a-z] are alternatives. "dir/" is all below dir.
	Path string
	// Symbol says which symbols are seen; nil: all. It is asked about Qdrant's
	// answers.
	Symbol func(symbol string) bool
}

// plan is a filter in two parts: what Qdrant evaluates, and what is left to
// check on its answers.
type plan struct {
	filter *qdrant.Filter
	glob   string                   // empty: every path fits
	symbol func(symbol string) bool // nil: every symbol fits
}

// rest says whether something is left to check.
func (p plan) rest() bool { return p.glob != "" || p.symbol != nil }

func (p plan) match(payload map[string]*qdrant.Value) bool {
	if p.glob != "" && !doublestar.MatchUnvalidated(p.glob, payload[fieldPath].GetStringValue()) {
		return false
	}
	return p.symbol == nil || p.symbol(payload[fieldSymbol].GetStringValue())
}

func (f Filter) plan() (plan, error) {
	if f.Tenant == "" {
		return plan{}, fault.Reject(errors.New("the filter names no tenant"))
	}
	must := []*qdrant.Condition{qdrant.NewMatchKeyword(fieldTenant, f.Tenant)}
	for _, list := range []struct {
		field string
		ids   []uuid.UUID
	}{{fieldRepository, f.Repositories}, {fieldTrack, f.Tracks}, {fieldDocument, f.Documents}} {
		if len(list.ids) > 0 {
			must = append(must, matchIDs(list.field, list.ids))
		}
	}
	for _, list := range []struct {
		field string
		words []string
	}{{fieldRef, f.Refs}, {fieldLanguage, f.Languages}, {fieldKind, f.Kinds}} {
		if len(list.words) > 0 {
			must = append(must, qdrant.NewMatchKeywords(list.field, list.words...))
		}
	}
	condition, glob, err := planPath(f.Path)
	if err != nil {
		return plan{}, fault.Reject(err)
	}
	if condition != nil {
		must = append(must, condition)
	}
	return plan{&qdrant.Filter{Must: must}, glob, f.Symbol}, nil
}

// planPath turns a glob into the condition that Qdrant can evaluate, which is
// no narrower, and the glob that remains to be checked.
func planPath(glob string) (*qdrant.Condition, string, error) {
	if glob == "" {
		return nil, "", nil
	}
	if !utf8.ValidString(glob) || !doublestar.ValidatePattern(glob) {
		return nil, "", fmt.Errorf("path %q is not a glob: close every [ and {, and write a literal [, {, * or ? with \\ before it", glob)
	}
	if strings.HasPrefix(glob, "/") || strings.HasPrefix(glob, "./") || strings.HasPrefix(glob, "../") {
		return nil, "", fmt.Errorf("path %q: paths begin at the repository's root, so leave out the leading %s", glob, glob[:strings.Index(glob, "/")+1])
	}
	if strings.HasSuffix(glob, "/") {
		glob += "**"
	}
	if !strings.ContainsAny(glob, `*?[{\`) {
		return qdrant.NewMatchKeyword(fieldPath, glob), "", nil
	}
	dir, rest := doublestar.SplitPattern(glob)
	switch {
	case dir == "." && rest == "**":
		return nil, "", nil
	case dir == ".":
		return nil, glob, nil
	case rest == "**":
		return qdrant.NewMatchKeyword(fieldDirs, path.Clean(dir)), "", nil
	}
	return qdrant.NewMatchKeyword(fieldDirs, path.Clean(dir)), glob, nil
}

func matchIDs(field string, ids []uuid.UUID) *qdrant.Condition {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = id.String()
	}
	return qdrant.NewMatchKeywords(field, words...)
}
