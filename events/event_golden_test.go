package events_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/leatworks/leat/events"
)

// A golden is one message as NATS carries it: a first line with its subject, the
// headers, an empty line, the payload. The messages in testdata/v1 have been
// published. So files are added there and never rewritten: -update writes those that
// are missing. A new optional field gets a new file beside the old.
var update = flag.Bool("update", false, "write the goldens that are missing")

const goldens = "testdata/v1"

var (
	repository = events.RepositoryID("acme", "https://git.example.com/acme/mill.git")
	track      = events.TrackID(repository, "refs/heads/main")
	document   = events.DocumentID(track, []byte("docs/read me é.md"))
)

const (
	commit = "4f1c9a7d2b6e8035f1c9a7d2b6e80354f1c9a7d2"
	blob   = "9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de"
)

func aDocument() events.Document {
	return events.Document{
		Tenant: "acme", Repository: repository.String(), Track: track.String(), Document: document.String(),
		Ref: "refs/heads/main", Commit: commit, Path: "docs/read me é.md", Revision: 7,
	}
}

// golden is one file of testdata/v1, with the event that it must always be.
type golden struct {
	file    string
	subject string // of NATS
	about   string // the event's own subject
	data    any
	foreign string // the file's content, where no Encode of ours writes it
}

func allGoldens() []golden {
	doc := aDocument()
	submitted := events.RepoSubmitted{Tenant: "acme", URL: "https://git.example.com/acme/mill.git", Ref: "main"}
	intake := events.SubmittedSubject("acme")
	return []golden{
		{file: "repo.submitted", subject: intake, about: submitted.URL, data: submitted},
		{file: "repo.submitted-minimal", subject: intake, about: submitted.URL, data: submitted, foreign: minimalSubmitted},
		{file: "repo.submitted-header-case", subject: intake, about: submitted.URL, data: submitted, foreign: headerCaseSubmitted},
		{file: "repo.submitted-structured", subject: intake, about: submitted.URL, data: submitted, foreign: structuredSubmitted},
		{file: "repo.submitted-structured-base64", subject: intake, about: submitted.URL, data: submitted, foreign: base64Submitted},
		{
			file: "document.chunked", subject: events.ChunkedSubject(events.Live, "acme", repository, document), about: doc.Path,
			data: events.DocumentChunked{Document: doc, Blob: blob, Language: "Markdown", Chunks: 12},
		},
		{
			file: "document.chunked-no-language", subject: events.ChunkedSubject(events.Bulk, "acme", repository, document), about: doc.Path,
			data: events.DocumentChunked{Document: doc, Blob: blob},
		},
		{
			file: "document.removed", subject: events.ChunkedSubject(events.Live, "acme", repository, document), about: doc.Path,
			data: events.DocumentRemoved{Document: doc},
		},
		{
			file: "document.embedded", subject: events.EmbeddedSubject("local-384", events.Live, "acme", repository, document), about: doc.Path,
			data: events.DocumentEmbedded{Document: doc, Blob: blob, Embedder: "local-384", Chunks: 12},
		},
		{
			file: "document.indexed", subject: events.IndexedSubject(events.Live, "acme", repository, document), about: doc.Path,
			data: events.DocumentIndexed{Document: doc, Blob: blob, Generation: 1, Chunks: 12},
		},
		{
			file: "repo.indexed", subject: events.CompletedSubject("acme", repository), about: submitted.URL,
			data: events.RepoIndexed{
				Tenant: "acme", Repository: repository.String(), Track: track.String(), URL: submitted.URL, Ref: "refs/heads/main",
				Commit: commit, Revision: 7, Generation: 1, Documents: events.DocumentCounts{Indexed: 7407, Failed: 1, Skipped: 92},
			},
		},
	}
}

const (
	minimalSubmitted = `leat.repo.submitted.acme
ce-specversion: 1.0
ce-id: 1
ce-source: ci
ce-type: leat.repo.submitted.v1

{"url":"https://git.example.com/acme/mill.git","ref":"main"}`

	// The form in which an HTTP gateway, or a library that makes header names canonical,
	// forwards it.
	headerCaseSubmitted = `leat.repo.submitted.acme
Ce-Datacontenttype: Application/JSON; charset="UTF-8"
Ce-Id: "build 42"
Ce-Source: /ci/build%2042
Ce-Specversion: 1.0
Ce-Time: 2026-01-31t13:00:00.5+01:00
Ce-Type: leat.repo.submitted.v1
Content-Type: application/json
Traceparent: not-a-trace

{"ref":"main","tenant":"acme","url":"https://git.example.com/acme/mill.git","since":"a later version"}`

	structuredSubmitted = `leat.repo.submitted.acme
Content-Type: application/cloudevents+json; charset=UTF-8

{"specversion":"1.0","id":"A234-1234-1234","source":"/ci","type":"leat.repo.submitted.v1","time":"2026-01-31T12:00:00Z","team":"extensions are ignored","datacontenttype":"application/json","data":{"tenant":"acme","url":"https://git.example.com/acme/mill.git","ref":"main"}}`

	base64Submitted = `leat.repo.submitted.acme
content-type: application/cloudevents

{"specversion":"1.0","id":"A234-1234-1234","source":"/ci","type":"leat.repo.submitted.v1","data_base64":"eyJ1cmwiOiJodHRwczovL2dpdC5leGFtcGxlLmNvbS9hY21lL21pbGwuZ2l0IiwicmVmIjoibWFpbiJ9"}`
)

