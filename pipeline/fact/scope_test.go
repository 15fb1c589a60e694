package fact

import "testing"

func TestInnerNamesHideOuterOnes(t *testing.T) {
	s := scopes{vocabulary: newVocabulary()}
	bind := func(name, expression string) { s.bind(s.word(name), s.word(expression)) }
	expect := func(name, want string, bound, own bool) {
		t.Helper()
		of, ok := s.find(s.word(name))
		got := s.text(of)
		if _, mine := s.own(s.word(name)); got != want || ok != bound || mine != own {
			t.Errorf("%s: %q, bound: %t, here: %t", name, got, ok, mine)
		}
	}
	bind("wheel", "Wheel")
	function := s.enter()
	expect("wheel", "Wheel", true, false)
	bind("wheel", "int")
	bind("wheel", "Cog")
	bind("sluice", "Sluice")
	expect("wheel", "Cog", true, true)
	block := s.enter()
	bind("wheel", "string")
	expect("wheel", "string", true, true)
	expect("sluice", "Sluice", true, false)
	s.leave(block)
	expect("wheel", "Cog", true, true)
	s.leave(function)
	expect("wheel", "Wheel", true, true)
	expect("sluice", "", false, false)
	second := s.enter()
	bind("sluice", "Gate")
	expect("sluice", "Gate", true, true)
	s.leave(second)
	expect("sluice", "", false, false)
}
