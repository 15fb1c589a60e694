package webhook

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// Location is a repository in a payload, named by one or several addresses. Whether the hook may
// name it is decided by Allowed.URL.
type Location []Address

// Address is one way to a repository. Only the form of its parts has been checked.
type Address struct {
	Scheme string `json:"scheme,omitempty"` // https, http, ssh, file; "": the payload names none
	Host   string `json:"host,omitempty"`   // lower case, with the port unless it is the scheme's own; "": the payload names none
	Root   string `json:"root,omitempty"`   // the segment before Path in the URL: scm on Bitbucket Data Center; usually ""
	Path   string `json:"path"`             // of the repository below its host: owner/name; no slash at the ends and no .git
	Suffix string `json:"suffix,omitempty"` // .git if the payload's URL has it
	Exact  bool   `json:"exact,omitempty"`  // upper and lower case differ in Path; on the git hosts that leat knows they do not
}

// String names the repository for people, without a scheme, in the form of the entries of an
// allow-list.
func (l Location) String() string {
	if len(l) == 0 {
		return "no repository"
	}
	if l[0].Host == "" {
		return l[0].Path
	}
	return l[0].Host + "/" + l[0].Path
}

// moved returns the location with another path.
func (l Location) moved(path string) Location {
	if !cleanPath(path) {
		return nil
	}
	out := make(Location, len(l))
	for i, a := range l {
		a.Path = path
		out[i] = a
	}
	return out
}

// locate makes a location of the URLs in a payload. It leaves out texts that are not URLs.
func locate(urls ...string) (l Location) {
	for _, raw := range urls {
		if a, ok := parseAddress(raw); ok {
			l = append(l, a)
		}
	}
	return l
}

const maxURL = 2048 // bytes; the bound of package events

var ownPorts = map[string]string{"http": "80", "https": "443", "ssh": "22"}

// parseAddress parses a URL, git@host:path or an absolute path.
func parseAddress(raw string) (a Address, ok bool) {
	if raw == "" || len(raw) > maxURL || !utf8.ValidString(raw) {
		return a, false
	}
	if !strings.Contains(raw, "://") {
		host, path, scp := strings.Cut(raw, ":")
		if scp && !strings.Contains(host, "/") {
			raw = "ssh://" + host + "/" + strings.TrimPrefix(path, "/")
		} else {
			raw = "file://" + raw
		}
	}
	u, err := url.Parse(raw)
	if err != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return a, false
	}
	a.Scheme, a.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch {
	case a.Scheme == "file" && a.Host != "", a.Scheme != "file" && a.Host == "":
		return a, false
	case a.Scheme != "file" && a.Scheme != "http" && a.Scheme != "https" && a.Scheme != "ssh":
		return a, false
	case a.Scheme != "file" && !hostPattern.MatchString(a.Host):
		return a, false
	case u.Port() != "" && u.Port() == ownPorts[a.Scheme]:
		a.Host = strings.TrimSuffix(a.Host, ":"+u.Port())
	}
	a.Path = strings.Trim(u.Path, "/")
	if path, cut := strings.CutSuffix(a.Path, ".git"); cut && path != "" && !strings.HasSuffix(path, "/") {
		a.Path, a.Suffix = path, ".git"
	}
	return a, cleanPath(a.Path)
}

const maxPath = 1024 // bytes

// cleanPath says whether a path can be put into a URL unchanged. It must have no empty, . or ..
// segments, no character that ends the path or has to be escaped, and must not look like an option
// of git.
func cleanPath(path string) bool {
	if path == "" || len(path) > maxPath || !utf8.ValidString(path) {
		return false
	}
	if strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`\?#%:@"<>^|{}`+"`", r) }) {
		return false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == "." || segment == ".." || segment[0] == '-' {
			return false
		}
	}
	return true
}
