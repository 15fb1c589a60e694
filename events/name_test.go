package events_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
)

func TestRepositoryName(t *testing.T) {
	for want, forms := range map[string][]string{
		"host.example/a/b": {
			"https://host.example/a/b", "https://host.example/a/b.git", "https://host.example/a/b/", "https://host.example/a/b.git/",
			"git@host.example:a/b.git", "git@host.example:a/b", "git@host.example:/a/b.git", "host.example:a/b", "ssh://git@host.example/a/b.git", "ssh://host.example/a/b",
			"ssh://git@host.example:22/a/b", "ssh://alice@host.example/a/b", "ssh://git@host.example/~/a/b.git", "git+ssh://git@host.example/a/b",
			"http://host.example/a/b", "http://host.example:80/a/b", "https://host.example:443/a/b", "https://host.example:00443/a/b", "HTTPS://Host.Example//a//b.git",
			"https://user@host.example/a/b", "https://host.example/%61/b", "https://host.example/a/b.git.git",
		},
		"host.example/A/b":                 {"https://host.example/A/b", "git@HOST.example:A/b.git"},
		"host.example/~alice/a/b":          {"alice@host.example:a/b.git", "ssh://alice@host.example/~/a/b", "ssh://git@host.example/~alice/a/b"},
		"host.example:8443/a/b":            {"https://host.example:8443/a/b.git", "ssh://git@host.example:8443/a/b"},
		"host.example:22/a/b":              {"https://host.example:22/a/b"},
		"host.example/a%20b":               {"https://host.example/a%20b", "git@host.example:a b", "git@host.example:/a b.git"},
		"host.example/a%2Fb":               {"https://host.example/a%2fb", "https://host.example/a%2Fb"},
		"github.com/team/mill":             {"https://github.com/Team/Mill", "git@GitHub.com:team/mill.git", "ssh://git@ssh.github.com:443/team/MILL.git", "org-12@github.com:team/mill", "https://www.github.com/team/mill/"},
		"gitlab.com/g/s/p":                 {"https://gitlab.com/G/s/P.git", "ssh://git@altssh.gitlab.com:443/g/s/p.git"},
		"bitbucket.org/a/b":                {"https://bitbucket.org/A/b", "git@bitbucket.org:a/b.git"},
		"[::1]:8443/a":                     {"https://[::1]:8443/a", "https://[0:0::1]:8443/a.git"},
		"[fe80::1]/a":                      {"https://[FE80::1]/a", "ssh://git@[fe80:0::1]/a"},
		"/srv/a.git":                       {"/srv/a.git", "file:///srv/a.git", "file://localhost/srv/a.git"},
		"/srv/a b":                         {"file:///srv/a%20b", "/srv/a b"},
		"host.example/.git":                {"https://host.example/.git"},
		"dev.azure.com/o/p/_git/r":         {"https://dev.azure.com/o/p/_git/r"},
		"xn--bcher-kva.example/r%C3%A9sum": {"https://xn--bcher-kva.example/résum.git", "https://xn--bcher-kva.example/r%c3%a9sum"},
	} {
		for _, form := range forms {
			if got := events.RepositoryName(form); got != want {
				t.Errorf("RepositoryName(%q) = %q, want %q", form, got, want)
			}
		}
		if again := events.RepositoryName(events.RepositoryURL(want)); again != want {
			t.Errorf("RepositoryName(RepositoryURL(%q)) = %q; it is no fixed point", want, again)
		}
	}
}

func TestDistinctRepositoriesHaveDistinctNames(t *testing.T) {
	seen := map[string]string{}
	for _, address := range []string{
		"https://h.example/a/b", "https://h.example/a/B", "https://h.example/a", "https://h.example/a/b/c", "https://h.example:444/a/b", "https://i.example/a/b",
		"alice@h.example:a/b", "bob@h.example:a/b", "/a/b", "/a/b.git", "https://h.example/a/b.git/c", "https://h.example/a/.git", "https://h.example/a%2Fb",
	} {
		name := events.RepositoryName(address)
		if other, taken := seen[name]; taken {
			t.Errorf("%s and %s are both %s", address, other, name)
		}
		seen[name] = address
	}
}

func TestAnAddressThatIsNoneIsItsOwnName(t *testing.T) {
	for _, address := range []string{"", "/", "a/b", "https://", "https://h", "https://h/", "ftp://h/a", "file://other/a", "https://h/%zz", ":a", "@:a", "\x00"} {
		if got := events.RepositoryName(address); got != address {
			t.Errorf("RepositoryName(%q) = %q", address, got)
		}
	}
}

func FuzzRepositoryName(f *testing.F) {
	for _, seed := range []string{
		"https://github.com/A/b.git", "git@h:a/b", "ssh://u@h:1/~/x", "file:///a%20b", "a:b@c:d", "ext::x", "https://u:p@h/a?b#c", "/a::b", "h:a b", "https://[::1]:1/a",
		"https://h/.git.git", "ssh://u@h/~", "https://h/a%2F.git", "h:~/a", "https://h/~/a", "[::1]:a", "h:/~/~/a", "https://[fe80::1%25eth0]/a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		name := events.RepositoryName(address)
		if name == address {
			return
		}
		if again := events.RepositoryName(events.RepositoryURL(name)); again != name {
			t.Fatalf("RepositoryName(%q) = %q, and of that %q", address, name, again)
		}
		if strings.HasPrefix(name, "/") {
			return // a local path
		}
		if u, err := url.Parse(events.RepositoryURL(name)); err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("RepositoryName(%q) = %q, which is no URL of host and path: %v", address, name, err)
		}
	})
}
