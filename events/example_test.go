package events_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/leatworks/leat/events"
)

// Ask leat to index a repository. Header, subject and payload are sent with any
// NATS client.
func Example_publish() {
	submission := events.RepoSubmitted{URL: "https://git.example.com/acme/mill.git", Ref: "main"}
	e, err := events.New("/ci", submission.URL, submission)
	if err != nil {
		fmt.Println(err)
		return
	}
	e.ID = "build-4711" // New gives a random id

	header, payload, err := events.Encode(e)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(events.SubmittedSubject("acme"))
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if name != "ce-time" {
			fmt.Println(name+":", header[name])
		}
	}
	fmt.Println(string(payload))
	// Output:
	// leat.repo.submitted.acme
	// ce-datacontenttype: application/json
	// ce-id: build-4711
	// ce-source: /ci
	// ce-specversion: 1.0
	// ce-subject: https://git.example.com/acme/mill.git
	// ce-type: leat.repo.submitted.v1
	// {"url":"https://git.example.com/acme/mill.git","ref":"main"}
}

// Hear that a snapshot can be searched. Header and payload are those of a message
// on leat.repo.indexed.acme.*.
func ExampleEvent_ParseCompleted() {
	header := events.Header{
		"ce-specversion": "1.0",
		"ce-type":        "leat.repo.indexed.v1",
		"ce-source":      "/leat/indexer",
		"ce-id":          "7f9c",
	}
	payload := []byte(`{
		"tenant": "acme",
		"repository": "cc815142-783b-506d-8b5b-711cb99a81c1",
		"track": "c5be757b-b30f-5e6f-8676-05c0a147b291",
		"url": "https://git.example.com/acme/mill.git",
		"ref": "refs/heads/main",
		"commit": "15b22c0a7d2b6e8035f1c9a7d2b6e80354f1c9a7",
		"revision": 7,
		"generation": 1,
		"documents": {"indexed": 7407, "failed": 1, "skipped": 92}
	}`)
	e, err := events.Decode(header, payload)
	if err != nil {
		fmt.Println(err)
		return
	}
	done, err := e.ParseCompleted()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %s@%.10s, revision %d\n", done.URL, done.Ref, done.Commit, done.Revision)
	fmt.Printf("%d indexed, %d failed, %d skipped\n", done.Documents.Indexed, done.Documents.Failed, done.Documents.Skipped)
	// Output:
	// https://git.example.com/acme/mill.git refs/heads/main@15b22c0a7d, revision 7
	// 7407 indexed, 1 failed, 92 skipped
}

// A malformed event is recognised by ErrInvalid. The error says what to change.
func ExampleDecode_invalid() {
	header := events.Header{
		"ce-specversion": "1.0",
		"ce-type":        "leat.repo.submitted.v1",
		"ce-source":      "/ci",
		"ce-id":          "build-4711",
	}
	_, err := events.Decode(header, nil)
	fmt.Println(errors.Is(err, events.ErrInvalid))
	fmt.Println(err)
	// Output:
	// true
	// invalid event: data is missing; send a JSON object
}

// Subjects name what a message is about, so that a filter or a permission is a
// subject.
func Example_subjects() {
	repository := events.RepositoryID("acme", "https://git.example.com/acme/mill")
	track := events.TrackID(repository, "refs/heads/main")
	document := events.DocumentID(track, []byte("wheel.go"))

	fmt.Println(events.ChunkedSubject(events.Live, "acme", repository, document))
	fmt.Println(events.EmbeddedSubject("local-384", events.Bulk, "acme", repository, document))
	fmt.Println(events.Token("openai/text-embedding-3-small@1536"))
	fmt.Println(events.CompletedOf("acme"))
	// Output:
	// leat.document.chunked.live.acme.465556cb-ff76-56ec-b2c7-c0218eae6143.e112b7dd-c1b3-51cc-8687-51e878fd0449
	// leat.document.embedded.local-384.bulk.acme.465556cb-ff76-56ec-b2c7-c0218eae6143.e112b7dd-c1b3-51cc-8687-51e878fd0449
	// openai=2Ftext-embedding-3-small=401536
	// leat.repo.indexed.acme.*
}
