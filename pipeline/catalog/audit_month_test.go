package catalog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// The log has a partition for this month and the next two. Rows that were written before a
// partition existed move into it, and months that ended long ago are dropped.
func TestTheAuditLogHasAPartitionAMonth(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Tenants.Create(t.Context(), catalog.Author{Name: "a", Door: "cli"}, catalog.Tenant{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	w.exec(t, "insert into audit (at, tenant, actor, token, door, address, request, action, target) values (now() - interval '3 years', '', 'old', '', '', '', '', 'x', 'x')")
	w.exec(t, "create table audit_2020_01 partition of audit for values from ('2020-01-01 00:00:00Z') to ('2020-02-01 00:00:00Z')")
	partitions := func() string {
		return value[string](t, w, "select string_agg(inhrelid::regclass::text, ' ' order by 1) from pg_inherits where inhparent = 'audit'::regclass")
	}
	for i, want := range [][2]int64{{3, 1}, {0, 0}} {
		made, dropped, err := w.Audit.Keep(t.Context(), time.Now().AddDate(-1, 0, 0))
		if err != nil || made != want[0] || dropped != want[1] {
			t.Errorf("round %d: made %d, dropped %d, %v", i, made, dropped, err)
		}
	}
	names := strings.Fields(partitions())
	if len(names) != 4 || strings.Contains(partitions(), "audit_2020_01") {
		t.Errorf("the partitions are %s", names)
	}
	if n := value[int](t, w, "select count(*) from audit_rest"); n != 0 {
		t.Errorf("%d rows are in no month", n)
	}
	list, err := w.Audit.List(t.Context(), catalog.AuditFilter{AnyTenant: true}, 10)
	if err != nil || len(list) != 1 || list[0].Action != "tenant.create" || list[0].Actor != "a" || list[0].Before != nil {
		t.Errorf("listed %+v, %v", list, err)
	}
	downAll(t, w.Catalog)
}
