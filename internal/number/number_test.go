package number_test

import (
	"math"
	"testing"

	"github.com/leatworks/leat/internal/number"
)

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", 12038: "12,038", 1234567: "1,234,567",
		-999: "-999", -1000: "-1,000", -123456: "-123,456", math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		if got := number.Thousands(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 boxes", 1: "1 box", 2: "2 boxes", 1234: "1,234 boxes", -1: "-1 boxes"} {
		if got := number.Count(n, "box", "boxes"); got != want {
			t.Errorf("%d of them are %q, want %q", n, got, want)
		}
	}
	if got := number.Count(uint64(math.MaxUint64), "box", "boxes"); got != "18,446,744,073,709,551,615 boxes" {
		t.Errorf("the most is %q", got)
	}
}
