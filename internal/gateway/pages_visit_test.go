package gateway

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// mill is a repository that people like to read.
func mill() testpipe.Tree {
	return testpipe.Text(
		"lib/sluice.go", "package mill\n\n// Sluice lets water into the mill race.\nfunc Sluice(open bool) int {\n\tif open {\n\t\treturn 1\n\t}\n\treturn 0\n}\n",
		"lib/wheel.py", "class Wheel:\n    \"\"\"A wheel that turns.\"\"\"\n\n    def turn(self, water):\n        return water * 2\n",
		"README.md", "# Mill\n\nIt grinds.\n", "mill.bin", "\x00\x01", "vendor/modules.txt", "# x\n", "go.mod", "module mill\n", "go.sum", "x v1 h1:a=\n",
		".env", "password = \"hT7kQ9zLm2Xw4Rb8Vn1c\"\n", "empty.txt", "",
	)
}

// addresses lists all pages that a visitor of the tenant can open, with those of a repository.
func addresses(repository string) []string {
	file := func(path, more string) string {
		return "/file?repository=" + url.QueryEscape(repository) + "&ref=main&path=" + url.QueryEscape(path) + more
	}
	at := "repository=" + url.QueryEscape(repository)
	return []string{
		"/", "/search?q=sluice", "/search?q=sluice&language=go&kind=function", "/search?q=sluice&language=nosuch", "/search?q=zzzz&symbol=Nothing", "/repositories",
		"/repository?" + at, "/repository?show=skipped&" + at, "/repository?show=failed&" + at, "/repository?show=secrets&" + at, file("", ""), file("lib", ""),
		file("lib/sluice.go", ""), file("lib/sluice.go", "&lines=3-5&at=0123456789"), file("lib/sluice.go", "&show=chunks"), file("empty.txt", ""), file("mill.bin", ""), file("none", ""),
		"/compare?" + at, "/compare?from=main&to=old&" + at, "/compare?from=old&to=main&path=lib/sluice.go&" + at, "/compare?from=main&to=none&" + at,
		"/symbol?ref=main&" + at, "/symbol?ref=main&symbol=lib/sluice.go%23Sluice&" + at, "/symbol?ref=main&symbol=lib/sluice.go%23&" + at, "/symbol?ref=main&symbol=none&" + at,
		"/pipeline", "/pipeline/letters", "/pipeline/letters?do=drop", "/pipeline/letter?id=1", "/pipeline/letter?id=99",
		"/admin/tokens", "/admin/hooks", "/admin/deliveries", "/admin/audit", "/submission?id=none", "/none",
	}
}

// maxPage is the largest size of a page, in bytes before compression.
const maxPage = 100 << 10

// Each page opens in a browser, keeps to its policy and its size, fits a narrow window, and has no
// serious obstacle for a screen reader.
func TestPagesInABrowser(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	repo := testpipe.NewRepo(t)
	s.put(t, repo, mill())
	older := mill()
	older["lib/sluice.go"] = testpipe.File{Content: "package mill\n\nfunc Sluice() {}\n"}
	repo.CommitTo(t, "refs/heads/old", older)
	s.index(t, repo.Dir, "refs/heads/old")
	s.graphs(t)
	s.furnish(t)
	b := s.browse(t, "acme")
	axe := ""
	if file := os.Getenv("LEAT_TEST_AXE"); file != "" {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		axe = string(source)
	} else {
		t.Log("LEAT_TEST_AXE names no axe.min.js: screen readers are not tried")
	}
	for _, address := range append(addresses(repo.Dir), "/login") {
		if a := s.ask(t, "acme", http.MethodGet, address, nil); len(a.html) > maxPage {
			t.Errorf("%s is %d bytes", address, len(a.html))
		}
		for _, theme := range []string{"light", "dark"} {
			b.do(t, prefer(theme), chromedp.EmulateViewport(1280, 900), chromedp.Navigate(s.url+address), chromedp.WaitReady("main h1"))
			if axe == "" {
				continue
			}
			b.do(t, chromedp.Evaluate[chromedp.Void](axe))
			found := ask(t, b, chromedp.Evaluate[[]string](`axe.run().then(r => r.violations.filter(v => v.impact === "serious" || v.impact === "critical")
				.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 160) + " " + (n.any[0] || n.all[0] || n.none[0] || {message: ""}).message)))`, chromedp.EvalAwaitPromise))
			for _, f := range found {
				t.Errorf("%s in %s: %s", address, theme, f)
			}
		}
		b.do(t, chromedp.EmulateViewport(400, 800))
		if wide := ask(t, b, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)); wide > 400 {
			t.Errorf("%s is %d wide in a window of 400", address, wide)
		}
	}
}

