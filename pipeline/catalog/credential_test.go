package catalog

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

const secret = "hunter2"

func TestOpenKeepsPasswordsToItself(t *testing.T) {
	for _, dsn := range []string{
		"postgres://user:hunter2@127.0.0.1:1/db",
		"postgres://user:hunter2@127.0.0.1:1/db?sslmode=bogus",
		"postgres://user:hunter2@127.0.0.1:port/db",
		"postgres://user:hunter2/db",
		"postgres://user:%zzhunter2@127.0.0.1:1/db",
		"postgres://user:a/hunter2@127.0.0.1:1/db",
		"postgres://user:a@hunter2@127.0.0.1:1/db",
		"postgres://user:1/hunter2@127.0.0.1:1/db",
		"postgres://user:hunter2%40x@127.0.0.1:1/db?pool_max_conns=many",
		"postgres://user@127.0.0.1:1/db?password=hunter2&sslmode=bogus",
		"postgres://user@127.0.0.1:1/db?pass%77ord=hunter2&sslmode=bogus",
		"postgres://user@127.0.0.1:1/db?sslpassword=hunter2&sslmode=bogus",
		"http://user:hunter2@127.0.0.1:1/db",
		"://user:hunter2@127.0.0.1:1",
		"host=127.0.0.1 port=1 user=u password=hunter2",
		"host=127.0.0.1 port=x user=u password=hunter2",
		"host=127.0.0.1 port=x user=u password = hunter2",
		"host=127.0.0.1 port=x user=u password='my hunter2'",
		`host=127.0.0.1 port=x user=u password='it\'s hunter2'`,
		"host=127.0.0.1 port=1 user=u password='hunter2",
		`host=127.0.0.1 port=x user=u password=a\ hunter2`,
		"host=127.0.0.1 port=1 user=u password=a hunter2 dbname=x",
		"host=127.0.0.1 port=1 user=u PASSWORD=hunter2 sslmode=bogus",
		"hunter2",
	} {
		c, err := Open(t.Context(), Config{URL: dsn, ConnectTimeout: time.Second})
		if err == nil {
			c.Close()
			t.Errorf("%s: opened", dsn)
			continue
		}
		for e := err; e != nil; e = unwrap(e) {
			if strings.Contains(e.Error(), secret) {
				t.Errorf("%s: the error says %q", dsn, e)
			}
		}
	}
}

func unwrap(err error) error {
	if w, ok := err.(interface{ Unwrap() error }); ok {
		return w.Unwrap()
	}
	return nil
}

func TestHide(t *testing.T) {
	wrapped := base64.StdEncoding.EncodeToString([]byte(`{"url":"https://u:hunter2@h/r"}`))
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"no URL at all, a@b.c", "no URL at all, a@b.c"},
		{"https://h/r and https://h/@scope/x", "https://h/r and https://h/@scope/x"},
		{"https://hunter2@h/r", "https://h/r"},
		{"get https://u:hunter2@h/r: 403", "get https://h/r: 403"},
		{"HTTPS://u:hunter2@h", "HTTPS://h"},
		{"https://u:a@hunter2@h/r", "https://h/r"},
		{"https://u:it'shunter2@h/r", "https://h/r"},
		{`https://u:a\hunter2@h/r`, "https://h/r"},
		{"ssh://git@h/r", "ssh://git@h/r"},
		{"ssh://git:hunter2@h/r", "ssh://git@h/r"},
		{"git+ssh://git:hunter2@h/r", "git+ssh://git@h/r"},
		{"ssh://git%3Ahunter2@h/r", "ssh://h/r"},
		{"git@h:r", "git@h:r"},
		{`{"url":"https://u:hunter2@h/r","n":1.50}`, `{"url":"https://h/r","n":1.50}`},
		{`{"a":"https://h","b":"x@y"}`, `{"a":"https://h","b":"x@y"}`},
		{`{"url":"https:\/\/u:hunter2@h\/r"}`, `{"url":"https:\/\/h\/r"}`},
		{`{"url":"https:\/\/u:hunter2@h\/r`, `{"url":"https:\/\/h\/r`},
		{`{"url":"https:\u002F\u002fu:hunter2\u0040h"}`, `{"url":"https://h"}`},
		{`{"url":"x","url":"https:\u002f\u002fu:hunter2\u0040h"}`, `{"url":"x","url":"https://h"}`},
		{`{"url":"https://u:a\"hunter2@h"}`, `{"url":"https://h"}`},
		{"https%3A%2F%2Fu%3Ahunter2%40h%2Fr", "https://h/r"},
		{"100% of url=https%3A%2F%2Fu%3Ahunter2%40h", "100% of url=https://h"},
		{"https%3A%2F%2Fh%2Fr", "https%3A%2F%2Fh%2Fr"},
		{`{"data_base64":"` + wrapped + `"}`, `{"data_base64":"` + base64.StdEncoding.EncodeToString([]byte(`{"url":"https://h/r"}`)) + `"}`},
		{wrapped, base64.StdEncoding.EncodeToString([]byte(`{"url":"https://h/r"}`))},
	} {
		if got := hide(test.text); got != test.want {
			t.Errorf("hide(%s) = %s, want %s", test.text, got, test.want)
		}
	}
}

// The @ after a password shows that it is one, so text is cut only after passwords are hidden.
func TestCleanCutsLast(t *testing.T) {
	for most := range 30 {
		if got := clean("https://u:hunter2@h/r", most); strings.Contains(got, "hun") || len(got) > most {
			t.Errorf("clean to %d bytes = %q", most, got)
		}
	}
	if got := clean("a\x00b\xffc", 100); got != "a\uFFFDb\uFFFDc" {
		t.Errorf("clean = %q", got)
	}
	if reasonOf("") == "" {
		t.Error("a reason is empty")
	}
}

// A text that every base64 alphabet reads at every layer is decoded once a layer.
func TestHideDecodesALayerOnce(t *testing.T) {
	text := strings.Repeat("x", 1<<20)
	work := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hide(text)
		}
	})
	if got, most := work.AllocedBytesPerOp(), int64(8*len(text)); got > most {
		t.Errorf("a text of %d bytes takes %d bytes of memory, want at most %d", len(text), got, most)
	}
}

func FuzzHide(f *testing.F) {
	f.Add("x", "y")
	f.Add(`{"a":"`, `"}`)
	f.Add("%41", "\xff\"\\")
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, secret) || strings.HasSuffix(before, `\`) || endsInScheme(before) {
			t.Skip("tells nothing")
		}
		got := clean(before+" https://u:"+secret+"@host/ "+after, 1<<20)
		if strings.Contains(got, secret) {
			t.Errorf("clean kept a password: %q", got)
		}
		if again := clean(got, 1<<20); len(again) > 2*len(got)+10 {
			t.Errorf("clean grows text: %q, %q", got, again)
		}
	})
}

// endsInScheme says whether a text ends in a scheme, which would make a URL after it user
// information.
func endsInScheme(text string) bool { return strings.Contains(text, "://") }
