package service

import "slices"

// packing fills an answer.
type packing struct {
	*ExploreAnswer
	cutter *cutter
	left   int     // tokens
	whole  []Piece // the pieces of the answer before they were cut
}

// pack shows the pieces, the first ones with more of their lines than the last, and names the
// places of pieces that do not fit.
func (a *ExploreAnswer) pack(c *cutter, budget int, pieces []Piece) {
	kept := budget / leadShare
	p := packing{ExploreAnswer: a, cutter: c, left: budget - kept}
	others := p.show(pieces, max(fewPieces, budget/eachPiece))
	p.grow()
	p.left += kept - tokens(leadsHead)
	p.name(others)
}

// show shows at most most of the pieces, and returns the others.
func (p *packing) show(pieces []Piece, most int) (others []Piece) {
	sum := 0.0
	for i := range most {
		sum += 1 / float64(i+shareAt)
	}
	room, carried := float64(p.left), 0
	for _, piece := range pieces {
		i := len(p.Pieces)
		switch {
		case p.holds(piece.Lead):
			continue
		case i == most:
			others = append(others, piece)
			continue
		}
		share := min(p.left, carried+int(room/float64(i+shareAt)/sum))
		fitted, fits := p.fit(piece, i, share)
		if !fits {
			others = append(others, piece)
			continue
		}
		cost := fitted.cost(p.same(i, piece))
		carried = share - cost
		p.left -= cost
		p.Pieces, p.whole = append(p.Pieces, fitted), append(p.whole, piece)
	}
	return others
}

// grow gives the remaining room to the pieces that were cut, the best first.
func (p *packing) grow() {
	for i, cut := range p.Pieces {
		if len(cut.Left) == 0 {
			continue
		}
		was := cut.cost(p.same(i, cut))
		if grown, fits := p.fit(p.whole[i], i, was+p.left); fits {
			p.left -= grown.cost(p.same(i, cut)) - was
			p.Pieces[i] = grown
		}
	}
}

// fit returns the i-th piece in at most most tokens. If need be it first drops the neighbours'
// names, and then cuts the piece.
func (p *packing) fit(piece Piece, i, most int) (fitted Piece, fits bool) {
	same := p.same(i, piece)
	if piece.cost(same) <= most {
		return piece, true
	}
	piece.Neighbours = []Definition{}
	if piece.cost(same) <= most {
		return piece, true
	}
	fitted, fits = p.cutter.cut(piece, most, same)
	return fitted, fits && fitted.cost(same) <= most
}

// same says whether the i-th piece has the same source as the previous one.
func (p *packing) same(i int, piece Piece) bool {
	return i > 0 && p.Pieces[i-1].source() == piece.source()
}

// holds says whether a piece of the answer has lines of a place.
func (p *packing) holds(l Lead) bool {
	return slices.ContainsFunc(p.Pieces, func(q Piece) bool { return q.overlaps(l) })
}

// name names the places of pieces that do not fit, each once.
func (p *packing) name(others []Piece) {
	for _, o := range others {
		named := slices.ContainsFunc(p.Leads, func(l Lead) bool { return Piece{Lead: l}.overlaps(o.Lead) })
		if cost := o.Lead.cost(); cost <= p.left && len(p.Leads) < exploreLeads && !named && !p.holds(o.Lead) {
			p.left -= cost
			p.Leads = append(p.Leads, o.Lead)
		}
	}
}
