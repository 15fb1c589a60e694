package gateway

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
)

// press presses a button, named by XPath or as in CSS, and waits until the page, or the one that it leads to, shows an
// element. A script presses it, because it may move, or another may take its place, while a mouse is down. The button
// must be where a mouse could reach it.
func (b *tab) press(t testing.TB, button, shows string) {
	t.Helper()
	press := fmt.Sprintf(`((name) => {
		const found = name.startsWith("/")
			? document.evaluate(name, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue
			: document.querySelector(name);
		if (!found) return false;
		found.scrollIntoView({block: "center", behavior: "instant"});
		const box = found.getBoundingClientRect();
		if (!found.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2))) return false;
		found.focus();
		found.click();
		return true;
	})(%q)`, button)
	for deadline := time.Now().Add(patience); !ask(t, b, chromedp.Evaluate[bool](press)); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nobody can press %s", button)
		}
	}
	b.do(t, chromedp.WaitVisible(shows))
}

// button is the button of a form that posts to a path, with a text.
func button(path, text string) string {
	return fmt.Sprintf(`//form[@method="post" and starts-with(@action, %q)]//button[normalize-space(.)=%q]`, path, text)
}

// state waits until a query of the catalog gives a value.
func (s *site) state(t testing.TB, what, query, want string) {
	t.Helper()
	if got := s.One(t, query); got != want {
		t.Errorf("%s: the catalog has %q, want %q", what, got, want)
	}
}

// The buttons of a repository's page do what they say, as the stores show.
func TestButtonsOfARepository(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	repo := testpipe.NewRepo(t)
	first := repo.Commit(t, mill())
	b := s.browse(t, "acme")
	at := s.url + "/repository?repository=" + url.QueryEscape(repo.Dir)

	b.do(t, chromedp.Navigate(s.url+"/repositories"), chromedp.WaitReady("main h1"), chromedp.SendKeys(`main [name="url"]`, repo.Dir), chromedp.SendKeys(`main [name="ref"]`, "main"))
	b.press(t, button("/submit", "Submit"), `//h1[text()="Submitted"]`)
	s.Settle(t)
	s.state(t, "submitted", "select count(*) from documents d join tracks t on t.id = d.track where t.ref = 'refs/heads/main' and d.state = 'indexed'", "6")

	tree := mill()
	tree["lib/sluice.go"] = testpipe.File{Content: "package mill\n\nfunc Sluice() int { return 7 }\n"}
	second := repo.Commit(t, tree)
	b.do(t, chromedp.Navigate(at), chromedp.WaitVisible(".track"))
	b.press(t, button("/submit", "Look for a new commit"), `//h1[text()="Submitted"]`)
	s.Settle(t)
	head := "select encode(s.commit, 'hex') from snapshots s join tracks t on t.id = s.track where t.ref = 'refs/heads/main' and s.state = 'indexed'"
	s.state(t, "polled", head, second)

	b.do(t, chromedp.Navigate(at), chromedp.WaitVisible("#versions"), chromedp.SendKeys(`#versions [name="commit"]`, first), chromedp.SendKeys(`#versions [name="name"]`, "before"))
	b.press(t, `//*[@id="versions"]//button[text()="Keep"]`, `//*[@id="versions"]//strong[text()="before"]`)
	s.Settle(t)
	s.state(t, "pinned", "select encode(s.commit, 'hex') from versions v join snapshots s on s.track = v.track where v.name = 'before' and s.state = 'indexed'", first)

	b.do(t, chromedp.Navigate(at), chromedp.WaitVisible("#versions"))
	b.press(t, `//*[@id="versions"]//button[text()="Roll main back"]`, `//strong[text()="Rolled back."]`)
	s.Settle(t)
	s.state(t, "rolled back", head, first)
	b.press(t, `//button[text()="Release it"]`, `//main[not(.//strong[text()="Rolled back."])]`)
	s.Settle(t)
	s.state(t, "released", head, second)
	b.do(t, chromedp.Navigate(at), chromedp.WaitVisible(`//*[@id="versions"]//button[text()="Unpin"]`))
	b.press(t, `//*[@id="versions"]//button[text()="Unpin"]`, `//*[@id="versions"]/p[@class="faint"]`)
	s.state(t, "unpinned", "select count(*) from versions", "0")

	b.do(t, chromedp.Navigate(at), chromedp.WaitVisible("#versions"), chromedp.SendKeys(`form[action^="/track"] [name="tags"]`, "v*"),
		chromedp.SendKeys(`form[action^="/track"] [name="searchable"]`, "2"), chromedp.SendKeys(`form[action^="/track"] [name="days"]`, "30"))
	b.press(t, `//*[@id="versions"]//button[text()="Follow"]`, `//p[contains(., "the newest 2 of them do not sleep, each for 30 days")]`)
	s.state(t, "followed", "select concat_ws(' ', glob, keep, searchable, days) from tag_rules", "refs/tags/v* 10 2 30")
	s.Settle(t)
	b.do(t, chromedp.Navigate(at), chromedp.WaitVisible(".track"))
	b.press(t, button("/sleep", "Let it sleep"), `//main[.//strong[text()="Asleep."]]`)
	s.state(t, "put to sleep", "select (dormant_at is not null)::text from tracks where ref = 'refs/heads/main'", "true")
	b.press(t, button("/wake", "Wake it"), `//main[not(.//strong[text()="Asleep."])]`)
	s.state(t, "woken", "select (dormant_at is not null)::text from tracks where ref = 'refs/heads/main'", "false")

	b.do(t, chromedp.Navigate(at), chromedp.WaitVisible("#versions"))
	b.do(t, chromedp.SendKeys(`form[action^="/forget"] [name="name"]`, "something else"))
	b.press(t, button("/forget", "Forget it"), `//p[contains(., "nothing was forgotten")]`)
	s.state(t, "not confirmed", "select count(*) from tracks where ref = 'refs/heads/main' and forgotten_at is not null", "0")
	b.do(t, chromedp.Navigate(at), chromedp.WaitVisible("#versions"))
	name := ask(t, b, chromedp.Evaluate[string](`document.querySelector('form[action^="/forget"] b').textContent`))
	b.do(t, chromedp.SendKeys(`form[action^="/forget"] [name="name"]`, name))
	b.press(t, button("/forget", "Forget it"), "//main") // the live part above may move it
	s.AwaitRows(t, "select 1 where not exists (select 1 from tracks where forgotten_at is null)")
}

