package gateway

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/testenv/testpipe"
)

// link returns the XPath of a link with a text.
func link(text string) string { return fmt.Sprintf(`//a[normalize-space(.)=%q]`, text) }

// A person who only has the address finds each function with at most three clicks, including the
// one that does it. Two clicks show why a file is missing.
func TestThreeClicksLeadToEachFunction(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	repo := testpipe.NewRepo(t)
	s.put(t, repo, mill())
	s.furnish(t)
	s.grants["root"] = access.Grant{Token: "root", Name: "ada", Scopes: access.Scopes}
	parts := strings.Split(strings.TrimSuffix(repo.Dir, ".git"), "/")
	card := fmt.Sprintf(`//main//a[contains(., %q)]`, strings.Join(parts[len(parts)-2:], "/"))
	b := s.browse(t, "root")
	for _, walk := range []struct {
		function string
		clicks   []string // each leads to the next; the last one does the work, and is not pressed
	}{
		{"search", []string{`//main//button[text()="Search"]`}},
		{"filters", []string{`//summary[normalize-space(.)="Filters"]`, `//input[@name="path"]`}},
		{"why a file is missing", []string{card, link("skipped"), `//tr[contains(., "go.sum")]//td[contains(., "lock_file")]`}}, // two, and a look
		{"the files of one reason", []string{card, `//a[contains(., "lock_file")]`, `//tr[contains(., "go.sum")]`}},
		{"a file", []string{card, link("main"), link("README.md")}},
		{"why a file failed", []string{card, link("Failures")}},
		{"masked secrets", []string{card, link("Masked secrets")}},
		{"submit", []string{link("Repositories"), `//main//button[text()="Submit"]`}},
		{"poll", []string{card, `//button[text()="Look for a new commit"]`}},
		{"keep a version", []string{card, `//*[@id="versions"]//button[text()="Keep"]`}},
		{"forget", []string{card, `//button[text()="Forget it"]`}},
		{"compare", []string{card, link("Compare"), `//main//button[text()="Compare"]`}},
		{"work under way", []string{link("Pipeline"), `//*[@id="hands"]`}},
		{"a dead letter", []string{link("Pipeline"), link("Dead letters"), `//main//a[@data-open]`}},
		{"retry letters", []string{link("Pipeline"), link("Dead letters"), link("Retry all that match …")}},
		{"rebuild", []string{link("Pipeline"), `//button[text()="Rebuild"]`}},
		{"compare the stores", []string{link("Pipeline"), link("Compare the stores now")}},
		{"make a token", []string{link("Administration"), `//main//button[normalize-space(.)="Create"]`}},
		{"make a hook", []string{link("Administration"), link("Webhooks"), `//main//button[normalize-space(.)="Create"]`}},
		{"deliveries", []string{link("Administration"), link("Deliveries")}},
		{"who changed what", []string{link("Administration"), link("Changes")}},
		{"tenants", []string{link("Administration"), link("Tenants"), `//main//button[normalize-space(.)="Create"]`}},
		{"settings", []string{link("Administration"), link("Settings"), `//*[@id="scrub-rate"]//button[text()="Set"]`}},
		{"keys", []string{`//button[contains(., "Keys")]`, `//*[@id="help"]//h2`}},
		{"dark", []string{`//button[text()="Dark"]`}},
		{"HTTP API", []string{link("HTTP API")}},
	} {
		t.Run(walk.function, func(t *testing.T) {
			if len(walk.clicks) > 3 {
				t.Fatalf("it takes %d clicks", len(walk.clicks))
			}
			b.do(t, chromedp.Navigate(s.url+"/?tenant=acme"), chromedp.WaitVisible("#q"))
			for i, element := range walk.clicks {
				if i == len(walk.clicks)-1 {
					b.do(t, chromedp.WaitVisible(element))
					break
				}
				b.press(t, element, walk.clicks[i+1])
			}
		})
	}
}
