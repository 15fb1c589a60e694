package broker

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
)

// Metadata of a received message beside its headers. A publisher cannot set
// them: headers that begin with "leat-" are dropped.
const (
	metaPrefix = "leat-"

	MetaSubject   = "leat-subject"   // the subject it was published on
	MetaDelivered = "leat-delivered" // how often it was delivered, from 1
	MetaSequence  = "leat-sequence"  // its number in the stream
	MetaPublished = "leat-published" // when the stream stored it, RFC 3339 with nanoseconds, UTC
)

// delivery is a message from its arrival until it is acked or given back.
type delivery struct {
	raw *nats.Msg
	msg *message.Message

	slots    *slots
	aside    atomic.Bool     // its slot is another message's
	stopping <-chan struct{} // closed when its subscription ends

	mu      sync.Mutex
	settled bool // nothing may follow on the wire: progress after a nak would undo its delay
}

// deliveryKey is the context key of a message's delivery.
type deliveryKey struct{}

// SetAside says that the handler of the message that ctx belongs to is going
// to wait for long, or to work in turns with others: another message may take
// its slot. It is held and kept alive as before. It reports whether the message
// is aside: not if as many are as SubscriberConfig.Aside allows, nor if ctx is
// of no message.
func SetAside(ctx context.Context) bool {
	d, is := ctx.Value(deliveryKey{}).(*delivery)
	if !is || !d.aside.Load() && !d.slots.setAside() {
		return false
	}
	d.aside.Store(true)
	return true
}

// Stopping is closed when the message that ctx belongs to had better be given
// back than waited with, because its subscription ends; nil if ctx is of no
// message.
func Stopping(ctx context.Context) <-chan struct{} {
	if d, is := ctx.Value(deliveryKey{}).(*delivery); is {
		return d.stopping
	}
	return nil
}

func (d *delivery) settle(send func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settled = true
	return send()
}

func (d *delivery) beat() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.settled {
		return nil
	}
	return d.raw.InProgress()
}

// newMessage keeps the first value of each header.
func newMessage(raw *nats.Msg, meta *nats.MsgMetadata) *message.Message {
	sequence := strconv.FormatUint(meta.Sequence.Stream, 10)
	msg := message.NewMessage(meta.Stream+"/"+sequence, raw.Data)
	for key, values := range raw.Header {
		if len(values) > 0 && !strings.HasPrefix(key, metaPrefix) {
			msg.Metadata[key] = values[0]
		}
	}
	msg.Metadata[MetaSubject] = raw.Subject
	msg.Metadata[MetaDelivered] = strconv.FormatUint(meta.NumDelivered, 10)
	msg.Metadata[MetaSequence] = sequence
	msg.Metadata[MetaPublished] = meta.Timestamp.UTC().Format(time.RFC3339Nano)
	return msg
}

// take begins to hold a message, whose slot is claimed.
func (p *pump) take(ctx context.Context, raw *nats.Msg, meta *nats.MsgMetadata) {
	d := &delivery{raw: raw, msg: newMessage(raw, meta), slots: p.slots, stopping: ctx.Done()}
	d.msg.SetContext(context.WithValue(p.work, deliveryKey{}, d))
	p.mu.Lock()
	p.held[d] = struct{}{}
	p.mu.Unlock()
	p.handlers.Go(func() {
		defer func() { p.slots.end(d.aside.Load()) }()
		err := d.settle(p.verdict(ctx, d))
		p.mu.Lock()
		delete(p.held, d)
		p.mu.Unlock()
		if err != nil {
			p.log.Warn("settling a message; it will be delivered again", "message", d.msg.UUID, "error", err)
		}
	})
}

// verdict hands a message over and waits for what becomes of it. An ack is
// not confirmed by the server: one that is lost means another delivery, which
// every step survives, and waiting would cost a round trip a message.
func (p *pump) verdict(ctx context.Context, d *delivery) func() error {
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

// offer reports whether somebody took the message before ctx ended.
func (p *pump) offer(ctx context.Context, d *delivery) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case p.out <- d.msg:
		return true
	case <-ctx.Done():
		return false
	}
}

// giveBack lets another worker have the message at once. It waits for the
// last pull, through which the message would come straight back to us.
func (p *pump) giveBack(d *delivery) func() error {
	<-p.fetched
	return func() error { return d.raw.Nak() }
}

// keepAlive reports progress on everything held, until all is over.
func (p *pump) keepAlive(beat *time.Ticker) {
	for {
		select {
		case <-p.done:
			return
		case <-beat.C:
			if p.broker.conn.IsConnected() { // else it would be buffered, and late
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
