package broker_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leatworks/leat/pipeline/broker"
)

// With one slot, messages that are set aside let others in, as many as there are places
// aside. When they are settled, they make room again.
func TestSetAsideLetsOthersIn(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	submit(t, b, 10)
	cfg := ingestor(1)
	cfg.Aside = 3
	var mu sync.Mutex
	aside, refused := 0, make(chan struct{}, 10)
	entered, leave := make(chan string, 10), make(chan struct{})
	route(t, b.Subscriber(cfg), func(msg *message.Message) error {
		mu.Lock()
		is := broker.DeliveryOf(msg.Context()).SetAside()
		if is && !broker.DeliveryOf(msg.Context()).SetAside() {
			t.Error("what is aside is refused")
		}
		if is {
			aside++
		} else {
			refused <- struct{}{}
		}
		mu.Unlock()
		entered <- string(msg.Payload)
		<-leave
		return nil
	})
	for range 4 {
		receive(t, "three aside and one in the slot", entered)
	}
	receive(t, "the fourth to be refused", refused)
	mu.Lock()
	if aside != 3 {
		t.Errorf("%d are aside, want 3", aside)
	}
	mu.Unlock()
	eventually(t, "4 messages in flight and 6 pending", func() bool {
		got := lag(t, b, broker.StreamIntake, broker.ConsumerIngestor)
		return got.InFlight == 4 && got.Pending == 6
	})
	close(leave)
	for range 6 {
		receive(t, "the others", entered)
	}
	settled(t, b)
}

// A message that waits for others holds no place: with one place in all, another message
// runs, and the first goes on after it.
func TestWaitLetsAnotherInAndResumeWaitsForIt(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	submit(t, b, 2)
	cfg := ingestor(1)
	cfg.Waiting = 1
	second, finish, ended := make(chan struct{}), make(chan struct{}), make(chan string, 2)
	var began atomic.Int32
	route(t, b.Subscriber(cfg), func(msg *message.Message) error {
		if began.Add(1) == 1 {
			d := broker.DeliveryOf(msg.Context())
			d.Wait()
			await(t, "the other message", second)
			close(finish)
			if err := d.Resume(msg.Context()); err != nil {
				return err
			}
			ended <- "first"
			return nil
		}
		close(second)
		<-finish
		ended <- "second"
		return nil
	})
	for _, want := range []string{"second", "first"} {
		if got := receive(t, "a message to end", ended); got != want {
			t.Errorf("the %s message ended, want the %s", got, want)
		}
	}
	settled(t, b)
}

// A waiting handler is told when its subscription ends. The message that it then gives
// back comes again at once: the ack wait is longer than the test.
func TestStopping(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	top := topology()
	top.AckWait = time.Hour
	ensure(t, b, top)
	submit(t, b, 1)
	entered := make(chan struct{})
	stop := route(t, b.Subscriber(ingestor(1)), func(msg *message.Message) error {
		close(entered)
		<-broker.DeliveryOf(msg.Context()).Stopping()
		return broker.ErrStopping
	})
	await(t, "the message", entered)
	stop()
	again := make(chan struct{})
	route(t, b.Subscriber(ingestor(1)), func(*message.Message) error { close(again); return nil })
	await(t, "the message once more", again)
	if none := broker.DeliveryOf(t.Context()); none != nil || none.Stopping() != nil || none.SetAside() {
		t.Error("a context of no message is taken for one")
	}
}
