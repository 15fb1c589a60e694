package catalog_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

func TestBury(t *testing.T) {
	w := newWorld(t)
	a := w.document("a", "x")
	w.list(t, "first", a)
	encoded := base64.StdEncoding.EncodeToString([]byte(`{"url":"https://u:hunter2@h/r"}`))
	nobody := uuid.New()
	for name, d := range map[string]catalog.DeadLetter{
		"empty":                 {},
		"of a document":         {Document: &a.ID},
		"of no document":        {Document: &nobody},
		"URL in the payload":    {Payload: []byte(`{"url":"https://u:hunter2@h/r"}`)},
		"escaped slashes":       {Payload: []byte(`{"url":"https:\/\/u:hunter2@h\/r"}`)},
		"escaped at":            {Payload: []byte(`{"url":"https:\u002f\u002fu:hunter2\u0040h/r"}`)},
		"structured event":      {Payload: []byte(`{"specversion":"1.0","data_base64":"` + encoded + `"}`)},
		"oversize":              {Payload: []byte(strings.Repeat("x", 64<<10-12) + "https://u:hunter2@h/r" + strings.Repeat("y", 1<<20))},
		"invalid UTF-8":         {Payload: []byte("\xff\x00 https://u:hunter2@h\xff"), Reason: "\xff\x00", Tenant: "\xff\x00", Subject: "\x00"},
		"URL in a header":       {Headers: map[string]string{"ce-source": "https://u:hunter2@h/r"}},
		"percent-encoded":       {Headers: map[string]string{"ce-subject": "https:%2F%2Fu:hunter2%40h"}},
		"authorization":         {Headers: map[string]string{"Authorization": "Basic hunter2"}},
		"URL in a name":         {Headers: map[string]string{"https://u:hunter2@h\x00\xff": "\x00\xff"}},
		"URL in the reason":     {Reason: "fetch https://u:hunter2@h/r: " + strings.Repeat("long ", 1000)},
		"URL in the subject":    {Subject: "leat.https://u:hunter2@h"},
		"URL where it is cut":   {Reason: strings.Repeat("x", 2<<10-20) + "https://u:hunter2@h/r"},
		"many and long headers": {Headers: manyHeaders()},
	} {
		t.Run(name, func(t *testing.T) {
			w.exec(t, "delete from dead_letters")
			d.Worker = "test"
			w.do(t, func(ctx context.Context) error { return w.Letters.Bury(ctx, d) })
			stored := value[string](t, w, "select row_to_json(d)::text || encode(payload, 'escape') from dead_letters d")
			if strings.Contains(stored, "hunter2") || strings.Contains(stored, encoded[10:30]) {
				t.Errorf("stored: %s", stored)
			}
			if n := value[int](t, w, "select octet_length(payload) from dead_letters"); n > 64<<10 || (n == 0) != (len(d.Payload) == 0) {
				t.Errorf("the payload has %d bytes", n)
			}
			if document := value[*uuid.UUID](t, w, "select document from dead_letters"); (document != nil) != (d.Document == &a.ID) {
				t.Errorf("document = %v", document)
			}
		})
	}
}

func manyHeaders() map[string]string {
	headers := make(map[string]string)
	for i := range 100 {
		headers[fmt.Sprint("name", i)] = strings.Repeat("v", 10_000)
	}
	return headers
}

// A message without a credential is kept byte for byte as it came, because it is to be published
// again.
func TestBuryKeepsTheMessage(t *testing.T) {
	w := newWorld(t)
	for _, payload := range []string{
		`{ "url" : "ssh://git@host/r", "n": 1.0, "n": 2 }`,
		`{"data_base64":"` + base64.StdEncoding.EncodeToString([]byte(`{"url":"https://h/r"}`)) + `"}`,
		"\xff\x00{\"\\u0041",
	} {
		w.exec(t, "delete from dead_letters")
		w.do(t, func(ctx context.Context) error {
			return w.Letters.Bury(ctx, catalog.DeadLetter{Worker: "test", Payload: []byte(payload), Headers: map[string]string{"ce-id": "a%40b"}, Reason: "r", Attempts: 3})
		})
		if got := value[[]byte](t, w, "select payload from dead_letters"); string(got) != payload {
			t.Errorf("payload = %q, want %q", got, payload)
		}
		if got := value[string](t, w, "select headers->>'ce-id' || attempts from dead_letters"); got != "a%40b3" {
			t.Errorf("header and attempts = %q", got)
		}
	}
}

