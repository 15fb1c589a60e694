package backup

import "time"

// SetPatience sets the time after which a prune without a sign of life counts as dead.
func (v *Vault) SetPatience(d time.Duration) { v.patience = d }

// Choose returns the ids that stay.
func (k Keep) Choose(ids []string) map[string]bool { return k.choose(ids) }
