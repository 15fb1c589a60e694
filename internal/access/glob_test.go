package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/access"
)

func reaches(t *testing.T, glob, url string) bool {
	t.Helper()
	globs, err := access.CheckGlobs([]string{glob})
	if err != nil {
		t.Fatal(err)
	}
	return access.Grant{Repositories: globs}.Reaches(url)
}

func TestAGlobReachesWhatItNames(t *testing.T) {
	for _, test := range []struct {
		glob, url string
		want      bool
	}{
		{"github.com/acme/mill", "https://github.com/acme/mill", true},
		{"github.com/acme/mill", "https://github.com/acme/mill.git", true},
		{"github.com/acme/mill.git", "https://github.com/acme/mill", true},
		{"github.com/acme/*.git", "https://github.com/acme/mill", true},
		{"github.com/acme/mill", "https://github.com/acme/mill/", true},
		{"github.com/acme/mill", "ssh://git@github.com/acme/mill.git", true},
		{"github.com/acme/mill", "git@github.com:acme/mill.git", true},
		{"github.com/acme/mill", "git@github.com:/acme/mill", true},
		{"github.com/acme/mill", "https://github.com:443/acme/mill", true},
		{"github.com/acme/mill", "ssh://git@github.com:22/acme/mill", true},
		{"github.com/acme/mill", "HTTPS://GitHub.COM/Acme/Mill", true},
		{"GitHub.com/Acme/Mill", "https://github.com/acme/mill", true},
		{"github.com/acme/mill", "https://github.com//acme/mill.git.git", true},
		{"www.github.com/acme/mill", "ssh://git@ssh.github.com:443/acme/mill", true},
		{"a.example:443/b c/d", "https://A.example/b%20c/d", true},
		{"a.example/x", "alice@a.example:x", false},
		{"a.example/~alice/x", "alice@a.example:x", true},
		{"a.example/.git", "https://a.example/.git", true},
		{"*/Acme/mill", "https://github.com/acme/MILL", true},
		{"git.example.org/Acme/mill", "https://git.example.org/Acme/mill", true},
		{"git.example.org/Acme/mill", "https://git.example.org/acme/mill", false},
		{"git.example.org/mill", "https://git.example.org/mill.GIT", false},

		{"github.com/acme/mill", "https://github.com/acme/millstone", false},
		{"github.com/acme/mill", "https://github.com/acme/mill/wheel", false},
		{"github.com/acme/mill", "https://github.com/x/acme/mill", false},
		{"github.com/acme/*", "https://github.com/acme/mill", true},
		{"github.com/acme/*", "https://github.com/acme/mill/wheel", false},
		{"github.com/acme/*", "https://github.com/acme", false},
		{"github.com/acme/mill-*", "https://github.com/acme/mill-wheel", true},
		{"github.com/acme/mill-*", "https://github.com/acme/mill", false},
		{"github.com/acme/*-a-*b", "https://github.com/acme/x-a-a-ab", true},
		{"gitlab.com/acme/**", "https://gitlab.com/acme/a/b/c", true},
		{"gitlab.com/acme/**", "https://gitlab.com/acmes/a", false},
		{"gitlab.com/**/mill", "https://gitlab.com/a/b/mill", true},
		{"gitlab.com/**/a/*/c", "https://gitlab.com/a/b/a/b/c", true},
		{"gitlab.com/**", "https://gitlab.com/a/b", true},
		{"*/**", "https://anything.example/a", true},
		{"*/**", "/srv/repository", false},
		{"*.example.org/**", "https://git.example.org/a", true},
		{"*.example.org/**", "https://example.org/a", false},
		{"*.example.org/**", "https://evilexample.org/a", false},

		{"example.org/**", "https://example.org:8443/a", false},
		{"example.org:8443/**", "https://example.org:8443/a", true},
		{"example.org/**", "ssh://git@example.org:443/a", false},

		// Writing another's host as the user of an address gains nothing.
		{"github.com/acme/**", "https://github.com@evil.example/acme/mill", false},
		{"github.com/acme/**", "git@evil.example:github.com/acme/mill", false},
		{"github.com/acme/**", "github.com@evil.example:acme/mill", false},
		{"github.com/acme/**", "ssh://github.com:acme@evil.example/acme/mill", false},
		{"github.com/acme/**", "https://github.com.evil.example/acme/mill", false},
		{"github.com/acme/**", "https://evil.example/github.com/acme/mill", false},
		{"github.com/acme/**", "https://evil.example#@github.com/acme/mill", false},
		{"github.com/acme/**", `https://evil.example\@github.com/acme/mill`, false},
		{"github.com/acme/**", "https://github.com./acme/mill", false},
		{"github.com/acme/**", "https://gıthub.com/acme/mill", false},
		{"github.com/acme/**", "/github.com/acme/mill", false},
		{"github.com/acme/**", "github.com/acme/mill", false},
		{"github.com/acme/**", "file:///github.com/acme/mill", false},
		{"github.com/acme/**", "ext::https://github.com/acme/mill", false},
		{"github.com/acme/**", "javascript://github.com/acme/mill", false},

		// A path that a server may understand differently has no name.
		{"github.com/acme/**", "https://github.com/acme/../evil/mill", false},
		{"github.com/acme/**", "https://github.com/acme/%2e%2e/evil/mill", false},
		{"github.com/acme/**", "https://github.com/acme/%252e%252e/evil", false},
		{"github.com/acme/**", "https://github.com/acme/..%2Fevil/mill", false},
		{"github.com/acme/**", "https://github.com/acme%2fmill", false},
		{"github.com/acme/**", "https://github.com/acme/./mill", false},
		{"github.com/acme/**", "https://github.com/acme/mill?x=/acme/mill", false},
		{"github.com/acme/**", "https://github.com/acme/mill#x", false},
		{"github.com/acme/**", `https://github.com/acme\..\evil`, false},
		{"github.com/acme/**", "https://github.com/acme/mill\x00.evil", false},
		{"github.com/acme/**", "https://github.com/acme/mill\n", false},
		{"github.com/acme/**", "https://github.com/acme/mill\u200b", false},
		{"github.com/acme/**", "git@github.com:acme/../evil", false},
		{"github.com/acme/**", "", false},

		{"/srv/git/*", "/srv/git/mill", true},
		{"/srv/git/*", "file:///srv/git/mill", true},
		{"/srv/git/*", "/srv/git/../secret", false},
		{"/srv/git/*", "/srv/git/a/b", false},
		{"/srv/git/mill", "/srv/git/mill.git", false},
		{"/srv/**", "https://srv/x", false},
	} {
		if got := reaches(t, test.glob, test.url); got != test.want {
			t.Errorf("%s and %q: %v", test.glob, test.url, got)
		}
	}
}

