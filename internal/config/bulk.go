package config

import (
	"fmt"

	"github.com/leatworks/leat/pipeline/broker"
)

// Bulk says which work takes the bulk lane, and how much work is under way at once.
type Bulk struct {
	BulkFiles   int `env:"LEAT_BULK_FILES" default:"500" placeholder:"N" help:"A first ingest of more files than this takes the bulk lane (${default})."`
	BulkWindow  int `env:"LEAT_BULK_WINDOW" default:"4096" placeholder:"N" help:"Documents of one tenant that may be unfinished in the bulk lane, until embedders and indexers are done with them; the tenant's repositories share this number evenly (${default})."`
	LiveWindow  int `env:"LEAT_LIVE_WINDOW" default:"2048" placeholder:"N" help:"Documents of one tenant that may be unfinished in the live lane, until embedders and indexers are done with them; the first documents of a commit may be as many more (${default})."`
	BulkIngests int `env:"LEAT_BULK_INGESTS" default:"16" placeholder:"N" help:"Repositories of one tenant that an ingestor fetches, or reads in turns in the bulk lane, in addition to --in-flight (${default}); at most twice as many for all tenants together."`
	Waiting     int `env:"LEAT_WAITING" default:"4096" placeholder:"N" help:"Submissions that an ingestor holds while they wait for their tenant's turn (${default}). Give more than --intake-per-tenant times the number of tenants that may flood at once."`
	Pace        int `env:"LEAT_PACE" default:"50" placeholder:"N" help:"Submissions of one tenant that an ingestor begins in a second, after twice as many at once (${default}). Further ones wait, so that a flood of junk does not take the processor from other tenants. 0: no bound."`
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
