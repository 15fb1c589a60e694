package web

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	counting "github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
)

// number writes a number for people.
func number[T counting.Whole](n T) string { return counting.Thousands(n) }

func pressed(on bool) string { return strconv.FormatBool(on) }

func escape(text string) string { return url.QueryEscape(text) }

func failureTitle(f Failure) string {
	switch f.Status {
	case http.StatusNotFound:
		return "Not found"
	case http.StatusForbidden:
		return "Not allowed"
	case http.StatusTooManyRequests:
		return "Too many requests"
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		return "This cannot be answered"
	case http.StatusConflict:
		return "Not now"
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return "Not available"
	}
	return http.StatusText(f.Status)
}

// short returns a commit's short form for people.
func short(commit string) string { return commit[:min(10, len(commit))] }

// shortRef is a ref's short name.
func shortRef(ref string) string { return service.ShortRef(ref) }

// name returns the end of a repository's address, by which people call it.
func name(url string) string {
	url = strings.TrimSuffix(strings.TrimRight(url, "/"), ".git")
	parts := strings.FieldsFunc(url, func(r rune) bool { return r == '/' || r == ':' })
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

// host returns the part of an address before the name.
func host(url string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimRight(url, "/"), ".git"), name(url)), "/")
}

// ago writes how long ago a time was.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	if d < 0 {
		return "in " + lasted(-d)
	}
	if d < time.Second {
		return "now"
	}
	return lasted(d) + " ago"
}

// lasted writes a duration in its largest unit.
func lasted(d time.Duration) string {
	for _, u := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / u.size); n > 0 {
			return plural(n, u.name)
		}
	}
	return plural(int(d/time.Second), "second")
}

// plural writes a number of things whose plural is regular.
func plural[T counting.Whole](n T, thing string) string {
	many := thing
	if end, found := strings.CutSuffix(thing, "y"); found && !strings.HasSuffix(end, "a") && !strings.HasSuffix(end, "e") {
		many = end + "ie"
	}
	return counting.Count(n, thing, many+"s")
}

// percent is a part of a whole.
func percent(part, whole int64) string {
	if whole == 0 {
		return "0"
	}
	return fmt.Sprintf("%.2f", 100*float64(part)/float64(whole))
}

func searchTitle(r results) string {
	if r.Query == "" {
		return "Search"
	}
	return r.Query
}

// chipText is the value of a filter as its chip shows it.
func chipText(filter, value string) string {
	if filter == "repository" {
		return name(value)
	}
	return value
}

// tone says how good a state is.
func tone(state string) string {
	switch state {
	case "indexed", "active", "accepted", "done", "equal":
		return "good"
	case "failed", "refused":
		return "bad"
	case "superseded", "retired", "ignored", "revoked", "expired", "skipped":
		return ""
	}
	return "wait"
}

// took writes how long a commit took to be indexed.
func took(s service.Snapshot) string {
	if s.IndexedAt == nil {
		return "–"
	}
	d := s.IndexedAt.Sub(s.BegunAt)
	switch {
	case d < time.Second:
		return strconv.Itoa(int(d.Milliseconds())) + " ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return lasted(d)
}

// money is a sum in the currency of the price table.
func money(sum float64) string {
	if sum > 0 && sum < 0.01 {
		return "under 0.01"
	}
	return strconv.FormatFloat(sum, 'f', 2, 64)
}

// size writes a number of bytes for people.
func size[T ~int | ~int32 | ~int64](n T) string {
	switch {
	case n < 1<<10:
		return plural(n, "byte")
	case n < 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<10), 'f', 1, 64) + " KiB"
	}
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
}

// reasonText explains why files are skipped. docs/reading.md lists the reasons.
func reasonText(reason string) string {
	return map[string]string{
		"symlink":       "its target is indexed under its own path",
		"submodule":     "another repository: submit that one",
		"path_too_long": "the path is too long",
		"key_destroyed": "its key was destroyed, so nobody can read it",
		"path_not_utf8": "the path is not text in UTF-8",
		"damaged":       "the tree names it twice, or it is not a file",
		"rules":         "a rule file is too large, or the path is too costly to match",
		"excluded":      "the installation excludes it (--exclude)",
		"not_included":  "the installation does not include it (--include)",
		"ignored":       "the repository's .leatignore names it",
		"lock_file":     "versions that a package manager resolved",
		"vendored":      "a copy of someone else's code",
		"minified":      "made small for browsers; its source is elsewhere",
		"generated":     "written by a program",
		"documentation": "the installation leaves documentation out",
		"too_large":     "larger than the installation accepts",
		"format":        "the installation leaves this format out",
		"no_reader":     "the program that reads the format is not installed",
		"unreadable":    "damaged, protected, or without text",
		"lfs_pointer":   "stands for content in Git LFS",
		"binary":        "not text",
		"encoding":      "in an encoding that cannot be told",
		"data":          "a dump of data",
		"markup":        "the installation leaves markup out",
		"secrets":       "a list of credentials",
	}[reason]
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// workText explains the kinds of the syncer's work.
func workText(kind string) string {
	kind, _, _ = strings.Cut(kind, " ") // points 1/4
	return map[string]string{
		"audit":      "drops old entries of the audit log",
		"backup":     "makes backups, and removes old ones",
		"cool":       "moves old packs to their storage class",
		"deliveries": "deletes old deliveries of webhooks",
		"garbage":    "deletes content that nothing refers to",
		"letters":    "keeps dead letters within their limits",
		"owed":       "publishes waiting work again that has no message",
		"points":     "compares the index with the catalog, by repository",
		"replies":    "deletes answers that were kept for repeated requests",
		"retention":  "deletes old commits, submissions and usage",
		"scrub":      "reads every pack, and repairs damage",
		"strays":     "deletes points of repositories that are gone",
		"tokens":     "deletes tokens that ended long ago",
	}[kind]
}

// usesTitle is the title of a table of uses.
func usesTitle(outward bool) string {
	if outward {
		return "It refers to"
	}
	return "Referred to by"
}

// perSecond is a rate.
func perSecond(rate float64) string { return strconv.FormatFloat(rate, 'f', 1, 64) }

// seconds writes a short time.
func seconds(n float64) string { return strconv.FormatFloat(n, 'f', 2, 64) }