func (g golden) path() string { return filepath.Join(goldens, g.file+".golden") }

// event returns the event from which Encode makes the file.
func (g golden) event(t *testing.T) events.Event {
	t.Helper()
	e, err := events.New("/leat/test", g.about, g.data)
	if err != nil {
		t.Fatal(err)
	}
	e.ID = "5WQ2ZK7N4DFT"
	e.Time = time.Date(2026, 1, 31, 12, 0, 0, 123456789, time.UTC)
	e.TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	return e
}

func (g golden) content(t *testing.T) string {
	t.Helper()
	if g.foreign != "" {
		return g.foreign
	}
	h, body, err := events.Encode(g.event(t))
	if err != nil {
		t.Fatal(err)
	}
	return format(g.subject, h, body)
}

func TestGoldens(t *testing.T) {
	for _, g := range allGoldens() {
		t.Run(g.file, func(t *testing.T) {
			want := g.content(t)
			if _, err := os.Stat(g.path()); *update && os.IsNotExist(err) {
				if err := os.WriteFile(g.path(), []byte(want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			content, err := os.ReadFile(g.path())
			if err != nil {
				t.Fatalf("%v; run go test ./events -update", err)
			}
			if string(content) != want {
				t.Errorf("%s holds\n%s\nbut the event is now written as\n%s\nOlder readers know the first form: keep the file, and add another for the new form", g.path(), content, want)
			}
			subject, h, body := parseMessage(t, string(content))
			e, err := events.Decode(h, body)
			if err != nil {
				t.Fatal(err)
			}
			got, err := parseAny(e, subject)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, g.data) {
				t.Errorf("data = %+v\nwant %+v", got, g.data)
			}
			if subject != g.subject {
				t.Errorf("subject = %s, want %s", subject, g.subject)
			}
			if g.foreign == "" {
				assertEqual(t, e, g.event(t))
			}
		})
	}
}

// Old versions stay readable. Every file in testdata/v1 was published once, also a
// file that the table above no longer knows.
func TestEveryPublishedFormStaysReadable(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(goldens, "*"))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[events.Type]bool)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		subject, h, body := parseMessage(t, string(content))
		e, err := events.Decode(h, body)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if _, err := parseAny(e, subject); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		seen[e.Type] = true
	}
	if len(seen) != 6 {
		t.Errorf("%s holds events of %d types, want all 6", goldens, len(seen))
	}
}

// Every golden fits its schema, and the schema knows each of its members. This is not
// a matter of course: encoding/json and the schema read the Go types in different ways.
func TestGoldensFitTheSchemas(t *testing.T) {
	for _, g := range allGoldens() {
		e := g.event(t)
		schema := loadSchema(t, e.Type)
		var members map[string]any
		if err := json.Unmarshal(e.Data, &members); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(members); err != nil {
			t.Errorf("%s: %v", g.file, err)
		}
		for name := range members {
			if schema.Schema().Properties[name] == nil {
				t.Errorf("%s: the schema does not know %q", g.file, name)
			}
		}
		members["added_later"] = map[string]any{"by": "a newer producer"}
		if err := schema.Validate(members); err != nil {
			t.Errorf("%s: an unknown field must be acceptable: %v", g.file, err)
		}
		for _, name := range schema.Schema().Required {
			without := maps.Clone(members)
			delete(without, name)
			if schema.Validate(without) == nil {
				t.Errorf("%s: the schema accepts data without %q", g.file, name)
			}
		}
	}
}

func loadSchema(t *testing.T, typ events.Type) *jsonschema.Resolved {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("schema", string(typ)+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(content, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// parseAny calls the Parse method for the event's type.
func parseAny(e events.Event, subject string) (any, error) {
	switch e.Type {
	case events.TypeRepoSubmitted:
		return e.ParseSubmitted(subject)
	case events.TypeDocumentChunked:
		return e.ParseChunked()
	case events.TypeDocumentRemoved:
		return e.ParseRemoved()
	case events.TypeDocumentEmbedded:
		return e.ParseEmbedded()
	case events.TypeDocumentIndexed:
		return e.ParseIndexed()
	case events.TypeRepoIndexed:
		return e.ParseCompleted()
	}
	return nil, fmt.Errorf("no parser for %q", e.Type)
}

func format(subject string, h events.Header, body []byte) string {
	var b strings.Builder
	fmt.Fprintln(&b, subject)
	for _, name := range slices.Sorted(maps.Keys(h)) {
		fmt.Fprintf(&b, "%s: %s\n", name, h[name])
	}
	fmt.Fprintf(&b, "\n%s", body)
	return b.String()
}

func parseMessage(t *testing.T, content string) (subject string, h events.Header, body []byte) {
	t.Helper()
	head, payload, found := strings.Cut(content, "\n\n")
	if !found {
		t.Fatalf("no empty line between headers and payload in:\n%s", content)
	}
	lines := strings.Split(head, "\n")
	return lines[0], parseHeader(lines[1:]), []byte(payload)
}

func parseHeader(lines []string) events.Header {
	h := make(events.Header)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		h[name] = strings.TrimSpace(value)
	}
	return h
}
