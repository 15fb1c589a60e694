package lang

import "context"

// maxSteps bounds the steps of the automata that match one path against the rule files of its repository. They take
// some ten milliseconds. A thousand rules as people write them take some ten thousand steps.
const maxSteps = 1 << 24

// budget counts the remaining steps of one path. No two paths share a budget, so that the verdict on a path depends
// only on the path and the rules.
type budget struct {
	ctx  context.Context // its end spends what is left
	left int
}

func newBudget(ctx context.Context) *budget { return &budget{ctx, maxSteps} }

// stride is how many steps pass between two looks at ctx: some 50 microseconds.
const stride = 1 << 16

// take takes steps, and reports whether there were enough.
func (b *budget) take(steps int) bool {
	before := b.left
	b.left -= steps
	if b.left/stride != before/stride && b.ctx.Err() != nil {
		b.left = -1
	}
	return b.left >= 0
}

func (b *budget) spent() bool { return b.left < 0 }
