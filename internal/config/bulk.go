package config

import (
	"fmt"

	"github.com/leatworks/leat/pipeline/broker"
)

// Bulk says which work goes by the bulk lane, and how much of it is under way
// at once.
type Bulk struct {
	BulkFiles   int `env:"LEAT_BULK_FILES" default:"500" placeholder:"N" help:"A first ingest of more files than this goes by the bulk lane (${default})."`
	BulkWindow  int `env:"LEAT_BULK_WINDOW" default:"4096" placeholder:"N" help:"Documents of one tenant that the bulk lane takes before embedders and indexers have done with them; the tenant's repositories share it evenly (${default})."`
	LiveWindow  int `env:"LEAT_LIVE_WINDOW" default:"2048" placeholder:"N" help:"Documents of one tenant that the live lane takes before embedders and indexers have done with them; the first of a commit may be as many more (${default})."`
	BulkIngests int `env:"LEAT_BULK_INGESTS" default:"16" placeholder:"N" help:"Repositories of one tenant that an ingestor reads in turns in the bulk lane, or fetches, beside --in-flight (${default}); of all tenants at most twice as many."`
	Waiting     int `env:"LEAT_WAITING" default:"4096" placeholder:"N" help:"Submissions that an ingestor holds while they wait for their tenant's turn (${default}). More than the tenants that may flood at once, times --intake-per-tenant."`
	Pace        int `env:"LEAT_PACE" default:"50" placeholder:"N" help:"Submissions of one tenant that an ingestor begins in a second, after twice as many at once (${default}). Those above it wait, so that junk that is quickly refused costs no other tenant the processor. 0: no bound."`
}

// Check says what to change.
func (b Bulk) Check() error {
	for _, number := range []struct {
		value int
		name  string
	}{
		{b.BulkFiles, "--bulk-files (LEAT_BULK_FILES)"},
		{b.BulkWindow, "--bulk-window (LEAT_BULK_WINDOW)"},
		{b.LiveWindow, "--live-window (LEAT_LIVE_WINDOW)"},
		{b.BulkIngests, "--bulk-ingests (LEAT_BULK_INGESTS)"},
	} {
		if number.value < 1 {
			return fmt.Errorf("%s %d: give 1 or more", number.name, number.value)
		}
	}
	if b.Waiting < 0 || b.Waiting > broker.DefaultMaxAckPending {
		return fmt.Errorf("--waiting (LEAT_WAITING) %d: give 0 to %d", b.Waiting, broker.DefaultMaxAckPending)
	}
	if b.Pace < 0 {
		return fmt.Errorf("--pace (LEAT_PACE) %d: give 0 or more", b.Pace)
	}
	return nil
}
