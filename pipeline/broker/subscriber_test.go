package broker_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
)

// TestProgressKeepsMessages does not run beside this package's other tests,
// which kill servers: what is measured is leat, not the machine.
func TestProgressKeepsMessages(t *testing.T) {
	for name, work := range map[string]func(t *testing.T, b *broker.Broker) (wrong string){
		"a handler of 5 s within an ack wait of 2 s": longHandler,
		"40 slow messages, 8 in flight":              slowMessages,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for attempt := 1; ; attempt++ {
				b := startServer(t).connect()
				top := topology()
				top.AckWait = shortWait
				ensure(t, b, top)
				stood := standstill(t, b)
				wrong := work(t, b)
				longest := stood()
				switch {
				case wrong == "":
					return
				case longest < shortWait/2 || attempt == 5:
					t.Fatalf("%s; the process stood still for %s at most", wrong, longest)
				}
				// A process that does not run tells no progress, so its messages rightly come again.
				t.Logf("%s; but the process stood still for %s", wrong, longest)
			}
		})
	}
}

const shortWait = 2 * time.Second

// standstill watches for how long a server does not answer, or this process does not ask. The
// returned function ends that, and returns the longest time.
func standstill(t *testing.T, b *broker.Broker) (stood func() time.Duration) {
	t.Helper()
	over, longest := make(chan struct{}), make(chan time.Duration, 1)
	go func() {
		var most time.Duration
		defer func() { longest <- most }()
		for last := time.Now(); ; {
			select {
			case <-over:
				return
			case <-t.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
			if _, err := b.Lag(t.Context(), broker.StreamIntake, broker.ConsumerIngestor); err == nil {
				most, last = max(most, time.Since(last)), time.Now()
			}
		}
	}()
	return func() time.Duration {
		close(over)
		return <-longest
	}
}

func longHandler(t *testing.T, b *broker.Broker) (wrong string) {
	submit(t, b, 1)

	seen := newTally()
	done := make(chan struct{}, 16)
	stop := route(t, b.Subscriber(ingestor(0)), func(msg *message.Message) error {
		seen.enter(msg)
		time.Sleep(5 * time.Second) // the work itself, two and a half ack waits long
		done <- struct{}{}
		return nil
	})
	await(t, "the handler", done)
	settled(t, b)
	stop()
	if got := seen.deliveries(); got != 1 {
		return fmt.Sprintf("delivered %d times, want once", got)
	}
	return ""
}

func slowMessages(t *testing.T, b *broker.Broker) (wrong string) {
	const messages, inFlight = 40, 8
	submit(t, b, messages)

	seen := newTally()
	stop := route(t, b.Subscriber(ingestor(inFlight)), func(msg *message.Message) error {
		seen.enter(msg)
		defer seen.leave()
		time.Sleep(2500 * time.Millisecond) // the work, longer than the ack wait
		return nil
	})
	eventually(t, "all messages", func() bool { return seen.distinct() == messages })
	settled(t, b)
	stop()
	if got := seen.deliveries(); seen.most != inFlight || got != messages {
		return fmt.Sprintf("%d deliveries of %d messages, %d in flight at most, want %d", got, messages, seen.most, inFlight)
	}
	return ""
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

// longWait is an ack wait that no test waits out: a message that comes again before its
// end was given back.
const longWait = 10 * time.Minute

func patient() broker.Topology {
	top := topology()
	top.AckWait = longWait
	return top
}

func TestNackedMessageComesAgain(t *testing.T) {
	t.Parallel()
	b := startServer(t).connect()
	ensure(t, b, patient())
	submit(t, b, 1)

	delivered := make(chan int, 16)
	route(t, b.Subscriber(ingestor(0)), func(msg *message.Message) error {
		count := broker.DeliveryOf(msg.Context()).Count
		delivered <- count
		if count != 3 {
			return errors.New("not yet")
		}
		return nil
	})
	for want := 1; want <= 3; want++ {
		if got := receive(t, "a delivery", delivered); got != want {
			t.Errorf("delivery %d, want %d", got, want)
		}
	}
	settled(t, b)
}

func TestCloseCancelsAndGivesBack(t *testing.T) {
	t.Parallel()
	for name, obeys := range map[string]bool{"a handler that obeys": true, "a handler that does not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startServer(t).connect()
			ensure(t, b, patient())
			submit(t, b, 1)

			cfg := ingestor(0)
			cfg.DrainTimeout = 100 * time.Millisecond
			started, release := make(chan struct{}, 1), make(chan struct{})
			stop := route(t, b.Subscriber(cfg), func(msg *message.Message) error {
				started <- struct{}{}
				<-msg.Context().Done()
				if !obeys {
					<-release
				}
				return msg.Context().Err()
			})
			await(t, "the handler", started)
			again := make(chan int, 1)
			route(t, b.Subscriber(ingestor(0)), func(msg *message.Message) error {
				again <- broker.DeliveryOf(msg.Context()).Count
				close(release)
				return nil
			})
			stop()
			if got := receive(t, "the other worker", again); got != 2 {
				t.Errorf("delivery %d to the other worker, want 2", got)
			}
			settled(t, b)
		})
	}
}

