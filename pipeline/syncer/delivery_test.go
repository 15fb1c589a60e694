package syncer_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/syncer"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

// Old deliveries are deleted, and so are the oldest ones of a busy hook.
func TestDeliveriesAreNotKeptForEver(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	receive := func(hook string, n int) {
		t.Helper()
		h := catalog.Hook{ID: hook + "-0123456789abcdefghij", Tenant: "default", Name: hook, Provider: "generic", Secret: []byte{1}, Allowed: []string{"x"}, Scopes: []string{"submit"}}
		if _, err := p.Catalog.Hooks.Create(t.Context(), catalog.Author{Name: "test"}, h); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if _, err := p.Catalog.Hooks.Receive(t.Context(), catalog.Delivery{Hook: h.ID, Delivery: fmt.Sprint(i), State: catalog.DeliveryReceived}); err != nil {
				t.Fatal(err)
			}
		}
	}
	sweep := func(cfg syncer.Deliveries, want string) {
		t.Helper()
		if err := syncer.RetainDeliveries(cfg, p.Catalog.Hooks).Do(t.Context(), &schedule.Run{}); err != nil {
			t.Fatal(err)
		}
		if got := p.One(t, "select string_agg(name || ' ' || n || ' from ' || first, ', ' order by name) from"+
			" (select h.name, count(*) n, min(delivery::int) first from deliveries d join hooks h on h.id = d.hook group by 1) x"); got != want {
			t.Errorf("deliveries: %s, want %s", got, want)
		}
	}
	receive("busy", 20)
	receive("calm", 3)
	sweep(syncer.Deliveries{}, "busy 20 from 0, calm 3 from 0")
	sweep(syncer.Deliveries{Keep: 5}, "busy 5 from 15, calm 3 from 0")
	p.Rows(t, "update deliveries set received_at = now() - interval '2 days' where delivery <> '2' and hook like 'calm%'")
	sweep(syncer.Deliveries{Age: 24 * time.Hour}, "busy 5 from 15, calm 1 from 2")
}
