package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"github.com/leatworks/leat/internal/line"
)

// Defaults of a subscriber.
const (
	DefaultInFlight     = 256
	DefaultNakDelay     = 5 * time.Second
	DefaultDrainTimeout = 20 * time.Second
)

// SubscriberConfig names the consumer of a subscriber, and its limits.
type SubscriberConfig struct {
	// Stream and Consumer name a durable pull consumer that Ensure has made. Required.
	Stream, Consumer string
	// InFlight bounds the messages that are worked on. Work on a message lasts from
	// its handover until it is acked or nacked. Default: DefaultInFlight.
	InFlight int
	// Aside bounds the messages held in addition whose handlers wait for long or
	// work in turns: see Delivery.SetAside. Default: 0.
	Aside int
	// Waiting bounds the messages held in addition that wait for their turn, or for
	// another message: see Delivery.Wait. Default: 0.
	Waiting int
	// Crowded reports whether there are several tenants. While there are not, the places
	// for other tenants stay empty and no messages wait here, where they would be out of
	// reach of another worker. Default: there are.
	Crowded func() bool
	// Tenant returns a message's tenant from its subject. If it is set, InFlight and
	// Aside are limits of one tenant, and all tenants together have twice as many
	// places. A tenant takes at most half, rounded up, of the places that the others
	// leave, and the tenants are served in turns. Default: all messages share the
	// places, in the order of the stream.
	Tenant func(subject string) string
	// Pace bounds the messages of one tenant that are handed over in a second, after twice
	// as many at once. Those above it wait here, and count as Waiting. Default: no bound.
	Pace int
	// NakDelay is how long a nacked message waits for its next delivery.
	// Default: DefaultNakDelay.
	NakDelay time.Duration
	// DrainTimeout is how long Close waits for messages in flight before it
	// cancels their context and gives them back. Default: DefaultDrainTimeout.
	DrainTimeout time.Duration
}

// Subscriber delivers a consumer's messages to Watermill.
type Subscriber struct {
	broker *Broker
	cfg    SubscriberConfig
	log    *slog.Logger

	mu     sync.Mutex
	closed bool
	pumps  []*pump
	stops  []context.CancelFunc
}

var _ message.Subscriber = (*Subscriber)(nil)

// Subscriber returns a subscriber. It fetches nothing before Subscribe.
func (b *Broker) Subscriber(cfg SubscriberConfig) *Subscriber {
	if cfg.InFlight <= 0 {
		cfg.InFlight = DefaultInFlight
	}
	if cfg.NakDelay <= 0 {
		cfg.NakDelay = DefaultNakDelay
	}
	if cfg.DrainTimeout <= 0 {
		cfg.DrainTimeout = DefaultDrainTimeout
	}
	return &Subscriber{broker: b, cfg: cfg, log: b.log.With("stream", cfg.Stream, "consumer", cfg.Consumer)}
}

// Subscribe begins to fetch. After the end of ctx, or Close, the channel closes as
// soon as the messages in flight are settled. The topic is a name for the caller's
// logs: the consumer's filter decides which messages are delivered. Subscribe waits
// for a consumer that does not exist yet, and Ready reports it.
//
// A message's context carries ctx's values and the message's [Delivery]. It
// outlives ctx: it ends when the message is settled or the drain timeout has passed.
func (s *Subscriber) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.New("subscribe: the subscriber is closed")
	}
	p, err := newPump(ctx, s)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	s.pumps, s.stops = append(s.pumps, p), append(s.stops, stop)
	go p.run(ctx)
	return p.out, nil
}

// Close stops fetching, waits for the messages in flight, gives back those that
// were not handled, and returns when the server has the acknowledgements.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, stop := range s.stops {
		stop()
	}
	for _, p := range s.pumps {
		<-p.done
	}
	s.pumps, s.stops = nil, nil
	return nil
}

// newPump subscribes to an inbox for the answers to its pulls.
func newPump(ctx context.Context, s *Subscriber) (*pump, error) {
	working, aside := s.cfg.InFlight, s.cfg.Aside
	if s.cfg.Tenant != nil {
		working, aside = 2*working, 2*aside
	}
	held := working + aside + s.cfg.Waiting
	kept := func() int { return 0 }
	if s.cfg.Crowded != nil {
		kept = func() int {
			if s.cfg.Crowded() {
				return 0
			}
			return held - s.cfg.InFlight - s.cfg.Aside
		}
	}
	p := &pump{
		broker:    s.broker,
		cfg:       s.cfg,
		log:       s.log,
		pause:     minPause,
		inbox:     s.broker.conn.NewInbox(),
		arrived:   make(chan *nats.Msg, 2*held+16),
		out:       make(chan *message.Message),
		slots:     newSlots(held, kept),
		turns:     line.NewPlaces(working, s.cfg.Tenant == nil),
		aside:     line.NewPlaces(aside, s.cfg.Tenant == nil),
		pace:      line.NewPace(s.cfg.Pace),
		fetched:   make(chan struct{}),
		abandoned: make(chan struct{}),
		done:      make(chan struct{}),
		held:      map[*Delivery]struct{}{},
	}
	p.work, p.cancelWork = context.WithCancel(context.WithoutCancel(ctx))
	var err error
	if p.subscription, err = s.broker.conn.ChanSubscribe(p.inbox+".*", p.arrived); err != nil {
		p.cancelWork()
		return nil, fmt.Errorf("subscribe to the inbox of consumer %s: %w", p.cfg.Consumer, err)
	}
	p.lost = s.broker.conn.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	return p, nil
}