func TestCloseGivesBackWhatWasNeverHandedOver(t *testing.T) {
	t.Parallel()
	const messages = 10
	b := startServer(t).connect()
	ensure(t, b, patient())
	submit(t, b, messages)

	idle := b.Subscriber(ingestor(messages))
	if _, err := idle.Subscribe(t.Context(), ""); err != nil { // and nobody reads
		t.Fatal(err)
	}
	eventually(t, "the messages to be held", func() bool {
		return lag(t, b, broker.StreamIntake, broker.ConsumerIngestor).InFlight == messages
	})
	seen := newTally()
	route(t, b.Subscriber(ingestor(0)), func(msg *message.Message) error {
		seen.enter(msg)
		return nil
	})
	if err := idle.Close(); err != nil {
		t.Fatal(err)
	}
	settled(t, b)
	if seen.distinct() != messages || seen.deliveries() != messages {
		t.Errorf("%d messages handled in %d deliveries, want %d in as many", seen.distinct(), seen.deliveries(), messages)
	}
}

// A tenant's submissions above its pace wait in the subscriber. The subscriber serves others
// past them, and gives them back when it ends.
func TestWhatIsAboveATenantsPaceWaits(t *testing.T) {
	t.Parallel()
	const pace, messages = 5, 40
	b := startServer(t).connect()
	ensure(t, b, patient())
	submit(t, b, messages)
	if err := b.Publisher().Publish(events.SubmittedSubject("quiet"), message.NewMessage("", []byte("quiet"))); err != nil {
		t.Fatal(err)
	}

	cfg := ingestor(2)
	cfg.Pace, cfg.Waiting, cfg.Tenant = pace, 2*messages, func(subject string) string { return subject }
	seen, quiet := newTally(), make(chan struct{})
	began := time.Now()
	stop := route(t, b.Subscriber(cfg), func(msg *message.Message) error {
		seen.enter(msg)
		if string(msg.Payload) == "quiet" {
			close(quiet)
		}
		return nil
	})
	await(t, "the other tenant's message", quiet)
	eventually(t, "some above the pace", func() bool { return seen.distinct() > 3*pace })
	handed := seen.distinct()
	if most := 1 + 2*pace + int(pace*time.Since(began).Seconds()) + 1; handed > most {
		t.Errorf("%d messages after %s, want at most %d", handed, time.Since(began), most)
	}
	stop()
	route(t, b.Subscriber(ingestor(0)), func(msg *message.Message) error {
		seen.enter(msg)
		return nil
	})
	eventually(t, "the rest", func() bool { return seen.distinct() == messages+1 })
	settled(t, b)
	if seen.deliveries() != messages+1 {
		t.Errorf("%d deliveries of %d messages", seen.deliveries(), messages+1)
	}
}

func TestSubscribeAfterClose(t *testing.T) {
	t.Parallel()
	sub := startServer(t).connect().Subscriber(ingestor(1))
	if err := errors.Join(sub.Close(), sub.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := sub.Subscribe(t.Context(), ""); err == nil {
		t.Error("subscribed to a closed subscriber")
	}
}

func TestConsumerMissingAtFirstIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := startServer(t).connect()
	handled := make(chan struct{}, 1)
	route(t, b.Subscriber(ingestor(0)), func(*message.Message) error {
		handled <- struct{}{}
		return nil
	})
	eventually(t, "Ready to say what is missing", func() bool {
		err := b.Ready(t.Context())
		return err != nil && strings.Contains(err.Error(), "consumer ingestor of stream LEAT_INTAKE does not exist")
	})
	ensure(t, b, topology())
	submit(t, b, 1)
	await(t, "the message", handled)
	eventually(t, "Ready", func() bool { return b.Ready(t.Context()) == nil })
}

func TestConsumerDeletedAndRecreated(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	handled := make(chan struct{}, 1)
	route(t, b.Subscriber(ingestor(0)), func(*message.Message) error {
		handled <- struct{}{}
		return nil
	})
	submit(t, b, 1)
	await(t, "the first message", handled)
	settled(t, b)

	_, js := s.bare()
	if err := js.DeleteConsumer(t.Context(), broker.StreamIntake, broker.ConsumerIngestor); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Ready to miss the consumer", func() bool { return b.Ready(t.Context()) != nil })
	ensure(t, b, topology())
	submit(t, b, 1)
	await(t, "the second message", handled)
	eventually(t, "Ready", func() bool { return b.Ready(t.Context()) == nil })
}
