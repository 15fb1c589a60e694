package gateway

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
)

// The page of the pipeline shows what a worker takes in hand while it is open.
func TestThePipelineShowsWhatIsInHand(t *testing.T) {
	s := openSite(t, testpipe.Open(t, testpipe.Config{}))
	repo := testpipe.NewRepo(t)
	s.put(t, repo, mill())
	w := catalog.Worker{ID: uuid.New(), Name: "embedder", Host: "host-7", StartedAt: time.Now()}
	tell := func() {
		t.Helper()
		if err := s.Catalog.Workers.Tell(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	b := s.browse(t, "acme")
	tell() // a worker that is silent for half a minute is lost
	b.do(t, chromedp.Navigate(s.url+"/pipeline"), chromedp.WaitVisible(`//*[@id="hands"]//p[contains(., "No worker has anything in hand now.")]`))
	w.Held = 3
	for _, path := range []string{"lib/sluice.go", "<b>lib</b>"} {
		w.Holdings = append(w.Holdings, catalog.Holding{
			Tenant: "acme", Repository: events.RepositoryID("acme", repo.Dir), Ref: "refs/heads/main", Path: path, Lane: "live", Delivered: 2, Since: time.Now().Add(-2 * time.Minute),
		})
	}
	tell()
	b.do(t, chromedp.WaitVisible(`//*[@id="hands"]//tr[contains(., "2 minutes")]//a[text()="<b>lib</b>"]`))
	b.press(t, `//*[@id="hands"]//a[text()="lib/sluice.go"]`, ".beside .code")

	tell()
	if a := s.ask(t, "acme", http.MethodGet, "/pipeline", nil); strings.Contains(a.html, "host-7") || strings.Contains(a.html, "3 messages") {
		t.Error("a tenant is told of hosts and of others' work")
	}
	if a := s.ask(t, "installation", http.MethodGet, "/pipeline?tenant=acme", nil); !strings.Contains(a.html, "host-7") || !strings.Contains(a.html, "3 messages") {
		t.Error("the installation is not told of hosts and of all work")
	}
}
