package search_test

import (
	"fmt"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/search"
)

// Unicode has two forms of a letter with an accent. A query finds words, symbols and paths in either form, whichever
// form it uses itself.
func TestAQueryFindsBothFormsOfALetter(t *testing.T) {
	p, repo := testpipe.Open(t, testpipe.Config{}), testpipe.NewRepo(t)
	apart, composed := norm.NFD.String, norm.NFC.String
	tree := testpipe.Text(
		apart("schützen/größe.md"), apart("# Prüfung\n\nDie Öffnung der Schleuse\n"),
		composed("schützen/länge.md"), composed("# Führung\n\nDie Höhe des Wehres\n"),
	)
	for i := range 60 { // near to both by the same words
		tree[fmt.Sprintf("f%02d.md", i)] = testpipe.File{Content: fmt.Sprintf("# Mahlgang %d\n\nDie Breite der Schleuse, des Wehres %d\n", i, i)}
	}
	repo.Commit(t, tree)
	submit(t, p, "default", "", repo)
	for _, form := range []func(string) string{apart, composed} {
		for _, c := range []struct {
			query search.Query
			want  string
		}{
			{search.Query{Text: "Öffnung"}, apart("schützen/größe.md")},
			{search.Query{Text: "Höhe"}, composed("schützen/länge.md")},
			{search.Query{Text: "Schleuse", Symbols: []string{"Prüfung"}}, apart("schützen/größe.md")},
			{search.Query{Text: "Schleuse", Symbols: []string{"Führung"}}, composed("schützen/länge.md")},
			{search.Query{Text: "Schleuse", Path: "schützen/g*"}, apart("schützen/größe.md")},
			{search.Query{Text: "Wehres", Path: "schützen/länge.md"}, composed("schützen/länge.md")},
		} {
			q := c.query
			q.Text, q.Path = form(q.Text), form(q.Path)
			for i := range q.Symbols {
				q.Symbols[i] = form(q.Symbols[i])
			}
			if hits := find(t, p, q); len(hits) == 0 || hits[0].Path != c.want {
				t.Errorf("%+v: %+v, want %s first", q, hits, c.want)
			}
		}
	}
}
