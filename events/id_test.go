package events_test

import (
	"crypto/sha256"
	"testing"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
)

// Ids are stored in every row and point, and other systems keep them: these
// values never change. They were computed with another program.
func TestIDsNeverChange(t *testing.T) {
	repository := events.RepositoryID("default", "https://github.com/leatworks/leat")
	track := events.TrackID(repository, "refs/heads/main")
	document := events.DocumentID(track, []byte("events/id.go"))
	blob := sha256.Sum256([]byte("package events\n"))
	for _, test := range []struct {
		name string
		got  uuid.UUID
		want string
	}{
		{"repository", repository, "cc815142-783b-506d-8b5b-711cb99a81c1"},
		{"repository of another tenant", events.RepositoryID("acme", "https://github.com/leatworks/leat"), "8932895b-db5c-5a36-8fce-be81c8b41d9c"},
		{"track", track, "c5be757b-b30f-5e6f-8676-05c0a147b291"},
		{"track of a tag", events.TrackID(repository, "refs/tags/v1.0.0"), "2be3f9e4-acc5-5e2e-ba41-4a0b4433d04e"},
		{"document", document, "80910152-3235-528d-833b-38cc344f0aa7"},
		{"document whose path is not text", events.DocumentID(track, []byte("a\n\xff\x00")), "b64015e1-bbc8-58c3-96c0-4395e21b6e0f"},
		{"point", events.PointID(document, blob, 1, 0), "f97390ab-b740-5008-819e-d6e5251ae741"},
		{"next point", events.PointID(document, blob, 1, 1), "06d25db7-e7dd-5eb5-ae16-650bca833dd3"},
		{"point of a later chunker", events.PointID(document, blob, 2, 0), "580b336d-6af0-5698-9dd9-b753a7184b73"},
		{"point far into a blob", events.PointID(document, blob, 1, 1<<24+3), "95f7ac88-27a4-5ffa-b9a7-bc2c81ea9098"},
	} {
		if got := test.got.String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		if test.got.Version() != 5 || test.got.Variant() != uuid.RFC4122 {
			t.Errorf("%s: version %d, variant %v", test.name, test.got.Version(), test.got.Variant())
		}
	}
}

func TestIDsOfDifferentThingsDiffer(t *testing.T) {
	repository := events.RepositoryID("a", "b")
	track := events.TrackID(repository, "refs/heads/main")
	document := events.DocumentID(track, []byte("x"))
	seen := make(map[uuid.UUID]string)
	for name, id := range map[string]uuid.UUID{
		"tenant a, url b":       repository,
		"tenant ab, url empty":  events.RepositoryID("ab", ""),
		"tenant empty, url a b": events.RepositoryID("", "a\x00b"),
		"track":                 track,
		"document named as ref": events.DocumentID(repository, []byte("refs/heads/main")),
		"document x":            document,
		"document x NUL":        events.DocumentID(track, []byte("x\x00")),
		"point 0":               events.PointID(document, [32]byte{}, 1, 0),
		"point of other blob":   events.PointID(document, [32]byte{31: 1}, 1, 0),
		"chunker 0, ordinal 1":  events.PointID(document, [32]byte{}, 0, 1),
	} {
		if other, taken := seen[id]; taken {
			t.Errorf("%s and %s are both %s", name, other, id)
		}
		seen[id] = name
	}
}

func BenchmarkPointID(b *testing.B) {
	document, blob := uuid.New(), [32]byte{1}
	b.ReportAllocs()
	for b.Loop() {
		events.PointID(document, blob, 1, 2)
	}
}
