package embed

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// flushEvery bounds how often usage is written, and how much of it a crash loses.
const flushEvery = 10 * time.Second

// owner is for whom a text is embedded: of several, the first.
type owner struct {
	tenant     string
	repository uuid.UUID
}

func ownerOf(d catalog.Document) owner { return owner{d.Tenant, d.Repository} }

// meter adds up what embedding takes until it is written to the catalog.
type meter struct {
	catalog  *catalog.Catalog
	embedder int32
	price    float64 // of a token

	mu    sync.Mutex
	usage map[owner]*catalog.Consumption
	spent map[string]int64 // tokens by tenant that the budgets do not know of
	timer *time.Timer      // set while there is something to write
	done  bool
}

func newMeter(c *catalog.Catalog, id int32, remote embedder.Metered) *meter {
	m := &meter{catalog: c, embedder: id, usage: make(map[owner]*catalog.Consumption), spent: make(map[string]int64)}
	if remote != nil {
		m.price = remote.Price() / 1e6
	}
	return m
}

// of returns what is known of an owner. It is called under mu.
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

// embedded counts texts that were embedded or failed. costs may be nil.
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

// cached counts the chunks of documents whose texts have a vector already.
func (m *meter) cached(docs []catalog.Document, missing []catalog.Text) {
	lacking := make(map[int64]int, len(docs))
	for _, t := range missing {
		lacking[t.Chunking]++
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range docs {
		if have := int64(d.Chunks) - int64(lacking[d.Chunking]); have > 0 {
			m.of(ownerOf(d)).Cached += have
		}
	}
}

// spend takes what a tenant has spent and its budget does not know of.
func (m *meter) spend(tenant string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	tokens := m.spent[tenant]
	delete(m.spent, tenant)
	return tokens
}

// flush writes what has been added up. What cannot be written is tried again.
func (m *meter) flush(ctx context.Context) {
	m.mu.Lock()
	usage := m.usage
	m.usage, m.timer = make(map[owner]*catalog.Consumption), nil
	m.mu.Unlock()
	if len(usage) == 0 {
		return
	}
	list := make([]catalog.Consumption, 0, len(usage))
	for _, u := range usage {
		list = append(list, *u)
	}
	ctx, cancel := context.WithTimeout(ctx, flushEvery)
	defer cancel()
	if err := m.catalog.Usage.Add(ctx, m.embedder, list); err == nil {
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

// close writes what is left. Nothing may be added any more.
func (m *meter) close() {
	m.mu.Lock()
	m.done = true
	if m.timer != nil {
		m.timer.Stop()
	}
	m.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), releaseLimit)
	defer cancel()
	m.flush(ctx)
}