// A permalink still shows the same after its branch has moved on, or says what to do.
func TestPermalinksStay(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	repo := testpipe.NewRepo(t)
	s.put(t, repo, mill())
	b := s.browse(t, "acme")
	permalink := func(path string) string {
		t.Helper()
		b.do(t, chromedp.Navigate(s.url+"/file?ref=main&lines=4-6&repository="+url.QueryEscape(repo.Dir)+"&path="+path), chromedp.WaitVisible(".code .l.on"))
		b.press(t, "[data-permalink]", ".code .l.on")
		return ask(t, b, chromedp.Location())
	}
	changed, kept := permalink("lib/sluice.go"), permalink("lib/wheel.py")
	code := `document.querySelector(".code").innerText`
	was := ask(t, b, chromedp.Evaluate[string](code))
	if !strings.Contains(kept, "at=") || !strings.Contains(kept, "lines=4-6") || !strings.HasSuffix(kept, "#L4") {
		t.Errorf("the permalink is %s", kept)
	}
	tree := mill()
	tree["lib/sluice.go"] = testpipe.File{Content: "package mill\n\nfunc Sluice() int { return 7 }\n"}
	tree["lib/turbine.go"] = testpipe.File{Content: "package mill\n"}
	delete(tree, "README.md")
	s.put(t, repo, tree)
	b.do(t, chromedp.Navigate("about:blank"), chromedp.Navigate(kept), chromedp.WaitVisible(`//p[contains(., "main has moved on")]`))
	if now := ask(t, b, chromedp.Evaluate[string](code)); now != was {
		t.Errorf("the permalink shows %q, and was %q", now, was)
	}
	// The tree beside it belongs to the commit, and so do the files that it leads to.
	beside := `[...document.querySelectorAll("aside .tree:not(.symbols) a")].map((a) => a.textContent).join(" ")`
	if list := ask(t, b, chromedp.Evaluate[string](beside)); list != ".. sluice.go wheel.py" {
		t.Errorf("beside the file is %q", list)
	}
	b.press(t, `//aside//a[text()="sluice.go"]`, `//*[@class="code"][contains(., "return 1")]`)
	b.press(t, `//aside//a[text()=".."]`, `//main//a[text()="README.md"]`)
	b.press(t, `//main//a[text()="lib"]`, `//main//a[text()="wheel.py"]`)
	b.press(t, `//p[@class="crumbs"]//a[text()="main"]`, `//main//a[text()="README.md"]`)

	// As the collector of garbage does.
	s.Rows(t, "delete from chunkings k where not exists (select 1 from documents d where d.chunking = k.id)")
	s.Rows(t, "delete from facts f where not exists (select 1 from chunkings k where k.blob = f.blob)")
	s.Rows(t, "delete from blobs b where not exists (select 1 from chunkings k where k.blob = b.sha256) and not exists (select 1 from facts f where f.content = b.sha256)")
	b.do(t, chromedp.Navigate(changed), chromedp.WaitVisible(`//h1[contains(., "is not kept")]`))
	b.press(t, button("/pin", "Keep this commit as a version"), "#versions tbody tr")
	s.Settle(t)
	b.do(t, chromedp.Navigate(changed), chromedp.WaitVisible(".code .l.on"))
	if now := ask(t, b, chromedp.Evaluate[string](code)); !strings.Contains(now, "return 1") {
		t.Errorf("the kept commit shows %q", now)
	}
	raw := ask(t, b, chromedp.Evaluate[string](`fetch([...document.querySelectorAll(".actions a")].find(a => a.textContent === "Raw").href).then(r => r.text())`, chromedp.EvalAwaitPromise))
	if !strings.Contains(raw, "return 1") {
		t.Errorf("raw shows %q", raw)
	}
}

