package embed

import (
	"context"
	"sync"

	"github.com/leatworks/leat/pipeline/catalog"
)

// claims says which texts the batches of this process are at work on, so that
// none is embedded twice because two batches met it at the same time.
type claims struct {
	mu   sync.Mutex
	held map[[32]byte]chan struct{} // closed when the claim is released
}

// claim is what one batch is at work on.
type claim struct {
	claims *claims
	texts  []catalog.Text    // each once
	over   chan struct{}     // closed by release
	others []<-chan struct{} // of the batches at work on what was wanted too
}

// take claims what missing returns, but for what others have claimed. A claim
// is released after its vectors are stored, and missing runs under the lock:
// so a text that has just been embedded by another is not missing any more.
func (c *claims) take(missing func() ([]catalog.Text, error)) (*claim, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wanted, err := missing()
	if err != nil {
		return nil, err
	}
	mine := &claim{claims: c, over: make(chan struct{})}
	for _, w := range wanted {
		switch over, held := c.held[w.SHA256]; {
		case !held:
			c.held[w.SHA256] = mine.over
			mine.texts = append(mine.texts, w)
		case over != mine.over:
			mine.others = append(mine.others, over)
		}
	}
	return mine, nil
}

func (c *claim) release() {
	c.claims.mu.Lock()
	defer c.claims.mu.Unlock()
	for _, t := range c.texts {
		delete(c.claims.held, t.SHA256)
	}
	close(c.over)
}

// wait waits until the others have released. Whoever calls it holds no claim,
// so that no two batches wait for each other.
func (c *claim) wait(ctx context.Context) error {
	for _, over := range c.others {
		select {
		case <-over:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
