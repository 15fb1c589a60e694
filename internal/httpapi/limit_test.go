package httpapi

import (
	"testing"
	"testing/synctest"
	"time"
)

// Gateways that tell each other let as many requests through as a single one would.
func TestRatesAreCountedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const gateways, perSec, burst, seconds = 3, 10, 20, 60
		b := perSecond(perSec, burst)
		var all [gateways]*rates
		for i := range all {
			all[i] = newRates()
		}
		shared := map[string]time.Time{} // as the catalog keeps it
		tell := func(r *rates) {
			ahead := make(map[string]float64)
			for name, news := range r.tell() {
				clear := shared[name]
				if clear.Before(time.Now()) {
					clear = time.Now()
				}
				shared[name] = clear.Add(time.Duration(news * float64(time.Second)))
				ahead[name] = time.Until(shared[name]).Seconds()
			}
			r.told(ahead)
		}
		through := 0
		for range seconds * 10 {
			for _, r := range all {
				for range 10 {
					if r.take("token a", b) == 0 {
						through++
					}
				}
			}
			time.Sleep(100 * time.Millisecond)
			for _, r := range all {
				tell(r)
			}
		}
		if most := perSec*seconds + gateways*burst; through > most || through < perSec*seconds {
			t.Errorf("%d requests were let through in %d s, want %d to %d", through, seconds, perSec*seconds, most)
		}
		if wait := all[0].take("token b", b); wait != 0 {
			t.Errorf("another waits for %s", wait)
		}
	})
}

func TestARateKnowsItsBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, b := newRates(), perMinute(3)
		for i := range 3 {
			if wait := r.take("a", b); wait != 0 {
				t.Errorf("request %d waits for %s", i, wait)
			}
		}
		if wait := r.take("a", b); wait != 20*time.Second {
			t.Errorf("the fourth waits for %s", wait)
		}
		time.Sleep(20 * time.Second)
		if wait := r.take("a", b); wait != 0 {
			t.Errorf("after its time it waits for %s", wait)
		}
		// A raised limit takes effect at once.
		if wait := r.take("a", perMinute(60)); wait != time.Second {
			t.Errorf("with a larger limit it waits for %s", wait)
		}
	})
}

func TestRatesAreForgotten(t *testing.T) {
	r, b := newRates(), perMinute(1)
	r.take("first", b)
	for i := range maxRates {
		r.take(string(rune(i)), b)
	}
	if len(r.named) != maxRates || r.recent.Len() != maxRates {
		t.Errorf("%d names are remembered", len(r.named))
	}
	if wait := r.take("first", b); wait != 0 {
		t.Errorf("the oldest is remembered: %s", wait)
	}
}
