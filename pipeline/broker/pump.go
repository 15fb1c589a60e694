package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/internal/line"
)

const (
	// pullExpiry is how long the server keeps a pull open. It is short because
	// stopping waits for the open pull: a message sent to an abandoned pull would
	// lie idle for a whole ack wait.
	pullExpiry = time.Second
	// pullGrace is how long after pullExpiry the server may still answer.
	pullGrace = 4 * time.Second

	// bindTimeout is short: a request to a server that goes down stays unanswered,
	// and the next attempt comes soon.
	bindTimeout = 3 * time.Second

	// A broken subscription is tried again after minPause. The pause doubles with
	// each attempt, up to maxPause.
	minPause = 50 * time.Millisecond
	maxPause = 2 * time.Second
	// missingPause is the longest pause before the next look for a consumer that is not
	// there: the syncer may be making the consumer of a new generation at this moment.
	missingPause = 100 * time.Millisecond

	// settleGrace is the time that handlers have to return after their context ended.
	settleGrace = 2 * time.Second

	// beatsPerAckWait is the number of progress reports within an ack wait. The
	// worker, the server or its disk may stall for four fifths of the ack wait, and
	// nothing is delivered twice.
	beatsPerAckWait = 5
)

var errDisconnected = errors.New("not connected to NATS")

// pump moves one subscription's messages from the server to Watermill.
//
// It speaks the pull protocol itself. jetstream.Consumer takes a message without a
// payload and with a "Status" header for an answer of the server, so anyone who may
// publish to the intake could end every fetch. The pump knows a delivery by its
// acknowledgement subject, which only the server can set, and the server's answers
// by its own inbox.
type pump struct {
	broker *Broker
	cfg    SubscriberConfig
	log    *slog.Logger

	inbox        string // the server answers pull N on inbox.N
	pulls        int
	pause        time.Duration // before the next attempt, if this one fails
	subscription *nats.Subscription
	arrived      chan *nats.Msg
	lost         chan nats.Status // tells that the connection is gone
	out          chan *message.Message
	slots        *slots       // for all messages held
	turns, aside *line.Places // for those that are worked on, and for those set aside
	pace         *line.Pace

	work       context.Context // the parent of the handlers' contexts
	cancelWork context.CancelFunc

	fetched   chan struct{} // closed when the last pull is over
	abandoned chan struct{} // closed when handlers are no longer waited for
	done      chan struct{} // closed at the very end

	handlers sync.WaitGroup
	mu       sync.Mutex
	held     map[*Delivery]struct{}
}

// run fetches until ctx ends, then drains.
func (p *pump) run(ctx context.Context) {
	defer close(p.done)
	defer close(p.out)
	defer p.cancelWork()
	beat := time.NewTicker(DefaultAckWait / beatsPerAckWait)
	defer beat.Stop()
	go p.keepAlive(beat)

	p.fetch(ctx, beat)
	close(p.fetched)
	p.drain()
	p.unsubscribe()
	p.broker.trouble(p.name(), nil)
}

func (p *pump) name() string { return p.cfg.Stream + "/" + p.cfg.Consumer + "/" + p.inbox }

// fetch binds and pulls until ctx ends, and begins again after an error.
func (p *pump) fetch(ctx context.Context, beat *time.Ticker) {
	for {
		ackWait, err := p.bind(ctx)
		if err == nil {
			beat.Reset(max(ackWait/beatsPerAckWait, time.Millisecond))
			err = p.pullAll(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		p.report(err)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			p.pause = min(p.pause, missingPause)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(p.pause):
		}
		p.pause = min(2*p.pause, maxPause)
	}
}

// report logs and records an error once, and its end once.
func (p *pump) report(err error) {
	switch news := p.broker.trouble(p.name(), err); {
	case !news:
	case err == nil:
		p.log.Info("receiving messages again")
	default:
		p.log.Warn("receiving no messages; trying again", "error", err)
	}
}

// bind checks that the consumer exists and is of the right kind. It returns the
// consumer's ack wait.
func (p *pump) bind(ctx context.Context) (time.Duration, error) {
	if !p.broker.conn.IsConnected() {
		return 0, errDisconnected
	}
	ctx, cancel := context.WithTimeout(ctx, min(p.broker.timeout, bindTimeout))
	defer cancel()
	found, err := p.broker.js.Consumer(ctx, p.cfg.Stream, p.cfg.Consumer)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound), errors.Is(err, jetstream.ErrConsumerNotFound):
		return 0, fmt.Errorf("consumer %s of stream %s does not exist; the syncer makes it at its next look: %w", p.cfg.Consumer, p.cfg.Stream, err)
	case err != nil:
		return 0, fmt.Errorf("bind to consumer %s of stream %s: %w", p.cfg.Consumer, p.cfg.Stream, err)
	}
	cfg := found.CachedInfo().Config
	if cfg.AckPolicy != jetstream.AckExplicitPolicy {
		return 0, fmt.Errorf("consumer %s of stream %s does not ask for an ack of each message; delete it, and the syncer makes it anew at its next look", p.cfg.Consumer, p.cfg.Stream)
	}
	return cfg.AckWait, nil
}