// The buttons of the administration do what they say.
func TestButtonsOfTheAdministration(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	s.Rows(t, "insert into tenants (name) values ('acme') on conflict do nothing")
	b := s.browse(t, "installation")
	open := func(path string) {
		t.Helper()
		b.do(t, chromedp.Navigate(s.url+path), chromedp.WaitReady("main h1"))
	}

	open("/admin/settings")
	b.do(t, chromedp.SendKeys(`#scrub-rate [name="value"]`, "4"))
	b.press(t, `#scrub-rate [value="set"]`, `#scrub-rate [value="unset"]`)
	s.state(t, "a setting", "select value from settings where name = 'scrub-rate'", "4")
	b.do(t, chromedp.WaitVisible(`//*[@id="history"]//td[text()="scrub-rate"]`))
	open("/admin/settings")
	b.press(t, `#scrub-rate [value="unset"]`, `//*[@id="scrub-rate"][not(.//button[@value="unset"])]`)
	s.AwaitRows(t, "select 1 where not exists (select 1 from settings)")
	open("/admin/settings")
	s.state(t, "the audit log", "select count(*) from audit where action like 'setting.%' and target = 'scrub-rate'", "2")
	b.do(t, chromedp.SendKeys(`#scrub-rate [name="value"]`, "many"))
	b.press(t, `#scrub-rate [value="set"]`, `//h1[text()="This cannot be answered"]`)
	s.state(t, "a wrong value", "select count(*) from settings", "0")

	open("/admin/tokens?tenant=acme")
	b.do(t, chromedp.SendKeys(`main [name="name"]`, "ci"), chromedp.Click(`main [name="scope"][value="read"]`))
	b.press(t, button("/admin/tokens", "Create"), "code.secret")
	s.state(t, "a token", "select count(*) from tokens where tenant = 'acme' and name = 'ci' and revoked_at is null", "1")
	b.press(t, button("/admin/tokens", "Revoke"), `//main[not(.//button[normalize-space(.)="Revoke"])]`)
	s.AwaitRows(t, "select 1 from tokens where name = 'ci' and revoked_at is not null")

	open("/admin/hooks?tenant=acme")
	b.do(t, chromedp.SendKeys(`main [name="name"]`, "forge"), chromedp.SendKeys(`main [name="allowed"]`, "github.com/acme"))
	b.press(t, button("/admin/hooks", "Create"), "code.secret")
	s.state(t, "a hook", "select count(*) from hooks where tenant = 'acme' and name = 'forge'", "1")
}

// Dead letters are dropped from their page, after a look at which ones.
func TestButtonsOfDeadLetters(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	s.put(t, testpipe.NewRepo(t), mill())
	s.furnish(t)
	b := s.browse(t, "acme")
	b.do(t, chromedp.Navigate(s.url+"/pipeline/letters?do=drop"), chromedp.WaitReady("main h1"))
	b.press(t, button("/pipeline/letters", "Drop them"), `//p[contains(., "1 letter dropped")]`)
	s.state(t, "dropped", "select count(*) from dead_letters", "0")
}

