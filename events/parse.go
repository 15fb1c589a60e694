package events

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// The Parse methods read the data of an event of one type and check each field,
// so that the caller need not check the result again. They ignore unknown
// fields, which a newer producer may have added.

const (
	maxURL = 2048 // bytes
	maxRef = 1024 // bytes
)

var (
	commitPattern = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`) // SHA-1 or SHA-256
	blobPattern   = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// ParseSubmitted reads and checks the data of a repo.submitted that arrived on
// subject, and fills in the tenant from it. It refuses a URL that holds a
// password or a token.
func (e Event) ParseSubmitted(subject string) (RepoSubmitted, error) {
	data, err := parse[RepoSubmitted](e, TypeRepoSubmitted)
	if err != nil {
		return data, err
	}
	tenant, err := SubmittedTenant(subject)
	if err != nil {
		return data, invalid("%v", err)
	}
	if data.Tenant == "" {
		data.Tenant = tenant
	}
	switch {
	case data.Tenant != tenant:
		return data, invalid("tenant %s was published on the subject of tenant %s; publish on the subject that ends in the tenant, or leave the tenant out", quote(data.Tenant), quote(tenant))
	case data.URL == "" || len(data.URL) > maxURL || strings.ContainsFunc(data.URL, isControl):
		return data, invalid("url: give the repository's git URL, at most %d bytes and without control characters", maxURL)
	case len(data.Ref) > maxRef || strings.ContainsFunc(data.Ref, isControl):
		return data, invalid("ref: give a branch, a tag or a full ref name, at most %d bytes and without control characters", maxRef)
	}
	return data, checkURL(data.URL)
}

// ParseChunked reads and checks the data of a document.chunked.
func (e Event) ParseChunked() (DocumentChunked, error) {
	data, err := parse[DocumentChunked](e, TypeDocumentChunked)
	if err != nil {
		return data, err
	}
	return data, cmp.Or(checkContent(data.Blob, data.Chunks), data.check())
}

// ParseRemoved reads and checks the data of a document.removed.
func (e Event) ParseRemoved() (DocumentRemoved, error) {
	data, err := parse[DocumentRemoved](e, TypeDocumentRemoved)
	if err != nil {
		return data, err
	}
	return data, data.check()
}

// ParseEmbedded reads and checks the data of a document.embedded.
func (e Event) ParseEmbedded() (DocumentEmbedded, error) {
	data, err := parse[DocumentEmbedded](e, TypeDocumentEmbedded)
	if err != nil {
		return data, err
	}
	if data.Embedder == "" {
		return data, invalid("embedder is missing")
	}
	return data, cmp.Or(checkContent(data.Blob, data.Chunks), data.check())
}

// ParseIndexed reads and checks the data of a document.indexed.
func (e Event) ParseIndexed() (DocumentIndexed, error) {
	data, err := parse[DocumentIndexed](e, TypeDocumentIndexed)
	if err != nil {
		return data, err
	}
	if data.Generation < 1 {
		return data, invalid("generation %d; generations begin at 1", data.Generation)
	}
	return data, cmp.Or(checkContent(data.Blob, data.Chunks), data.check())
}

// ParseCompleted reads and checks the data of a repo.indexed.
func (e Event) ParseCompleted() (RepoIndexed, error) {
	data, err := parse[RepoIndexed](e, TypeRepoIndexed)
	if err != nil {
		return data, err
	}
	switch n := data.Documents; {
	case n.Indexed < 0 || n.Failed < 0 || n.Skipped < 0:
		return data, invalid("documents: a count below 0")
	case data.Generation < 1:
		return data, invalid("generation %d; generations begin at 1", data.Generation)
	case data.URL == "":
		return data, invalid("url is missing")
	}
	return data, checkSnapshot(data.Tenant, data.Repository, data.Track, data.Ref, data.Commit, data.Revision)
}

func parse[T any](e Event, want Type) (T, error) {
	var data T
	if e.Type != want {
		return data, invalid("type %s; this reader knows %s", quote(string(e.Type)), want)
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return data, invalid("data of %s: %s", e.Type, explain(err))
	}
	return data, nil
}

func (d Document) check() error {
	if !isUUID(d.Document) {
		return invalid("document %s is not a UUID", quote(d.Document))
	}
	if d.Path == "" {
		return invalid("path is missing")
	}
	return checkSnapshot(d.Tenant, d.Repository, d.Track, d.Ref, d.Commit, d.Revision)
}

func checkContent(blob string, chunks int) error {
	if !blobPattern.MatchString(blob) {
		return invalid("blob %s is not a SHA-256 in hex", quote(blob))
	}
	if chunks < 0 {
		return invalid("chunks is %d; a count begins at 0", chunks)
	}
	return nil
}

func checkSnapshot(tenant, repository, track, ref, commit string, revision int64) error {
	if err := CheckTenant(tenant); err != nil {
		return invalid("%v", err)
	}
	switch {
	case !isUUID(repository):
		return invalid("repository %s is not a UUID", quote(repository))
	case !isUUID(track):
		return invalid("track %s is not a UUID", quote(track))
	case ref == "":
		return invalid("ref is missing")
	case !commitPattern.MatchString(commit):
		return invalid("commit %s is not the name of a commit in hex", quote(commit))
	case revision < 1:
		return invalid("revision %d; revisions begin at 1", revision)
	}
	return nil
}

// isUUID accepts the canonical form alone: ids are compared as text.
func isUUID(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s
}

// checkURL refuses a URL with a password, and an http URL with a user: over ssh the
// user is part of the address, but over http it is half of a credential. It refuses a
// URL that cannot be parsed, because that might hold either. The error never repeats
// the URL.
func checkURL(raw string) error {
	if !strings.Contains(raw, "://") {
		return nil // a local path, or git@host:path
	}
	u, err := url.Parse(raw)
	if err != nil {
		return invalid("url: it cannot be parsed; percent-encode what is special in it")
	}
	_, password := u.User.Password()
	web := strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Scheme, "https")
	if password || u.User != nil && web {
		return invalid("url: leave out user, password and token; leat takes them from its own configuration")
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
