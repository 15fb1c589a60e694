package events_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
)

const (
	traceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	envelope    = `"specversion":"1.0","id":"1","source":"/ci","type":"leat.repo.submitted.v1"`
)

// binary returns valid headers with changes; an empty value removes a header.
func binary(changes ...string) events.Header {
	h := events.Header{"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/ci", "ce-type": "leat.repo.submitted.v1"}
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == "" {
			delete(h, changes[i])
		} else {
			h[changes[i]] = changes[i+1]
		}
	}
	return h
}

func structured(contentType string) events.Header {
	return events.Header{"Content-Type": contentType}
}

func TestEncodeDecodeRoundTrip(t *testing.T) {
	for _, subject := range []string{"", "a", "docs/Größe 100%.md", `"quoted"`, `back\slash`, "Euro € 😀", " spaces "} {
		want, err := events.New("/leat/test", subject, events.RepoSubmitted{URL: "https://example.com/a/b.git"})
		if err != nil {
			t.Fatal(err)
		}
		want.TraceParent, want.TraceState = traceParent, "vendor=1,other=a b"
		h, body, err := events.Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range h {
			if name != "tracestate" && strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) {
				t.Errorf("header %s: %q must be percent-encoded", name, value)
			}
		}
		got, err := events.Decode(h, body)
		if err != nil {
			t.Fatal(err)
		}
		assertEqual(t, got, want)
	}
}

