package doctor

import (
	"testing"
	"time"

	"github.com/leatworks/leat/pipeline/catalog"
)

// A stream that grows by 10 a day and has room for 100 more is full in ten days.
func TestForecast(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var history []catalog.Measurement
	for hour := range 49 {
		history = append(history, catalog.Measurement{Name: "s", At: began.Add(time.Duration(hour) * time.Hour), Value: 80 + 10*float64(hour)/24, Most: 200})
	}
	f, ok := forecast(history)
	if !ok || f.PerDay < 9.99 || f.PerDay > 10.01 || f.Now != 100 || f.Full == nil {
		t.Fatalf("%+v, %v", f, ok)
	}
	if want := began.AddDate(0, 0, 12); f.Full.Sub(want).Abs() > time.Minute {
		t.Errorf("full on %s, want %s", f.Full, want)
	}
	if _, ok := forecast(history[:20]); ok {
		t.Error("a history of less than a day is enough")
	}
	for i := range history {
		history[i].Value = 80 // it does not grow
	}
	if f, ok := forecast(history); !ok || f.Full != nil {
		t.Errorf("what does not grow is full: %+v, %v", f, ok)
	}
	for i := range history {
		history[i].Value, history[i].Most = float64(i), 0
	}
	if f, ok := forecast(history); !ok || f.Full != nil {
		t.Errorf("what has no limit is full: %+v, %v", f, ok)
	}
}
