package service

import (
	"context"
	"time"

	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Bounds of an activity's spans of time.
const (
	MaxActivitySpans = 200
	LeastActivity    = time.Minute // the narrowest span
)

// ActivityRequest asks for the events of the last hours.
type ActivityRequest struct {
	Tenant string
	Reach  []string      // globs of repositories that may be seen; empty: all of the tenant's
	Width  time.Duration // of one span, LeastActivity or more
	Spans  int           // number of spans, 1 to MaxActivitySpans; the last one is not over
}

// ActivityAnswer counts events by spans of time, oldest first.
type ActivityAnswer struct {
	Spans []ActivitySpan `json:"spans" nullable:"false"`
}

// ActivitySpan counts the events in a span of time.
type ActivitySpan struct {
	Begins    time.Time `json:"begins"`
	Submitted int64     `json:"submitted" doc:"Submissions that were accepted."`
	Indexed   int64     `json:"indexed" doc:"Commits that were indexed to their end."`
	GivenUp   int64     `json:"given_up" doc:"Dead letters."`
}

// Activity counts events. Submissions and letters that are deleted meanwhile do not count.
func (s *Service) Activity(ctx context.Context, r ActivityRequest) (a ActivityAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	if r.Spans < 1 || r.Spans > MaxActivitySpans || r.Width < LeastActivity {
		return a, badLimit(r.Spans, MaxActivitySpans, "give a width of a minute or more")
	}
	ids, err := s.bounded(ctx, r.Tenant, r.Reach)
	if err != nil {
		return a, err
	}
	// Spans begin at multiples of their width since 1970, like those of the catalog.
	width := int64(r.Width / time.Second)
	first := time.Unix((time.Now().Unix()/width-int64(r.Spans-1))*width, 0).UTC()
	a.Spans = make([]ActivitySpan, r.Spans)
	for i := range a.Spans {
		a.Spans[i].Begins = first.Add(time.Duration(i) * time.Duration(width) * time.Second)
	}
	list, err := s.stores.Catalog.Flow.Activity(ctx, r.Tenant, first, time.Duration(width)*time.Second, ids...)
	for _, e := range list {
		i := int(e.Begins.Sub(first) / (time.Duration(width) * time.Second))
		if i < 0 || i >= len(a.Spans) { // the event came after the request began
			continue
		}
		switch e.Kind {
		case catalog.ActivitySubmitted:
			a.Spans[i].Submitted = e.Events
		case catalog.ActivityIndexed:
			a.Spans[i].Indexed = e.Events
		case catalog.ActivityGivenUp:
			a.Spans[i].GivenUp = e.Events
		}
	}
	return a, err
}