// Hits come while a person types, and the address follows. Keys lead from hit to hit.
func TestSearchWhileTyping(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	s.put(t, testpipe.NewRepo(t), mill())
	b := s.browse(t, "acme")
	b.do(t, chromedp.Navigate(s.url+"/"), chromedp.WaitReady("#q"), chromedp.SendKeys("#q", "sluice"))
	b.searched(t, "/search?q=sluice")
	b.sees(t, ".hit mark")
	b.do(t, chromedp.KeyEvent("\x1b"), chromedp.KeyEvent("j"))
	b.sees(t, ".hit.current")
	b.do(t, chromedp.KeyEvent("?"))
	b.sees(t, "#help")
	b.do(t, chromedp.KeyEvent("\x1b"))
	b.await(t, `!document.getElementById("help").open`)
	b.do(t, chromedp.KeyEvent("/"))
	if at := ask(t, b, chromedp.Evaluate[string](`document.activeElement.id + " " + document.getElementById("q").value`)); at != "q sluice" {
		t.Errorf("after / the focus and the box are %q", at)
	}
	b.do(t, chromedp.KeyEvent("\x1b"), chromedp.KeyEvent("j"), chromedp.KeyEvent("\r"))
	b.sees(t, ".code .l.on")
	b.await(t, `document.readyState === "complete"`)
	if lines := ask(t, b, chromedp.Evaluate[int](`document.querySelectorAll(".code .l.on").length`)); lines != 7 {
		t.Errorf("%d lines are marked", lines)
	}
}

// More hits are added below the first ones. The address follows, and leads to them again. The focus
// is on the first new hit, and a screen reader hears how many there are.
func TestMoreHitsHaveAnAddress(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	tree := testpipe.Tree{}
	for i := range 25 {
		tree[fmt.Sprintf("lib/sluice%02d.go", i)] = testpipe.File{Content: fmt.Sprintf("package mill\n\n// Sluice%02d lets water in.\nfunc Sluice%02d() int { return %d }\n", i, i, i)}
	}
	s.put(t, testpipe.NewRepo(t), tree)
	b := s.browse(t, "acme")
	hits := func() []string {
		return ask(t, b, chromedp.Evaluate[[]string](`[...document.querySelectorAll(".hit .path")].map(a => a.textContent.trim())`))
	}
	b.do(t, chromedp.Navigate(s.url+"/"), chromedp.WaitReady("#q"), chromedp.SendKeys("#q", "sluice water"))
	b.searched(t, "/search?q=sluice+water")
	b.await(t, `document.querySelector("#found[role=status]").textContent === "10 hits"`)
	first := hits()
	b.await(t, `(document.querySelector("[data-more] a").click(), true)`)
	b.await(t, `document.activeElement.matches(".hits + .hits .path")`)
	both := hits()
	if len(first) != 10 || len(both) != 20 || !slices.Equal(both[:10], first) {
		t.Fatalf("first %v, then %v", first, both)
	}
	at := ask(t, b, chromedp.Location())
	if !strings.Contains(at, "after=") {
		t.Errorf("the address is %s", at)
	}
	b.do(t, chromedp.Navigate(at), chromedp.WaitVisible(link("From the first hit on")))
	if again := hits(); !slices.Equal(again, both[10:]) {
		t.Errorf("the address leads to %v, and not to %v", again, both[10:])
	}
	b.do(t, chromedp.Evaluate[chromedp.Void](`history.back()`))
	b.searched(t, "/search?q=sluice+water")
	b.await(t, `document.querySelectorAll(".hit .path").length >= 10`)
	if again := hits(); !slices.Equal(again[:10], first) {
		t.Errorf("the way back leads to %v, and not to %v", again, first)
	}
}

// Search and reading need no scripts.
func TestPagesWithoutScripts(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	s.put(t, testpipe.NewRepo(t), mill())
	b := s.browse(t, "acme")
	b.do(t, call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}),
		chromedp.Navigate(s.url+"/"), chromedp.SendKeys("#q", "sluice\r"), chromedp.WaitVisible(".hit mark"), chromedp.Click(".hit .path"), chromedp.WaitVisible(".code .l.on"),
		chromedp.Click(`//nav[@aria-label="Of this file"]/a[text()="Chunks"]`), chromedp.WaitVisible(".chain"),
		chromedp.Click(`button[value="dark"]`), chromedp.WaitVisible(`html[data-theme="dark"] .chain`))
}

