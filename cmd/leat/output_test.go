package main

import (
	"encoding/json"
	"strings"
	"testing"
)

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
		"plain path.go":       "plain path.go",
		"größe.md":            "größe.md",
		"a\nb":                `"a\nb"`,
		"\x1b[2Jgone":         `"\x1b[2Jgone"`,
		"c1 \u009b31m":        "c1 \uFFFD31m",
		"a\\b \"quoted\".go":  "a\\b \"quoted\".go",
		"if \u202e admin":     "if \uFFFD admin",
		"\u2066a\u2069\u200f": "\uFFFDa\uFFFD\uFFFD",
		"del \x7f":            `"del \x7f"`,
		"한국어 👩\u200d💻.md":     "한국어 👩\u200d💻.md",
	} {
		if got := safeLine(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
	if got := safe("a\tb\x1b[31m\x07\n"); got != "a\tb\uFFFD[31m\uFFFD\n" {
		t.Errorf("a text is shown as %q", got)
	}
}

// A JSON document holds no character that a terminal obeys, and still has the same meaning.
func TestJSONIsSafe(t *testing.T) {
	text := "a\u202eb\u0085c\x7fd\x1be 한국어 <&> 👩\u200d💻\ufffd"
	document, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		t.Fatal(err)
	}
	escaped := escapeControls(document)
	if strings.ContainsFunc(string(escaped), steers) {
		t.Errorf("%q steers a terminal", escaped)
	}
	var back map[string]string
	if err := json.Unmarshal(escaped, &back); err != nil || back["text"] != text {
		t.Errorf("%q reads as %q (%v), want %q", escaped, back["text"], err, text)
	}
}
