package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Forecast says how something grows, and when it will be full.
type Forecast struct {
	Name   string     `json:"name"`
	Now    float64    `json:"now"`
	Most   float64    `json:"most,omitempty"` // absent: no limit is known
	PerDay float64    `json:"per_day"`
	Full   *time.Time `json:"full,omitempty"` // absent: not within a year, or no limit is known
}

// The history that a forecast needs.
const (
	forecastDays  = 30
	leastHistory  = 24 * time.Hour
	soon          = 30 * 24 * time.Hour
	farAway       = 365 * 24 * time.Hour
	leastMeasured = 3
)

// capacity says when everything with a limit will be full.
func (l *look) capacity(ctx context.Context) {
	if l.stores.Catalog == nil {
		return
	}
	history, err := l.stores.Catalog.Gauges.Measurements(ctx, forecastDays)
	if err != nil {
		l.add("capacity", Skipped, err.Error(), "")
		return
	}
	for len(history) > 0 {
		n := 1
		for n < len(history) && history[n].Name == history[0].Name {
			n++
		}
		if f, ok := forecast(history[:n]); ok {
			l.report.Forecast = append(l.report.Forecast, f)
			if f.Full != nil && time.Until(*f.Full) < soon {
				l.add("capacity", Warning, fmt.Sprintf("%s will be full on %s", f.Name, f.Full.Format(time.DateOnly)), "raise its limit, or forget repositories")
			}
		}
		history = history[n:]
	}
	if len(l.report.Forecast) == 0 {
		l.add("capacity", Skipped, "there is less than a day of history yet", "a syncer keeps one measurement an hour")
	}
}

// forecast fits a line through measurements of one name, by least squares. Measurements of
// less than a day give no forecast.
func forecast(history []catalog.Measurement) (Forecast, bool) {
	first, last := history[0], history[len(history)-1]
	if len(history) < leastMeasured || last.At.Sub(first.At) < leastHistory {
		return Forecast{}, false
	}
	var x, y, xx, xy float64
	for _, m := range history {
		days := m.At.Sub(first.At).Hours() / 24
		x, y, xx, xy = x+days, y+m.Value, xx+days*days, xy+days*m.Value
	}
	n := float64(len(history))
	slope := (n*xy - x*y) / (n*xx - x*x)
	f := Forecast{Name: last.Name, Now: last.Value, Most: last.Most, PerDay: slope}
	if last.Most > 0 && slope > 0 {
		left := time.Duration(max(last.Most-last.Value, 0) / slope * float64(24*time.Hour))
		if days := max(last.Most-last.Value, 0) / slope; days < farAway.Hours()/24 {
			full := last.At.Add(left)
			f.Full = &full
		}
	}
	return f, true
}

// bytes writes a number of bytes for people.
func bytes(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return number.Thousands(n) + " bytes"
}
