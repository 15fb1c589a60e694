package catalog

import "testing"

func TestNameOf(t *testing.T) {
	for sql, want := range map[string]string{
		"-- name: Approve :execrows\nupdate approvals": "Approve",
		"-- name: Approve":               "Approve",
		"select 1":                       "SELECT",
		"\n\tinsert into a values (1)":   "INSERT",
		"commit":                         "COMMIT",
		"with\na as (select 1) select 1": "WITH",
		"":                               "",
		"averyveryverylongfirstword x":   "AVERYVERYVERYLON",
	} {
		if got := nameOf(sql); got != want {
			t.Errorf("nameOf(%q) = %q, want %q", sql, got, want)
		}
	}
}
