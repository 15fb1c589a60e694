package broker

import (
	"context"
	"sync"
)

// slots counts the messages that may still be fetched.
type slots struct {
	kept func() int // how many are not to be claimed at this moment

	mu    sync.Mutex
	free  int
	freed chan struct{} // holds a token after a release
}

func newSlots(n int, kept func() int) *slots {
	return &slots{kept: kept, free: n, freed: make(chan struct{}, 1)}
}

// claim takes all free slots except the kept ones, and waits for the first one. It returns 0 if ctx has ended. Only one
// goroutine may call it at a time.
func (s *slots) claim(ctx context.Context) int {
	for ctx.Err() == nil {
		if n := s.take(); n > 0 {
			return n
		}
		select {
		case <-s.freed:
		case <-ctx.Done():
		}
	}
	return 0
}

func (s *slots) take() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := max(s.free-s.kept(), 0)
	s.free -= n
	return n
}

func (s *slots) release(n int) {
	s.mu.Lock()
	s.free += n
	s.mu.Unlock()
	select {
	case s.freed <- struct{}{}:
	default:
	}
}
