package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// each is the number of samples of each kind. Each sample is judged alone.
const each = 200

func TestCorpus(t *testing.T) {
	g := newGenerator(1)
	misses, found := map[string]int{}, 0
	positives := g.positives(each)
	for _, s := range positives {
		m := masked([]byte(s.text))
		check(t, []byte(s.text), m)
		if bytes.Contains(m.Text, []byte(s.secret)) {
			if misses[s.kind]++; misses[s.kind] <= 2 {
				t.Logf("missed %s: %.120q", s.kind, s.text)
			}
			continue
		}
		found++
	}
	alarms, total := map[string]int{}, 0
	negatives := g.negatives(each)
	for _, s := range negatives {
		m := masked([]byte(s.text))
		if len(m.Findings) > 0 {
			if alarms[s.kind]++; alarms[s.kind] <= 2 {
				t.Logf("false alarm, %s: %s in %.200q", s.kind, m.Findings[0].Rule, m.Text)
			}
			total++
		}
	}
	t.Logf("%d of %d secrets found; %d false alarms in %d samples", found, len(positives), total, len(negatives))
	for _, kind := range slices.Sorted(maps.Keys(misses)) {
		t.Logf("  missed %4d of %s", misses[kind], kind)
	}
	for _, kind := range slices.Sorted(maps.Keys(alarms)) {
		t.Logf("  alarms %4d of %s", alarms[kind], kind)
	}
	if missed := len(positives) - found; missed > len(positives)/100 {
		t.Errorf("%d of %d secrets were missed: more than 1 %%", missed, len(positives))
	}
	if total > len(negatives)/200 {
		t.Errorf("%d false alarms in %d samples: more than 0.5 %%", total, len(negatives))
	}
}

// check tests properties that must hold for every text.
func check(t *testing.T, text []byte, m Masked) {
	t.Helper()
	if len(m.Text) != len(text) {
		t.Fatalf("a text of %d bytes has %d when masked", len(text), len(m.Text))
	}
	at := 0
	for i, f := range m.Findings {
		if f.Start < at || f.End <= f.Start || f.End > len(text) || f.Rule == "" {
			t.Fatalf("finding %d is %+v after byte %d of %d", i, f, at, len(text))
		}
		if line := 1 + bytes.Count(text[:f.Start], newline); f.Line != line {
			t.Fatalf("finding %+v is on line %d", f, line)
		}
		if !bytes.Equal(m.Text[at:f.Start], text[at:f.Start]) {
			t.Fatalf("text before finding %+v has changed", f)
		}
		at = f.End
	}
	for i, b := range text {
		if (b == '\n' || b == '\r') && m.Text[i] != b {
			t.Fatalf("a line break at byte %d is gone", i)
		}
	}
	if !m.Excess && !bytes.Equal(m.Text[at:], text[at:]) {
		t.Fatal("text after the last finding has changed")
	}
}

func TestMaskLeavesTheRest(t *testing.T) {
	g := newGenerator(2)
	github := "ghp_" + g.of(base62, 36)
	text := "a\r\nb " + github + " c\r\npassword = \"p\u00e4ss\u2192w0rt!9\"\n"
	m := masked([]byte(text))
	want := "a\r\nb " + strings.Repeat("*", 40) + " c\r\npassword = \"*×**※******\"\n"
	if string(m.Text) != want {
		t.Errorf("got %q, want %q", m.Text, want)
	}
	if got := fmt.Sprint(m.Findings); got != fmt.Sprintf("[{github-token 2 5 45} {password 3 61 %d}]", len(text)-2) {
		t.Errorf("findings %s", got)
	}
	if &m.Text[0] == &[]byte(text)[0] {
		t.Error("the original was changed")
	}
}

func TestMaskedTextHoldsNoSecret(t *testing.T) {
	g := newGenerator(3)
	all := text(g.positives(5))
	m := masked(all)
	check(t, all, m)
	if again := masked(m.Text); len(again.Findings) > 0 {
		f := again.Findings[0]
		t.Errorf("a masked text holds %d: %s, %q", len(again.Findings), f.Rule, m.Text[max(0, f.Start-40):f.End])
	}
}

