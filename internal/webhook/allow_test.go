package webhook_test

import (
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/webhook"
)

func TestParseEntry(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"github.com/acme", "github.com/acme"},
		{"https://GitHub.com/acme/", "github.com/acme"},
		{"github.com:443/acme/a.git", "github.com/acme/a"},
		{"git.example.org", "git.example.org"},
		{"git.example.org:8443/a/b", "git.example.org:8443/a/b"},
		{"ssh://git.example.org:7999/PROJ", "ssh://git@git.example.org:7999/PROJ"},
		{"ssh://me@git.example.org:22", "ssh://me@git.example.org"},
		{"http://127.0.0.1:3000", "http://127.0.0.1:3000"},
		{"https://[::1]:3000/a", "[::1]:3000/a"},
		{"file:///srv/git", "file:///srv/git"},
		// Refused.
		{"", ""}, {"github.com", ""}, {"gitlab.com/", ""}, {"https://bitbucket.org", ""}, {"/acme", ""}, {"*", ""}, {"*.example.org/a", ""},
		{"git.example.org/../b", ""}, {"git.example.org/a//b", ""}, {"git.example.org/a?b", ""}, {"git.example.org/a#b", ""}, {"git.example.org/-a", ""},
		{"https://me:secret@git.example.org/a", ""}, {"https://token@git.example.org/a", ""}, {"ssh://me:secret@git.example.org/a", ""},
		{"ftp://git.example.org/a", ""}, {"file:///", ""}, {"file://host/a", ""}, {"git example.org", ""}, {"git.example.org:port/a", ""},
		{strings.Repeat("x", 5000) + ".org", ""},
	} {
		entry, err := webhook.ParseEntry(test.text)
		if (err == nil) != (test.want != "") || err == nil && entry.String() != test.want {
			t.Errorf("%.60q: %q, %v, want %q", test.text, entry, err, test.want)
		}
		if err != nil && (strings.Contains(err.Error(), "secret") || len(err.Error()) > 300) {
			t.Errorf("%.60q: the error holds a credential, or is long: %.400v", test.text, err)
		}
		if err == nil {
			if again, err := webhook.ParseEntry(entry.String()); err != nil || again != entry {
				t.Errorf("%q is written as %q, which is read as %+v, %v", test.text, entry, again, err)
			}
		}
	}
	if _, err := webhook.ParseAllowed(nil); err == nil {
		t.Error("an empty list is taken")
	}
	if _, err := webhook.ParseAllowed([]string{"git.example.org", "*"}); err == nil {
		t.Error("a bad entry is taken")
	}
}

// A payload's URL leads only to a host and an owner of the list.
func TestAllowed(t *testing.T) {
	for _, test := range []struct{ allow, url, want string }{
		{"github.com/acme", "https://github.com/acme/a.git", "https://github.com/acme/a.git"},
		{"github.com/acme", "http://github.com/acme/a", "https://github.com/acme/a"},
		{"ssh://github.com/acme", "git@github.com:acme/a.git", "ssh://git@github.com/acme/a.git"},
		{"ssh://deploy@git.example.org:7999/acme", "ssh://git@git.example.org:7999/acme/a.git", "ssh://deploy@git.example.org:7999/acme/a.git"},
		{"github.com/acme/a", "https://github.com/acme/a", "https://github.com/acme/a"},
		{"gitlab.example/group", "https://gitlab.example/group/sub/a.git", "https://gitlab.example/group/sub/a.git"},
		{"gitlab.example", "https://gitlab.example/any/a", "https://gitlab.example/any/a"},
		{"http://127.0.0.1:3000/acme", "http://127.0.0.1:3000/acme/a.git", "http://127.0.0.1:3000/acme/a.git"},
		{"file:///srv/git", "/srv/git/a.git", "/srv/git/a.git"},
		{"file:///srv/git", "file:///srv/git/a", "/srv/git/a"},
		// Refused.
		{"github.com/acme", "https://github.com/acme-evil/a", ""},
		{"github.com/acme", "https://github.com/evil/acme/a", ""},
		{"github.com/acme", "https://github.com/evil/a", ""},
		{"github.com/acme/a", "https://github.com/acme/ab", ""},
		{"github.com/acme", "https://github.com.evil.org/acme/a", ""},
		{"github.com/acme", "https://evil.org/github.com/acme/a", ""},
		{"github.com/acme", "https://github.com@evil.org/acme/a", ""},
		{"github.com/acme", "https://github.com:8443/acme/a", ""},
		{"github.com/acme", "https://github.com/acme/../evil/a", ""},
		{"github.com/acme", "https://github.com/acme/%2e%2e/evil", ""},
		{"github.com/acme", "https://github.com/acme%2f..%2fevil", ""},
		{"github.com/acme", "https://github.com/acme/a?x=1", ""},
		{"github.com/acme", "https://github.com/acme//a", ""},
		{"github.com/acme", "https://github.com/acme/-a", ""},
		{"github.com/acme", "git@github.com:acme/a", ""},
		{"github.com/acme", "ext::sh -c id", ""},
		{"github.com/acme", "/acme/a", ""},
		{"git.example.org/Acme", "https://git.example.org/acme/a", ""}, // a generic host may tell upper from lower case
		{"file:///srv/git", "/srv/git/../secret", ""},
		{"file:///srv/git", "/srv/gitolite/a", ""},
		{"file:///srv/git", "https://srv/git/a", ""},
		{"git.example.org", "file:///etc", ""},
	} {
		allowed, err := webhook.ParseAllowed([]string{test.allow})
		if err != nil {
			t.Fatal(err)
		}
		got, ok := allowed.URL(location(t, test.url))
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%s names %s: %q, want %q", test.allow, test.url, got, test.want)
		}
	}
}

