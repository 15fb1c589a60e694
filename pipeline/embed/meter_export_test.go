package embed

import "context"

// FlushUsage writes the usage so far at once.
func (s *Step) FlushUsage(ctx context.Context) { s.meter.flush(ctx) }
