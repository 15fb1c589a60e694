package secret

import (
	"bytes"
	"testing"
	"time"

	"github.com/leatworks/leat/internal/testenv/cputime"
)

// A text has a budget of places at which secrets are looked for. The budget depends only on the size of the text.
func TestATextHasABudgetOfLooks(t *testing.T) {
	dense := func(size int) []byte { return bytes.Repeat([]byte("7z "), size/3) }
	if m := masked(dense(64 << 10)); m.Over {
		t.Error("a small text is over its budget, however dense its keywords are")
	}
	if large := dense(320 << 10); !masked(large).Over {
		t.Errorf("%d keywords are looked at, and %d may be", len(large)/3, Looks(len(large)))
	}
	// The bytes that a matcher reads count whether it finds a secret or not.
	key := append([]byte("private-lines: 14\n"), bytes.Repeat([]byte("Aa0+"), 40)...)
	for _, tt := range []struct {
		name string
		text []byte
		over bool
	}{
		{"beginnings of keys without an end", bytes.Repeat([]byte("private-lines:"), 10_000), true},
		{"a thousand short keys", bytes.Repeat(key, 1000), false},
		{"beginnings of tokens", bytes.Repeat([]byte(".eyJ0AAAAAAAAA"), 5_000), false},
	} {
		m := masked(tt.text)
		if m.Over != tt.over {
			t.Errorf("%s, %d bytes: over the budget: %t", tt.name, len(tt.text), m.Over)
		}
		if again := masked(tt.text); again.Over != m.Over || !bytes.Equal(again.Text, m.Text) {
			t.Errorf("%s: another text each time", tt.name)
		}
	}
	// What people write stays far below the budget, even with a keyword in each line of a large file.
	if m := masked(bytes.Repeat([]byte("set the password in the form, and http the rest\n"), 10_000)); m.Over {
		t.Error("a text that people write is over its budget")
	}
}

// The costliest keywords take time in proportion to the text, once the text is longer than one look reads.
func TestLooksGrowWithTheText(t *testing.T) {
	for _, word := range []string{"7z ", "ya29.", "private-lines:", "curl ", "-----BEGIN PRIVATE KEY-----", "password=\"", "\"kty\":", "machine "} {
		took := func(size int) time.Duration {
			text := bytes.Repeat([]byte(word), size/len(word))
			began := cputime.Used(t)
			masked(text)
			return cputime.Used(t) - began
		}
		took(1 << 10)
		for attempt := 1; ; attempt++ {
			small, large := took(2*maxArmor), took(6*maxArmor)
			if large < 5*small+20*time.Millisecond { // three times the text; quadratic work would take nine times as long
				break
			}
			if attempt == 5 {
				t.Errorf("%q: %s for 64 KiB and %s for 192", word, small, large)
				break
			}
		}
	}
}
