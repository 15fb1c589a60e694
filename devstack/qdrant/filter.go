package qdrant

import (
	"slices"
	"strings"

	"github.com/qdrant/go-client/qdrant"
)

// condition is one condition of a filter.
type condition interface {
	// match reports whether a slot fulfils the condition.
	match(s *segment, slot uint32) bool
	// slots returns every slot that fulfils the condition, including dead ones. known is false if no index knows them.
	slots(s *segment) (lists []listing, known bool)
}

// filter is a Filter that has been checked. It is itself a condition.
type filter struct {
	must, should, mustNot, minShould []condition
	minCount                         uint64
}

func parseFilter(f *qdrant.Filter) (*filter, error) {
	parsed := &filter{minCount: f.GetMinShould().GetMinCount()}
	for _, list := range []struct {
		from []*qdrant.Condition
		to   *[]condition
	}{
		{f.GetMust(), &parsed.must}, {f.GetShould(), &parsed.should},
		{f.GetMustNot(), &parsed.mustNot}, {f.GetMinShould().GetConditions(), &parsed.minShould},
	} {
		for _, c := range list.from {
			condition, err := parseCondition(c)
			if err != nil {
				return nil, err
			}
			*list.to = append(*list.to, condition)
		}
	}
	return parsed, nil
}

// find returns the live slots that fulfil all filters.
func (s *segment) find(filters ...*filter) bitset {
	found := slices.Clone(s.live)
	for _, f := range filters {
		found = f.narrow(s, found)
	}
	return found
}

// narrow returns the slots in in that fulfil the filter. It may change in.
func (f *filter) narrow(s *segment, in bitset) bitset {
	var slow []condition // these come after the conditions that an index answers, because then fewer slots are left to read
	for _, c := range f.must {
		if _, known := c.slots(s); !known {
			slow = append(slow, c)
			continue
		}
		in = keep(c, s, in)
	}
	for _, c := range slow {
		in = keep(c, s, in)
	}
	if len(f.should) > 0 {
		any := make(bitset, len(in))
		for _, c := range f.should {
			add(any, c, s, in)
		}
		in = any
	}
	for _, c := range f.mustNot {
		in.andNot(keep(c, s, slices.Clone(in)))
	}
	if len(f.minShould) > 0 {
		for slot := range in.all() {
			if !f.enough(s, slot) {
				in.clear(slot)
			}
		}
	}
	return in
}

// add adds the slots of in that fulfil the condition to out. If an index names the candidates, add looks only at these.
// One of leat's filters has a thousand conditions, each on the points of one document.
func add(out bitset, c condition, s *segment, in bitset) {
	lists, exact, known := among(c, s)
	if !known {
		out.or(keep(c, s, slices.Clone(in)))
		return
	}
	for _, list := range lists {
		if list.set != nil && exact {
			list.addTo(out, in)
			continue
		}
		for slot := range list.all() {
			if in.has(slot) && (exact || c.match(s, slot)) {
				out.set(slot)
			}
		}
	}
}

// among returns slots that include all that fulfil the condition. known is false if no index knows them. exact says
// that all returned slots fulfil the condition.
func among(c condition, s *segment) (lists []listing, exact, known bool) {
	nested, is := c.(*filter)
	if !is {
		lists, known = c.slots(s)
		return lists, true, known
	}
	for _, c := range nested.must {
		if lists, known := c.slots(s); known {
			return lists, false, true
		}
	}
	return nil, false, false
}

// keep returns the slots in in that fulfil the condition. It may change in.
func keep(c condition, s *segment, in bitset) bitset {
	if nested, is := c.(*filter); is {
		return nested.narrow(s, in)
	}
	if lists, known := c.slots(s); known {
		out := make(bitset, len(in))
		for _, list := range lists {
			list.addTo(out, in)
		}
		return out
	}
	for slot := range in.all() {
		if !c.match(s, slot) {
			in.clear(slot)
		}
	}
	return in
}

func (f *filter) match(s *segment, slot uint32) bool {
	holds := func(c condition) bool { return c.match(s, slot) }
	for _, c := range f.must {
		if !holds(c) {
			return false
		}
	}
	return (len(f.should) == 0 || slices.ContainsFunc(f.should, holds)) &&
		!slices.ContainsFunc(f.mustNot, holds) &&
		(len(f.minShould) == 0 || f.enough(s, slot))
}

func (f *filter) enough(s *segment, slot uint32) bool {
	count := uint64(0)
	for _, c := range f.minShould {
		if c.match(s, slot) {
			count++
		}
	}
	return count >= f.minCount
}

func (*filter) slots(*segment) ([]listing, bool) { return nil, false }

func parseCondition(c *qdrant.Condition) (condition, error) {
	switch one := c.GetConditionOneOf().(type) {
	case *qdrant.Condition_Field:
		return parseField(one.Field)
	case *qdrant.Condition_IsEmpty:
		return presence{one.IsEmpty.GetKey(), isEmpty}, checkKey(one.IsEmpty.GetKey())
	case *qdrant.Condition_IsNull:
		return presence{one.IsNull.GetKey(), isNull}, checkKey(one.IsNull.GetKey())
	case *qdrant.Condition_HasId:
		ids, err := parseIDs(one.HasId.GetHasId())
		return hasID(ids), err
	case *qdrant.Condition_Filter:
		return parseFilter(one.Filter)
	case *qdrant.Condition_HasVector:
		return hasVector(one.HasVector.GetHasVector()), nil
	case *qdrant.Condition_Nested:
		return nil, unsupported("conditions on nested objects")
	}
	return nil, invalid("a condition is empty")
}

// checkKey refuses paths into a payload.
func checkKey(key string) error {
	if key == "" {
		return invalid("a condition names no field")
	}
	if strings.ContainsAny(key, ".[]\"") {
		return unsupported("paths into a payload, as in " + key)
	}
	return nil
}

type hasID []pointID

func (h hasID) match(s *segment, slot uint32) bool { return slices.Contains(h, s.ids[slot]) }

func (h hasID) slots(s *segment) ([]listing, bool) {
	var found []listing
	for _, id := range h {
		if slot, live := s.slots[id]; live {
			found = append(found, listing{base: slot, slots: []uint16{0}})
		}
	}
	return found, true
}

type hasVector string

func (h hasVector) match(s *segment, slot uint32) bool {
	switch {
	case s.shape.Dimensions > 0 && string(h) == s.shape.Dense:
		return s.vectored.has(slot)
	case s.shape.HasSparse && string(h) == s.shape.Sparse:
		return s.at(slot).terms() > 0
	}
	return false
}

func (hasVector) slots(*segment) ([]listing, bool) { return nil, false }

// presence is a condition on whether a field is there.
type presence struct {
	key   string
	holds func(value []byte, found bool) bool
}

func (p presence) match(s *segment, slot uint32) bool {
	return p.holds(lookup(s.at(slot).payload(), p.key))
}

func (presence) slots(*segment) ([]listing, bool) { return nil, false }
