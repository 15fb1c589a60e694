package broker_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

func TestHandlerLongerThanAckWaitIsDeliveredOnce(t *testing.T) {
	t.Parallel()
	b := startServer(t).connect()
	top := topology()
	top.AckWait = 2 * time.Second
	ensure(t, b, top)
	submit(t, b, 1)

	var deliveries atomic.Int64
	done := make(chan struct{}, 16)
	stop := route(t, b.Subscriber(ingestor(0)), func(*message.Message) error {
		deliveries.Add(1)
		time.Sleep(5 * time.Second) // the work itself, two and a half ack waits long
		done <- struct{}{}
		return nil
	})
	await(t, "the handler", done)
	settled(t, b)
	stop()
	if got := deliveries.Load(); got != 1 {
		t.Errorf("delivered %d times, want once", got)
	}
}

// tally counts what handlers see.
type tally struct {
	mu        sync.Mutex
	seen      map[string]int // deliveries by payload
	now, most int            // handlers at work
}

func newTally() *tally { return &tally{seen: map[string]int{}} }

func (c *tally) enter(msg *message.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[string(msg.Payload)]++
	c.now++
	c.most = max(c.most, c.now)
}

func (c *tally) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now--
}

func (c *tally) distinct() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen)
}

func (c *tally) deliveries() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := 0
	for _, n := range c.seen {
		sum += n
	}
	return sum
}

func TestSlowMessagesAreBoundedAndDeliveredOnce(t *testing.T) {
	t.Parallel()
	const messages, inFlight = 40, 8
	b := startServer(t).connect()
	top := topology()
	top.AckWait = time.Second
	ensure(t, b, top)
	submit(t, b, messages)

	seen := newTally()
	stop := route(t, b.Subscriber(ingestor(inFlight)), func(msg *message.Message) error {
		seen.enter(msg)
		defer seen.leave()
		time.Sleep(1500 * time.Millisecond) // the work, longer than the ack wait
		return nil
	})
	eventually(t, "all messages", func() bool { return seen.distinct() == messages })
	settled(t, b)
	stop()
	if got := seen.deliveries(); got != messages {
		t.Errorf("%d deliveries of %d messages", got, messages)
	}
	if seen.most != inFlight {
		t.Errorf("%d messages in flight at most, want %d", seen.most, inFlight)
	}
}