func TestExcess(t *testing.T) {
	g := newGenerator(4)
	var list strings.Builder
	for range MaxFindings {
		fmt.Fprintf(&list, "npm_%s\n", g.of(base62, 36))
	}
	if m := masked([]byte(list.String())); m.Excess || len(m.Findings) < MaxFindings*99/100 {
		t.Errorf("%d findings, excess %t", len(m.Findings), m.Excess)
	}
	for range 100 {
		fmt.Fprintf(&list, "npm_%s\n", g.of(base62, 36))
	}
	if m := masked([]byte(list.String())); !m.Excess || len(m.Findings) != MaxFindings {
		t.Errorf("%d findings, excess %t", len(m.Findings), m.Excess)
	}
}

func TestKeywordsAreWhatRulesLookFor(t *testing.T) {
	for _, k := range rules() {
		if k.word != strings.ToLower(k.word) || k.word == "" || k.rule == "" {
			t.Errorf("keyword %q of rule %q", k.word, k.rule)
		}
	}
	got := map[string]bool{}
	keywords().scan([]byte("PRIVATE KEYapi_keyed sk-proj-"), func(k *keyword, at int) bool {
		got[fmt.Sprint(k.word, " ", at)] = true
		return true
	})
	for _, want := range []string{"private key 0", "api_key 11", "sk-proj- 21", "sk- 21"} {
		if !got[want] {
			t.Errorf("%s is not found: %v", want, got)
		}
	}
}

// TestWorkIsBounded masks repetitions of a secret's beginning. It needs no clock: if a shape took quadratic time, 256
// KiB would take minutes.
func TestWorkIsBounded(t *testing.T) {
	for _, shape := range hostile {
		masked(bytes.Repeat([]byte(shape), 256<<10/len(shape)))
	}
}

var hostile = []string{
	"-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nAAAA", "private key", "://", "://a:b", "eyJ", "eyJa.", "eyJ-", "password", "password=", "password=\"", "password = ",
	"ghp_", "ghp_A", "secret\"", "token: ", "--token ", "sig=", "AccountKey=", "bearer ", "8Q~", "azdo", "@tcp(", "a:b@tcp(", ":AA1", "sk-", "\\\"", "pwd:=", "secret_",
}

// masked masks a text without a time limit.
func masked(text []byte) Masked {
	m, _ := Mask(context.Background(), text)
	return m
}

func TestMaskEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Mask(ctx, bytes.Repeat([]byte("password "), 10_000)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

func FuzzMask(f *testing.F) {
	g := newGenerator(5)
	for _, s := range g.positives(1) {
		f.Add([]byte(s.text))
	}
	for _, s := range hostile {
		f.Add([]byte(strings.Repeat(s, 3)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		m := masked(text)
		if !bytes.Equal(before, text) {
			t.Fatal("the original was changed")
		}
		check(t, text, m)
	})
}

// BenchmarkMask masks code without secrets, code with some, only secrets, and only near misses that begin like a
// secret. After each, it takes a checksum (CRC-32 by table) of the same bytes as the floor.
func BenchmarkMask(b *testing.B) {
	g := newGenerator(6)
	code := []byte(strings.Repeat("// token returns the next token, or the error that a secret password gave.\nfunc (p *parser) token() (tok Token, err error) {\n\tif p.at == len(p.text) {\n\t\treturn Token{}, io.EOF\n\t}\n\treturn p.scan(p.text[p.at:])\n}\n\n", 1<<20/220))
	for _, shape := range []struct {
		name string
		text []byte
	}{
		{"code", code},
		{"code with secrets", slices.Concat(code, text(g.positives(1)))},
		{"negatives", text(g.negatives(100))},
		{"secrets", text(g.positives(3))},
		{"openings", []byte(strings.Repeat(strings.Join(hostile, ""), 4000))},
	} {
		b.Run(shape.name, func(b *testing.B) {
			b.SetBytes(int64(len(shape.text)))
			b.ReportAllocs()
			var floor time.Duration
			for b.Loop() {
				masked(shape.text)
				b.StopTimer()
				begun := time.Now()
				sink += checksum(shape.text)
				floor += time.Since(begun)
				b.StartTimer()
			}
			b.ReportMetric(float64(len(shape.text)*b.N)/floor.Seconds()/1e6, "floor-MB/s")
		})
	}
}

// checksum is the simplest pass that looks up every byte in a table.
func checksum(text []byte) uint32 {
	crc := uint32(0)
	for _, c := range text {
		crc = crc32.IEEETable[byte(crc)^c] ^ crc>>8
	}
	return crc
}

var sink uint32
