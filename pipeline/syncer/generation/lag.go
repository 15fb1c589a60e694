package generation

import (
	"context"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// lag counts the messages that wait for a generation, and those that workers have taken
// and not settled.
type lag func(context.Context) (waiting, inFlight uint64, err error)

// lagOf counts messages of the chunked stream too if the generation's embedder is a new
// one.
func (k *Keeper) lagOf(g catalog.GenerationStatus, list []catalog.GenerationStatus) lag {
	shared := false
	for _, other := range list {
		shared = shared || other.State == catalog.GenerationActive && other.Embedder.ID == g.Embedder.ID
	}
	return func(ctx context.Context) (waiting, inFlight uint64, err error) {
		return k.streams.Lag(ctx, g.Generation, !shared)
	}
}

const (
	// perMessage is the part of a message's work after which the messages are counted
	// again: a few times before they are done.
	perMessage = 50 * time.Microsecond
	leastPause = 5 * time.Millisecond

	// settleFor bounds the wait for messages that workers have taken. One of them may
	// be tried again and again; the comparison finds the points that it owes.
	settleFor = 2 * time.Second
)

// caughtUp says whether no message waits for a generation. It gives waiting messages an
// interval, and messages in the hands of workers a little more. A generation that is built
// from the catalog does not wait for messages at first.
func (k *Keeper) caughtUp(ctx context.Context, g catalog.GenerationStatus, of lag) (bool, error) {
	if g.Source == catalog.SourceCatalog && !g.Sampled {
		return true, nil
	}
	waiting, err := await(ctx, of, k.cfg.Interval, settleFor)
	return waiting == 0 && err == nil, err
}

// await returns when no message waits and none is in the hands of workers. It returns
// after the time most at the latest, and after mostInFlight if no message waits. It
// returns how many wait.
func await(ctx context.Context, of lag, most, mostInFlight time.Duration) (waiting uint64, err error) {
	for began := time.Now(); ; {
		waiting, inFlight, err := of(ctx)
		if err != nil || waiting+inFlight == 0 {
			return waiting, err
		}
		end := began.Add(most)
		if waiting == 0 {
			end = began.Add(mostInFlight)
		}
		left := time.Until(end)
		if left <= 0 {
			return waiting, nil
		}
		select {
		case <-ctx.Done():
			return waiting, ctx.Err()
		case <-time.After(min(max(time.Duration(min(waiting+inFlight, 1e6))*perMessage, leastPause), left)):
		}
	}
}
