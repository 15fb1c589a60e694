package vector

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/glob"
)

// Filter says which points a reader sees. A point must fit every field. It fits a list if it has one of the list's
// values. An empty list restricts nothing.
type Filter struct {
	Tenant       string // required
	Repositories []uuid.UUID
	Tracks       []uuid.UUID
	Documents    []uuid.UUID
	Refs         []string
	Apart        []uuid.UUID // tracks whose points are not seen
	Languages    []string
	Kinds        []string
	// Path is a glob over the whole path. * and ? stop at a slash, ** does not, and {a,b} and [a-z] are alternatives.
	// "dir/" stands for everything below dir.
	Path string
	// Place is the path of a file or of a directory above it, letter by letter, in any Unicode form. "" stands for all.
	Place string
	// Symbols are names of definitions in any Unicode form, see [Symbol.Names]. A point fits if its chunk holds a
	// definition with one of these names.
	Symbols []string
}

// Plan is the meaning of a filter's Path, Place and Symbols, in two parts. A store evaluates the conditions by
// comparing values, and Match checks the store's answers. The conditions are never narrower than the filter.
type Plan struct {
	// A point fits only if its path is one of Paths or lies below one of Dirs, see [Payload.Dirs]. If both are empty,
	// every point fits.
	Paths []string
	Dirs  []string
	// A point fits only if one of its names is among Names, see [Payload.Names]. If Names is empty, every point fits.
	// Points of older versions have no names, and fit if their Symbol is among Names.
	Names []string

	glob string // if empty, every path fits
}

// Partial reports whether anything is left for Match to check.
func (p Plan) Partial() bool { return p.glob != "" }

// Match reports whether a point at path, which fulfils the conditions, fits the filter.
func (p Plan) Match(path string) bool {
	return p.glob == "" || glob.Match(p.glob, norm.NFC.String(path))
}

// Plan rejects a filter without a tenant, and a path that is not a glob. The store evaluates the other fields as they
// are.
func (f Filter) Plan() (Plan, error) {
	if f.Tenant == "" {
		return Plan{}, fault.Reject(errors.New("the filter names no tenant"))
	}
	plan, err := planPath(f.Path)
	if err == nil && f.Place != "" {
		err = plan.at(f.Place, f.Path)
	}
	if err != nil {
		return Plan{}, fault.Reject(err)
	}
	plan.Names = composed(f.Symbols)
	return plan, nil
}

func planPath(pattern string) (Plan, error) {
	if pattern == "" {
		return Plan{}, nil
	}
	err := glob.Check(pattern)
	switch {
	case errors.Is(err, glob.ErrCostly):
		return Plan{}, fmt.Errorf("path %.80q: %w", pattern, err)
	case err != nil || !utf8.ValidString(pattern):
		return Plan{}, fmt.Errorf("path %q is not a glob: close every [ and {, and write a literal [, {, * or ? with \\ before it", pattern)
	}
	if strings.HasPrefix(pattern, "/") || strings.HasPrefix(pattern, "./") || strings.HasPrefix(pattern, "../") {
		return Plan{}, fmt.Errorf("path %q: paths begin at the repository's root, so leave out the leading %s", pattern, pattern[:strings.Index(pattern, "/")+1])
	}
	if strings.HasSuffix(pattern, "/") {
		pattern += "**"
	}
	if !strings.ContainsAny(pattern, `*?[{\`) {
		return Plan{Paths: forms(pattern)}, nil
	}
	var plan Plan
	dir, rest := glob.Split(pattern)
	if dir != "." {
		plan.Dirs = forms(path.Clean(dir))
	}
	if rest != "**" {
		plan.glob = norm.NFC.String(pattern)
	}
	return plan, nil
}

// at adds a place to the conditions.
func (p *Plan) at(place, pattern string) error {
	if pattern != "" {
		return errors.New("a filter names a place or a pattern, not both")
	}
	if !utf8.ValidString(place) {
		return fmt.Errorf("path %q is not valid UTF-8", place)
	}
	p.Paths, p.Dirs = forms(place), forms(strings.TrimRight(place, "/"))
	return nil
}

// forms returns the spellings under which a path may be stored: as it is given, with letters and accents composed, and
// with letters and accents apart, as some systems write file names.
func forms(path string) []string {
	list := []string{path, norm.NFC.String(path), norm.NFD.String(path)}
	slices.Sort(list)
	return slices.Compact(list)
}