// pullAll pulls until ctx ends or a pull fails.
func (p *pump) pullAll(ctx context.Context) error {
	for {
		n := p.slots.claim(ctx)
		if n == 0 {
			return nil
		}
		if err := p.pull(ctx, n); err != nil {
			return fmt.Errorf("pull from consumer %s of stream %s: %w", p.cfg.Consumer, p.cfg.Stream, err)
		}
		p.pause = minPause
		p.report(nil)
	}
}

// pull asks for n messages, whose slots are claimed, and takes the messages that
// arrive until the server ends the pull. It does not end with ctx: see pullExpiry.
func (p *pump) pull(ctx context.Context, n int) error {
	left := n
	defer func() { p.slots.release(left) }()
	for len(p.lost) > 0 { // left by an earlier pull
		<-p.lost
	}
	p.pulls++
	reply := p.inbox + "." + strconv.Itoa(p.pulls)
	if err := p.request(reply, n); err != nil {
		return err
	}
	silence := time.NewTimer(pullExpiry + pullGrace)
	defer silence.Stop()
	for left > 0 {
		select {
		case raw := <-p.arrived:
			if meta, err := raw.Metadata(); err == nil {
				left--
				p.take(ctx, raw, meta)
			} else if over, err := pullOver(raw); over && raw.Subject == reply {
				return err
			}
		case <-p.lost: // the pull is lost with the connection
			return errDisconnected
		case <-silence.C:
			return errors.New("the server does not answer")
		}
	}
	return nil
}

// request sends a pull. It sends none without a connection: the client would send
// it later, when nobody waits for the answer any more.
func (p *pump) request(reply string, n int) error {
	if !p.broker.conn.IsConnected() {
		return errDisconnected
	}
	body, err := json.Marshal(struct {
		Batch   int           `json:"batch"`
		Expires time.Duration `json:"expires"`
	}{n, pullExpiry})
	if err != nil {
		return err
	}
	return p.broker.conn.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+p.cfg.Stream+"."+p.cfg.Consumer, reply, body)
}

// pullOver reports whether an answer of the server ends the pull, and with which
// error.
// Source: NATS ADR-37, JetStream simplification, and ADR-13, pull subscribe.
func pullOver(raw *nats.Msg) (over bool, err error) {
	status, text := raw.Header.Get("Status"), raw.Header.Get("Description")
	switch status {
	case "100": // an idle heartbeat
		return false, nil
	case "404", "408": // no messages, expired
		return true, nil
	case "503":
		return true, errors.New("the consumer does not exist, or JetStream is not up yet")
	}
	return true, fmt.Errorf("the server says %s %s", status, text)
}

// drain waits until every delivery is settled, by its handler or, after the drain
// timeout, by giving it back.
func (p *pump) drain() {
	settled := make(chan struct{})
	go func() {
		p.handlers.Wait()
		close(settled)
	}()
	if within(p.cfg.DrainTimeout, settled) {
		return
	}
	p.log.Warn("handlers are still at work; cancelling them", "after", p.cfg.DrainTimeout)
	p.cancelWork()
	if !within(settleGrace, settled) {
		p.log.Warn("handlers ignore that they were cancelled; giving their messages back")
	}
	close(p.abandoned)
	<-settled
}

func within(d time.Duration, done <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// unsubscribe gives back messages that have arrived since the last pull, and
// flushes the acks.
func (p *pump) unsubscribe() {
	p.broker.conn.RemoveStatusListener(p.lost)
	if err := p.subscription.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		p.log.Warn("unsubscribing", "error", err)
	}
	p.flush()
	for {
		select {
		case raw := <-p.arrived:
			if _, err := raw.Metadata(); err == nil {
				_ = raw.Nak() // on failure the server waits for the ack wait
			}
		default:
			p.flush()
			return
		}
	}
}

func (p *pump) flush() {
	if !p.broker.conn.IsConnected() {
		return // the client sends its buffer when it is connected again
	}
	if err := p.broker.conn.FlushTimeout(p.broker.timeout); err != nil {
		p.log.Warn("flushing acks; the messages may be delivered again", "error", err)
	}
}
