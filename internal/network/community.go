package network

// The bounds of Louvain's method.
const (
	mostPasses = 50    // over all nodes, at one level
	mostLevels = 20    // of communities of communities
	leastGain  = 1e-12 // of modularity, for which a node moves
	leastPass  = 1e-6  // of modularity, for which another pass is made
)

// Communities puts each node into a community, by the method of Blondel, Guillaume, Lambiotte and
// Lefebvre, "Fast unfolding of communities in large networks" (2008). Edges count both ways. Nodes
// are visited in their order, and a node takes the first of several best communities, so the result
// does not depend on chance. Communities are numbered by their first nodes. The modularity, at most
// 1, says how much more weight lies within communities than chance would put there.
func (w *Network) Communities() (of []int, modularity float64) {
	both := w.twoWay()
	level := &folded{Network: both, own: make([]float64, w.Len())}
	of = make([]int, w.Len())
	for i := range of {
		of[i] = i
	}
	for range mostLevels {
		found, moved := level.move()
		count := number(found)
		for i, c := range of {
			of[i] = found[c]
		}
		if !moved {
			break
		}
		level = level.fold(found, count)
	}
	number(of)
	return of, modularityOf(both, of)
}

// folded is a network of communities. It holds the weight inside each community, counted both ways.
type folded struct {
	*Network
	own []float64
}

// move moves nodes one by one to the communities of their neighbours, as long as that gains
// modularity.
func (f *folded) move() (of []int, moved bool) {
	n := f.Len()
	of = make([]int, n)
	degree, total := make([]float64, n), make([]float64, n) // of each node, and of each community
	all := 0.0
	for node := range n {
		of[node] = node
		degree[node] = f.own[node]
		f.edges(node, func(_ int32, weight float64) { degree[node] += weight })
		total[node] = degree[node]
		all += degree[node]
	}
	if all == 0 {
		return of, false
	}
	toward := make([]float64, n) // weight of a node's edges into each community
	var near []int
	for range mostPasses {
		gained := 0.0
		for node := range n {
			near = near[:0]
			f.edges(node, func(to int32, weight float64) {
				if toward[of[to]] == 0 {
					near = append(near, of[to])
				}
				toward[of[to]] += weight
			})
			here := of[node]
			total[here] -= degree[node]
			gain := func(c int) float64 { return (toward[c] - degree[node]*total[c]/all) / all }
			best, most := here, gain(here)
			stays := most
			for _, c := range near {
				if g := gain(c); g > most+leastGain || g > most-leastGain && c < best && best != here {
					best, most = c, max(g, most)
				}
			}
			total[best] += degree[node]
			if best != here {
				of[node], moved = best, true
				gained += 2 * (most - stays)
			}
			for _, c := range near {
				toward[c] = 0
			}
		}
		if gained < leastPass {
			break
		}
	}
	return of, moved
}

// fold makes a network of communities.
func (f *folded) fold(of []int, count int) *folded {
	own := make([]float64, count)
	var edges []Edge
	for node := range f.Len() {
		own[of[node]] += f.own[node]
		f.edges(node, func(to int32, weight float64) {
			if of[to] == of[node] {
				own[of[node]] += weight
			} else {
				edges = append(edges, Edge{int32(of[node]), int32(of[to]), weight})
			}
		})
	}
	return &folded{New(count, edges), own}
}

// number numbers communities by their first nodes, and returns how many there are.
func number(of []int) int {
	known := make(map[int]int)
	for i, c := range of {
		if _, ok := known[c]; !ok {
			known[c] = len(known)
		}
		of[i] = known[c]
	}
	return len(known)
}

// modularityOf returns the modularity of a network whose edges lead both ways.
func modularityOf(w *Network, of []int) float64 {
	inside, total := make([]float64, w.Len()), make([]float64, w.Len())
	all := 0.0
	for node := range w.Len() {
		w.edges(node, func(to int32, weight float64) {
			all += weight
			total[of[node]] += weight
			if of[to] == of[node] {
				inside[of[node]] += weight
			}
		})
	}
	q := 0.0
	for c := range total {
		if all > 0 {
			q += inside[c]/all - (total[c]/all)*(total[c]/all)
		}
	}
	return q
}
