package webhook_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/webhook"
)

// Read and Verify return, whatever arrives. An effect can only lead to an allowed host and owner,
// and has the fields that its kind promises.
func fuzz(f *testing.F, p webhook.Provider) {
	for _, file := range fixtures(f) {
		if of, r := fixture(f, file); of == p {
			f.Add(r.Header.Get("Content-Type"), eventOf(r.Header), r.Body)
		}
	}
	allowed, err := webhook.ParseAllowed([]string{"github.com/acme", "ssh://git@git.example.org:7999/acme", "git.example.org/acme", "file:///srv/git/acme"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, contentType, event string, body []byte) {
		r := webhook.Request{Header: http.Header{}, Body: body}
		r.Header.Set("Content-Type", contentType)
		for _, name := range eventHeaders {
			r.Header.Set(name, event)
		}
		for _, name := range []string{"X-Hub-Signature", "X-Hub-Signature-256", "X-Gitea-Signature", "X-Leat-Signature", "X-Gitlab-Token", "Webhook-Signature", "Webhook-Timestamp"} {
			r.Header.Set(name, event)
		}
		if err := webhook.Verify(p, []string{"secret"}, r); err == nil && event != "secret" {
			t.Fatalf("verified with %q", event)
		}
		d, err := webhook.Read(p, r)
		if err != nil {
			if !errors.Is(err, webhook.ErrPayload) && !errors.Is(err, webhook.ErrContentType) || len(err.Error()) > 200 {
				t.Fatalf("%.300v", err)
			}
			return
		}
		if len(d.Effects) == 0 || len(d.Effects) > 1000 {
			t.Fatalf("%d effects", len(d.Effects))
		}
		for _, e := range d.Effects {
			check(t, allowed, e)
		}
	})
}

func check(t *testing.T, allowed webhook.Allowed, e webhook.Effect) {
	t.Helper()
	if (e.Kind == webhook.Ignored) != (e.Reason != "") || len(e.Reason) > 300 {
		t.Fatalf("%s with reason %q", e.Kind, e.Reason)
	}
	if text := e.Reason + e.Default + e.Ref + e.Repository.String() + e.Was.String(); strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) {
		t.Fatalf("an effect that no store takes: %q", text)
	}
	if e.Kind == webhook.RefDeleted && !strings.HasPrefix(e.Ref, "refs/") || len(e.Ref) > 1024 || strings.ContainsAny(e.Ref, "\x00\n ") {
		t.Fatalf("%s of ref %q", e.Kind, e.Ref)
	}
	for _, at := range []webhook.Location{e.Repository, e.Was} {
		url, ok := allowed.URL(at)
		if !ok {
			continue
		}
		if strings.Contains(url, "..") && strings.Contains(url, "/../") || strings.ContainsAny(url, " \n\x00?#%\\") {
			t.Fatalf("an odd URL: %q", url)
		}
		lower := strings.ToLower(url)
		for _, prefix := range []string{
			"https://github.com/acme", "ssh://git@git.example.org:7999/acme", "https://git.example.org/acme", "https://git.example.org/scm/acme", "/srv/git/acme",
		} {
			if rest, found := strings.CutPrefix(lower, prefix); found && (rest == "" || rest[0] == '/' || strings.HasPrefix(rest, ".git")) {
				return
			}
		}
		t.Fatalf("%q is not allowed", url)
	}
}

var eventHeaders = []string{"X-GitHub-Event", "X-Gitlab-Event", "X-Gitea-Event", "X-Forgejo-Event", "X-Event-Key", "X-Leat-Event"}

func eventOf(h http.Header) string {
	for _, name := range eventHeaders {
		if value := h.Get(name); value != "" {
			return value
		}
	}
	return ""
}

func FuzzGitHub(f *testing.F)     { fuzz(f, webhook.GitHub) }
func FuzzGitLab(f *testing.F)     { fuzz(f, webhook.GitLab) }
func FuzzGitea(f *testing.F)      { fuzz(f, webhook.Gitea) }
func FuzzBitbucket(f *testing.F)  { fuzz(f, webhook.Bitbucket) }
func FuzzDataCenter(f *testing.F) { fuzz(f, webhook.DataCenter) }
func FuzzGeneric(f *testing.F)    { fuzz(f, webhook.Generic) }

// Every entry of an allow-list that is accepted is written in a form that parses to the same entry.
func FuzzEntry(f *testing.F) {
	for _, seed := range []string{"github.com/acme", "ssh://git@h:7999/a", "file:///srv/git", "http://127.0.0.1:3000", "https://[::1]/a", "a@b:c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		entry, err := webhook.ParseEntry(text)
		if err != nil {
			return
		}
		if again, err := webhook.ParseEntry(entry.String()); err != nil || again != entry {
			t.Fatalf("%q is written as %q, which is read as %q, %v", text, entry, again, err)
		}
	})
}
