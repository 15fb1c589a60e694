package catalog_test

import (
	"context"
	"encoding/base64"
	"fmt"
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

// What holds no credential stays byte for byte as it came: it is to be
// published again.
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
