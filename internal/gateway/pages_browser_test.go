package gateway

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/gitrun"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/internal/worker"
	"github.com/leatworks/leat/pipeline/embedder"
)

// patience bounds what a browser does in a test.
const patience = 3 * time.Minute

// tab is a tab of Chromium, with the complaints of the browser.
type tab struct {
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// browse opens a browser as a visitor. A complaint of the browser, such as a breach of the
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
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1280, 900), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-prefers-reduced-motion", true), // a click misses what a smooth scroll still moves
		chromedp.WSURLReadTimeout(patience))
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
		switch e.Entry.Source {
		case log.EntrySourceNetwork: // the test itself provokes answers with errors
		default:
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

// await waits until an expression is true, even on a page that comes meanwhile. It evaluates
// scripts, because chromedp finds elements in a copy of the document that does not always follow
// replaced hits. If another page takes the place of the one that was asked, the answer may never
// come.
func (b *tab) await(t testing.TB, expression string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		ctx, stop := context.WithTimeout(b.ctx, patience/10)
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		stop()
		if is {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s (%v)", patience, expression, err)
		}
	}
}

// sees waits until an element is shown.
func (b *tab) sees(t testing.TB, selector string) {
	t.Helper()
	b.await(t, fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.getClientRects().length > 0)`, selector))
}

// searched waits until the hits of the last key are shown, and the address says so.
func (b *tab) searched(t testing.TB, address string) {
	t.Helper()
	b.await(t, fmt.Sprintf(`location.href.endsWith(%q) && !document.querySelector(".htmx-request")`, address))
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

// Pictures of the pages over a real repository, for the documentation (make screenshots).
func TestScreenshots(t *testing.T) {
	dir, repo := os.Getenv("LEAT_SCREENSHOTS"), os.Getenv("LEAT_SCREENSHOTS_REPO")
	query := "/search?q=" + url.QueryEscape(cmp.Or(os.Getenv("LEAT_SCREENSHOTS_QUERY"), "retry with backoff")) + "&"
	if dir == "" || repo == "" {
		t.Skip("set LEAT_SCREENSHOTS to a directory, and LEAT_SCREENSHOTS_REPO to a repository")
	}
	shown := filepath.Join(os.TempDir(), "code") // the pictures show it
	if err := os.Mkdir(shown, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(shown) })
	code := filepath.Join(shown, filepath.Base(repo))
	if _, err := gitrun.Run(t.Context(), nil, "clone", "--quiet", "--bare", "--depth=40", "file://"+repo, code); err != nil {
		t.Fatal(err)
	}
	held := &holding{}
	p := testpipe.Open(t, testpipe.Config{Embedder: held})
	s := openSite(t, p)
	s.index(t, code, "")
	p.ConsumeAll(t) // as workers would
	s.grants["root"] = access.Grant{Token: "root", Name: "ada", Scopes: access.Scopes}
	b := s.browse(t, "root")
	open := func(theme, path string, width, height int64) {
		b.do(t, prefer(theme), chromedp.EmulateViewport(width, height), chromedp.Navigate(s.url+path+"tenant=acme"), chromedp.WaitReady("main h1"))
	}
	open("dark", query, 1120, 700)
	b.look(t, dir, "dark")
	open("light", query, 1120, 700)
	b.look(t, dir, "search")
	b.do(t, chromedp.Click(".hit .path"), chromedp.WaitVisible(".beside .code"))
	b.do(t, chromedp.Click(`//nav[@aria-label="Of this file"]/a[text()="Chunks"]`), chromedp.WaitVisible(".chain"))
	b.look(t, dir, "chunks")
	open("light", "/repository?repository="+url.QueryEscape(code)+"&", 1120, 700)
	b.look(t, dir, "repository")
	s.work(t, code, held)
	open("light", "/pipeline?", 1120, 700)
	b.do(t, chromedp.WaitVisible(`//*[@id="hands"]//tbody/tr[5]`))
	b.look(t, dir, "pipeline")
}

// holding is a model that holds documents back while it is told to.
type holding struct {
	embedder.Local
	on atomic.Bool
}

func (h *holding) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	if h.on.Load() && purpose == embedder.Document {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return h.Local.Embed(ctx, texts, purpose)
}

// work starts workers, and gives them an older commit of the repository as a branch. The embedder
// keeps its documents in hand.
func (s *site) work(t *testing.T, code string, held *holding) {
	t.Helper()
	held.on.Store(true)
	cfg := config.Worker{Process: config.Process{Stores: s.Config(), DrainTimeout: time.Second}, InFlight: 64}
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for _, run := range []func(context.Context, *worker.Stores, config.Worker, *slog.Logger) error{worker.Embed, worker.Index} {
		group.Go(func() { _ = run(ctx, s.Stores, cfg, s.Logs.Logger()) })
	}
	t.Cleanup(func() {
		stop()
		group.Wait()
	})
	if _, err := gitrun.Run(t.Context(), nil, "-C", code, "branch", "next", "HEAD~15"); err != nil {
		t.Fatal(err)
	}
	submission := testpipe.Submission(t, "acme", events.RepoSubmitted{Tenant: "acme", URL: code, Ref: "refs/heads/next"})
	if err := s.Ingest.Handle(t.Context(), submission); err != nil {
		t.Fatal(err)
	}
}

// The median time from a key to its hits is at most 100 ms, in a browser with a running leat that
// has indexed a repository. docs/pages.md has the figures.
func TestTypingTime(t *testing.T) {
	at, token, words := os.Getenv("LEAT_TYPING_URL"), os.Getenv("LEAT_TYPING_TOKEN"), os.Getenv("LEAT_TYPING_WORDS")
	if at == "" || token == "" {
		t.Skip("set LEAT_TYPING_URL and LEAT_TYPING_TOKEN to a running leat and a token of it")
	}
	b := (&site{url: at}).browse(t, "")
	b.do(t, chromedp.Navigate(at+"/"), chromedp.SendKeys("#token", token+"\r"), chromedp.WaitVisible("#q"))
	b.do(t, chromedp.Evaluate[chromedp.Void](`
		window.took = [];
		let began = 0;
		document.getElementById("q").addEventListener("input", (event) => { began = event.timeStamp; }, true);
		new MutationObserver(() => {
			const from = began;
			if (!from || !document.querySelector("#results .hit")) return;
			began = 0;
			requestAnimationFrame(() => setTimeout(() => took.push(performance.now() - from), 0)); // it is painted now
		}).observe(document.getElementById("results"), { childList: true });`))
	for _, question := range strings.Split(cmp.Or(words, "parse options,prompt for a password,command group"), ",") {
		b.do(t, chromedp.Evaluate[chromedp.Void](`document.getElementById("q").value = ""`))
		for _, key := range question {
			b.do(t, chromedp.SendKeys("#q", string(key)))
			time.Sleep(150 * time.Millisecond) // as a person types
		}
	}
	took := ask(t, b, chromedp.Evaluate[[]float64](`took`))
	if len(took) < 20 {
		t.Fatalf("hits came %d times", len(took))
	}
	slices.Sort(took)
	half, most := took[len(took)/2], took[len(took)*95/100]
	t.Logf("from a key to its hits, of %d keys: median %.0f ms, p95 %.0f ms, most %.0f ms", len(took), half, most, took[len(took)-1])
	if half > 100 {
		t.Error("more than 100 ms")
	}
}