// The example of the binding's section 3.1.3.2.
func TestEncodeFollowsTheBinding(t *testing.T) {
	h, _, err := events.Encode(events.Event{ID: "1", Source: "/", Type: "t", Subject: "Euro € 😀", Data: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := events.Header{
		"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/", "ce-type": "t",
		"ce-datacontenttype": "application/json", "ce-subject": "Euro%20%E2%82%AC%20%F0%9F%98%80",
	}
	if !maps.Equal(h, want) {
		t.Errorf("headers = %v, want %v", h, want)
	}
}

// Any path of a repository can be an event's subject.
func TestEncodeMendsTheSubject(t *testing.T) {
	for subject, want := range map[string]string{
		"a\nb\x00c\u0085":                "a\uFFFDb\uFFFDc\uFFFD",
		"a\xff\xfeb":                     "a\uFFFDb",
		strings.Repeat("é", 4096) + "\n": strings.Repeat("é", 2048),
		"a" + strings.Repeat("é", 4096):  "a" + strings.Repeat("é", 2047),
	} {
		h, body, err := events.Encode(events.Event{ID: "1", Source: "/", Type: "t", Subject: subject, Data: json.RawMessage(`{}`)})
		if err != nil {
			t.Fatalf("%.20q: %v", subject, err)
		}
		e, err := events.Decode(h, body)
		if err != nil {
			t.Fatalf("%.20q: %v", subject, err)
		}
		if e.Subject != want {
			t.Errorf("%.20q became %.20q, want %.20q", subject, e.Subject, want)
		}
	}
}

// A subject goes into logs.
func TestCredentialsInSubjectsAreHidden(t *testing.T) {
	for subject, want := range map[string]string{
		"https://u:hunter2@example.com/a":              "https://example.com/a",
		"https://hunter2@example.com/a@b":              "https://example.com/a@b",
		"https://u:hunter2@hunter2@example.com":        "https://example.com",
		"x://u:hunter2@://v:hunter2@w":                 "x://://w",
		"docs/a@b.md":                                  "docs/a@b.md",
		strings.Repeat("x", 4096) + "://u:hunter2@h\n": strings.Repeat("x", 4096),
	} {
		h, body, err := events.Encode(events.Event{ID: "1", Source: "/", Type: "t", Subject: subject, Data: json.RawMessage(`{}`)})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(h["ce-subject"], "hunter2") {
			t.Errorf("Encode writes %s", h["ce-subject"])
		}
		if len(subject) < 4096 {
			h["ce-subject"] = subject
		}
		e, err := events.Decode(h, body)
		if err != nil {
			t.Fatal(err)
		}
		if e.Subject != want {
			t.Errorf("%.40q became %.40q, want %.40q", subject, e.Subject, want)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	valid := events.Event{ID: "1", Source: "/", Type: "t", Data: json.RawMessage(`{}`)}
	for name, change := range map[string]func(*events.Event){
		"no id":           func(e *events.Event) { e.ID = "" },
		"no source":       func(e *events.Event) { e.Source = "" },
		"no type":         func(e *events.Event) { e.Type = "" },
		"no data":         func(e *events.Event) { e.Data = nil },
		"not JSON":        func(e *events.Event) { e.Data = json.RawMessage(`{`) },
		"not UTF-8":       func(e *events.Event) { e.Data = json.RawMessage("\"\xff\"") },
		"too large":       func(e *events.Event) { e.Data = json.RawMessage(`"` + strings.Repeat("x", events.MaxBytes) + `"`) },
		"newline in id":   func(e *events.Event) { e.ID = "1\nce-type: x" },
		"id not UTF-8":    func(e *events.Event) { e.ID = "\xff" },
		"source too long": func(e *events.Event) { e.Source = strings.Repeat("x", 4097) },
		"year 10000":      func(e *events.Event) { e.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		t.Run(name, func(t *testing.T) {
			e := valid
			change(&e)
			_, _, err := events.Encode(e)
			refused(t, err)
		})
	}
}

func TestNewRefusesWhatIsNoData(t *testing.T) {
	if _, err := events.New("/", "", struct{}{}); err == nil {
		t.Error("New accepts a struct that is not an event's data")
	}
}

func TestDecodeIsLenient(t *testing.T) {
	for _, test := range []struct {
		name   string
		header events.Header
		body   string
		check  func(events.Event) bool
	}{
		{"header case", events.Header{"CE-SPECVERSION": "1.0", "Ce-Id": "7", "cE-sOURCE": "/ci", "Ce-Type": "leat.repo.submitted.v1"}, `{}`, func(e events.Event) bool { return e.ID == "7" }},
		{"the lower-case header wins", binary("CE-ID", "a", "Ce-Id", "b", "ce-id", "c"), `{}`, func(e events.Event) bool { return e.ID == "c" }},
		{"space around a value", binary("ce-id", " \t7 "), `{}`, func(e events.Event) bool { return e.ID == "7" }},
		{"quoted value", binary("ce-id", `"a \"b\" \\ c"`), `{}`, func(e events.Event) bool { return e.ID == `a "b" \ c` }},
		{"lower-case escapes", binary("ce-subject", "%c3%a9"), `{}`, func(e events.Event) bool { return e.Subject == "é" }},
		{"needless escapes", binary("ce-id", "%41"), `{}`, func(e events.Event) bool { return e.ID == "A" }},
		{"one round of decoding", binary("ce-id", "%2541"), `{}`, func(e events.Event) bool { return e.ID == "%41" }},
		{"unescaped UTF-8", binary("ce-subject", "é"), `{}`, func(e events.Event) bool { return e.Subject == "é" }},
		{"a content type of HTTP's", binary("Content-Type", "application/json"), `{}`, nil},
		{"datacontenttype with charset", binary("ce-datacontenttype", "application/json; charset=UTF-8"), `{}`, nil},
		{"datacontenttype of JSON's kin", binary("ce-datacontenttype", "application/vnd.acme+json"), `{}`, nil},
		{"no time", binary(), `{}`, func(e events.Event) bool { return e.Time.IsZero() }},
		{"time with offset", binary("ce-time", "2026-01-31T13:00:00+01:00"), `{}`, func(e events.Event) bool {
			return e.Time.Equal(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)) && e.Time.Location() == time.UTC
		}},
		{"unknown headers", binary("Nats-Msg-Id", "x", "ce-extension", "%", "\xff", "\x00"), `{}`, nil},
		{"another type", binary("ce-type", "com.example.other"), `{}`, func(e events.Event) bool { return e.Type == "com.example.other" }},
		{"trace", binary("Traceparent", traceParent, "tracestate", "a=1"), `{}`, func(e events.Event) bool { return e.TraceParent == traceParent && e.TraceState == "a=1" }},
		{"trace as attributes", binary("ce-traceparent", traceParent), `{}`, func(e events.Event) bool { return e.TraceParent == traceParent }},
		{"malformed trace", binary("traceparent", traceParent+"0", "tracestate", "a=1"), `{}`, noTrace},
		{"trace of zeros", binary("traceparent", "00-00000000000000000000000000000000-b7ad6b7169203331-01"), `{}`, noTrace},
		{"span of zeros", binary("traceparent", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"), `{}`, noTrace},
		{"trace of version ff", binary("traceparent", "ff"+traceParent[2:]), `{}`, noTrace},
		{"malformed trace state", binary("traceparent", traceParent, "tracestate", "a=\x01"), `{}`, func(e events.Event) bool { return e.TraceParent == traceParent && e.TraceState == "" }},
		{"structured", structured("application/cloudevents+json"), `{` + envelope + `,"data":{"url":"u"}}`, func(e events.Event) bool { return string(e.Data) == `{"url":"u"}` }},
		{"structured, case of the media type", structured("Application/CloudEvents+JSON; charset=utf-8"), `{` + envelope + `,"data":{}}`, nil},
		{"structured with base64", structured("application/cloudevents+json"), `{` + envelope + `,"data_base64":"e30="}`, func(e events.Event) bool { return string(e.Data) == `{}` }},
		{"structured trace", structured("application/cloudevents+json"), `{` + envelope + `,"traceparent":"` + traceParent + `","data":{}}`, func(e events.Event) bool { return e.TraceParent == traceParent }},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, err := events.Decode(test.header, []byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if test.check != nil && !test.check(e) {
				t.Errorf("event = %+v", e)
			}
		})
	}
}

func noTrace(e events.Event) bool { return e.TraceParent == "" && e.TraceState == "" }

func TestDecodeRefuses(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	cloudevents := structured("application/cloudevents+json")
	for _, test := range []struct {
		name   string
		header events.Header
		body   string
		says   string // what to change
	}{
		{"nothing", nil, ``, "specversion"},
		{"bare JSON", nil, `{"url":"u"}`, "ce-specversion"},
		{"specversion 0.3", binary("ce-specversion", "0.3"), `{}`, "send 1.0"},
		{"specversion too long", binary("ce-specversion", long[:4096]), `{}`, "send 1.0"},
		{"no id", binary("ce-id", ""), `{}`, "ce-id"},
		{"empty id", binary("ce-id", `""`), `{}`, "ce-id"},
		{"no source", binary("ce-source", ""), `{}`, "ce-source"},
		{"no type", binary("ce-type", ""), `{}`, "ce-type"},
		{"id too long", binary("ce-id", long), `{}`, "ce-id"},
		{"id with newline", binary("ce-id", "a%0Ab"), `{}`, "control character"},
		{"id with C1 control", binary("ce-id", "%C2%85"), `{}`, "control character"},
		{"overlong UTF-8", binary("ce-id", "%C0%A0"), `{}`, "UTF-8"},
		{"id not UTF-8", binary("ce-id", "\xff"), `{}`, "UTF-8"},
		{"half an escape", binary("ce-subject", "100%"), `{}`, "%25"},
		{"not hex", binary("ce-subject", "%zz"), `{}`, "%25"},
		{"time not RFC 3339", binary("ce-time", "31 January 2026"), `{}`, "RFC 3339"},
		{"time too long", binary("ce-time", long[:4096]), `{}`, "RFC 3339"},
		{"time before the years", binary("ce-time", "0000-01-01T00:00:00+01:00"), `{}`, "year"},
		{"XML", binary("ce-datacontenttype", "text/xml"), `<a/>`, "application/json"},
		{"JSON in Latin 1", binary("ce-datacontenttype", "application/json; charset=latin1"), `{}`, "application/json"},
		{"datacontenttype malformed", binary("ce-datacontenttype", ";;"), `{}`, "application/json"},
		{"no payload", binary(), ``, "data is missing"},
		{"payload not JSON", binary(), `{"url":`, "not JSON"},
		{"payload with a second value", binary(), `{}{}`, "not JSON"},
		{"payload not UTF-8", binary(), "{\"url\":\"\xff\"}", "UTF-8"},
		{"payload too large", binary(), long, "65536"},
		{"payload too deep", binary(), strings.Repeat("[", events.MaxBytes), "not JSON"},
		{"structured not JSON", cloudevents, `{`, "not JSON"},
		{"structured list", cloudevents, `[]`, "an object"},
		{"structured null", cloudevents, `null`, "specversion"},
		{"structured id a number", cloudevents, `{"specversion":"1.0","id":` + strings.Repeat("9", 5000) + `}`, `"id"`},
		{"structured without data", cloudevents, `{` + envelope + `}`, "data is missing"},
		{"structured with both data", cloudevents, `{` + envelope + `,"data":{},"data_base64":"e30="}`, "one of them"},
		{"structured base64 malformed", cloudevents, `{` + envelope + `,"data_base64":"***"}`, "base64"},
		{"structured base64 empty", cloudevents, `{` + envelope + `,"data_base64":""}`, "data is missing"},
		{"structured base64 of no JSON", cloudevents, `{` + envelope + `,"data_base64":"/w=="}`, "JSON"},
		{"structured with headers of binary mode", binary("Content-Type", "application/cloudevents+json"), `{"url":"u"}`, "specversion"},
		{"structured, another type", cloudevents, `{"specversion":"1.0","id":"1","source":"/","type":"leat.document.chunked.v1","data":{}}`, "binary mode"},
		{"structured without type", cloudevents, `{"specversion":"1.0","id":"1","source":"/","data":{}}`, "type"},
		{"a batch", structured("application/cloudevents-batch+json"), `[]`, "one event"},
		{"Avro", structured("application/cloudevents+avro"), ``, "+json"},
		{"content type malformed", structured("application/cloudevents;;;" + long), ``, "+json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := events.Decode(test.header, []byte(test.body))
			refused(t, err)
			if err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q does not say %q", err, test.says)
			}
		})
	}
}

func assertEqual(t *testing.T, got, want events.Event) {
	t.Helper()
	if !got.Time.Equal(want.Time) {
		t.Errorf("time = %v, want %v", got.Time, want.Time)
	}
	if string(got.Data) != string(want.Data) {
		t.Errorf("data = %s, want %s", got.Data, want.Data)
	}
	attributes := func(e events.Event) string {
		return strings.Join([]string{e.ID, e.Source, string(e.Type), e.Subject, e.TraceParent, e.TraceState}, "\n")
	}
	if g, w := attributes(got), attributes(want); g != w {
		t.Errorf("attributes:\n%s\nwant:\n%s", g, w)
	}
}
