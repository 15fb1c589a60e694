package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Bounds of a token's globs.
const (
	maxGlob = 256 // bytes of a glob
	// MaxGlobs is the largest number of globs of a token.
	MaxGlobs = 64
)

// CheckGlobs returns globs in their stored form, sorted and without duplicates.
//
// A glob is HOST/PATH. In the path, * stands for any characters of one segment, and ** as a whole segment for any
// number of segments. The host is a name, or * for any host, or *. and a domain for all hosts below that domain. A
// glob of local paths begins with a slash.
func CheckGlobs(globs []string) ([]string, error) {
	if len(globs) > MaxGlobs {
		return nil, fmt.Errorf("%d globs of repositories; at most %d are accepted", len(globs), MaxGlobs)
	}
	checked := make([]string, 0, len(globs))
	for _, glob := range globs {
		canonical, err := checkGlob(glob)
		if err != nil {
			return nil, fmt.Errorf("glob %.80q: %w", glob, err)
		}
		checked = append(checked, canonical)
	}
	slices.Sort(checked)
	return slices.Compact(checked), nil
}

func checkGlob(glob string) (string, error) {
	const form = "write HOST/PATH, such as github.com/acme/* or git.example.org/**"
	switch {
	case glob == "":
		return "", errors.New("it is empty; " + form)
	case len(glob) > maxGlob:
		return "", fmt.Errorf("it is %d bytes long; at most %d are accepted", len(glob), maxGlob)
	case strings.Contains(glob, "://") || strings.Contains(glob, "@"):
		return "", errors.New("it is an address; " + form)
	case strings.ContainsAny(glob, `?[]{}!`):
		return "", errors.New("the wildcards are * and **; " + form)
	case !plainText(glob, maxGlob) || strings.ContainsAny(glob, `%\`):
		return "", errors.New("it holds a character that no repository's name has; " + form)
	}
	host, path, found := strings.Cut(strings.TrimSuffix(glob, "/"), "/")
	if !found || path == "" {
		return "", errors.New("it names no path; " + form)
	}
	if !plainPath(path) {
		return "", errors.New("it holds . or .. or an empty segment; " + form)
	}
	for segment := range strings.SplitSeq(path, "/") {
		if strings.Contains(segment, "**") && segment != "**" {
			return "", errors.New("** stands for whole segments, between slashes")
		}
	}
	switch host {
	case "":
		return "/" + path, nil
	case "*":
		return host + "/" + cutGit(path), nil
	}
	domain, any := strings.CutPrefix(host, "*.")
	name, folds, ok := hostOf(domain)
	switch {
	case !ok:
		return "", errors.New("it names no host; write a name, * for any host, or *.example.org for all hosts below a domain")
	case any: // hosts below a domain may tell letter case apart even if the domain's own host does not
		return "*." + name + "/" + cutGit(path), nil
	case folds:
		path = strings.ToLower(path)
	}
	return name + "/" + cutGit(path), nil
}

// cutGit removes .git from the end of a path, as canonical names do, unless the last segment is
// nothing else.
func cutGit(path string) string {
	for strings.HasSuffix(path, ".git") && path != ".git" && !strings.HasSuffix(path, "/.git") {
		path = strings.TrimSuffix(path, ".git")
	}
	return path
}

// Reaches says whether globs reach the repository at a URL or path. An empty list reaches every
// repository. No glob reaches an address without a canonical name.
func Reaches(globs []string, url string) bool {
	if len(globs) == 0 {
		return true
	}
	name, ok := Name(url)
	return ok && slices.ContainsFunc(globs, func(glob string) bool { return matches(glob, name) })
}

// coversGlobs says whether outer certainly reaches every repository that inner reaches.
func coversGlobs(outer, inner []string) bool {
	if len(outer) == 0 {
		return true
	}
	for _, glob := range inner {
		within := func(o string) bool { return o == glob || !strings.Contains(glob, "*") && matches(o, glob) }
		if !slices.ContainsFunc(outer, within) {
			return false
		}
	}
	return len(inner) > 0
}

// matches says whether a glob reaches a name. Its time grows at most with the product of the
// lengths.
func matches(glob, name string) bool {
	globHost, globPath, _ := strings.Cut(glob, "/")
	host, path, _ := strings.Cut(name, "/")
	if !matchHost(globHost, host) {
		return false
	}
	if _, folds, _ := hostOf(host); folds {
		globPath = strings.ToLower(globPath)
	}
	return matchSegments(strings.Split(globPath, "/"), strings.Split(path, "/"))
}

func matchHost(glob, host string) bool {
	switch domain, any := strings.CutPrefix(glob, "*"); {
	case host == "" || glob == "": // a path of this machine
		return host == glob
	case !any:
		return host == glob
	default:
		return len(host) > len(domain) && strings.HasSuffix(host, domain)
	}
}

// wild matches a text with a glob, in which each star stands for any number of elements. When
// elements differ, it goes back to the last star only, because the last star can take whatever an
// earlier one could take instead.
func wild[E comparable](glob, text []E, star E, same func(glob, text E) bool) bool {
	g, t, last, resume := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case g < len(glob) && glob[g] == star:
			last, resume = g, t
			g++
		case g < len(glob) && same(glob[g], text[t]):
			g++
			t++
		case last >= 0:
			resume++
			g, t = last+1, resume
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == star {
		g++
	}
	return g == len(glob)
}

func matchSegments(glob, path []string) bool { return wild(glob, path, "**", matchSegment) }

func matchSegment(glob, text string) bool {
	return wild([]byte(glob), []byte(text), '*', func(g, t byte) bool { return g == t })
}
