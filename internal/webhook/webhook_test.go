package webhook_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/internal/webhook"
)

var update = flag.Bool("update", false, "write the goldens")

// fixture reads a request from a file: header lines, an empty line, the body.
func fixture(t testing.TB, file string) (webhook.Provider, webhook.Request) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, body, found := bytes.Cut(content, []byte("\n\n"))
	if !found {
		t.Fatalf("%s has no empty line after its headers", file)
	}
	r := webhook.Request{Header: http.Header{}, Body: body}
	for line := range strings.Lines(string(head)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		r.Header.Set(name, value)
	}
	return webhook.Provider(filepath.Base(filepath.Dir(file))), r
}

func fixtures(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*/*.http")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d fixtures: %v", len(files), err)
	}
	return files
}

// Each provider's events have the effects of the goldens beside the requests.
func TestEffects(t *testing.T) {
	for _, file := range fixtures(t) {
		t.Run(file, func(t *testing.T) {
			p, r := fixture(t, file)
			d, err := webhook.Read(p, r)
			if err != nil {
				t.Fatal(err)
			}
			if d.ID == "" {
				t.Error("the delivery has no name")
			}
			got, err := json.MarshalIndent(d.Effects, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".http") + ".golden"
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if string(want) != string(got)+"\n" {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

// A payload that cannot be understood is refused with a sentence that repeats nothing of it.
func TestBadPayloads(t *testing.T) {
	const secret = "s3cret"
	form := "application/x-www-form-urlencoded"
	for _, test := range []struct {
		name, contentType, body string
		want                    error
	}{
		{"nothing", "application/json", "", webhook.ErrPayload},
		{"an array", "application/json", `[]`, webhook.ErrPayload},
		{"truncated", "application/json", `{"ref":"refs/heads/` + secret, webhook.ErrPayload},
		{"another type", "application/json", `{"ref":{"` + secret + `":1}}`, webhook.ErrPayload},
		{"deep", "application/json", `{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, webhook.ErrPayload},
		{"brackets in a string", "application/json", `{"a":"` + strings.Repeat(`[\"`, 10_000) + `"}`, nil},
		{"text", "text/plain", `{}`, webhook.ErrContentType},
		{"no type", "", `{}`, webhook.ErrContentType},
		{"a type that is none", ";;", `{}`, webhook.ErrContentType},
		{"another charset", "application/json; charset=utf-16", `{}`, webhook.ErrContentType},
		{"a form without payload", form, `a=` + secret, webhook.ErrPayload},
		{"a form with two payloads", form, `payload={}&payload={}`, webhook.ErrPayload},
		{"a form that is none", form, `payload=%zz`, webhook.ErrPayload},
		{"a form", form, `payload=%7B%7D`, nil},
		{"too large", "application/json", `{"a":"` + strings.Repeat("x", webhook.MaxBody) + `"}`, webhook.ErrPayload},
		{"as large as may be", "application/json", `{"a":"` + strings.Repeat("x", webhook.MaxBody-8) + `"}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := webhook.Request{Header: http.Header{"Content-Type": {test.contentType}, "X-Github-Event": {"push"}, "X-Github-Delivery": {"d-1"}}, Body: []byte(test.body)}
			d, err := webhook.Read(webhook.GitHub, r)
			if !errors.Is(err, test.want) || test.want == nil && err != nil {
				t.Fatalf("%v, want %v", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the error repeats the payload: %v", err)
			}
			if d.ID != "d-1" || d.Event != "push" {
				t.Errorf("the delivery's names are lost: %+v", d)
			}
		})
	}
}

// A form is accepted only from providers that send forms.
func TestAFormOfOthersIsRefused(t *testing.T) {
	for _, p := range []webhook.Provider{webhook.GitLab, webhook.Bitbucket, webhook.DataCenter, webhook.Generic} {
		r := webhook.Request{Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte("payload=%7B%7D")}
		if _, err := webhook.Read(p, r); !errors.Is(err, webhook.ErrContentType) {
			t.Errorf("%s: %v", p, err)
		}
	}
}

// A name that is too long or unprintable counts as missing.
func TestOddNames(t *testing.T) {
	for _, id := range []string{strings.Repeat("x", 129), "a\x00b", "a\nb", "é"} {
		r := webhook.Request{Header: http.Header{"Content-Type": {"application/json"}, "X-Leat-Delivery": {id}}, Body: []byte(`{"event":"ping"}`)}
		if d, err := webhook.Read(webhook.Generic, r); err != nil || d.ID != "" {
			t.Errorf("%q: %q, %v", id, d.ID, err)
		}
	}
}

// The push of a mirror may list more refs than a delivery may have effects.
func TestManyChanges(t *testing.T) {
	change := `{"refId":"refs/heads/a","fromHash":"","toHash":"","type":"UPDATE"}`
	body := `{"changes":[` + strings.Repeat(change+",", 1499) + change + `]}`
	r := webhook.Request{Header: http.Header{"Content-Type": {"application/json"}, "X-Event-Key": {"repo:refs_changed"}}, Body: []byte(body)}
	d, err := webhook.Read(webhook.DataCenter, r)
	if err != nil {
		t.Fatal(err)
	}
	last := d.Effects[len(d.Effects)-1]
	if len(d.Effects) != 1000 || last.Kind != webhook.Ignored || !strings.Contains(last.Reason, "501 changes of 1500") {
		t.Errorf("%d effects, the last %+v", len(d.Effects), last)
	}
}

func TestProviders(t *testing.T) {
	if list := webhook.Providers(); len(list) != 7 {
		t.Errorf("%v", list)
	}
	for _, p := range webhook.Providers() {
		if err := p.Check(); err != nil {
			t.Error(err)
		}
	}
	if err := webhook.Provider("sourceforge").Check(); err == nil || !strings.Contains(err.Error(), "bitbucket, datacenter") {
		t.Errorf("%v", err)
	}
}