// location returns the location that a generic delivery makes of a URL.
func location(t *testing.T, url string) webhook.Location {
	t.Helper()
	return read(t, webhook.Generic, `{"url":"`+url+`"}`).Repository
}

func read(t *testing.T, p webhook.Provider, body string, header ...string) webhook.Effect {
	t.Helper()
	r := webhook.Request{Header: map[string][]string{"Content-Type": {"application/json"}}, Body: []byte(body)}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	d, err := webhook.Read(p, r)
	if err != nil || len(d.Effects) != 1 {
		t.Fatalf("%s: %+v, %v", body, d.Effects, err)
	}
	return d.Effects[0]
}

// The hosts that leat knows do not tell upper from lower case. A payload without a host means the
// host in the list. Bitbucket Data Center puts scm into URLs.
func TestAllowedOfProviders(t *testing.T) {
	for _, test := range []struct {
		file string
		list []string
		want string
	}{
		{"github/push", []string{"github.com/millrace"}, "https://github.com/Millrace/sluice.git"},
		{"github/push", []string{"ssh://github.com/millrace"}, "ssh://git@github.com/Millrace/sluice.git"},
		{"github/push_enterprise", []string{"git.mill.example:8443"}, "https://git.mill.example:8443/Millrace/sluice.git"},
		{"github/push_enterprise", []string{"github.com/millrace"}, ""},
		{"gitlab/push", []string{"gitlab.example/water"}, "https://gitlab.example/water/works/sluice.git"},
		{"gitlab/push", []string{"gitlab.example/works"}, ""},
		{"gitlab/destroyed", []string{"gitlab.example/water"}, "https://gitlab.example/water/works/sluice.git"},
		{"gitlab/destroyed", []string{"gitlab.example/fire", "ssh://gitlab.example/water"}, "ssh://git@gitlab.example/water/works/sluice.git"},
		{"gitlab/destroyed", []string{"gitlab.example/fire", "file:///water"}, ""},
		{"gitea/push", []string{"ssh://git.mill.example:2222/mill"}, "ssh://git@git.mill.example:2222/mill/sluice.git"},
		{"bitbucket/deleted", []string{"bitbucket.org/millrace"}, "https://bitbucket.org/millrace/sluice.git"},
		{"datacenter/push_without_links", []string{"code.mill.example/MILL"}, "https://code.mill.example/scm/mill/sluice.git"},
		{"datacenter/push_without_links", []string{"ssh://code.mill.example:7999/MILL"}, "ssh://git@code.mill.example:7999/mill/sluice.git"},
		{"datacenter/push", []string{"code.mill.example/MILL"}, "https://code.mill.example/scm/mill/sluice.git"},
		{"datacenter/push", []string{"ssh://code.mill.example:7999/mill"}, "ssh://git@code.mill.example:7999/mill/sluice.git"},
		{"datacenter/push", []string{"code.mill.example/scm"}, ""},
	} {
		allowed, err := webhook.ParseAllowed(test.list)
		if err != nil {
			t.Fatal(err)
		}
		p, r := fixture(t, "testdata/"+test.file+".http")
		d, err := webhook.Read(p, r)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := allowed.URL(d.Effects[0].Repository); got != test.want {
			t.Errorf("%s with %v: %q, want %q", test.file, test.list, got, test.want)
		}
	}
	allowed, _ := webhook.ParseAllowed([]string{"git.example.org"})
	if got, ok := allowed.URL(nil); ok {
		t.Errorf("no repository at all: %q", got)
	}
}
