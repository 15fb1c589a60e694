package access

import (
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leatworks/leat/events"
)

// Name returns the name by which globs know a repository: events.RepositoryName without
// percent-encoding. It returns false for an ambiguous address, such as one with .. or %2F in its
// path, because the server might find another repository there than the text says.
func Name(address string) (string, bool) {
	if !plainText(address, maxAddress) {
		return "", false
	}
	name := events.RepositoryName(address)
	if path.IsAbs(name) { // of this machine
		return name, plainText(name, maxAddress) && plainPath(name[1:])
	}
	if name == address || strings.ContainsAny(address, `?#\`) {
		return "", false // the address is not understood, or the name leaves out a part of it
	}
	host, escaped, _ := strings.Cut(name, "/")
	segments := strings.Split(escaped, "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil || strings.ContainsAny(plain, `/%\*`) {
			return "", false
		}
		segments[i] = plain
	}
	repository := strings.Join(segments, "/")
	return host + "/" + repository, plainText(repository, maxAddress) && plainPath(repository)
}

// Host returns a host in the form that names use, with its port unless that is 443. It returns
// false for a text that is no host.
func Host(text string) (string, bool) {
	host, _, ok := hostOf(text)
	return host, ok
}

// hostOf returns the name of a host in lower case, and whether the host ignores the case of letters
// in paths (folds). It returns false for a text that is no host.
func hostOf(text string) (host string, folds, ok bool) {
	const letter = "/A"
	if !plainText(text, maxHost) || strings.ContainsAny(text, `/@?#\%*`) {
		return "", false, false
	}
	address := "https://" + text + letter
	name := events.RepositoryName(address)
	if name == address || len(name) <= len(letter) {
		return "", false, false
	}
	host, end := name[:len(name)-len(letter)], name[len(name)-len(letter):]
	bad := host[0] == '-' || host[0] == '.' || strings.HasSuffix(host, ".") || strings.Contains(host, "..") || strings.Contains(host, ".:")
	return host, end != letter, !bad
}

// plainPath says whether each segment of a path is a name.
func plainPath(text string) bool {
	for segment := range strings.SplitSeq(text, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// plainText says whether a text is UTF-8 of a bounded length, without control characters and other
// invisible ones.
func plainText(text string, most int) bool {
	return text != "" && len(text) <= most && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) })
}

const (
	maxAddress = 4096 // bytes; no path of Linux is longer
	maxHost    = 260  // bytes: a name of DNS and a port
)
