package lang

// maxSteps bounds the steps of the automata that match one path against the rule files of its repository. They take
// some ten milliseconds. A thousand rules as people write them take some ten thousand steps.
const maxSteps = 1 << 24

// budget counts the remaining steps of one path. No two paths share a budget, so that the verdict on a path depends
// only on the path and the rules.
type budget struct{ left int }

func newBudget() *budget { return &budget{maxSteps} }

// take takes steps, and reports whether there were enough.
func (b *budget) take(steps int) bool {
	b.left -= steps
	return b.left >= 0
}

func (b *budget) spent() bool { return b.left < 0 }
