package syncer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// A tenant's flood of junk costs that tenant its oldest letters. It costs nobody else
// a letter.
func TestAFloodOfLettersIsBounded(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	bury := func(tenant, payload string, n int) {
		t.Helper()
		for i := range n {
			letter := catalog.DeadLetter{
				Worker: "ingestor", Message: fmt.Sprint(tenant, len(payload), i), Tenant: tenant, Subject: "leat.repo.submitted." + tenant,
				Payload: []byte(payload), Reason: fmt.Sprint("junk ", i), Attempts: 1,
			}
			if err := p.Catalog.Letters.Bury(t.Context(), letter); err != nil {
				t.Fatal(err)
			}
		}
	}
	sweep := func(limit catalog.LetterLimit, want string) {
		t.Helper()
		if err := syncer.Letters(limit, p.Catalog.Letters, p.Logs.Logger()).Do(t.Context(), &schedule.Run{}); err != nil {
			t.Fatal(err)
		}
		if got := p.One(t, "select string_agg(tenant || ' ' || n, ', ' order by tenant) from (select tenant, count(*) n from dead_letters group by 1) x"); got != want {
			t.Errorf("letters: %s, want %s", got, want)
		}
	}
	bury("calm", "junk", 3)
	bury("flood", strings.Repeat("x", 1<<20), 50)
	if got := p.One(t, "select max(octet_length(payload))::text from dead_letters"); len(got) != 4 || got > "4096" {
		t.Errorf("a payload of 1 MiB takes %s bytes, want at most 4096", got)
	}
	if got := p.One(t, "select right(encode(payload, 'escape'), 12) from dead_letters where tenant = 'flood' limit 1"); !strings.HasSuffix(got, ")") {
		t.Errorf("a payload that was cut ends in %q", got)
	}
	sweep(catalog.LetterLimit{}, "calm 3, flood 50")
	sweep(catalog.LetterLimit{Most: 20}, "calm 3, flood 20")
	if got := p.One(t, "select min(reason) from dead_letters where tenant = 'flood'"); got != "junk 30" {
		t.Errorf("the first letter left is %q, want the oldest to have gone", got)
	}
	if !strings.Contains(p.Logs.String(), "tenant=flood letters=30") {
		t.Error("the log does not say what went")
	}
	sweep(catalog.LetterLimit{MostBytes: 41 << 10}, "calm 3, flood 10")
	p.Rows(t, "update dead_letters set created_at = now() - interval '2 days' where tenant = 'calm' and reason <> 'junk 2'")
	sweep(catalog.LetterLimit{Age: 24 * time.Hour}, "calm 1, flood 10")
}
