package catalog_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

func TestLetterFilters(t *testing.T) {
	w := newWorld(t)
	a := w.document("a.go", "aaaa")
	w.list(t, "one", a)
	s := submission("acme", "https://example.org/gone", "event")
	w.accept(t, s)
	for _, d := range []catalog.DeadLetter{
		{Worker: "embedder", Tenant: "default", Document: &a.ID, Reason: "Corrupt 100%"},
		{Worker: "ingestor", Tenant: "acme", Source: s.Source, Event: s.Event, Reason: "not found"},
		{Worker: "ingestor", Tenant: "acme", Reason: "no JSON"},
		{Worker: "ingestor", Tenant: "", Reason: "no tenant"},
	} {
		w.bury(t, d)
	}
	w.exec(t, "update dead_letters set created_at = now() - interval '2 days' where reason = 'no JSON'")
	for name, test := range map[string]struct {
		filter catalog.LetterFilter
		want   []string
	}{
		"none":         {catalog.LetterFilter{}, []string{"Corrupt 100%", "not found", "no JSON", "no tenant"}},
		"a tenant":     {catalog.LetterFilter{Tenant: "acme"}, []string{"not found", "no JSON"}},
		"a worker":     {catalog.LetterFilter{Worker: "embedder"}, []string{"Corrupt 100%"}},
		"a reason":     {catalog.LetterFilter{Reason: "CORRUPT 1"}, []string{"Corrupt 100%"}},
		"no pattern":   {catalog.LetterFilter{Reason: "%"}, []string{"Corrupt 100%"}},
		"a document's": {catalog.LetterFilter{Repositories: []uuid.UUID{w.track.Repository}}, []string{"Corrupt 100%"}},
		"a submission": {catalog.LetterFilter{Repositories: []uuid.UUID{s.Repository}}, []string{"not found"}},
		"old":          {catalog.LetterFilter{OlderThan: 24 * time.Hour}, []string{"no JSON"}},
		"before":       {catalog.LetterFilter{Before: time.Now().Add(-time.Hour)}, []string{"no JSON"}},
		"two at once":  {catalog.LetterFilter{Tenant: "acme", Worker: "ingestor", Reason: "found"}, []string{"not found"}},
		"nothing":      {catalog.LetterFilter{Tenant: "default", Worker: "ingestor"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, l := range w.letters(t, test.filter) {
				got = append(got, l.Reason)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
