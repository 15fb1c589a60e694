package pipeline

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/catalog"
)

// chunkedMessage is a document.chunked as it arrives.
func chunkedMessage(t testing.TB, path string) (Message, events.DocumentChunked) {
	t.Helper()
	repository := events.RepositoryID("acme", "https://example.com/a")
	track := events.TrackID(repository, "refs/heads/main")
	d := catalog.Document{
		ID: events.DocumentID(track, []byte(path)), Track: track, Repository: repository, Tenant: "acme", Ref: "refs/heads/main",
		Commit: strings.Repeat("a", 40), Path: path, Revision: 1, Lane: "live",
	}
	out := announce.Chunked(d)
	event, err := events.New("/test", "", out.Data)
	if err != nil {
		t.Fatal(err)
	}
	var data events.DocumentChunked
	if err := json.Unmarshal(event.Data, &data); err != nil { // as a reader sees it
		t.Fatal(err)
	}
	return NewMessage(event, out.On), data
}

func TestNewMessageTakesWhatLeatPublishes(t *testing.T) {
	for _, path := range []string{"a.go", "dir/é.go", "b\xff.go", "\uFFFD", "a b\tc", strings.Repeat("x", 5000)} {
		m, _ := chunkedMessage(t, path)
		if m.problem != nil {
			t.Errorf("%.20q: %v", path, m.problem)
		}
		if _, ok := currentOf(m); !ok {
			t.Errorf("%.20q: about no document", path)
		}
	}
}

func TestNewMessageRejectsWhatWasMadeUp(t *testing.T) {
	other := uuid.New().String()
	for name, change := range map[string]func(*events.DocumentChunked, *Message){
		"another tenant":     func(d *events.DocumentChunked, _ *Message) { d.Tenant = "rival" },
		"another repository": func(d *events.DocumentChunked, _ *Message) { d.Repository = other },
		"another document":   func(d *events.DocumentChunked, _ *Message) { d.Document.Document = other },
		"another track":      func(d *events.DocumentChunked, _ *Message) { d.Track = other },
		"another ref":        func(d *events.DocumentChunked, _ *Message) { d.Ref = "refs/heads/other" },
		"another path":       func(d *events.DocumentChunked, _ *Message) { d.Path = "other.go" },
		"another subject":    func(_ *events.DocumentChunked, m *Message) { m.On = strings.Replace(m.On, ".acme.", ".rival.", 1) },
		"a document of no path": func(d *events.DocumentChunked, m *Message) {
			m.On = strings.Replace(m.On, d.Document.Document, other, 1)
			d.Document.Document = other
		},
		"a long tenant": func(d *events.DocumentChunked, _ *Message) { d.Tenant = strings.Repeat("x", 1<<15) },
	} {
		t.Run(name, func(t *testing.T) {
			m, data := chunkedMessage(t, "a.go")
			change(&data, &m)
			var err error
			if m.Data, err = json.Marshal(data); err != nil {
				t.Fatal(err)
			}
			err = NewMessage(m.Event, m.On).problem
			if kind, _ := fault.Of(err); err == nil || kind != fault.KindReject || !errors.Is(err, events.ErrInvalid) || len(err.Error()) > 500 {
				t.Errorf("error of kind %v: %.600v", kind, err)
			}
		})
	}
}

// A message that cannot be understood is about no document, so that it fails none.
func TestCurrentOfNothing(t *testing.T) {
	for name, change := range map[string]func(*Message){
		"an unknown type": func(m *Message) { m.Type = "leat.document.moved.v1" },
		"no JSON":         func(m *Message) { m.Data = []byte(`{"document":`) },
		"no blob":         func(m *Message) { m.Type = events.TypeDocumentEmbedded },
	} {
		m, _ := chunkedMessage(t, "a.go")
		change(&m)
		if current, ok := currentOf(NewMessage(m.Event, m.On)); ok {
			t.Errorf("%s is about %+v", name, current)
		}
	}
}

func TestTenantOf(t *testing.T) {
	m, _ := chunkedMessage(t, "a.go")
	for on, want := range map[string]string{
		m.On:                         "acme",
		"leat.repo.submitted.acme":   "acme",
		"leat.repo.submitted.ACME":   "",
		"leat.repo.submitted.a.b":    "",
		"leat.document.":             "",
		"leat.document.chunked":      "",
		"leat.document.indexed.live": "",
		"":                           "",
	} {
		if got := tenantOf(Message{On: on}); got != want {
			t.Errorf("%q: tenant %q, want %q", on, got, want)
		}
	}
}

func FuzzNewMessage(f *testing.F) {
	m, _ := chunkedMessage(f, "a.go")
	f.Add(m.On, []byte(m.Data))
	f.Add("leat.document.", []byte(`{"repository":"x"}`))
	f.Fuzz(func(t *testing.T, on string, data []byte) {
		err := NewMessage(events.Event{Type: events.TypeDocumentChunked, Data: data}, on).problem
		if err != nil && len(err.Error()) > 500 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}
