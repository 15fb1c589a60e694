package webhook

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Allowed is a hook's allow-list: the hosts and owners that its payloads may name.
type Allowed []Entry

// Entry allows a host, an owner or group of a host, or one repository. A payload
// that falls under it is fetched from the entry's scheme, user and host.
type Entry struct {
	scheme string // https, http, ssh or file
	user   string // of an ssh address
	host   string // lower case, with the port unless it is the scheme's default; "" for file
	path   string // owner, group/subgroup or owner/name; "": the whole host
}

// forges are hosts on which anybody may have an account.
var forges = []string{"github.com", "gitlab.com", "bitbucket.org"}

var hostPattern = regexp.MustCompile(`^(\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)(:[0-9]{1,5})?$`)

// ParseEntry parses [SCHEME://][USER@]HOST[:PORT][/OWNER[/…]]. The default scheme is https. The
// scheme file names a directory of the ingestor's machine. An entry for a public forge must name an
// owner.
func ParseEntry(text string) (e Entry, err error) {
	raw := text
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.RawQuery != "" || u.Fragment != "" || len(text) > maxURL {
		return e, fmt.Errorf("%q is not of the form [SCHEME://]HOST[:PORT][/OWNER]", cut(text))
	}
	_, password := u.User.Password()
	e = Entry{scheme: strings.ToLower(u.Scheme), user: u.User.Username(), host: strings.ToLower(u.Host), path: strings.Trim(u.Path, "/")}
	e.path = strings.TrimSuffix(e.path, ".git")
	if u.Port() == ownPorts[e.scheme] {
		e.host = strings.TrimSuffix(e.host, ":"+u.Port())
	}
	switch {
	case password || e.user != "" && e.scheme != "ssh":
		return Entry{}, errors.New("an allowed host holds a credential: leave it out, because leat takes it from its own configuration")
	case e.scheme == "file" && (e.host != "" || e.path == ""):
		return Entry{}, fmt.Errorf("%q: write a directory as file:///absolute/path", cut(text))
	case e.scheme == "file":
	case e.scheme != "https" && e.scheme != "http" && e.scheme != "ssh":
		return Entry{}, fmt.Errorf("%q: the scheme must be https, ssh, http or file", cut(text))
	case !hostPattern.MatchString(e.host):
		return Entry{}, fmt.Errorf("%q: name the host in full", cut(text))
	case e.path == "" && slices.Contains(forges, e.host):
		return Entry{}, fmt.Errorf("%q: anybody may have a repository there; add the owner, as in %s/acme", cut(text), e.host)
	}
	if e.path != "" && !cleanPath(e.path) {
		return Entry{}, fmt.Errorf("%q: the owner holds characters that a path cannot have", cut(text))
	}
	if e.scheme == "ssh" && e.user == "" {
		e.user = "git"
	}
	return e, nil
}

// ParseAllowed parses a list of entries. An empty list would allow nothing, and is an error.
func ParseAllowed(list []string) (Allowed, error) {
	if len(list) == 0 {
		return nil, errors.New("a hook needs at least one host or owner that its payloads may name, as in github.com/acme")
	}
	allowed := make(Allowed, len(list))
	for i, text := range list {
		entry, err := ParseEntry(text)
		if err != nil {
			return nil, err
		}
		allowed[i] = entry
	}
	return allowed, nil
}

// String returns the entry in the form that ParseEntry parses.
func (e Entry) String() string {
	text := e.host
	if e.user != "" {
		text = e.user + "@" + text
	}
	if e.path != "" || e.scheme == "file" {
		text += "/" + e.path
	}
	if e.scheme == "https" {
		return text
	}
	return e.scheme + "://" + text
}

// URL returns the URL of a repository that a payload names: the scheme and the host
// of the first entry that allows it, and the payload's path. It returns false if
// no entry does.
func (l Allowed) URL(at Location) (string, bool) {
	for _, e := range l {
		for _, a := range at {
			if e.allows(a) {
				return e.url(a), true
			}
		}
	}
	return "", false
}

func (e Entry) allows(a Address) bool {
	if !cleanPath(a.Path) || a.Root != "" && !cleanPath(a.Root) {
		return false
	}
	if a.Host != "" || a.Scheme != "" {
		if family(a.Scheme) != family(e.scheme) || a.Host != e.host {
			return false
		}
	} else if e.scheme == "file" {
		return false // an address without a host is on a git host, and not in a directory
	}
	want, got := e.path, a.Path
	if !a.Exact && e.scheme != "file" {
		want, got = strings.ToLower(want), strings.ToLower(got)
	}
	return want == "" || got == want || strings.HasPrefix(got, want+"/")
}

// family treats http and https alike, because a host behind a proxy may call itself http.
func family(scheme string) string {
	if scheme == "http" {
		return "https"
	}
	return scheme
}

func (e Entry) url(a Address) string {
	path := "/" + a.Path + a.Suffix
	if a.Host == "" && a.Scheme == "" {
		path = "/" + a.Path + ".git"
	}
	if e.scheme == "file" {
		return path
	}
	if a.Root != "" && e.scheme != "ssh" {
		path = "/" + a.Root + path
	}
	host := e.host
	if e.user != "" {
		host = e.user + "@" + host
	}
	return e.scheme + "://" + host + path
}

// cut shortens a text that an error or a reason repeats, and removes its control characters.
func cut(text string) string {
	const most = 100
	end := ""
	if len(text) > most {
		text, end = text[:most], "…"
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, text) + end
}

// Name returns the host and the owner, or the directory, without scheme and user. For a public
// forge it is in lower case. The name of a repository that the entry allows is the same, or
// continues it after a slash.
func (e Entry) Name() string {
	switch {
	case e.path == "":
		return e.host
	case slices.Contains(forges, e.host):
		return e.host + "/" + strings.ToLower(e.path)
	}
	return e.host + "/" + e.path
}
