package catalog

import (
	"context"
	"fmt"
)

// Rates are the rates of requests, which all gateways count together. A name stands for a
// token or a tenant.
type Rates struct{ *store }

// Add adds the time for which the requests of each name stand, in seconds: at ten requests a
// second, one stands for a tenth. It returns by how many seconds each name is ahead. A name
// is ahead by 0 once as much time has passed as was added.
func (r *Rates) Add(ctx context.Context, seconds map[string]float64) (ahead map[string]float64, err error) {
	names, times := make([]string, 0, len(seconds)), make([]float64, 0, len(seconds))
	for name, time := range seconds {
		names, times = append(names, name), append(times, time)
	}
	rows, err := r.query.AddRequests(ctx, names, times)
	if err != nil {
		return nil, fmt.Errorf("count requests: %w", err)
	}
	ahead = make(map[string]float64, len(rows))
	for _, row := range rows {
		ahead[row.Name] = row.Ahead
	}
	return ahead, nil
}

// Drop forgets the names that have long ceased to be ahead.
func (r *Rates) Drop(ctx context.Context) error {
	if err := r.query.DropOldRates(ctx); err != nil {
		return fmt.Errorf("forget rates: %w", err)
	}
	return nil
}
