package scip_test

import (
	"slices"
	"testing"

	"github.com/leatworks/leat/pipeline/scip"
)

// Any bytes are a stored document or refused.
func FuzzDecode(f *testing.F) {
	f.Add(scip.Encode(scip.Document{Encoding: scip.UTF8, Occurrences: []scip.Occurrence{{Line: 3, Start: 1, End: 4, Symbol: "local 1", Roles: scip.Write}, {Line: 2, Symbol: "s"}}}))
	f.Add(scip.Encode(scip.Document{Relations: []scip.Relation{{Symbol: "s", To: "t", Kinds: scip.Implementation}, {Symbol: "s", To: "s", Kinds: scip.Reference}}}))
	f.Fuzz(func(t *testing.T, form []byte) {
		d, err := scip.Decode(form)
		if err != nil {
			return
		}
		again, err := scip.Decode(scip.Encode(d))
		if err != nil || len(again.Occurrences) != len(d.Occurrences) || !slices.Equal(again.Relations, d.Relations) {
			t.Fatalf("%d occurrences come back as %d: %v", len(d.Occurrences), len(again.Occurrences), err)
		}
	})
}
