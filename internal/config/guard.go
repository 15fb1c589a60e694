package config

import "fmt"

// Guard says which commits wait for approval.
type Guard struct {
	ApproveShare float64 `env:"LEAT_APPROVE_SHARE" default:"0.5" placeholder:"SHARE" help:"A commit that removes more than this share of a ref's documents, and more than 100 of them, waits for 'leat sync approve' (${default}); 1: no commit waits."`
}

// Check says what to change.
func (g Guard) Check() error {
	if g.ApproveShare <= 0 || g.ApproveShare > 1 {
		return fmt.Errorf("--approve-share (LEAT_APPROVE_SHARE) %v: give more than 0, and 1 at most", g.ApproveShare)
	}
	return nil
}
