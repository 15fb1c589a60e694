package main

import "testing"

func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                     "plain",
		"a\nb":                      "a; b",
		"failed to connect:\n\tx\n": "failed to connect: x",
		"\n\n a \r\n\n b":           "a; b",
		"":                          "",
	} {
		if got := oneLine(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// A repository's names and texts cannot move the cursor, or forge a line.
func TestTerminalsAreSafe(t *testing.T) {
	for text, want := range map[string]string{
		"plain path.go":      "plain path.go",
		"größe.md":           "größe.md",
		"a\nb":               `"a\nb"`,
		"\x1b[2Jgone":        `"\x1b[2Jgone"`,
		"c1 \u009b31m":       "c1 \uFFFD31m",
		"a\\b \"quoted\".go": "a\\b \"quoted\".go",
	} {
		if got := safeLine(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
	if got := safe("a\tb\x1b[31m\x07\n"); got != "a\tb\uFFFD[31m\uFFFD\n" {
		t.Errorf("a text is shown as %q", got)
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 12038: "12,038", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}
