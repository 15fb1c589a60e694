package backup

import "time"

// SetPatience makes a prune that shows no life be taken for dead sooner.
func (v *Vault) SetPatience(d time.Duration) { v.patience = d }

// Choose returns the ids that stay.
func (k Keep) Choose(ids []string) map[string]bool { return k.choose(ids) }
