package lang

// maxSteps is what matching one path against the rule files of its repository
// may take, in steps of the automata: ten milliseconds or so. A thousand rules that
// people write take some ten thousand.
const maxSteps = 1 << 24

// budget is what is left of the steps. It is one path's, so that the verdict on
// a path depends on nothing but the path and the rules.
type budget struct{ left int }

func newBudget() *budget { return &budget{maxSteps} }

// take takes steps, and says whether there were enough.
func (b *budget) take(steps int) bool {
	b.left -= steps
	return b.left >= 0
}

func (b *budget) spent() bool { return b.left < 0 }
