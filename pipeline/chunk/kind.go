package chunk

import (
	"sync"

	"github.com/leatworks/leat/pipeline/chunk/internal/tree"
)

// kinds holds the rules of a language by the numbers that its grammar gives to kinds of
// nodes: a look-up in a table takes less time than one in a map of names.
type kinds struct {
	rules []*rule
	pairs []bool // members of objects
	keep  []bool // kinds of nodes whose fields are looked at
}

var kindsByLanguage sync.Map // of *kinds

// kindsOf returns the rules of a language that has a grammar.
func kindsOf(language string) *kinds {
	if k, ok := kindsByLanguage.Load(language); ok {
		return k.(*kinds)
	}
	names, _ := tree.Kinds(language)
	k := &kinds{rules: make([]*rule, len(names)), pairs: make([]bool, len(names)), keep: make([]bool, len(names))}
	for i, name := range names {
		k.rules[i] = &none
		if r, ok := rules[language][name]; ok {
			k.rules[i] = &r
			k.keep[i] = r.kind != ""
		}
		if name == "pair" {
			k.pairs[i], k.keep[i] = true, true
		}
	}
	kindsByLanguage.Store(language, k)
	return k
}

// rule returns the rule of a kind. The kind of errors has a number beyond the others.
func (k *kinds) rule(number uint16) *rule {
	if int(number) < len(k.rules) {
		return k.rules[number]
	}
	return &failed
}

func (k *kinds) pair(number uint16) bool { return int(number) < len(k.pairs) && k.pairs[number] }
