// Package network finds the important nodes in a network of weighted edges, and the nodes that
// belong together.
//
// It owns the two formulas, and does not know what the nodes stand for. Both are deterministic: the
// same nodes and edges, in the same order, give the same bits on any machine of one architecture.
package network

// Edge leads from one node to another. A weight is above zero.
type Edge struct {
	From, To int32
	Weight   float64
}

// Network is nodes 0 to n-1 with edges between them.
type Network struct {
	first  []int32 // the place of each node's first edge in to and weight; one more than nodes
	to     []int32
	weight []float64
}

// New returns a network of n nodes. Edges between the same nodes are added up. Edges from a node to
// itself, and edges without a weight, are left out.
func New(n int, edges []Edge) *Network {
	edges = sorted(n, edges, func(e Edge) int32 { return e.To })
	edges = sorted(n, edges, func(e Edge) int32 { return e.From })
	w := &Network{first: make([]int32, n+1)}
	last := Edge{From: -1}
	for _, e := range edges {
		if e.From == e.To || e.Weight <= 0 {
			continue
		}
		if e.From == last.From && e.To == last.To {
			w.weight[len(w.weight)-1] += e.Weight
			continue
		}
		last = e
		w.to, w.weight = append(w.to, e.To), append(w.weight, e.Weight)
		w.first[e.From+1]++
	}
	for i := range n {
		w.first[i+1] += w.first[i]
	}
	return w
}

// sorted returns the edges in the order of one of their nodes. Edges with the same node keep their
// order.
func sorted(n int, edges []Edge, by func(Edge) int32) []Edge {
	place := make([]int, n+1)
	for _, e := range edges {
		place[by(e)+1]++
	}
	for i := range n {
		place[i+1] += place[i]
	}
	out := make([]Edge, len(edges))
	for _, e := range edges {
		out[place[by(e)]] = e
		place[by(e)]++
	}
	return out
}

// Len is the number of nodes.
func (w *Network) Len() int { return len(w.first) - 1 }

// edges calls fn with each edge of a node, by the node that it leads to.
func (w *Network) edges(node int, fn func(to int32, weight float64)) {
	for i := w.first[node]; i < w.first[node+1]; i++ {
		fn(w.to[i], w.weight[i])
	}
}

// Inward counts the nodes with an edge to each node.
func (w *Network) Inward() []int {
	counts := make([]int, w.Len())
	for _, to := range w.to {
		counts[to]++
	}
	return counts
}

// twoWay returns the network whose edges lead both ways.
func (w *Network) twoWay() *Network {
	both := make([]Edge, 0, 2*len(w.to))
	for node := range w.Len() {
		w.edges(node, func(to int32, weight float64) {
			both = append(both, Edge{int32(node), to, weight}, Edge{to, int32(node), weight})
		})
	}
	return New(w.Len(), both)
}
