package events

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// RepositoryName returns the name of a repository. All forms of its address have the
// same name, and addresses with the same name are one repository. The name of
//
//	https://Host/a/b.git/   http://host:80/a//b   ssh://git@host:22/a/b
//	git@host:a/b.git        host:a/b              ssh://git@host/~/a/b
//
// is host/a/b: the host in lower case with a port that no scheme has by default,
// and the path without .git, without empty segments, and percent-encoded in one
// way. Scheme and user are not part of it. On github.com, gitlab.com and
// bitbucket.org the path is in lower case too, since these hosts do not tell cases
// apart, and their other host names for ssh over port 443 count as the host itself.
//
// A path that is relative to the home directory of another user than git stays
// that user's: the name of alice@host:a/b is host/~alice/a/b. The name of a local
// path, also of file://, is the path.
//
// The function is pure and total: the name of an address that it does not understand
// is the address itself. The [RepositoryURL] of a name has that name again.
func RepositoryName(address string) string {
	scheme, rest, isURL := strings.Cut(address, "://")
	colon, slash := strings.IndexByte(address, ':'), strings.IndexByte(address, '/')
	name, ok := "", false
	switch scheme = strings.ToLower(scheme); {
	case isURL && scheme == "file":
		name, ok = fileName(rest)
	case isURL:
		name, ok = urlName(scheme, address)
	case colon > 0 && (slash < 0 || colon < slash):
		name, ok = scpName(address[:colon], address[colon+1:])
	}
	if !ok {
		return address
	}
	return name
}

// RepositoryURL is the address that a name stands for, from which the ids of its
// repository and its tracks derive: https:// before a host's name, and the path
// itself for a local one. Ask it for a name only, never for an address.
func RepositoryURL(name string) string {
	if strings.HasPrefix(name, "/") || name == "" || strings.Contains(name, "://") {
		return name
	}
	return "https://" + name
}

// FetchURL returns the address to fetch of a repository that has moved from one address
// to another. A repository that was fetched by ssh, and is on the same host, is still
// fetched by ssh. Otherwise the result is the new address.
func FetchURL(fetched, to string) string {
	scheme, _, isURL := strings.Cut(fetched, "://")
	colon, slash := strings.IndexByte(fetched, ':'), strings.IndexByte(fetched, '/')
	short := !isURL && colon > 0 && (slash < 0 || colon < slash)
	old, now := RepositoryName(fetched), RepositoryName(to)
	host, _, _ := strings.Cut(old, "/")
	path, same := strings.CutPrefix(now, host+"/")
	suffix := ""
	if strings.HasSuffix(fetched, ".git") {
		suffix = ".git"
	}
	switch {
	case !same || now == to:
		return to
	case short:
		if plain, err := url.PathUnescape(path); err == nil {
			return fetched[:colon+1] + plain + suffix
		}
	case scheme == "ssh":
		if u, err := url.Parse(fetched); err == nil {
			return "ssh://" + strings.TrimSuffix(fetched[len("ssh://"):], u.EscapedPath()) + "/" + path + suffix
		}
	}
	return to
}

// forges are the hosts that do not tell cases of a path apart.
var forges = map[string]bool{"github.com": true, "gitlab.com": true, "bitbucket.org": true}

// sameHost maps other names of a forge to its first name. The forges' documentation gives
// them for ssh through firewalls and for browsers.
var sameHost = map[string]string{
	"ssh.github.com:443": "github.com", "ssh.github.com": "github.com", "www.github.com": "github.com",
	"altssh.gitlab.com:443": "gitlab.com", "altssh.gitlab.com": "gitlab.com", "www.gitlab.com": "gitlab.com",
	"altssh.bitbucket.org:443": "bitbucket.org", "altssh.bitbucket.org": "bitbucket.org", "www.bitbucket.org": "bitbucket.org",
}

// schemePorts are the schemes of git's addresses with their ports.
var schemePorts = map[string]string{"http": "80", "https": "443", "ssh": "22", "git+ssh": "22", "ssh+git": "22", "git": "9418"}

func urlName(scheme, address string) (string, bool) {
	u, err := url.Parse(address)
	port, known := schemePorts[scheme]
	if err != nil || !known {
		return "", false
	}
	number := u.Port()
	if n, err := strconv.ParseUint(number, 10, 16); err == nil {
		number = strconv.FormatUint(n, 10) // 00443
	}
	if number == port {
		number = ""
	}
	user := ""
	if scheme == "ssh" || strings.Contains(scheme, "+") {
		user = u.User.Username()
	}
	return hostName(u.Hostname(), number, user, u.EscapedPath())
}

// scpName reads [user@]host:path, where the path is not escaped, and relative to
// the user's home directory unless it begins with a slash.
func scpName(address, path string) (string, bool) {
	user, host, found := strings.Cut(address, "@")
	if !found {
		user, host = "", address
	}
	escaped := (&url.URL{Path: path}).EscapedPath()
	if !strings.HasPrefix(path, "/") {
		escaped = "/~/" + escaped
	}
	return hostName(host, "", user, escaped)
}

func fileName(rest string) (string, bool) {
	u, err := url.Parse("file://" + rest)
	if err != nil || u.Host != "" && !strings.EqualFold(u.Host, "localhost") || u.Path == "" {
		return "", false
	}
	return u.Path, true
}

// hostName joins host and path. Each segment is unescaped and escaped again, so
// that it is written in one way.
func hostName(host, port, user, escaped string) (string, bool) {
	host = strings.ToLower(host)
	if address, err := netip.ParseAddr(host); err == nil && address.Zone() == "" {
		host = address.String()
	} else if host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" {
		return "", false
	}
	switch {
	case port != "":
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	if first, other := sameHost[host]; other {
		host = first
	}
	var segments []string
	for segment := range strings.SplitSeq(escaped, "/") {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return "", false
		}
		if plain != "" {
			segments = append(segments, plain)
		}
	}
	segments = atHome(segments, user, forges[host])
	cutGit(segments)
	if len(segments) == 0 || segments[len(segments)-1] == "" {
		return "", false
	}
	for i, segment := range segments {
		if forges[host] {
			segment = strings.ToLower(segment)
		}
		segments[i] = url.PathEscape(segment)
	}
	return fmt.Sprintf("%s/%s", host, strings.Join(segments, "/")), true
}

// atHome resolves a path in a home directory. The home directory of the user git is where
// a forge keeps its repositories; the one of another user stays part of the path.
func atHome(segments []string, user string, forge bool) []string {
	relative := false
	for len(segments) > 0 && segments[0] == "~" {
		segments, relative = segments[1:], true
	}
	if relative && user != "" && user != "git" && !forge {
		return append([]string{"~" + user}, segments...)
	}
	return segments
}

// cutGit removes .git from the last segment, unless that is the whole segment.
func cutGit(segments []string) {
	if len(segments) == 0 {
		return
	}
	last := &segments[len(segments)-1]
	for len(*last) > len(".git") && strings.HasSuffix(*last, ".git") {
		*last = strings.TrimSuffix(*last, ".git")
	}
}
