package provider

import (
	"log/slog"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// address is the state of one server of the model.
type address struct {
	url     string
	openFor time.Duration
	host    string // for errors and logs
	breaker circuitbreaker.CircuitBreaker[any]
	trial   chan struct{} // holds a token while one request tests whether the server answers

	mu     sync.Mutex
	until  time.Time // no request is sent before this time
	fails  int       // in a row
	busies int       // in a row
	proved bool      // the server has answered with the vectors of the model
	last   error     // of the last failure
}

const (
	failureThreshold = 5  // failures in a row that open the breaker
	firstPause       = 50 // the first pause after a failure is the longest divided by this
)

func newAddress(base string, openFor time.Duration, log *slog.Logger) *address {
	a := &address{url: base, openFor: openFor, trial: make(chan struct{}, 1)}
	if u, err := url.Parse(base); err == nil {
		a.host = u.Host
	}
	a.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureThreshold(failureThreshold).
		WithDelay(openFor).
		WithJitterFactor(0.1).
		OnOpen(func(e circuitbreaker.StateChangedEvent) {
			if e.OldState == circuitbreaker.ClosedState {
				log.Warn("embedder does not answer; its texts wait", "host", a.host, "error", a.failure())
			}
		}).
		OnClose(func(circuitbreaker.StateChangedEvent) { log.Info("embedder answers again", "host", a.host) }).
		Build()
	return a
}

// wait returns the time for which no request may be sent. trial tells that one request must succeed first.
func (a *address) wait(now time.Time) (wait time.Duration, trial bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	wait = max(a.until.Sub(now), 0)
	if a.breaker.IsClosed() {
		return wait, !a.proved
	}
	return max(wait, a.breaker.RemainingDelay()), true
}

// hold stops requests for a while.
func (a *address) hold(wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if until := time.Now().Add(wait); until.After(a.until) {
		a.until = until
	}
}

func (a *address) failure() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

// succeeded records an answer.
func (a *address) succeeded() {
	a.mu.Lock()
	a.fails, a.busies = 0, 0
	a.mu.Unlock()
	if a.breaker.IsClosed() {
		a.breaker.RecordSuccess()
	}
}

// failed records a failure of the server. The pause that follows grows with each failure in a row.
func (a *address) failed(err error, atOnce bool) {
	a.mu.Lock()
	a.last = err
	a.fails++
	pause := a.pause(a.fails)
	a.mu.Unlock()
	a.hold(pause)
	if !a.breaker.IsClosed() {
		return // the request began before the breaker opened
	}
	if atOnce {
		a.breaker.Open()
		return
	}
	a.breaker.RecordFailure()
}

// busy records that the server is overloaded. If the server gives no time to wait, fewer requests at once are enough at
// first; a pause follows only after several such answers in a row.
func (a *address) busy(after time.Duration) {
	a.mu.Lock()
	a.busies++
	if after == 0 && a.busies > 2 {
		after = a.pause(a.busies - 2)
	}
	a.mu.Unlock()
	a.hold(after)
}

// prove ends a trial that succeeded.
func (a *address) prove() {
	a.mu.Lock()
	a.proved, a.fails, a.busies = true, 0, 0
	a.mu.Unlock()
	a.breaker.RecordSuccess()
	if !a.breaker.IsClosed() {
		a.breaker.Close()
	}
}

// disprove ends a trial that failed, and opens the breaker.
func (a *address) disprove(err error) {
	a.mu.Lock()
	a.last = err
	a.mu.Unlock()
	a.breaker.Open()
}

// release ends a trial that had no result.
func (a *address) release() {
	if a.breaker.IsHalfOpen() {
		a.breaker.Open()
	}
}

// pause returns a time that doubles with each failure in a row, less a random part of at most half.
func (a *address) pause(fails int) time.Duration {
	pause := min(a.openFor/firstPause<<min(fails-1, 10), a.openFor)
	return pause/2 + rand.N(pause/2+1)
}
