package service

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/announce"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// SubmitRequest asks to index a repository.
type SubmitRequest struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	Repository string   // an https or ssh URL, or a path of the ingestor's machine
	Ref        string   // branch, tag or full name; "": the remote's default branch
	Once       string   // requests of one tenant with the same text, repository and ref are one submission; "": each is a submission of its own
}

// Submission is a checked SubmitRequest. Its key identifies it in the catalog.
type Submission struct {
	Key  catalog.SubmissionKey
	data events.RepoSubmitted
}

// URL returns the repository's URL, or its absolute path.
func (s Submission) URL() string { return s.data.URL }

// NewSubmission checks a request and gives it a key, with source as the publisher. It
// asks no store. It refuses a repository that the request's Reach does not name.
func NewSubmission(source string, r SubmitRequest) (n Submission, err error) {
	defer func() {
		if known := (*Error)(nil); err != nil && !errors.As(err, &known) {
			err = &Error{Kind: Invalid, Field: FieldRepository, Err: err}
		}
	}()
	if r.Repository == "" {
		return n, errors.New("the repository is empty: give a URL, or a path of this machine")
	}
	url, err := Address(r.Repository)
	if err != nil {
		return n, err
	}
	if !access.Reaches(r.Reach, url) {
		return n, unreached()
	}
	data := events.RepoSubmitted{Tenant: r.Tenant, URL: url, Ref: r.Ref}
	event, err := events.New(source, "", data)
	if err != nil {
		return n, err
	}
	if r.Once != "" {
		event.ID = onceID(r)
	}
	if _, err := event.ParseSubmitted(events.SubmittedSubject(r.Tenant)); err != nil {
		return n, err
	}
	return Submission{catalog.SubmissionKey{Tenant: r.Tenant, Source: source, Event: event.ID}, data}, nil
}

// onceID returns the id of the event of a submission that may be requested again.
func onceID(r SubmitRequest) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{r.Tenant, r.Repository, r.Ref, r.Once}, "\x00")))
	return "once-" + hex.EncodeToString(sum[:16])
}

// Submitted names a submission.
type Submitted struct {
	Tenant string `json:"tenant"`
	Source string `json:"source" doc:"Source that published the event of the submission."`
	ID     string `json:"id" doc:"Id of the event."`
}

// Submitted names the submission.
func (s Submission) Submitted() Submitted {
	return Submitted{s.Key.Tenant, s.Key.Source, s.Key.Event}
}

// SubmissionRequest asks for the state of a submission.
type SubmissionRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be seen; empty: all of the tenant's
	Source string   // "": this service
	ID     string
}

// Key returns the key of the requested submission.
func (s *Service) Key(r SubmissionRequest) catalog.SubmissionKey {
	return catalog.SubmissionKey{Tenant: r.Tenant, Source: cmp.Or(r.Source, s.cfg.Source), Event: r.ID}
}

// SubmissionAnswer is the state of a submission.
type SubmissionAnswer struct {
	Submitted
	State      string `json:"state" doc:"unknown (no worker has accepted it yet, or there is none), pending, done (its commit is listed) or failed."`
	Repository string `json:"repository" doc:"Id of the repository; empty: not known yet."`
	Revision   int64  `json:"revision" doc:"Revision of the snapshot that it led to; 0: none yet."`
	Indexed    bool   `json:"indexed" doc:"Every document of the snapshot is indexed, failed or skipped, or a later snapshot has replaced it."`
	Attempts   int    `json:"attempts" doc:"Number of failed attempts."`
	Error      string `json:"error" doc:"Error of the last failed attempt."`
}

// SubmissionUnknown is the state of a submission that no worker has accepted.
const SubmissionUnknown = "unknown"

// Submission returns the state of a submission.
func (s *Service) Submission(ctx context.Context, r SubmissionRequest) (a SubmissionAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	key := s.Key(r)
	status, err := s.submissionStatus(ctx, FollowRequest{Tenant: r.Tenant, Reach: r.Reach}, key)
	if err != nil {
		return a, err
	}
	a = SubmissionAnswer{
		Submitted: Submitted{key.Tenant, key.Source, key.Event}, State: cmp.Or(string(status.State), SubmissionUnknown),
		Revision: status.Revision, Indexed: status.Indexed, Attempts: status.Attempts, Error: status.Error,
	}
	if status.Repository != uuid.Nil {
		a.Repository = status.Repository.String()
	}
	return a, nil
}

// ErrNoStream is the error of a submission while the streams do not exist yet.
var ErrNoStream = broker.ErrNoStream

// The time that a submission waits for its stream, which workers that have just started may not
// have made yet.
const (
	streamPatience = 15 * time.Second
	streamPoll     = 100 * time.Millisecond
)

// Submit publishes a submission. It returns when the stream has acknowledged it.
func (s *Service) Submit(ctx context.Context, r SubmitRequest) (n Submission, err error) {
	if n, err = NewSubmission(s.cfg.Source, r); err != nil {
		return n, err
	}
	return n, s.Publish(ctx, n)
}

// Publish is Submit for a checked submission. Publishing a submission twice is the same as once.
func (s *Service) Publish(ctx context.Context, n Submission) (err error) {
	defer mark(&err)
	if err := s.check(ctx, n.Key.Tenant, store.NATS); err != nil {
		return err
	}
	if !reaches(ctx, nil, n.data.URL) {
		return unreached()
	}
	if err := s.checkLocal(ctx, FieldRepository, n.data.URL); err != nil {
		return err
	}
	publisher := announce.New(s.stores.Broker, n.Key.Source)
	out := announce.Event{ID: n.Key.Event, On: events.SubmittedSubject(n.Key.Tenant), Data: n.data}
	err = publisher.Publish(ctx, out)
	for deadline := time.Now().Add(streamPatience); errors.Is(err, ErrNoStream) && time.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(streamPoll):
		}
		err = publisher.Publish(ctx, out)
	}
	if err != nil {
		return fmt.Errorf("submit %s: %w", n.data.URL, err)
	}
	return nil
}

// checkLocal refuses an address of the ingestor's machine from a caller with a token, unless the
// configuration lets tokens name such addresses. A caller without a token has access to the stores,
// and may read the machine anyway.
func (s *Service) checkLocal(ctx context.Context, field Field, address string) error {
	if _, byToken := access.From(ctx); !byToken || s.cfg.LocalPaths || !isLocal(address) {
		return nil
	}
	reason := "tokens may not name a path of leat's machine: give a URL, or ask the operator to set --local-paths (LEAT_LOCAL_PATHS) of the gateway"
	return &Error{Kind: Denied, Field: field, Reason: reason}
}

// isLocal says whether an address is one of this machine, by the ingestor's rule: a path, or a URL
// with the scheme file.
func isLocal(address string) bool {
	if scheme, _, isURL := strings.Cut(address, "://"); isURL {
		return strings.EqualFold(scheme, "file")
	}
	colon, slash := strings.IndexByte(address, ':'), strings.IndexByte(address, '/')
	return colon <= 0 || slash >= 0 && slash < colon // otherwise it is host:path
}
