package git

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/git/reach"
)

type kind int

const (
	kindHTTP kind = iota + 1
	kindSSH
	kindGit
	kindLocal
)

// Remote is the address from which a repository is fetched. It is canonical, so that one
// repository has one Remote, and free of credentials. The zero Remote is not valid; Parse
// makes a Remote.
type Remote struct {
	kind kind
	host string // lower case, with the port unless it is the default; "" of a local path
	text string // canonical
}

// String returns the canonical form, which is stored, logged and published.
func (r Remote) String() string { return r.text }

// Local says whether the repository is on this machine.
func (r Remote) Local() bool { return r.kind == kindLocal }

// fetchURL returns the address that git gets. Forges know a repository with and without
// .git. With it they answer at once; without it some redirect.
func (r Remote) fetchURL() string {
	if forges[r.host] {
		return r.text + ".git"
	}
	return r.text
}

// forges are the hosts where NAME and NAME.git are one repository, and where
// an scp-like path is not relative to a home directory.
var forges = map[string]bool{"github.com": true, "gitlab.com": true, "bitbucket.org": true}

const maxURL = 2048

// Parse makes the canonical Remote of a URL, an scp-like address
// (user@host:path) or, where the configuration allows, a local path:
//
//   - scheme and host in lower case; the scheme's own port, repeated and trailing
//     slashes removed; the path's case kept;
//   - .git kept, but removed on github.com, gitlab.com and bitbucket.org;
//   - git@host:path becomes ssh://git@host/path if the path is absolute or the
//     host one of those three; on others the path is relative to a home
//     directory, which no ssh:// URL can say, and the form is kept;
//   - a local path, also of file://, made absolute, without . and .. and
//     without following symbolic links.
//
// Every error is a fault.Reject whose text repeats no credentials.
func (m *Mirrors) Parse(raw string) (Remote, error) {
	remote, err := m.parse(raw)
	if err != nil {
		return Remote{}, fault.Reject(fmt.Errorf("repository %q: %w", redact(raw), err))
	}
	return remote, nil
}

func (m *Mirrors) parse(raw string) (Remote, error) {
	switch {
	case raw == "":
		return Remote{}, errors.New("give a git URL")
	case len(raw) > maxURL:
		return Remote{}, fmt.Errorf("%d bytes long; at most %d are accepted", len(raw), maxURL)
	case !utf8.ValidString(raw) || strings.ContainsFunc(raw, isControl):
		return Remote{}, errors.New("holds control characters or invalid UTF-8")
	case raw[0] == '-':
		return Remote{}, errors.New("begins with a hyphen")
	}
	scheme, _, isURL := strings.Cut(raw, "://")
	colon, slash := strings.IndexByte(raw, ':'), strings.IndexByte(raw, '/')
	switch {
	case strings.Contains(scheme, "::"):
		return Remote{}, errors.New("git's remote helpers (name::address) are not allowed; give an https:// or ssh:// URL")
	case isURL:
		return m.parseURL(strings.ToLower(scheme), raw)
	case colon > 0 && (slash < 0 || colon < slash):
		return m.parseSCP(raw[:colon], raw[colon+1:])
	}
	return m.parsePath(raw)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func (m *Mirrors) parseURL(scheme, raw string) (Remote, error) {
	switch {
	case scheme == "file":
		return m.parseFile(raw)
	case scheme == "http" && !m.cfg.AllowHTTP:
		return Remote{}, errors.New("http:// is not encrypted and not allowed here; use https://")
	case scheme == "git" && !m.cfg.AllowGit:
		return Remote{}, errors.New("git:// is not encrypted, and the protocol is not allowed here; use https:// or ssh://")
	case scheme != "http" && scheme != "https" && scheme != "ssh" && scheme != "git":
		return Remote{}, errors.New("the protocol is not allowed; use https:// or ssh://")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return Remote{}, errors.New("is not a valid URL") // err repeats the URL
	}
	host, err := m.cleanHost(scheme, u.Hostname(), u.Port())
	if err != nil {
		return Remote{}, err
	}
	if err := checkUserinfo(scheme, host, u.User); err != nil {
		return Remote{}, err
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return Remote{}, errors.New("holds a query or a fragment; a git URL has neither (a token belongs in the environment or the token file)")
	}
	path, err := cleanPath(u.EscapedPath())
	if err != nil {
		return Remote{}, err
	}
	path = cutSuffix(host, path)
	switch scheme {
	case "git":
		return Remote{kindGit, host, scheme + "://" + host + path}, nil
	case "http", "https":
		return Remote{kindHTTP, host, scheme + "://" + host + path}, nil
	}
	user := ""
	if u.User != nil {
		user = u.User.Username() + "@"
	}
	return Remote{kindSSH, host, "ssh://" + user + host + path}, nil
}

// checkUserinfo refuses credentials. A user name alone is part of an ssh
// address; in an https URL it is as often a token.
func checkUserinfo(scheme, host string, user *url.Userinfo) error {
	if user == nil {
		return nil
	}
	if scheme != "ssh" {
		return errors.New("the URL holds credentials; remove them and " + tokenAdvice(host))
	}
	if _, found := user.Password(); found {
		return errors.New("the URL holds a password; remove it and give the ingestor an ssh key")
	}
	return checkUser(user.Username())
}

var userPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+-]*$`)

func checkUser(user string) error {
	if !userPattern.MatchString(user) {
		return errors.New("the user name may hold letters, digits and . _ + - only")
	}
	return nil
}

// parseSCP reads [user@]host:path.
func (m *Mirrors) parseSCP(address, path string) (Remote, error) {
	user, name, found := strings.Cut(address, "@")
	if !found {
		user, name = "", address
	} else if err := checkUser(user); err != nil {
		return Remote{}, err
	}
	if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, "@") {
		return Remote{}, errors.New("the address holds a password; remove it and give the ingestor an ssh key")
	}
	host, err := m.cleanHost("ssh", name, "")
	if errors.Is(err, ErrRefused) {
		return Remote{}, err
	}
	if err != nil {
		return Remote{}, fmt.Errorf("%w; write https://…, ssh://… or user@host:path", err)
	}
	if path == "" || strings.ContainsAny(path, "?#%") || path[0] == '-' {
		return Remote{}, errors.New("the path is empty, begins with a hyphen or holds one of ? # %; write it as an ssh:// URL")
	}
	clean, err := cleanPath("/" + path)
	if err != nil {
		return Remote{}, err
	}
	clean = cutSuffix(host, clean)
	if found {
		user += "@"
	}
	if path[0] == '/' || forges[host] {
		clean = (&url.URL{Path: clean}).EscapedPath()
		return Remote{kindSSH, host, "ssh://" + user + host + clean}, nil
	}
	return Remote{kindSSH, host, user + host + ":" + clean[1:]}, nil
}

// Labels neither are empty nor begin or end with a hyphen: DNS has no such
// names, and the names of token variables rely on it.
var hostPattern = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$`)

