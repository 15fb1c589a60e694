package network

import "math"

// The constants of PageRank: the damping of Brin and Page, "The anatomy of a large-scale
// hypertextual Web search engine" (1998), and when it ends.
const (
	damping    = 0.85
	tolerance  = 1e-9 // the sum of all differences between two rounds
	mostRounds = 100
)

// Rank returns the PageRank of each node; the ranks add up to 1. A node hands its rank to the nodes
// that it leads to, by the weight of the edges. A node that leads nowhere hands it to all nodes
// alike. Each node does the same with the share that is not damped.
func (w *Network) Rank() []float64 {
	n := w.Len()
	if n == 0 {
		return nil
	}
	out := make([]float64, n) // weight of each node's edges
	for node := range n {
		w.edges(node, func(_ int32, weight float64) { out[node] += weight })
	}
	rank, next := make([]float64, n), make([]float64, n)
	for i := range rank {
		rank[i] = 1 / float64(n)
	}
	for range mostRounds {
		ended := 0.0
		clear(next)
		for node, r := range rank {
			if out[node] == 0 {
				ended += r
				continue
			}
			share := r / out[node]
			for i := w.first[node]; i < w.first[node+1]; i++ { // no call: this is where the time goes
				next[w.to[i]] += share * w.weight[i]
			}
		}
		base, moved := (1-damping+damping*ended)/float64(n), 0.0
		for i := range next {
			next[i] = base + damping*next[i]
			moved += math.Abs(next[i] - rank[i])
		}
		rank, next = next, rank
		if moved < tolerance {
			break
		}
	}
	return rank
}
