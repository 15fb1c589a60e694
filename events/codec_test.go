package events_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
)

func TestEncodeDecodeRoundTrip(t *testing.T) {
	want, err := events.New("/leat/test", "docs/Größe 100%.md", events.RepoSubmitted{URL: "https://example.com/a/b.git"})
	if err != nil {
		t.Fatal(err)
	}
	want.TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	want.TraceState = "vendor=1"
	h, body, err := events.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	if got := h["ce-subject"]; got != "docs/Gr%C3%B6%C3%9Fe%20100%25.md" {
		t.Errorf("ce-subject = %q", got)
	}
	got, err := events.Decode(h, body)
	if err != nil {
		t.Fatal(err)
	}
	assertEqual(t, got, want)
}

func assertEqual(t *testing.T, got, want events.Event) {
	t.Helper()
	if !got.Time.Equal(want.Time) {
		t.Errorf("time = %v, want %v", got.Time, want.Time)
	}
	if string(got.Data) != string(want.Data) {
		t.Errorf("data = %s, want %s", got.Data, want.Data)
	}
	got.Time, want.Time = time.Time{}, time.Time{}
	got.Data, want.Data = nil, nil
	if g, w := strings.Join(fields(got), "\n"), strings.Join(fields(want), "\n"); g != w {
		t.Errorf("attributes:\n%s\nwant:\n%s", g, w)
	}
}

func fields(e events.Event) []string {
	return []string{e.ID, e.Source, string(e.Type), e.Subject, e.TraceParent, e.TraceState}
}
