package httpapi

import (
	"fmt"
	"testing"
)

// Pages of differences hold each difference once. A page is refused if the difference that it
// follows is gone.
func TestDifferencesComeInPages(t *testing.T) {
	const all = 25
	compare := func(d *differences, skip int) {
		for i := range all {
			if i != skip {
				d.add("missing_point", fmt.Sprint(i))
			}
		}
	}
	var got []string
	var after string
	for page := 1; ; page++ {
		d := &differences{after: after, most: 10}
		compare(d, -1)
		for _, x := range d.list {
			got = append(got, x.What)
		}
		next, err := d.next()
		if err != nil {
			t.Fatal(err)
		}
		if next == "" {
			if page != 3 {
				t.Errorf("%d pages", page)
			}
			break
		}
		if after, err = place[string]("difference", next); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != all || got[0] != "0" || got[all-1] != fmt.Sprint(all-1) {
		t.Errorf("the pages hold %q", got)
	}
	gone := &differences{after: difference{"missing_point", "9"}.mark(), most: 10}
	compare(gone, 9)
	if _, err := gone.next(); err == nil {
		t.Error("a page goes on after a difference that is gone")
	}
	long := &differences{most: 10}
	for range 3 {
		long.add("orphan_object", string(make([]byte, mostDifferenceBytes)))
	}
	if next, err := long.next(); len(long.list) != 1 || next == "" || err != nil {
		t.Errorf("%d long differences in a page, next %q (%v)", len(long.list), next, err)
	}
}
