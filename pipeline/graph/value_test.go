package graph

import "testing"

func TestEndsWith(t *testing.T) {
	for _, c := range []struct {
		qualified, end string
		want           bool
	}{
		{"list.next", "list.next", true},
		{"kernel.list.next", "list.next", true},
		{"blacklist.next", "list.next", false},
		{"next", "list.next", false},
		{"list.next", "next", true},
		{"list.next", "", false},
		{"", "", true},
	} {
		if got := endsWith(c.qualified, c.end); got != c.want {
			t.Errorf("%q ends with %q: %v, want %v", c.qualified, c.end, got, c.want)
		}
	}
}
