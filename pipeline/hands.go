package pipeline

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/catalog"
)

// maxTold bounds the bytes that are shown of the path, ref or URL of a message in hand.
const maxTold = 512

// Hands knows which messages a process has in hand, from their arrival to their
// settlement. A nil Hands knows nothing. Any number of goroutines may use one.
type Hands struct {
	mu   sync.Mutex
	held map[*incoming]catalog.Holding
}

// NewHands returns hands that are empty.
func NewHands() *Hands { return &Hands{held: make(map[*incoming]catalog.Holding)} }

// Held lists up to most messages in hand, the oldest first, and returns the number of all.
// If there are more, tenants take turns, so that each tenant's oldest are listed.
func (h *Hands) Held(most int) (list []catalog.Holding, all int) {
	h.mu.Lock()
	list = make([]catalog.Holding, 0, len(h.held))
	for _, one := range h.held {
		list = append(list, one)
	}
	h.mu.Unlock()
	all = len(list)
	older := func(x, y catalog.Holding) int {
		return cmp.Or(x.Since.Compare(y.Since), cmp.Compare(x.Tenant, y.Tenant), cmp.Compare(x.Path, y.Path))
	}
	slices.SortFunc(list, older)
	if all <= most {
		return list, all
	}
	turn, seen := make([]int, all), make(map[string]int) // the turn of each message among its tenant's
	order := make([]int, all)
	for i, one := range list {
		order[i], turn[i] = i, seen[one.Tenant]
		seen[one.Tenant]++
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(turn[i], turn[j]) })
	chosen := make([]catalog.Holding, most)
	for i := range chosen {
		chosen[i] = list[order[i]]
	}
	slices.SortFunc(chosen, older)
	return chosen, all
}

// hold lists a message as in hand until it is settled. It does not list one that could not
// be decoded.
func (h *Hands) hold(ctx context.Context, in *incoming, next func(context.Context) error) error {
	if holding, is := holdingOf(in); h != nil && is {
		h.mu.Lock()
		h.held[in] = holding
		h.mu.Unlock()
		defer func() {
			h.mu.Lock()
			delete(h.held, in)
			h.mu.Unlock()
		}()
	}
	return next(ctx)
}

// holdingOf describes a message. In place of a submission's address it gives the
// repository's name, which holds no user name.
func holdingOf(in *incoming) (h catalog.Holding, is bool) {
	if in.problem != nil {
		return h, false
	}
	h = catalog.Holding{Lane: in.Lane(), Delivered: in.Delivered, Since: in.Arrived().UTC()}
	if d, is := documentOf(in.data); is {
		h.Repository, _ = uuid.Parse(d.Repository) // checked when the data was decoded
		h.Tenant, h.Ref, h.Path = d.Tenant, told(d.Ref), told(d.Path)
		return h, true
	}
	s, is := in.data.(events.RepoSubmitted)
	h.Tenant, h.URL, h.Ref = s.Tenant, told(events.RepositoryURL(events.RepositoryName(s.URL))), told(s.Ref)
	return h, is
}

// told cuts a name to the length that is shown.
func told(name string) string {
	if len(name) <= maxTold {
		return name
	}
	end := maxTold
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end] + "…"
}
