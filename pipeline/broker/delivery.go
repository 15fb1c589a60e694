package broker

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"github.com/leatworks/leat/internal/line"
)

// reserved is the prefix of headers that are neither sent nor received, so that
// nobody can pass a header off as leat's own.
const reserved = "leat-"

// Delivery is one delivery of a message: JetStream's facts about it, and the
// handler's requests to the subscription. It travels in the context of the
// Watermill message, because the metadata of a message is text from its publisher.
type Delivery struct {
	Subject   string    // the subject the message was published on
	Stream    string    // the stream that holds the message
	Sequence  uint64    // the message's number in the stream
	Count     int       // the number of deliveries so far, from 1
	Published time.Time // when the stream stored the message
	Arrived   time.Time // when it came to this process, by this process's clock

	raw *nats.Msg
	msg *message.Message

	tenant   string
	turns    *line.Places
	aside    *line.Places
	stopping <-chan struct{} // closed when its subscription ends

	place   sync.Mutex   // held by whoever changes place
	holding *line.Places // whose place the message holds; nil: none

	mu      sync.Mutex
	settled bool // nothing more is sent: progress after a nak would undo the nak's delay
}

// deliveryKey is the context key of a message's delivery.
type deliveryKey struct{}

// DeliveryOf returns the delivery that ctx belongs to, or nil. A nil delivery is
// never aside and never stopping.
func DeliveryOf(ctx context.Context) *Delivery {
	d, _ := ctx.Value(deliveryKey{}).(*Delivery)
	return d
}

// ID names the message among all streams: STREAM/SEQUENCE@TIME. A stream that is
// deleted and made again starts at sequence 1; the time tells the two apart.
func (d *Delivery) ID() string {
	return d.Stream + "/" + strconv.FormatUint(d.Sequence, 10) + "@" + d.Published.UTC().Format(time.RFC3339Nano)
}

// SetAside gives the message's place to another message. A handler calls it before
// a long wait, for example for a network, or before it works in turns with others.
// The message is still held and kept alive. SetAside reports whether the message is
// aside now. It is not if SubscriberConfig.Aside others are aside already, or as many
// of its tenant as may be.
func (d *Delivery) SetAside() bool {
	if d == nil {
		return false
	}
	d.place.Lock()
	defer d.place.Unlock()
	if d.holding == d.aside {
		return true
	}
	if d.holding == nil || !d.aside.Try(d.tenant) {
		return false
	}
	d.turns.Release(d.tenant)
	d.holding = d.aside
	return true
}

// Wait gives up the message's place until Resume. A handler calls it before it waits
// for other messages, which need a place.
func (d *Delivery) Wait() {
	if d != nil {
		d.leave()
	}
}

// Resume waits for a turn again, after SetAside or Wait. It fails with ErrStopping when
// the subscription ends, and with ctx's error when ctx ends.
func (d *Delivery) Resume(ctx context.Context) error {
	if d == nil {
		return nil
	}
	d.place.Lock()
	defer d.place.Unlock()
	if d.holding == d.turns {
		return nil
	}
	if err := d.turns.Take(ctx, d.stopping, d.tenant); err != nil {
		return err
	}
	if d.holding != nil {
		d.holding.Release(d.tenant)
	}
	d.holding = d.turns
	return nil
}

// leave gives back the place that the message holds, if any.
func (d *Delivery) leave() {
	d.place.Lock()
	defer d.place.Unlock()
	if d.holding != nil {
		d.holding.Release(d.tenant)
		d.holding = nil
	}
}

// Stopping is closed when the subscription ends. A handler that waits should then
// give its message back.
func (d *Delivery) Stopping() <-chan struct{} {
	if d == nil {
		return nil
	}
	return d.stopping
}

func (d *Delivery) settle(send func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settled = true
	return send()
}

func (d *Delivery) beat() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.settled {
		return nil
	}
	return d.raw.InProgress()
}

// newMessage makes the Watermill message of a delivery. Its metadata holds the
// first value of each header. Its id is the published id, or STREAM/SEQUENCE if
// there is none.
func newMessage(raw *nats.Msg, meta *nats.MsgMetadata) *message.Message {
	msg := message.NewMessage(raw.Header.Get(MetaMsgID), raw.Data)
	if msg.UUID == "" {
		msg.UUID = meta.Stream + "/" + strconv.FormatUint(meta.Sequence.Stream, 10)
	}
	for key, values := range raw.Header {
		if len(values) > 0 && !strings.HasPrefix(key, reserved) {
			msg.Metadata[key] = values[0]
		}
	}
	return msg
}

// take holds a message, whose slot is claimed, until it is settled. The message's
// context ends then.
func (p *pump) take(ctx context.Context, raw *nats.Msg, meta *nats.MsgMetadata) {
	d := &Delivery{
		Subject: raw.Subject, Stream: meta.Stream, Sequence: meta.Sequence.Stream,
		Count: int(meta.NumDelivered), Published: meta.Timestamp,
		Arrived: time.Now(),
		raw:     raw, msg: newMessage(raw, meta), turns: p.turns, aside: p.aside, stopping: ctx.Done(),
	}
	if p.cfg.Tenant != nil {
		d.tenant = p.cfg.Tenant(d.Subject)
	}
	work, over := context.WithCancel(context.WithValue(p.work, deliveryKey{}, d))
	d.msg.SetContext(work)
	p.mu.Lock()
	p.held[d] = struct{}{}
	p.mu.Unlock()
	p.handlers.Go(func() {
		defer p.slots.release(1)
		defer d.leave()
		defer over()
		err := d.settle(p.verdict(ctx, d))
		p.mu.Lock()
		delete(p.held, d)
		p.mu.Unlock()
		if err != nil {
			p.log.Warn("settling a message; it will be delivered again", "message", d.ID(), "error", err)
		}
	})
}

// verdict hands a message over and waits for its handler. It returns the answer to
// send to the server. It does not wait for the server to confirm an ack, which
// would cost a round trip for each message: a lost ack means another delivery, and
// every step survives that.
func (p *pump) verdict(ctx context.Context, d *Delivery) func() error {
	if !p.offer(ctx, d) {
		return p.giveBack(d)
	}
	select {
	case <-d.msg.Acked():
		return func() error { return d.raw.Ack() }
	case <-d.msg.Nacked():
		if ctx.Err() != nil {
			return p.giveBack(d)
		}
		return func() error { return d.raw.NakWithDelay(p.cfg.NakDelay) }
	case <-p.abandoned:
		return p.giveBack(d)
	}
}

// offer waits for the message's pace and turn, and reports whether somebody took the
// message before ctx ended.
func (p *pump) offer(ctx context.Context, d *Delivery) bool {
	if p.pace.Wait(ctx, d.tenant) != nil || d.Resume(ctx) != nil {
		return false
	}
	select {
	case p.out <- d.msg:
		return true
	case <-ctx.Done():
		return false
	}
}

// giveBack lets another worker have the message at once. It waits for the end of
// the last pull, which would fetch the message again.
func (p *pump) giveBack(d *Delivery) func() error {
	<-p.fetched
	return func() error { return d.raw.Nak() }
}

// keepAlive reports progress on all messages held, until the pump is done.
func (p *pump) keepAlive(beat *time.Ticker) {
	for {
		select {
		case <-p.done:
			return
		case <-beat.C:
			if p.broker.conn.IsConnected() { // otherwise the report would be buffered, and late
				p.beatAll()
			}
		}
	}
}

func (p *pump) beatAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for d := range p.held {
		if err := d.beat(); err != nil {
			p.log.Warn("reporting progress; messages may be delivered again", "error", err)
			return
		}
	}
}
