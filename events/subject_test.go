package events_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
)

func TestSubjects(t *testing.T) {
	for _, test := range []struct {
		subject, want, stream string
	}{
		{events.SubmittedSubject("acme"), "leat.repo.submitted.acme", events.SubmittedSubjects},
		{events.ChunkedSubject(events.Live, "acme", repository, document), "leat.document.chunked.live.acme." + repository.String() + "." + document.String(), events.ChunkedSubjects},
		{events.ChunkedSubject(events.Bulk, "acme", repository, document), "leat.document.chunked.bulk.acme." + repository.String() + "." + document.String(), events.ChunkedLane(events.Bulk)},
		{events.EmbeddedSubject("openai/text-embedding-3-small@1536", events.Live, "acme", repository, document), "leat.document.embedded.openai=2Ftext-embedding-3-small=401536.live.acme." + repository.String() + "." + document.String(), events.EmbeddedSubjects},
		{events.EmbeddedSubject("a.b", events.Bulk, "acme", repository, document), "leat.document.embedded.a=2Eb.bulk.acme." + repository.String() + "." + document.String(), events.EmbeddedLane("a.b", events.Bulk)},
		{events.IndexedSubject(events.Live, "acme", repository, document), "leat.document.indexed.live.acme." + repository.String() + "." + document.String(), events.IndexedSubjects},
		{events.CompletedSubject("acme", repository), "leat.repo.indexed.acme." + repository.String(), events.CompletedSubjects},
		{events.CompletedSubject("acme", repository), "leat.repo.indexed.acme." + repository.String(), events.CompletedOf("acme")},
	} {
		if test.subject != test.want {
			t.Errorf("subject = %s, want %s", test.subject, test.want)
		}
		if !matches(test.stream, test.subject) {
			t.Errorf("%s does not match %s", test.stream, test.subject)
		}
	}
}

func TestCompletedOfIsOneTenants(t *testing.T) {
	if matches(events.CompletedOf("acme"), events.CompletedSubject("other", uuid.New())) {
		t.Error("one tenant's pattern matches another's subject")
	}
}

// No subject belongs to two streams, which the server would refuse to create.
func TestSubjectsOfStreamsAreApart(t *testing.T) {
	streams := []string{events.SubmittedSubjects, events.ChunkedSubjects, events.EmbeddedSubjects, events.IndexedSubjects, events.CompletedSubjects}
	for i, a := range streams {
		for _, b := range streams[i+1:] {
			if matches(a, strings.ReplaceAll(b, "*", "x")) || matches(b, strings.ReplaceAll(a, "*", "x")) {
				t.Errorf("%s and %s overlap", a, b)
			}
		}
	}
}

func TestLaneOf(t *testing.T) {
	for _, lane := range events.Lanes {
		for _, subject := range []string{events.ChunkedSubject(lane, "bulk", repository, document), events.EmbeddedSubject("bulk", lane, "acme", repository, document)} {
			if got := events.LaneOf(subject); got != lane {
				t.Errorf("LaneOf(%s) = %s", subject, got)
			}
		}
	}
	for _, subject := range []string{"", "bulk", "bulk.a.b.c", "leat.repo.submitted.bulk", "leat.document.chunked.x.a.b.c"} {
		if got := events.LaneOf(subject); got != events.Live {
			t.Errorf("LaneOf(%s) = %s", subject, got)
		}
	}
}

func TestLanesAreApart(t *testing.T) {
	if len(events.Lanes) != 2 || events.Lanes[0] != events.Live {
		t.Errorf("lanes = %v, want live before bulk", events.Lanes)
	}
	subject := events.ChunkedSubject(events.Live, "acme", repository, document)
	if matches(events.ChunkedLane(events.Bulk), subject) {
		t.Errorf("the bulk lane matches %s", subject)
	}
}

func TestCheckTenant(t *testing.T) {
	for _, tenant := range []string{"a", "0", "default", "acme-2", "a_b", strings.Repeat("a", 63)} {
		if err := events.CheckTenant(tenant); err != nil {
			t.Errorf("CheckTenant(%q) = %v", tenant, err)
		}
	}
	for _, tenant := range []string{"", "-a", "_a", "A", "a.b", "a b", "*", ">", "a*", "é", "a\n", "a\x00", "$JS", strings.Repeat("a", 64), strings.Repeat("z", 1<<20)} {
		err := events.CheckTenant(tenant)
		if err == nil {
			t.Errorf("CheckTenant(%q) accepts it", tenant)
		} else if len(err.Error()) > 400 {
			t.Errorf("CheckTenant: an error of %d bytes", len(err.Error()))
		}
	}
}

func TestSubmittedTenant(t *testing.T) {
	if tenant, err := events.SubmittedTenant("leat.repo.submitted.acme"); err != nil || tenant != "acme" {
		t.Errorf("SubmittedTenant = %q, %v", tenant, err)
	}
	for _, subject := range []string{"", "leat.repo.submitted", "leat.repo.submitted.", "leat.repo.submitted.a.b", "leat.repo.submitted.*", "leat.repo.submitted.A", "LEAT.repo.submitted.a", "x.leat.repo.submitted.a", "leat.repo.indexed.a.b"} {
		if _, err := events.SubmittedTenant(subject); err == nil {
			t.Errorf("SubmittedTenant(%q) accepts it", subject)
		}
	}
}

func TestTokenIsOneToken(t *testing.T) {
	for name, want := range map[string]string{
		"local-384":     "local-384",
		"a.b c*>/@\x00": "a=2Eb=20c=2A=3E=2F=40=00",
		"a=2Eb":         "a=3D2Eb",
		"Größe":         "Gr=C3=B6=C3=9Fe",
		"\xff":          "=FF",
		"":              "",
	} {
		if got := events.Token(name); got != want {
			t.Errorf("Token(%q) = %q, want %q", name, got, want)
		}
	}
}

// Two embedders never share a subject, and each token is a single token of a subject.
func FuzzToken(f *testing.F) {
	f.Add("openai/small@1536", "openai_small_1536")
	f.Add("a.b", "a=2Eb")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := events.Token(a), events.Token(b)
		if a != b && x == y {
			t.Errorf("%q and %q are both %s", a, b, x)
		}
		if strings.ContainsAny(x, ".*> \t\r\n/\\") {
			t.Errorf("%q becomes %q", a, x)
		}
	})
}

// matches follows the server's rule: a * stands for one token.
func matches(pattern, subject string) bool {
	p, s := strings.Split(pattern, "."), strings.Split(subject, ".")
	if len(p) != len(s) {
		return false
	}
	for i := range p {
		if p[i] != "*" && p[i] != s[i] {
			return false
		}
	}
	return true
}
