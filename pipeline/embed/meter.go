package embed

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// flushEvery is the time after which usage is written. A crash loses at most the usage of that time.
const flushEvery = 10 * time.Second

// flushLimit bounds the time of one write.
const flushLimit = 5 * time.Second

// owner is the tenant and repository to which the usage of a text is charged. If several documents share the text, one
// of them is charged.
type owner struct {
	tenant     string
	repository uuid.UUID
}

func ownerOf(d catalog.Document) owner { return owner{d.Tenant, d.Repository} }

// meter adds up the usage of embedding until it is written to the catalog.
type meter struct {
	write func(context.Context, []catalog.Consumption) error
	price float64 // of a token

	flushing chan struct{} // holds a value while usage is being written

	mu    sync.Mutex
	usage map[owner]*catalog.Consumption
	spent map[string]int64 // tokens by tenant that the budgets do not count yet
	timer *time.Timer      // set while there is something to write
	done  bool
}

func newMeter(write func(context.Context, []catalog.Consumption) error, remote embedder.Metered) *meter {
	m := &meter{
		write: write, flushing: make(chan struct{}, 1),
		usage: make(map[owner]*catalog.Consumption), spent: make(map[string]int64),
	}
	if remote != nil {
		m.price = remote.Price() / 1e6
	}
	return m
}

// of returns the usage of an owner. It is called under mu.
func (m *meter) of(o owner) *catalog.Consumption {
	u := m.usage[o]
	if u == nil {
		u = &catalog.Consumption{Tenant: o.tenant, Repository: o.repository}
		m.usage[o] = u
	}
	if m.timer == nil && !m.done {
		m.timer = time.AfterFunc(flushEvery, func() { m.flush(context.Background()) })
	}
	return u
}

// embedded counts the texts that have vectors, and the costs of all. costs is nil for a local model.
func (m *meter) embedded(texts []text, vectors [][]float32, costs []embedder.Cost) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, t := range texts {
		u := m.of(t.owner)
		if i < len(vectors) && vectors[i] != nil {
			u.Texts++
		}
		if costs == nil {
			continue
		}
		u.Tokens += int64(costs[i].Tokens)
		u.Requests += costs[i].Requests
		u.Retries += int64(costs[i].Retries)
		u.Waited += costs[i].Waited
		u.Cost += float64(costs[i].Tokens) * m.price
		m.spent[t.owner.tenant] += int64(costs[i].Tokens)
	}
}

// cached counts the chunks of documents whose texts already have a vector, and returns
// their number.
func (m *meter) cached(docs []catalog.Document, missing []catalog.Text) (all int64) {
	lacking := make(map[int64]int, len(docs))
	for _, t := range missing {
		if !t.Embedded() {
			lacking[t.Chunking]++
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range docs {
		if have := int64(d.Chunks) - int64(lacking[d.Chunking]); have > 0 {
			m.of(ownerOf(d)).Cached += have
			all += have
		}
	}
	return all
}

// spend returns the tokens that a tenant has spent and that its budget does not count yet. The caller must count them.
func (m *meter) spend(tenant string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	tokens := m.spent[tenant]
	delete(m.spent, tenant)
	return tokens
}

// flush writes the usage so far. Usage that cannot be written is kept for the next flush. One flush runs at a time,
// because the last one must not miss the usage that a failing flush gives back.
func (m *meter) flush(ctx context.Context) {
	m.flushing <- struct{}{}
	defer func() { <-m.flushing }()
	m.mu.Lock()
	usage := m.usage
	m.usage, m.timer = make(map[owner]*catalog.Consumption), nil
	m.mu.Unlock()
	list := make([]catalog.Consumption, 0, len(usage))
	for o, u := range usage {
		// Texts that were refused use nothing. A row of zeros for them would list a model
		// that has embedded nothing.
		if *u != (catalog.Consumption{Tenant: o.tenant, Repository: o.repository}) {
			list = append(list, *u)
		}
	}
	if len(list) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, flushLimit)
	defer cancel()
	if err := m.write(ctx, list); err == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for o, was := range usage {
		u := m.of(o)
		u.Texts += was.Texts
		u.Cached += was.Cached
		u.Tokens += was.Tokens
		u.Requests += was.Requests
		u.Retries += was.Retries
		u.Waited += was.Waited
		u.Cost += was.Cost
	}
}

// close waits for a flush under way, then writes the rest. No usage may be added any more.
func (m *meter) close() {
	m.mu.Lock()
	m.done = true
	if m.timer != nil {
		m.timer.Stop()
	}
	m.mu.Unlock()
	m.flush(context.Background())
}
