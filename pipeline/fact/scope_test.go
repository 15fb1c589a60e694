package fact

import "testing"

func TestInnerNamesHideOuterOnes(t *testing.T) {
	s := scopes{places: make(map[string]int)}
	expect := func(name, want string, bound, own bool) {
		t.Helper()
		got, ok := s.find(name)
		if _, mine := s.own(name); got != want || ok != bound || mine != own {
			t.Errorf("%s: %q, bound: %t, here: %t", name, got, ok, mine)
		}
	}
	s.bind("wheel", "Wheel")
	function := s.enter()
	expect("wheel", "Wheel", true, false)
	s.bind("wheel", "int")
	s.bind("wheel", "Cog")
	s.bind("sluice", "Sluice")
	expect("wheel", "Cog", true, true)
	block := s.enter()
	s.bind("wheel", "string")
	expect("wheel", "string", true, true)
	expect("sluice", "Sluice", true, false)
	s.leave(block)
	expect("wheel", "Cog", true, true)
	s.leave(function)
	expect("wheel", "Wheel", true, true)
	expect("sluice", "", false, false)
	second := s.enter()
	s.bind("sluice", "Gate")
	expect("sluice", "Gate", true, true)
	s.leave(second)
	expect("sluice", "", false, false)
}
