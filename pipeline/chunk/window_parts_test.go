package chunk

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// checkParts fails the test unless the parts are the text, and none too long.
func checkParts(t *testing.T, text string, most int) []string {
	t.Helper()
	parts := Parts(text, most)
	if strings.Join(parts, "") != text {
		t.Fatalf("the parts of %d bytes are not the text", most)
	}
	for _, part := range parts {
		if len(part) > max(most, leastParts) || part == "" {
			t.Fatalf("a part of %d bytes, want 1 to %d", len(part), most)
		}
		if utf8.ValidString(text) && !utf8.ValidString(part) {
			t.Fatalf("a character is cut in two: %q", part)
		}
	}
	if len(text) > max(most, leastParts) && len(parts) < 2 {
		t.Fatalf("%d parts of %d bytes", len(parts), len(text))
	}
	return parts
}

func TestParts(t *testing.T) {
	source, err := os.ReadFile("testdata/sample.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"", "a", string(source), strings.Repeat("größe", 1000), strings.Repeat("\n", 500), strings.Repeat("\xff", 500),
		strings.Repeat("a word ", 300), strings.Repeat("line\n", 300) + strings.Repeat("x", 900),
	} {
		for _, most := range []int{0, 32, 33, 64, 500, 1400, 5000} {
			checkParts(t, text, most)
		}
	}
	// Between functions rather than within them.
	text := strings.Repeat("def f():\n    a = 1\n    b = 2\n    return a\n\n", 10)
	for _, part := range checkParts(t, text, 200) {
		if !strings.HasPrefix(part, "def ") {
			t.Errorf("a part begins within a function: %q", part)
		}
	}
}

func FuzzParts(f *testing.F) {
	f.Add("def f():\n\treturn 1\n\n", 32)
	f.Add(strings.Repeat("größe ", 50), 64)
	f.Fuzz(func(t *testing.T, text string, most int) { checkParts(t, text, most%5000) })
}
