//go:build linux

package bench

import (
	"context"

	"github.com/leatworks/leat/internal/stack"
)

// Traffic is the traffic between all workers and one store.
type Traffic struct {
	Requests map[string]int64 `json:"requests,omitempty"` // S3: by method; Postgres: statements and messages of COPY data
	Sent     int64            `json:"sent_bytes"`         // by the workers
	Received int64            `json:"received_bytes"`     // by the workers
}

// Process is the usage of one process.
type Process struct {
	CPUSeconds    float64 `json:"cpu_seconds"` // children included
	PeakBytes     int64   `json:"peak_bytes"`  // resident, without children; the highest of all rounds
	ChildrenBytes int64   `json:"children_peak_bytes,omitempty"`
}

// Usage is the usage of leat as a whole.
type Usage struct {
	Stores         map[string]Traffic `json:"stores"`
	Messages       int64              `json:"messages"` // published
	EmbeddingCalls int64              `json:"embedding_calls"`
	EmbeddedTexts  int64              `json:"embedded_texts"`
	Processes      map[string]Process `json:"processes"`
}

// usage reads all counters. They count from the start of the processes; peaks
// count from the watcher's last reset.
func (r *run) usage(ctx context.Context) (u Usage, err error) {
	u.Stores, u.Processes = make(map[string]Traffic), make(map[string]Process)
	for name, relay := range r.relays {
		t := Traffic{Sent: relay.sent.Load(), Received: relay.received.Load()}
		if tally := r.tallies[name]; tally != nil {
			t.Requests = tally.snapshot()
		}
		u.Stores[name] = t
	}
	if u.Messages, _, err = r.leat.messages(ctx); err != nil {
		return u, err
	}
	told, err := r.workers["embedder"].Metrics(ctx)
	if err != nil {
		return u, err
	}
	u.EmbeddingCalls, u.EmbeddedTexts = int64(told["leat_embedding_calls_total"]), int64(told["leat_embedding_texts_total"])
	own, children := r.watcher.peaks()
	for name, cpu := range r.watcher.cpu() {
		u.Processes[name] = Process{CPUSeconds: cpu, PeakBytes: own[name], ChildrenBytes: children[name]}
	}
	return u, nil
}

// add adds the usage from before to after.
func (u *Usage) add(before, after Usage) {
	if u.Stores == nil {
		u.Stores, u.Processes = make(map[string]Traffic), make(map[string]Process)
	}
	for name, a := range after.Stores {
		b, t := before.Stores[name], u.Stores[name]
		t.Sent, t.Received = t.Sent+a.Sent-b.Sent, t.Received+a.Received-b.Received
		for kind, n := range a.Requests {
			if n -= b.Requests[kind]; n > 0 {
				if t.Requests == nil {
					t.Requests = make(map[string]int64)
				}
				t.Requests[kind] += n
			}
		}
		u.Stores[name] = t
	}
	u.Messages += after.Messages - before.Messages
	u.EmbeddingCalls += after.EmbeddingCalls - before.EmbeddingCalls
	u.EmbeddedTexts += after.EmbeddedTexts - before.EmbeddedTexts
	for name, a := range after.Processes {
		p := u.Processes[name]
		p.CPUSeconds += a.CPUSeconds - before.Processes[name].CPUSeconds
		p.PeakBytes, p.ChildrenBytes = max(p.PeakBytes, a.PeakBytes), max(p.ChildrenBytes, a.ChildrenBytes)
		u.Processes[name] = p
	}
}

// cpu returns the processor time of the workers and of the stores.
func (u *Usage) cpu() (workers, stores float64) {
	for name, p := range u.Processes {
		if isStore(name) {
			stores += p.CPUSeconds
		} else {
			workers += p.CPUSeconds
		}
	}
	return workers, stores
}

// requests counts the requests of some kinds to a store.
func (u *Usage) requests(store string, kinds ...string) (n int64) {
	for _, kind := range kinds {
		n += u.Stores[store].Requests[kind]
	}
	return n
}

// puts counts the objects written.
func (u *Usage) puts() int64 { return u.requests(stack.S3, "PUT") }
