package backup_test

import (
	"slices"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/backup"
)

// Of two backups within one second, the later one sorts as newer.
func TestIDsAreInTheOrderOfTime(t *testing.T) {
	at := time.Date(2026, 11, 29, 18, 40, 0, 0, time.UTC)
	for range 100 {
		var ids []string
		for _, later := range []time.Duration{0, 50 * time.Microsecond, time.Millisecond, 999 * time.Millisecond, time.Second - 1, time.Second} {
			ids = append(ids, backup.NewID(at.Add(later)))
		}
		if !slices.IsSorted(ids) {
			t.Fatalf("%q", ids)
		}
	}
}