func TestNoGlobsReachAll(t *testing.T) {
	for _, url := range []string{"https://github.com/a/b", "/srv/x", "anything"} {
		if !(access.Grant{}).Reaches(url) {
			t.Errorf("a grant without globs does not reach %s", url)
		}
	}
}

func TestGlobsAreChecked(t *testing.T) {
	for _, glob := range []string{
		"", "/", "*", "**", "github.com", "github.com/", "https://github.com/a/b", "git@github.com:a/b", "github.com/a/../b", "github.com/a//b",
		"github.com/./a", "github.com/a**", "github.com/a/**b", "github.com/[a-z]/b", "github.com/{a,b}/c", "github.com/a?b/c", "!github.com/a/b",
		"git*hub.com/a", "github.com*/a", "*github.com/a", "**/a", "*.*/a", "github.com./a", "-x/a", ".github.com/a", "github..com/a", "gıthub.com/a",
		"github.com/a\x00", "github.com/a\nb", "github.com/a\\b", "github.com/a%2fb", "github.com/" + strings.Repeat("a", 300), "github.com/\xff", "*./a", "//a",
	} {
		if got, err := access.CheckGlobs([]string{glob}); err == nil {
			t.Errorf("%q is accepted as %q", glob, got)
		}
	}
	if _, err := access.CheckGlobs(make([]string, access.MaxGlobs+1)); err == nil {
		t.Error("any number of globs is accepted")
	}
	got, err := access.CheckGlobs([]string{"B.example/x", "github.com/A/b.git/", "b.example/x"})
	if err != nil || strings.Join(got, " ") != "b.example/x github.com/a/b" {
		t.Errorf("got %q, %v", got, err)
	}
}

// Even with many stars, the time of a match does not grow beyond the product of the lengths.
func TestAGlobIsMatchedFast(t *testing.T) {
	began := time.Now()
	globs := []string{"github.com/" + strings.Repeat("*a", 120), "github.com/" + strings.Repeat("**/a/", 48) + "b"}
	globs, err := access.CheckGlobs(globs)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		access.Reaches(globs, "https://github.com/"+strings.Repeat("a", 3000)+"b")
		access.Reaches(globs, "https://github.com/"+strings.Repeat("a/", 1500)+"c")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}

func FuzzNames(f *testing.F) {
	for _, seed := range []string{"https://github.com/a/b.git", "git@host:a/b", "/srv/x", "ssh://u@h:22/%7ea", "https://[::1]:443/a", "file://localhost/a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		name, ok := access.Name(address)
		if !ok {
			return
		}
		if strings.Contains(name, "//") || strings.Contains(name, "/../") || strings.ContainsAny(name, "\x00\n") || !strings.Contains(name, "/") {
			t.Errorf("%q is named %q", address, name)
		}
		if access.Reaches([]string{"other.example/**"}, address) && !strings.HasPrefix(name, "other.example/") {
			t.Errorf("%q, named %q, is reached", address, name)
		}
	})
}