// A directory of many files comes in parts. No part is too large, and all files are listed.
func TestALargeDirectoryComesInParts(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	repo := testpipe.NewRepo(t)
	tree := testpipe.Text("a directory/x.txt", "x\n")
	for i := range 700 {
		tree[fmt.Sprintf("a file with quite a long name, number %03d.txt", i)] = testpipe.File{Content: "x\n"}
	}
	s.put(t, repo, tree)
	next, found := "/file?ref=main&repository="+url.QueryEscape(repo.Dir), 0
	for next != "" {
		a := s.ask(t, "acme", http.MethodGet, next, nil)
		if a.StatusCode != http.StatusOK || len(a.html) > maxPage {
			t.Fatalf("%s: %d, %d bytes", next, a.StatusCode, len(a.html))
		}
		found += strings.Count(a.html, ", number ") // in the text; in an address the blanks are pluses
		_, more, _ := strings.Cut(a.html, `<p class="more"><a class="button plain" href="`)
		more, _, _ = strings.Cut(more, `"`)
		next = html.UnescapeString(more)
	}
	if found != 700 {
		t.Errorf("%d files are listed", found)
	}
}

// Two refs of a repository are compared by file and by line.
func TestComparing(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	repo := testpipe.NewRepo(t)
	s.put(t, repo, mill())
	older := mill()
	delete(older, "lib/wheel.py")
	older["lib/sluice.go"] = testpipe.File{Content: strings.Replace(older["lib/sluice.go"].Content, "return 1", "return 7", 1)}
	repo.CommitTo(t, "refs/heads/old", older)
	s.index(t, repo.Dir, "refs/heads/old")
	b := s.browse(t, "acme")
	b.do(t, chromedp.Navigate(s.url+"/compare?repository="+url.QueryEscape(repo.Dir)), chromedp.SendKeys(`[name="from"]`, "old"), chromedp.SendKeys(`[name="to"]`, "main"),
		chromedp.Click(`main form button`), chromedp.WaitVisible(".change.added"), chromedp.Click(`//a[text()="lib/sluice.go"]`), chromedp.WaitVisible(".sides"))
	row := ask(t, b, chromedp.Evaluate[string](`[...document.querySelector(".sides .text.removed").parentElement.children].map(c => c.textContent.trim()).join("|")`))
	if row != "6|return 7|6|return 1" {
		t.Errorf("the changed line is %q", row)
	}
}

// The page of a repository shows a new commit without being loaded again.
func TestProgressIsLive(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	repo := testpipe.NewRepo(t)
	s.put(t, repo, mill())
	b := s.browse(t, "acme")
	b.do(t, chromedp.Navigate(s.url+"/repository?repository="+url.QueryEscape(repo.Dir)), chromedp.WaitVisible(".track"))
	tree := mill()
	tree["new.go"] = testpipe.File{Content: "package mill\n"}
	commit := repo.Commit(t, tree)
	s.index(t, repo.Dir, "refs/heads/main")
	b.do(t, chromedp.WaitVisible(fmt.Sprintf(`.track [title="%s"]`, commit)))
}

// No text of a repository becomes markup, and none of it runs.
func TestHostileRepository(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	evil := `<img src=x onerror="pwned=1"><script>pwned=1</script>`
	path := `a"onmouseover="pwned=1/<svg onload=pwned=1>'.go`
	repo := testpipe.NewRepo(t)
	s.put(t, repo, testpipe.Text(
		path, "package a\n\n// "+evil+"\nfunc Sluice() { _ = `</code></pre>"+evil+"` }\n", "README.md", "# "+evil+"\n\n[x](javascript:pwned=1) "+evil+" sluice\n",
		"picture.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="pwned=1"><script>pwned=1</script><text>sluice</text></svg>`,
		"page.html", "<html><body onload=pwned=1>"+evil+"<p>sluice</p></body></html>", evil+".md", "sluice "+evil+"\n", `{{.}}${pwned=1}.txt`, "sluice\n",
		"x\u202egpj.js", "// sluice\npwned = 1\n", evil+".bin", "\x00\x01",
	))
	s.Rows(t, "update documents set state = 'failed', error = $1, due_at = 'infinity' where path = 'README.md'", evil)
	s.furnish(t)
	s.Rows(t, "update dead_letters set reason = $1, subject = $1, payload = convert_to($1, 'UTF8')", evil)
	s.grants["acme"] = access.Grant{Tenant: "acme", Token: "acme", Name: evil, Scopes: access.Scopes}
	b := s.browse(t, "acme")
	list := append(addresses(repo.Dir), "/search?q="+url.QueryEscape("sluice "+evil), "/search?q=sluice&path="+url.QueryEscape(evil), "/login?next="+url.QueryEscape(`javascript:pwned=1`))
	for _, file := range []string{path, "README.md", "picture.svg", "page.html", evil + ".md", `{{.}}${pwned=1}.txt`, "x\u202egpj.js"} {
		at := "?ref=main&repository=" + url.QueryEscape(repo.Dir) + "&path=" + url.QueryEscape(file)
		list = append(list, "/file"+at, "/file"+at+"&show=chunks", "/raw"+at)
	}
	seen := false
	for _, address := range list {
		b.do(t, chromedp.Navigate(s.url+address), chromedp.WaitReady("body"))
		state := ask(t, b, chromedp.Evaluate[string](`[typeof pwned, document.querySelectorAll("img, iframe, object, embed, body script, [onload], [onerror], [onmouseover], a[href^='javascript']").length].join(" ")`))
		if state != "undefined 0" {
			t.Errorf("%s: %s", address, state)
		}
		seen = seen || strings.Contains(ask(t, b, chromedp.Evaluate[string](`document.body.innerText`)), evil)
	}
	if !seen {
		t.Error("the hostile text is not shown at all")
	}
}

