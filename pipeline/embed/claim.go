package embed

import (
	"context"
	"sync"

	"github.com/leatworks/leat/pipeline/catalog"
)

// claims records the texts that the batches of this process are at work on, so that two batches that need the same text
// at the same time do not both embed it.
type claims struct {
	mu    sync.Mutex
	held  map[[32]byte]chan struct{} // closed when the claim is released
	looks map[*look]bool             // under way
}

// look is the search of a batch for texts without vectors.
type look struct {
	released [][]catalog.Text // released during the look, which may not have seen their vectors
}

func newClaims() claims {
	return claims{held: make(map[[32]byte]chan struct{}), looks: make(map[*look]bool)}
}

// claim holds the texts that one batch is at work on.
type claim struct {
	claims *claims
	texts  []catalog.Text    // each once
	over   chan struct{}     // closed by release
	others []<-chan struct{} // closed when the batches are done that have claimed other texts of the look
}

// over stands for the claim of a batch that is done.
var over = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// take claims the texts that missing returns, except those that other batches have claimed. A batch releases its claim
// after it has stored the vectors. Texts that were released while missing looked are therefore left to the next look.
func (c *claims) take(missing func() ([]catalog.Text, error)) (*claim, error) {
	l := &look{}
	c.mu.Lock()
	c.looks[l] = true
	c.mu.Unlock()
	wanted, err := missing()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.looks, l)
	if err != nil {
		return nil, err
	}
	released := l.texts()
	mine := &claim{claims: c, over: make(chan struct{})}
	for _, w := range wanted {
		switch held := c.held[w.SHA256]; {
		case held == mine.over:
		case held != nil:
			mine.others = append(mine.others, held)
		case released[w.SHA256]:
			mine.others = append(mine.others, over)
		default:
			c.held[w.SHA256] = mine.over
			mine.texts = append(mine.texts, w)
		}
	}
	return mine, nil
}

func (l *look) texts() map[[32]byte]bool {
	set := make(map[[32]byte]bool)
	for _, list := range l.released {
		for _, t := range list {
			set[t.SHA256] = true
		}
	}
	return set
}

func (c *claim) release() {
	c.claims.mu.Lock()
	defer c.claims.mu.Unlock()
	for _, t := range c.texts {
		delete(c.claims.held, t.SHA256)
	}
	for l := range c.claims.looks {
		l.released = append(l.released, c.texts)
	}
	close(c.over)
}

// wait waits until the other batches have released their claims. The caller must hold no claim, so that no two batches
// wait for each other.
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
