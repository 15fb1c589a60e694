package events

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// Lane separates work that someone waits for from work in bulk.
type Lane string

// The two lanes.
const (
	Live Lane = "live" // small submissions and updates
	Bulk Lane = "bulk" // first ingests of large repositories, and rebuilds
)

// Lanes lists the lanes, the more urgent first.
var Lanes = []Lane{Live, Bulk}

// DefaultTenant owns repositories that are submitted without a tenant.
const DefaultTenant = "default"

var tenantPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// CheckTenant refuses a tenant that could not be a token of a subject.
func CheckTenant(tenant string) error {
	if !tenantPattern.MatchString(tenant) {
		return fmt.Errorf("tenant %s: use 1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit", quote(tenant))
	}
	return nil
}

// Subjects. The stream of chunked and of embedded documents keeps the last
// message of each subject, so a document's state is one message.
const (
	SubmittedSubjects = "leat.repo.submitted.*"
	ChunkedSubjects   = "leat.document.chunked.*.*.*.*"
	EmbeddedSubjects  = "leat.document.embedded.*.*.*.*.*"
	IndexedSubjects   = "leat.document.indexed.*.*.*.*"
	CompletedSubjects = "leat.repo.indexed.*.*"
)

// SubmittedSubject is where a tenant's systems publish repo.submitted.
func SubmittedSubject(tenant string) string {
	return "leat.repo.submitted." + tenant
}

// ChunkedSubject carries document.chunked, or the document.removed that ends it.
func ChunkedSubject(lane Lane, tenant string, repository, document uuid.UUID) string {
	return fmt.Sprintf("leat.document.chunked.%s.%s.%s.%s", lane, tenant, repository, document)
}

// ChunkedLane matches the chunked documents of one lane.
func ChunkedLane(lane Lane) string {
	return fmt.Sprintf("leat.document.chunked.%s.*.*.*", lane)
}

// EmbeddedSubject carries document.embedded of one embedder, or the
// document.removed that ends it.
func EmbeddedSubject(embedder string, lane Lane, tenant string, repository, document uuid.UUID) string {
	return fmt.Sprintf("leat.document.embedded.%s.%s.%s.%s.%s", Token(embedder), lane, tenant, repository, document)
}

// EmbeddedLane matches the documents of one embedder and lane.
func EmbeddedLane(embedder string, lane Lane) string {
	return fmt.Sprintf("leat.document.embedded.%s.%s.*.*.*", Token(embedder), lane)
}

// IndexedSubject carries document.indexed.
func IndexedSubject(lane Lane, tenant string, repository, document uuid.UUID) string {
	return fmt.Sprintf("leat.document.indexed.%s.%s.%s.%s", lane, tenant, repository, document)
}

// CompletedSubject carries repo.indexed.
func CompletedSubject(tenant string, repository uuid.UUID) string {
	return fmt.Sprintf("leat.repo.indexed.%s.%s", tenant, repository)
}

// CompletedOf matches repo.indexed of all of a tenant's repositories.
func CompletedOf(tenant string) string { return "leat.repo.indexed." + tenant + ".*" }

// IndexedOf matches document.indexed of all of a tenant's repositories.
func IndexedOf(tenant string) string { return "leat.document.indexed.*." + tenant + ".*.*" }

// LaneOf reads the lane from the subject of a document's event. It is Live for a
// subject that names none.
func LaneOf(subject string) Lane {
	if tokens := strings.Split(subject, "."); len(tokens) >= 7 && Lane(tokens[len(tokens)-4]) == Bulk {
		return Bulk
	}
	return Live
}

// DocumentTenant reads the tenant from the subject of a document's event. It is empty for
// a subject that names none.
func DocumentTenant(subject string) string {
	if tokens := strings.Split(subject, "."); len(tokens) >= 7 {
		return tokens[len(tokens)-3]
	}
	return ""
}

// Token makes a name usable as one token of a subject and in the name of a
// consumer, and no two names the same: each byte that is not a letter, a digit,
// - or _ becomes = and two hexadecimal digits.
func Token(name string) string {
	var token strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
			token.WriteByte(c)
		default:
			fmt.Fprintf(&token, "=%02X", c)
		}
	}
	return token.String()
}

// SubmittedTenant reads the tenant from a subject of the intake.
func SubmittedTenant(subject string) (string, error) {
	tenant, found := strings.CutPrefix(subject, "leat.repo.submitted.")
	if !found {
		return "", fmt.Errorf("subject %s is not of the form leat.repo.submitted.TENANT", quote(subject))
	}
	return tenant, CheckTenant(tenant)
}