// letters returns all letters that a filter chooses, page by page.
func (w *world) letters(t testing.TB, f catalog.LetterFilter) []catalog.Letter {
	t.Helper()
	var all []catalog.Letter
	for after := int64(0); ; after = all[len(all)-1].ID {
		page, err := w.Letters.List(t.Context(), f, after, math.MaxInt64, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
	}
}

func (w *world) bury(t testing.TB, d catalog.DeadLetter) catalog.Letter {
	t.Helper()
	w.do(t, func(ctx context.Context) error { return w.Letters.Bury(ctx, d) })
	last, err := w.Letters.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := w.letters(t, catalog.LetterFilter{IDs: []int64{last}})
	if len(found) != 1 {
		t.Fatalf("%d letters have the id %d", len(found), last)
	}
	return found[0]
}

func TestDeliveredTwiceIsOneLetter(t *testing.T) {
	w := newWorld(t)
	d := catalog.DeadLetter{Worker: "ingestor", Message: "LEAT_INTAKE/1@x", Tenant: "acme", Reason: "first", Attempts: 1}
	first := w.bury(t, d)
	d.Reason, d.Attempts = "second", 2
	w.do(t, func(ctx context.Context) error { return w.Letters.Bury(ctx, d) })
	together(t, 8, func(ctx context.Context, _ int) error { return w.Letters.Bury(ctx, d) })
	got := w.letters(t, catalog.LetterFilter{})
	if len(got) != 1 || got[0].ID != first.ID || got[0].Reason != "second" || got[0].Attempts != 2 {
		t.Errorf("letters: %+v", got)
	}
	for _, other := range []catalog.DeadLetter{
		{Worker: "indexer", Message: d.Message, Reason: "r"},                 // another worker's
		{Worker: "ingestor", Message: "LEAT_INTAKE/1@y", Reason: "r"},        // of a stream made anew
		{Worker: "ingestor", Reason: "r"}, {Worker: "ingestor", Reason: "r"}, // nobody knows
	} {
		w.do(t, func(ctx context.Context) error { return w.Letters.Bury(ctx, other) })
	}
	if got := w.letters(t, catalog.LetterFilter{}); len(got) != 5 {
		t.Errorf("%d letters, want 5", len(got))
	}
}

func TestNewerLetterTakesThePlaceOfTheOlder(t *testing.T) {
	w := newWorld(t)
	a, b := w.document("a.go", "aaaa"), w.document("b.go", "bbbb")
	w.list(t, "one", a, b)
	n := 0
	message := func() string { n++; return fmt.Sprint("S/", n, "@x") }
	for range 3 {
		for _, id := range []uuid.UUID{a.ID, b.ID} {
			w.bury(t, catalog.DeadLetter{Worker: "embedder", Message: message(), Document: &id, Reason: "r"})
		}
		for _, tenant := range []string{"one", "two"} {
			w.bury(t, catalog.DeadLetter{Worker: "ingestor", Message: message(), Tenant: tenant, Source: "/ci", Event: "1", Reason: "r"})
		}
	}
	got := w.letters(t, catalog.LetterFilter{})
	if len(got) != 4 {
		t.Errorf("%d letters, want one a document and submission: %+v", len(got), got)
	}
	w.bury(t, catalog.DeadLetter{Worker: "indexer", Message: message(), Document: &a.ID, Reason: "r"})
	if got := w.letters(t, catalog.LetterFilter{}); len(got) != 5 {
		t.Errorf("%d letters: another worker's took the place of one", len(got))
	}
}

// An event's source and id may be longer than an index of Postgres takes.
func TestLetterOfALongKey(t *testing.T) {
	w := newWorld(t)
	long := ""
	for i := range 4096 { // does not compress
		long += string(rune('a' + (i*i*7+i/13)%26))
	}
	for _, message := range []string{"S/1@x", "S/2@x"} {
		w.bury(t, catalog.DeadLetter{Worker: "ingestor", Message: message, Tenant: "acme", Source: long, Event: long, Reason: "r"})
	}
	if got := w.letters(t, catalog.LetterFilter{}); len(got) != 1 {
		t.Errorf("%d letters, want one: both are about the same event", len(got))
	}
}

func TestWhole(t *testing.T) {
	w := newWorld(t)
	many := make(map[string]string)
	for i := range 40 {
		many[fmt.Sprint("h", i)] = "v"
	}
	for _, test := range []struct {
		name  string
		with  catalog.DeadLetter
		whole bool
	}{
		{"text", catalog.DeadLetter{Headers: map[string]string{"a": "b é"}, Payload: []byte(`{"url":"https://example.com/a"}`)}, true},
		{"nothing", catalog.DeadLetter{Headers: map[string]string{}}, true},
		{"bytes in the payload", catalog.DeadLetter{Headers: map[string]string{}, Payload: []byte("\xff\x00")}, true},
		{"a credential in the payload", catalog.DeadLetter{Headers: map[string]string{}, Payload: []byte(`{"url":"https://u:p@example.com/a"}`)}, false},
		{"a credential in a header", catalog.DeadLetter{Headers: map[string]string{"a": "https://u:p@example.com"}}, false},
		{"a secret header", catalog.DeadLetter{Headers: map[string]string{"Authorization": "Bearer x"}}, false},
		{"bytes in a header", catalog.DeadLetter{Headers: map[string]string{"a": "\xff"}}, false},
		{"NUL in a header", catalog.DeadLetter{Headers: map[string]string{"a": "\x00"}}, false},
		{"a long header", catalog.DeadLetter{Headers: map[string]string{"a": strings.Repeat("x", 5000)}}, false},
		{"many headers", catalog.DeadLetter{Headers: many}, false},
		{"a large payload", catalog.DeadLetter{Headers: map[string]string{}, Payload: make([]byte, 70_000)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.with.Worker, test.with.Subject, test.with.Reason = "w", "leat.repo.submitted.acme", "r"
			got := w.bury(t, test.with)
			if got.Whole != test.whole {
				t.Errorf("whole: %v", got.Whole)
			}
			if !test.whole {
				if why := w.retry(t, got.ID, catalog.RetryRefused); !strings.Contains(why, "drop it and submit") {
					t.Errorf("why: %s", why)
				}
				return
			}
			var sent catalog.DeadLetter
			became, _, err := w.Letters.Retry(t.Context(), got.ID, func(_ context.Context, d catalog.DeadLetter) error { sent = d; return nil })
			if err != nil || became != catalog.RetryPublished {
				t.Fatalf("%q %v", became, err)
			}
			if sent.Subject != test.with.Subject || string(sent.Payload) != string(test.with.Payload) || !maps.Equal(sent.Headers, test.with.Headers) {
				t.Errorf("published %+v", sent)
			}
		})
	}
}
