package catalog_test

import (
	"errors"
	"testing"

	"github.com/leatworks/leat/pipeline/catalog"
)

// A setting is set, changed and taken back, and each change is in the audit log once.
func TestSettings(t *testing.T) {
	w := newWorld(t)
	by := catalog.Author{Name: "mill", Door: "cli"}
	for _, value := range []string{"4", "4", "8"} {
		if err := w.Settings.Set(t.Context(), by, "scrub-rate", value); err != nil {
			t.Fatal(err)
		}
	}
	list, err := w.Settings.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Name != "scrub-rate" || list[0].Value != "8" || list[0].Actor != "mill" || list[0].At.IsZero() {
		t.Errorf("%+v, %v", list, err)
	}
	if err := w.Settings.Unset(t.Context(), by, "scrub-rate"); err != nil {
		t.Fatal(err)
	}
	if err := w.Settings.Unset(t.Context(), by, "scrub-rate"); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("what nobody has set is taken back with %v", err)
	}
	entries, err := w.Audit.List(t.Context(), catalog.AuditFilter{Action: "setting"}, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Action+" "+e.Target+" "+string(e.Before)+" "+string(e.After))
	}
	want := []string{`setting.unset scrub-rate "8" `, `setting.set scrub-rate "4" "8"`, `setting.set scrub-rate  "4"`}
	if len(got) != len(want) {
		t.Fatalf("the log holds %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("change %d is %q, want %q", i, got[i], want[i])
		}
	}
}