// Browsers keep the assets of the pages, but not the pages.
func TestAssetsAreKept(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	a := s.ask(t, "", http.MethodGet, "/login", nil)
	for _, part := range strings.Split(a.html, `"/assets/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		f := s.ask(t, "", http.MethodGet, "/assets/"+name, nil)
		if f.StatusCode != http.StatusOK || !strings.Contains(f.Header.Get("Cache-Control"), "immutable") || f.Header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", name, f.StatusCode, f.Header)
		}
	}
	if a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a page: %v", a.Header)
	}
	if f := s.ask(t, "", http.MethodGet, "/assets/style.css", nil); f.StatusCode != http.StatusNotFound {
		t.Errorf("a name without a hash: %d", f.StatusCode)
	}
}

// BenchmarkPages measures the time of pages with 1,000 repositories and 100,000 documents.
func BenchmarkPages(b *testing.B) {
	s := openSite(b, testpipe.Open(b, testpipe.Config{}))
	repo := testpipe.NewRepo(b)
	s.put(b, repo, mill())
	s.crowd(b)
	at := "repository=" + url.QueryEscape(repo.Dir)
	for _, address := range []string{"/", "/search?q=sluice", "/repositories", "/repository?" + at, "/file?ref=main&path=lib/sluice.go&" + at, "/pipeline", "/pipeline/letters"} {
		b.Run(strings.ReplaceAll(address, url.QueryEscape(repo.Dir), "mill"), func(b *testing.B) {
			var times []time.Duration
			for b.Loop() {
				began := time.Now()
				if a := s.ask(b, "acme", http.MethodGet, address, nil); a.StatusCode != http.StatusOK {
					b.Fatal(a.StatusCode, a.html)
				}
				times = append(times, time.Since(began))
			}
			b.ReportMetric(float64(percentile(times, 95).Microseconds())/1000, "p95-ms")
		})
	}
}

// crowd adds 999 repositories with 100 documents each.
func (s *site) crowd(t testing.TB) {
	t.Helper()
	for _, statement := range []string{
		`insert into repositories (id, tenant, url, name) select gen_random_uuid(), 'acme', 'https://forge.test/acme/r' || i, 'forge.test/acme/r' || i from generate_series(1, 999) i`,
		`insert into tracks (id, repository, ref, revision) select gen_random_uuid(), id, 'refs/heads/main', 1 from repositories where url like 'https://forge.test/%'`,
		`insert into snapshots (track, revision, commit, config, rules, lane, state, files, listed_at, indexed_at)
			select t.id, 1, decode(repeat('ab', 20), 'hex'), decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), 'bulk', 'indexed', 100, now(), now()
			from tracks t join repositories r on r.id = t.repository where r.url like 'https://forge.test/%'`,
		`insert into documents (id, track, path, oid, mode, revision, lane, state, chunking, indexed_revision)
			select gen_random_uuid(), t.id, convert_to('dir' || n % 10 || '/file' || n || '.go', 'UTF8'), decode(repeat('cd', 20), 'hex'), 33188, 1, 'bulk', 'indexed',
			(select min(id) from chunkings), 1 from tracks t join repositories r on r.id = t.repository, generate_series(1, 100) n where r.url like 'https://forge.test/%'`,
		`analyze`,
	} {
		s.Rows(t, statement)
	}
}

func percentile(times []time.Duration, percent int) time.Duration {
	slices.Sort(times)
	return times[min(len(times)-1, len(times)*percent/100)]
}
