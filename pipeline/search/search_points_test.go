package search

import (
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/leatworks/leat/pipeline/vector"
)

func TestAQueryHasTheTermsOfBothForms(t *testing.T) {
	apart, composed := termsOf(norm.NFD.String("Öffnung")), termsOf(norm.NFC.String("Öffnung"))
	for _, text := range []string{norm.NFD.String("die Öffnung"), norm.NFC.String("die Öffnung")} {
		asked := terms((&Query{Text: text}).points(vector.Filter{}, nil, 1).Sparse.Indices)
		if asked.shared(apart) != 1 || asked.shared(composed) != 1 {
			t.Errorf("%q asks for %v, want %v and %v among them", text, asked, apart, composed)
		}
	}
}
