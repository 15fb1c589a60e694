package gateway

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// patience bounds what a browser does in a test.
const patience = time.Minute

// tab is a tab of Chromium, and what it complained about.
type tab struct {
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// browse opens a browser as a visitor. A complaint of it, such as a breach of the
// Content-Security-Policy, fails the test.
func (s *site) browse(t testing.TB, who string) *tab {
	t.Helper()
	path := ""
	for _, name := range []string{"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"} {
		if _, err := os.Stat(name); err == nil {
			path = name
			break
		}
	}
	if path == "" {
		t.Skip("there is no chromium: install it to test the pages")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1280, 900), chromedp.Flag("hide-scrollbars", true))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	b := &tab{ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.complaints) > 0 {
			t.Errorf("the browser complains:\n%s", strings.Join(b.complaints, "\n"))
		}
	})
	b.do(t, call(network.Enable, network.EnableParams{}), call(log.Enable, cdp.Empty{}), call(network.SetCookie, network.SetCookieParams{Name: "who", Value: who, URL: s.url}))
	return b
}

// call is a command of the browser's protocol as an action.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

func (b *tab) hear(event any) {
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Source != log.EntrySourceNetwork { // an answer with an error is of the test's making
			b.complain(string(e.Entry.Source) + ": " + e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.complain("exception: " + e.ExceptionDetails.Text)
	}
}

func (b *tab) complain(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, text)
}

func (b *tab) do(t testing.TB, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// ask runs an action that has an answer.
func ask[T any](t testing.TB, b *tab, a chromedp.Action[T]) T {
	t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	answer, err := chromedp.Run(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// look writes what the browser shows into a file.
func (b *tab) look(t testing.TB, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name+".png"), ask(t, b, chromedp.CaptureScreenshot()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// prefer makes the browser prefer light or dark.
func prefer(theme string) chromedp.Action[chromedp.Void] {
	return call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}})
}

// Screenshots of a real repository, for the documentation and for who changes the pages.
func TestScreenshots(t *testing.T) {
	dir, repo := os.Getenv("LEAT_SCREENSHOTS"), os.Getenv("LEAT_SCREENSHOTS_REPO")
	if dir == "" || repo == "" {
		t.Skip("set LEAT_SCREENSHOTS to a directory, and LEAT_SCREENSHOTS_REPO to a repository")
	}
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	s.index(t, repo, "")
	s.furnish(t)
	s.Rows(t, "update snapshots set indexed_at = now() - interval '40 minutes', listed_at = now() - interval '50 minutes', created_at = now() - interval '1 hours' where revision = 1")
	s.grants["root"] = access.Grant{Token: "root", Name: "root", Scopes: access.Scopes}
	b := s.browse(t, "root")
	for _, page := range shots(repo) {
		for _, theme := range []string{"light", "dark"} {
			b.do(t, prefer(theme), chromedp.EmulateViewport(1280, 860), chromedp.Navigate(s.address(page.path)), chromedp.WaitReady("main"))
			b.look(t, dir, page.name+"-"+theme)
		}
		b.do(t, prefer("light"), chromedp.EmulateViewport(400, 800), chromedp.Navigate(s.address(page.path)), chromedp.WaitReady("main"))
		b.look(t, dir, page.name+"-narrow")
	}
}

// address is that of a page for the tenant acme.
func (s *site) address(path string) string {
	if strings.Contains(path, "?") {
		return s.url + path + "&tenant=acme"
	}
	return s.url + path + "?tenant=acme"
}

type shot struct{ name, path string }

func shots(repo string) []shot {
	return []shot{
		{"home", "/"}, {"search", "/search?q=retry+with+backoff"}, {"login", "/login"}, {"repositories", "/repositories"},
		{"repository", "/repository?repository=" + repo}, {"skipped", "/repository?show=skipped&repository=" + repo}, {"directory", "/file?ref=main&repository=" + repo},
		{"pipeline", "/pipeline?compare=1"}, {"letters", "/pipeline/letters"}, {"letter", "/pipeline/letter?id=1"},
		{"tokens", "/admin/tokens"}, {"hooks", "/admin/hooks"}, {"audit", "/admin/audit?of=all"}, {"tenants", "/admin/tenants"},
		{"file", "/file?path=pipeline/batch.go&ref=main&repository=" + repo + "&lines=20-30"}, {"chunks", "/file?path=pipeline/batch.go&show=chunks&ref=main&repository=" + repo},
	}
}