// A dead letter is tried again from its page, and its document is indexed.
func TestRetryingADeadLetter(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	s.put(t, testpipe.NewRepo(t), mill())
	id := uuid.MustParse(s.Rows(t, "update documents set state = 'failed', error = 'broken', attempts = 12, due_at = 'infinity' where path = 'lib/sluice.go' returning id::text")[0])
	err := s.Catalog.Letters.Bury(t.Context(), catalog.DeadLetter{Worker: "embedder", Tenant: "acme", Document: &id, Reason: "broken", Attempts: 12})
	if err != nil {
		t.Fatal(err)
	}
	b := s.browse(t, "acme")
	b.do(t, chromedp.Navigate(s.url+"/pipeline"), chromedp.WaitVisible(".way"))
	b.press(t, `//main//a[text()="Dead letters"]`, "main tbody tr")
	b.press(t, "main tbody a[data-open]", `//h1[starts-with(., "Dead letter ")]`)
	b.press(t, button("/pipeline/letters", "Retry"), `//p[contains(., "1 letter retried")]`)
	s.state(t, "letters after the retry", "select count(*) from dead_letters", "0")
	s.SettleOwed(t)
	s.state(t, "the document", "select state || ' ' || attempts || coalesce(error, '') from documents where path = 'lib/sluice.go'", "indexed 0")
}

// A commit that removes most of a ref waits until somebody approves it.
func TestLettingACommitThrough(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	repo := testpipe.NewRepo(t)
	many := mill()
	for i := range 110 { // more than may go without approval
		many[fmt.Sprintf("grain/%03d.txt", i)] = testpipe.File{Content: "grain\n"}
	}
	s.put(t, repo, many)
	waits := repo.Commit(t, mill())
	s.index(t, repo.Dir, "refs/heads/main")
	b := s.browse(t, "acme")
	b.do(t, chromedp.Navigate(s.url+"/repository?repository="+url.QueryEscape(repo.Dir)), chromedp.WaitVisible(`//*[contains(., "would remove 110 of 116 documents")]`))
	b.press(t, button("/approve", "Let "+waits[:10]+" through"), `//p[contains(., "was approved")]`)
	if err := s.Sync.Look(t.Context()); err != nil { // the syncer submits the ref again
		t.Fatal(err)
	}
	s.Settle(t)
	s.AwaitRows(t, "select 1 where not exists (select 1 from documents where path like 'grain/%' and state <> 'removed') and not exists (select 1 from approvals)")
	b.do(t, chromedp.WaitVisible(`//main[not(.//p[contains(., "was approved")])]`))
}

// A live part does not replace an element that somebody has opened, or is about to press.
func TestALivePartLeavesPeopleAlone(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	repo := testpipe.NewRepo(t)
	s.put(t, repo, mill())
	b := s.browse(t, "acme")
	b.do(t, chromedp.Navigate(s.url+"/pipeline"), chromedp.WaitVisible(".way"))
	b.press(t, ".way summary", ".way table")
	replaced := ask(t, b, chromedp.Evaluate[string](`new Promise((done) => {
		const was = document.querySelector(".way");
		const look = () => document.querySelector(".way") === was ? setTimeout(look, 20)
			: done([document.querySelector(".way details").open, document.activeElement.tagName].join(" "));
		look();
	})`, chromedp.EvalAwaitPromise))
	if replaced != "true SUMMARY" { // open, and in focus
		t.Errorf("after the part was replaced: %s", replaced)
	}
}

// The page of the pipeline shows the progress of a rebuild without being loaded again.
func TestARebuildIsLive(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	b := s.browse(t, "installation")
	b.do(t, chromedp.Navigate(s.url+"/pipeline?tenant=acme"), chromedp.WaitVisible("#generations"))
	s.Rows(t, "insert into generations (embedder, collection, state, points, chunks) select embedder, 'next', 'building', 40, 100 from generations")
	shown := ask(t, b, chromedp.Evaluate[string](`new Promise((done) => {
		const part = document.querySelector("[data-part]"), end = Date.now() + 20000;
		const look = () => part.innerText.includes("Cancel") || Date.now() > end ? done(part.innerText) : setTimeout(look, 50);
		look();
	})`, chromedp.EvalAwaitPromise))
	if !strings.Contains(shown, "40 of 100") {
		t.Errorf("the page shows %q; %s", shown, s.Logs)
	}
}
