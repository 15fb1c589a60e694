package backup

import "time"

// NewID names a backup.
func NewID(at time.Time) string { return newID(at) }
