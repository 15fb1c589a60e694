package events_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leatworks/leat/events"
)

// Decode and Parse return whatever arrives. An event that they accept is the same
// event after it was encoded and read again.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(goldens, "*"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no goldens to begin with: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		head, body, _ := strings.Cut(string(content), "\n\n")
		subject, headers, _ := strings.Cut(head, "\n")
		f.Add(subject, headers, []byte(body))
	}
	f.Fuzz(func(t *testing.T, subject, headers string, body []byte) {
		e, err := events.Decode(parseHeader(strings.Split(headers, "\n")), body)
		if err != nil {
			if !errors.Is(err, events.ErrInvalid) || len(err.Error()) > maxError {
				t.Fatalf("error of %d bytes: %.200s", len(err.Error()), err)
			}
			return
		}
		if _, err := parseAny(e, subject); err != nil && len(err.Error()) > maxError {
			t.Fatalf("error of %d bytes: %.200s", len(err.Error()), err)
		}
		h, again, err := events.Encode(e)
		if err != nil {
			t.Fatalf("%+v was read and cannot be written: %v", e, err)
		}
		got, err := events.Decode(h, again)
		if err != nil {
			t.Fatalf("%v was written and cannot be read: %v", h, err)
		}
		assertEqual(t, got, e)
	})
}
