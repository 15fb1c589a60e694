package git

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestScrub(t *testing.T) {
	for raw, want := range map[string]string{
		"remote: Enumerating objects: 3, done.\nremote: Counting objects:  33% (1/3)\rremote: Counting objects: 100% (3/3), done.\nReceiving objects: 100% (3/3), done.\nfatal: it broke\n": "fatal: it broke",
		"From https://h/a\n * [new ref]         main -> x\nerror: one\nfatal: two":                                                                                                          "error: one; fatal: two",
		"fatal: unable to access 'https://me:pw@h/a/': no":                                                                                                                                  "fatal: unable to access 'https://***@h/a/': no",
		"fatal: unable to access 'http://me:p@w@h/a/': no":                                                                                                                                  "fatal: unable to access 'http://***@h/a/': no",
		"remote: \x1b[31mtok and bWU6dG9r\x1b[0m":                                                                                                                                           "remote: [31m*** and ***[0m",
		"remote: t\x00ok t\x7fo\x1bk":                                                                                                                                                       "remote: *** ***",
		"remote: bad\xff":                                                                                                                                                                   "remote: bad?",
		"":                                                                                                                                                                                  "",
	} {
		if got := scrub(raw, credential{"me", "tok"}.secrets()); got != want {
			t.Errorf("scrub(%q) = %q, want %q", raw, got, want)
		}
	}
	if long := scrub(strings.Repeat("é", 10_000)+"end", nil); len(long) > maxMessage+10 || !utf8.ValidString(long) || !strings.HasSuffix(long, "end") {
		t.Errorf("long text became %d bytes: %q", len(long), long)
	}
}

func FuzzScrub(f *testing.F) {
	f.Add("fatal: 'https://a:TOKEN@h/' \x00\r\n", "TOKEN")
	f.Fuzz(func(t *testing.T, raw, secret string) {
		if len(secret) < 4 || strings.ContainsAny(secret, "*\r\n") {
			t.Skip("no token")
		}
		got := scrub(raw, []string{secret})
		if strings.ContainsFunc(got, isControl) || !utf8.ValidString(got) || len(got) > maxMessage+10 {
			t.Fatalf("scrub(%q) = %q", raw, got)
		}
	})
}

func FuzzPick(f *testing.F) {
	f.Add("ref: refs/heads/main\tHEAD\n"+otherCommit+"\tHEAD\n"+otherCommit+"\trefs/heads/main\n", "")
	f.Add(otherCommit+"\trefs/tags/v1\n"+otherCommit+"\trefs/tags/v1^{}\n", "v1")
	f.Add("ref: --evil\tHEAD\nx\tHEAD", "HEAD")
	f.Fuzz(func(t *testing.T, listing, ref string) {
		if checkRef(ref) != nil {
			t.Skip("refused before")
		}
		tip, ok := pick(listing, candidates(ref))
		if ok && (checkOID(tip.oid) != nil || checkRef(tip.ref) != nil || tip.ref != "HEAD" && !strings.HasPrefix(tip.ref, "refs/")) {
			t.Fatalf("pick(%q, %q) = %v", listing, ref, tip)
		}
	})
}

// The kept tail must not begin in the middle of a token.
func TestTailKeepsWholeLines(t *testing.T) {
	var kept tail
	line := strings.Repeat("x", 100) + "\n"
	for range 200 {
		if _, err := kept.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if got := kept.String(); len(got) > maxTail || len(got)%len(line) != 0 || got == "" {
		t.Errorf("kept %d bytes", len(got))
	}
	var single tail
	if _, err := single.Write([]byte(strings.Repeat("y", 2*maxTail))); err != nil || single.String() != "" {
		t.Errorf("kept %d bytes of a line with no end", len(single.String()))
	}
}
