package httpapi

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxRates is the number of tokens whose rates are remembered. Beyond it the one that
// was silent for the longest is forgotten, which gives it a full burst again.
const maxRates = 10_000

// rates limits the requests of each token, in this process.
type rates struct {
	limit rate.Limit
	burst int

	mu     sync.Mutex
	tokens map[string]*list.Element
	recent list.List // of *ratedToken, the last used in front
}

type ratedToken struct {
	id      string
	limiter *rate.Limiter
}

func newRates(perSecond float64, burst int) *rates {
	return &rates{limit: rate.Limit(perSecond), burst: burst, tokens: make(map[string]*list.Element)}
}

// take counts a request of a token. It returns how long the token has to wait for its
// next request, 0 if it need not.
func (r *rates) take(token string) time.Duration { return take(r.of(token)) }

// take counts a request, unless it would have to wait: then it returns how long.
func take(l *rate.Limiter) time.Duration {
	reserved := l.Reserve()
	wait := reserved.Delay()
	if wait > 0 {
		reserved.Cancel()
	}
	return wait
}

func (r *rates) of(token string) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.tokens[token]; e != nil {
		r.recent.MoveToFront(e)
		return e.Value.(*ratedToken).limiter
	}
	if r.recent.Len() >= maxRates {
		oldest := r.recent.Back()
		delete(r.tokens, r.recent.Remove(oldest).(*ratedToken).id)
	}
	limiter := rate.NewLimiter(r.limit, r.burst)
	r.tokens[token] = r.recent.PushFront(&ratedToken{token, limiter})
	return limiter
}

// streams bounds the streams that a token has open in this process.
type streams struct {
	most int

	mu   sync.Mutex
	open map[string]int
}

func newStreams(most int) *streams { return &streams{most: most, open: make(map[string]int)} }

// begin takes one of a token's streams. It returns false if all are open; else the
// caller has to call end.
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
