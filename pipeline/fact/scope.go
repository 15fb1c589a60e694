package fact

// scopes holds the names that nested blocks bind, with an expression of the type of each. A
// name is looked up once, however many blocks are around. To leave a block takes no more time
// than its bindings took.
type scopes struct {
	places map[string]int // of a name in inner
	inner  []int          // 1 + the place in bound of a name's innermost binding; 0: it has none
	bound  []binding
	begin  int // of the innermost block in bound
}

type binding struct {
	expression string
	place      int // in inner
	outer      int // the former value in inner: the binding that this one hides
}

// find returns the expression of a name's innermost binding.
func (s *scopes) find(name string) (expression string, ok bool) {
	place, known := s.places[name]
	if !known || s.inner[place] == 0 {
		return "", false
	}
	return s.bound[s.inner[place]-1].expression, true
}

// own does what find does, in the innermost block alone.
func (s *scopes) own(name string) (expression string, ok bool) {
	place, known := s.places[name]
	if !known || s.inner[place] <= s.begin {
		return "", false
	}
	return s.bound[s.inner[place]-1].expression, true
}

// bind binds a name in the innermost block, even if it is bound there already.
func (s *scopes) bind(name, expression string) {
	place, known := s.places[name]
	if !known {
		place = len(s.inner)
		s.places[name] = place
		s.inner = append(s.inner, 0)
	}
	if at := s.inner[place]; at > s.begin {
		s.bound[at-1].expression = expression
		return
	}
	s.bound = append(s.bound, binding{expression: expression, place: place, outer: s.inner[place]})
	s.inner[place] = len(s.bound)
}

// clearScopes removes all blocks and names.
func (s *scopes) clearScopes() {
	clear(s.places)
	clear(s.bound[:cap(s.bound)])
	*s = scopes{places: s.places, inner: s.inner[:0], bound: s.bound[:0]}
}

// enter begins a block. It returns the argument for leave.
func (s *scopes) enter() (around int) {
	around = s.begin
	s.begin = len(s.bound)
	return around
}

// leave ends the innermost block.
func (s *scopes) leave(around int) {
	for i := len(s.bound) - 1; i >= s.begin; i-- {
		s.inner[s.bound[i].place] = s.bound[i].outer
	}
	s.bound, s.begin = s.bound[:s.begin], around
}
