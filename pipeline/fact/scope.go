package fact

// scopes holds the names that nested blocks bind, with an expression of the type of each. A
// name is looked up once, however many blocks are around. To leave a block takes no more time
// than its bindings took.
type scopes struct {
	*vocabulary // holds the place of each word's innermost binding
	bound       []binding
	begin       int // of the innermost block in bound
}

type binding struct {
	name, expression word
	outer            int32 // the place of the binding that this one hides
}

// find returns the expression of a name's innermost binding.
func (s *scopes) find(name word) (expression word, ok bool) {
	at := s.entries[name].inner
	if at == 0 {
		return noWord, false
	}
	return s.bound[at-1].expression, true
}

// own does what find does, in the innermost block alone.
func (s *scopes) own(name word) (expression word, ok bool) {
	at := s.entries[name].inner
	if int(at) <= s.begin {
		return noWord, false
	}
	return s.bound[at-1].expression, true
}

// bind binds a name in the innermost block, even if it is bound there already.
func (s *scopes) bind(name, expression word) {
	e := &s.entries[name]
	if int(e.inner) > s.begin {
		s.bound[e.inner-1].expression = expression
		return
	}
	s.bound = append(s.bound, binding{name: name, expression: expression, outer: e.inner})
	e.inner = int32(len(s.bound))
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
		s.entries[s.bound[i].name].inner = s.bound[i].outer
	}
	s.bound, s.begin = s.bound[:s.begin], around
}