var defaultPorts = map[string]uint64{"http": 80, "https": 443, "ssh": 22, "git": reach.GitPort}

// cleanHost returns "name" or "name:port" if the host may be contacted, as far as its text
// shows.
func (m *Mirrors) cleanHost(scheme, name, port string) (string, error) {
	name = strings.ToLower(name)
	bare := name
	if strings.Contains(name, ":") {
		address, err := netip.ParseAddr(name)
		if err != nil || address.Zone() != "" {
			return "", errors.New("the host is not a valid address")
		}
		bare = address.String()
		name = "[" + bare + "]"
	} else if len(name) > 253 || !hostPattern.MatchString(name) {
		return "", errors.New("the host is not a valid name (write an international one in its xn-- form)")
	}
	number := defaultPorts[scheme]
	if port != "" {
		var err error
		if number, err = strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return "", errors.New("the port is not a number from 1 to 65535")
		}
	}
	if err := m.policy.Host(bare, uint16(number)); err != nil {
		return "", fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if number == defaultPorts[scheme] {
		return name, nil
	}
	return fmt.Sprintf("%s:%d", name, number), nil
}

// cleanPath removes repeated and trailing slashes from an escaped path.
func cleanPath(escaped string) (string, error) {
	plain, err := url.PathUnescape(escaped)
	if err != nil || !utf8.ValidString(plain) || strings.ContainsFunc(plain, isControl) {
		return "", errors.New("the path holds control characters or invalid escapes")
	}
	var clean strings.Builder
	for segment := range strings.SplitSeq(escaped, "/") {
		switch plain, _ := url.PathUnescape(segment); plain {
		case "":
			continue
		case ".", "..":
			return "", errors.New("the path holds a segment that is . or ..; write it without")
		}
		clean.WriteString("/" + segment)
	}
	if clean.Len() == 0 {
		return "", errors.New("the URL names a host but no repository")
	}
	return clean.String(), nil
}

func cutSuffix(host, path string) string {
	for forges[host] && strings.HasSuffix(path, ".git") && !strings.HasSuffix(path, "/.git") {
		path = strings.TrimSuffix(path, ".git")
	}
	return path
}

func (m *Mirrors) parseFile(raw string) (Remote, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host != "" && u.Host != "localhost" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Remote{}, errors.New("write a file URL as file:///absolute/path")
	}
	if strings.ContainsFunc(u.Path, isControl) || !utf8.ValidString(u.Path) || u.Path == "" {
		return Remote{}, errors.New("the path is empty or holds control characters")
	}
	return m.parsePath(u.Path)
}

func (m *Mirrors) parsePath(path string) (Remote, error) {
	if !m.cfg.AllowLocal {
		return Remote{}, errors.New("paths of this machine are not allowed here; give a URL that begins with https:// or ssh://")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return Remote{}, fmt.Errorf("make the path absolute: %w", err)
	}
	return Remote{kindLocal, "", absolute}, nil
}

var (
	urlSecret   = regexp.MustCompile(`://[^/?#]*@`)
	plainSecret = regexp.MustCompile(`^[^/@]*:[^/]*@`)
	querySecret = regexp.MustCompile(`[?#].*$`)
)

// redact removes everything that could be a credential from a refused address.
func redact(raw string) string {
	raw = strings.ToValidUTF8(raw, "?")
	raw = querySecret.ReplaceAllString(raw, "?***")
	if strings.Contains(raw, "://") {
		raw = urlSecret.ReplaceAllString(raw, "://***@")
	} else {
		raw = plainSecret.ReplaceAllString(raw, "***@")
	}
	if len(raw) > 200 {
		raw = strings.ToValidUTF8(raw[:200], "") + "…"
	}
	return raw
}
