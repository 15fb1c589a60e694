package git

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/fault"
)

func TestParse(t *testing.T) {
	m := newMirrors(t, func(cfg *Config) { cfg.AllowHTTP = true })
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]string{
		"https://github.com/a/b":                  "https://github.com/a/b",
		"HTTPS://GitHub.com:443//a/B.git/":        "https://github.com/a/B",
		"https://gitlab.com/g/s/p.git":            "https://gitlab.com/g/s/p",
		"https://bitbucket.org/a/b.git":           "https://bitbucket.org/a/b",
		"https://git.example.com/a/b.git/":        "https://git.example.com/a/b.git",
		"https://git.example.com:8443/a%20b":      "https://git.example.com:8443/a%20b",
		"https://git.example.com:00443/a":         "https://git.example.com/a",
		"http://localhost:3000/a":                 "http://localhost:3000/a",
		"https://[::1]:8443/a":                    "https://[::1]:8443/a",
		"https://h/-a":                            "https://h/-a",
		"ssh://git@Example.com:22/~/a":            "ssh://git@example.com/~/a",
		"ssh://example.com:2222/a.git":            "ssh://example.com:2222/a.git",
		"git@github.com:a/b.git":                  "ssh://git@github.com/a/b",
		"ssh://git@github.com/a/b.git":            "ssh://git@github.com/a/b",
		"git@Example.com:a/b.git":                 "git@example.com:a/b.git",
		"git@example.com:/srv//a b/":              "ssh://git@example.com/srv/a%20b",
		"example.com:a":                           "example.com:a",
		"/srv/git/../a.git/":                      "/srv/a.git",
		"file:///srv/a%20b":                       "/srv/a b",
		"file://localhost/srv/a":                  "/srv/a",
		".":                                       here,
		"sub/dir":                                 here + "/sub/dir",
		"https://github.com/a/b/.git":             "https://github.com/a/b/.git",
		"https://git.example.com/a/b.git.git":     "https://git.example.com/a/b.git.git",
		"https://github.com/a/b.git.git":          "https://github.com/a/b",
		"https://xn--bcher-kva.example/a":         "https://xn--bcher-kva.example/a",
		"https://dev.azure.com/o/p/_git/r":        "https://dev.azure.com/o/p/_git/r",
		"ssh://git-user.x+y_z@example.com/a":      "ssh://git-user.x+y_z@example.com/a",
		"https://git.example.com/group/sub/a.git": "https://git.example.com/group/sub/a.git",
	} {
		remote, err := m.Parse(raw)
		if err != nil || remote.String() != want {
			t.Errorf("Parse(%q) = %q, %v; want %q", raw, remote, err, want)
			continue
		}
		if again, err := m.Parse(want); err != nil || again != remote {
			t.Errorf("Parse(%q) = %q, %v; it is no fixed point", want, again, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	m := newMirrors(t, func(cfg *Config) { cfg.AllowLocal = false })
	for raw, want := range map[string]string{
		"":                                     "give a git URL",
		"-x":                                   "hyphen",
		"--upload-pack=touch x":                "hyphen",
		"-oProxyCommand=x:y":                   "hyphen",
		"ext::sh -c touch% x":                  "remote helpers",
		"fd::3":                                "remote helpers",
		"https::https://h/a":                   "remote helpers",
		"git://github.com/a/b":                 "protocol is not allowed",
		"ftp://h/a":                            "protocol is not allowed",
		"git+ssh://h/a":                        "protocol is not allowed",
		"http://h/a":                           "use https://",
		"/srv/a":                               "not allowed here",
		"./a":                                  "not allowed here",
		"github.com/a/b":                       "begins with https://",
		"file:///srv/a":                        "not allowed here",
		"FILE:///srv/a":                        "not allowed here",
		"file://other/srv/a":                   "file:///absolute/path",
		"https://user:SECRET@github.com/a/b":   "set LEAT_GIT_TOKEN_GITHUB_COM",
		"https://SECRET@git-hub.example.com/a": "set LEAT_GIT_TOKEN_GIT__HUB_EXAMPLE_COM",
		"https://:SECRET@h:8443/a":             `add a line "h:8443 TOKEN" to the token file`,
		"https://SECRET:x@y@h/a":               "credentials",
		"ssh://git:SECRET@h/a":                 "ssh key",
		"git:SECRET@h:a/b":                     "password",
		"https://h/a?private_token=SECRET":     "token file",
		"https://h/a#SECRET":                   "fragment",
		"ssh://-oProxyCommand=x/a":             "host",
		"ssh://-x@h/a":                         "user name",
		"-x@h:a":                               "hyphen",
		"x@-h:a":                               "host",
		"git@h:-a":                             "hyphen",
		"git@h:":                               "empty",
		"https://h":                            "no repository",
		"https://h//":                          "no repository",
		"https://h/../a":                       "segment",
		"https://h/%2e%2E/a":                   "segment",
		"https://h/a%00b":                      "control",
		"https://h/a%0ab":                      "control",
		"https://h/a\nb":                       "control",
		"https://h/a\xff":                      "UTF-8",
		"https://h:0/a":                        "port",
		"https://h:99999/a":                    "port",
		"https://h..x/a":                       "host",
		"https://h-.x/a":                       "host",
		"https://bücher.example/a":             "xn--",
		"https:///a":                           "host",
		"https://h/" + strings.Repeat("a", maxURL): "at most",
	} {
		_, err := m.Parse(raw)
		if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v; want a rejection that says %q", raw, err, want)
		} else if strings.Contains(err.Error(), "SECRET") || len(err.Error()) > 600 {
			t.Errorf("Parse(%q): error repeats a credential, or is long: %v", raw, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"https://github.com/a/b.git", "git@h:a/b", "ssh://u@h:1/~/x", "file:///a%20b", "a:b@c:d", "ext::x", "https://u:p@h/a?b#c", "/a::b", "h:a b"} {
		f.Add(seed)
	}
	m := newMirrors(f, func(cfg *Config) { cfg.AllowHTTP = true })
	f.Fuzz(func(t *testing.T, raw string) {
		remote, err := m.Parse(raw)
		if err != nil {
			if kind, _ := fault.Of(err); kind != fault.KindReject {
				t.Fatalf("Parse(%q): %v is no rejection", raw, err)
			}
			return
		}
		text := remote.String()
		if again, err := m.Parse(text); err != nil || again != remote {
			t.Fatalf("Parse(%q) = %q, and of that %q, %v", raw, text, again, err)
		}
		if strings.HasPrefix(text, "-") || strings.ContainsFunc(text, isControl) || strings.Contains(strings.SplitN(text, "/", 2)[0], "::") {
			t.Fatalf("Parse(%q) = %q", raw, text)
		}
		if !remote.Local() && strings.HasPrefix(text, "http") && userinfo.MatchString(text) {
			t.Fatalf("Parse(%q) = %q holds credentials", raw, text)
		}
	})
}

// Two hosts that share a variable would share a token.
func TestTokenVariablesAreDistinct(t *testing.T) {
	seen := map[string]string{}
	for _, host := range []string{"a.b.com", "a-b.com", "a--b.com", "ab.com", "a-b-com", "a.b-com", "a--b--com", "a---b.com"} {
		if !hostPattern.MatchString(host) {
			t.Fatalf("%s is no host", host)
		}
		name := tokenVariable(host)
		if other, ok := seen[name]; ok {
			t.Errorf("%s and %s share %s", host, other, name)
		}
		seen[name] = host
	}
	for _, host := range []string{"a:8443", "a_b.com", "[::1]"} {
		if name := tokenVariable(host); name != "" {
			t.Errorf("%s has %s", host, name)
		}
	}
}

func TestBasicUser(t *testing.T) {
	for host, want := range map[string]string{
		"github.com": "x-access-token", "gitlab.com": "oauth2", "gitlab.example.com:8443": "oauth2",
		"bitbucket.org": "x-token-auth", "git.example.com": "git",
	} {
		if got := basicUser(host); got != want {
			t.Errorf("%s: user %q, want %q", host, got, want)
		}
	}
}

func TestTokenFileRefused(t *testing.T) {
	for _, lines := range []string{"host", "host a SECRET", "host SECRET x y"} {
		_, err := readTokens(tokenFile(t, "good token\n"+lines))
		if err == nil || !strings.Contains(err.Error(), "line 2") || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: %v", lines, err)
		}
	}
}
