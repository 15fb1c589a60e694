package events_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
)

const maxError = 500 // bytes of an error, whatever the input

func refused(t *testing.T, err error) {
	t.Helper()
	switch {
	case err == nil:
		t.Error("accepted")
	case !errors.Is(err, events.ErrInvalid):
		t.Errorf("error %q is not ErrInvalid", err)
	case len(err.Error()) > maxError:
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

func TestParseSubmitted(t *testing.T) {
	const subject = "leat.repo.submitted.acme"
	for _, data := range []string{
		`{"url":"https://example.com/a.git"}`,
		`{"url":"https://example.com/a@b.git"}`,
		`{"url":"ssh://git@example.com/a.git"}`,
		`{"url":"git@example.com:a.git"}`,
		`{"url":"/srv/git/a"}`,
		`{"url":"file:///srv/git/a","tenant":"acme","ref":"refs/tags/v1"}`,
		`{"url":"x","tenant":"","ref":"","new":{"deep":[1]}}`,
	} {
		got, err := events.Event{Type: events.TypeRepoSubmitted, Data: json.RawMessage(data)}.ParseSubmitted(subject)
		if err != nil {
			t.Errorf("%s: %v", data, err)
		} else if got.Tenant != "acme" {
			t.Errorf("%s: tenant = %q, want the subject's", data, got.Tenant)
		}
	}
	long := strings.Repeat("x", events.MaxBytes)
	for _, test := range []struct{ name, subject, data string }{
		{"no data", subject, ``},
		{"null", subject, `null`},
		{"a list", subject, `[]`},
		{"a string", subject, `"` + long + `"`},
		{"no url", subject, `{}`},
		{"url null", subject, `{"url":null}`},
		{"url a number", subject, `{"url":` + strings.Repeat("9", 4000) + `}`},
		{"url too long", subject, `{"url":"` + long + `"}`},
		{"url with newline", subject, `{"url":"https://example.com/\na"}`},
		{"url with password", subject, `{"url":"https://u:hunter2@example.com/a"}`},
		{"url with token", subject, `{"url":"HTTPS://hunter2@example.com/a"}`},
		{"url with empty user", subject, `{"url":"https://@example.com/a"}`},
		{"ssh url with password", subject, `{"url":"ssh://git:hunter2@example.com/a"}`},
		{"url that cannot be parsed", subject, `{"url":"https://u:hunter2%zz@example.com/a"}`},
		{"ref too long", subject, `{"url":"u","ref":"` + long + `"}`},
		{"ref with NUL", subject, `{"url":"u","ref":"a\u0000"}`},
		{"another tenant", subject, `{"url":"u","tenant":"other"}`},
		{"a tenant too long", subject, `{"url":"u","tenant":"` + long + `"}`},
		{"subject of another event", "leat.repo.indexed.acme", `{"url":"u"}`},
		{"subject without tenant", "leat.repo.submitted.", `{"url":"u"}`},
		{"subject too long", "leat.repo.submitted." + long, `{"url":"u"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := events.Event{Type: events.TypeRepoSubmitted, Data: json.RawMessage(test.data)}.ParseSubmitted(test.subject)
			refused(t, err)
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %q repeats a credential", err)
			}
		})
	}
}

// Each row damages one field of valid data; the schema must refuse it too, or
// a publisher that validates is told something else than leat says.
func TestParseRefusesWhatTheSchemaRefuses(t *testing.T) {
	long := strings.Repeat("x", 1<<15)
	damage := map[string][]any{
		"tenant":     {nil, "", "A", "a.b", long, 1},
		"repository": {nil, "", "x", long, "urn:uuid:" + repository.String(), strings.ToUpper(repository.String()), 1.5},
		"track":      {nil, "", "{" + track.String() + "}"},
		"document":   {nil, "", strings.ReplaceAll(document.String(), "-", "")},
		"ref":        {nil, "", 1},
		"commit":     {nil, "", "HEAD", commit[1:], strings.ToUpper(commit), long},
		"path":       {nil, "", []any{}},
		"revision":   {nil, 0, -1, 1.5, "1"},
		"blob":       {nil, "", blob[1:], strings.ToUpper(blob), long},
		"chunks":     {-1, 0.5, "1"},
		"language":   {1},
		"embedder":   {nil, "", false},
		"generation": {nil, 0, -1},
		"url":        {nil, "", 1},
		"documents":  {1, "x", map[string]any{"indexed": -1, "failed": 0, "skipped": 0}, map[string]any{"indexed": "x", "failed": 0, "skipped": 0}},
	}
	for _, g := range allGoldens() {
		if g.foreign != "" || g.file == "repo.submitted" {
			continue
		}
		e := g.event(t)
		schema := loadSchema(t, e.Type)
		var valid map[string]any
		if err := json.Unmarshal(e.Data, &valid); err != nil {
			t.Fatal(err)
		}
		for field := range valid {
			if len(damage[field]) == 0 {
				t.Errorf("%s: no row damages %q", g.file, field)
			}
			for _, value := range damage[field] {
				members := maps.Clone(valid)
				members[field] = value
				t.Run(g.file+"/"+field, func(t *testing.T) {
					var err error
					if e.Data, err = json.Marshal(members); err != nil {
						t.Fatal(err)
					}
					_, err = parseAny(e, g.subject)
					refused(t, err)
					if schema.Validate(members) == nil {
						t.Errorf("the schema accepts %.80v", value)
					}
				})
			}
		}
	}
}

func TestParseRefusesAnotherType(t *testing.T) {
	e := events.Event{Type: events.Type(strings.Repeat("x", 1<<15)), Data: json.RawMessage(`{}`)}
	for _, parse := range []func() error{
		func() error { _, err := e.ParseSubmitted("leat.repo.submitted.acme"); return err },
		func() error { _, err := e.ParseChunked(); return err },
		func() error { _, err := e.ParseRemoved(); return err },
		func() error { _, err := e.ParseEmbedded(); return err },
		func() error { _, err := e.ParseIndexed(); return err },
		func() error { _, err := e.ParseCompleted(); return err },
	} {
		refused(t, parse())
	}
}
