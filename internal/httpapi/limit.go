package httpapi

import (
	"container/list"
	"sync"
	"time"
)

// maxRates is the number of tokens and tenants whose rates are remembered. Beyond it the one that
// was silent for the longest is forgotten, and gets a full burst again.
const maxRates = 10_000

// bound is a rate: one request each interval, and as many more at once as fit into depth.
type bound struct{ interval, depth time.Duration }

// perSecond allows n requests a second, and burst at once.
func perSecond(n float64, burst int) bound {
	interval := time.Duration(float64(time.Second) / n)
	return bound{interval, time.Duration(burst) * interval}
}

// perMinute allows n requests a minute, all of which may come at once.
func perMinute(n int) bound { return bound{time.Minute / time.Duration(n), time.Minute} }

// rates limits the requests of tokens and of tenants by the generic cell rate algorithm (ITU-T
// I.371, annex A). A request counts for an interval, and is refused if the sum no longer fits into
// the depth.
//
// told adds the requests of a name at other gateways.
type rates struct {
	mu     sync.Mutex
	named  map[string]*list.Element
	recent list.List // of *rated, the last used in front
}

type rated struct {
	name   string
	clear  time.Time     // end of the time for which requests count
	untold time.Duration // the part of that time that no other gateway knows of
}

func newRates() *rates { return &rates{named: make(map[string]*list.Element)} }

// take counts a request of a name. If the name has to wait, it counts nothing and returns the time
// to wait.
func (r *rates) take(name string, b bound) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, it := time.Now(), r.of(name)
	if it.clear.Before(now) {
		it.clear = now
	}
	if wait := it.clear.Add(b.interval).Sub(now) - b.depth; wait > 0 {
		return wait
	}
	it.clear, it.untold = it.clear.Add(b.interval), it.untold+b.interval
	return 0
}

func (r *rates) of(name string) *rated {
	if e := r.named[name]; e != nil {
		r.recent.MoveToFront(e)
		return e.Value.(*rated)
	}
	if r.recent.Len() >= maxRates {
		oldest := r.recent.Back()
		delete(r.named, r.recent.Remove(oldest).(*rated).name)
	}
	it := &rated{name: name}
	r.named[name] = r.recent.PushFront(it)
	return it
}

// tell returns the seconds by name that other gateways do not know of yet. From then on they count
// as told.
func (r *rates) tell() map[string]float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	news := make(map[string]float64)
	for e := r.recent.Front(); e != nil; e = e.Next() {
		if it := e.Value.(*rated); it.untold > 0 {
			news[it.name], it.untold = it.untold.Seconds(), 0
		}
	}
	return news
}

// told adds the count of all gateways: the seconds by which each name is ahead, without those that
// this gateway has not told.
func (r *rates) told(ahead map[string]float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for name, seconds := range ahead {
		e := r.named[name]
		if e == nil {
			continue
		}
		it := e.Value.(*rated)
		if clear := now.Add(time.Duration(seconds*float64(time.Second)) + it.untold); clear.After(it.clear) {
			it.clear = clear
		}
	}
}

// streams bounds the streams that a token has open in this process.
type streams struct {
	most int

	mu   sync.Mutex
	open map[string]int
}

func newStreams(most int) *streams { return &streams{most: most, open: make(map[string]int)} }

// begin takes one of a token's streams. It returns false if all are open. Otherwise the caller must
// call end.
func (s *streams) begin(token string) (end func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[token] >= s.most {
		return nil, false
	}
	s.open[token]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.open[token]--; s.open[token] == 0 {
			delete(s.open, token)
		}
	}, true
}
