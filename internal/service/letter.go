package service

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/letter"
)

const (
	// MaxLetters bounds the dead letters in one LettersAnswer.
	MaxLetters = 10_000
	// letterPage is the number of letters that are read at once. Each may have 64 KiB.
	letterPage = 100
)

// LetterFilter chooses dead letters, which are messages that leat does not try again by itself. An
// empty field does not restrict the choice.
type LetterFilter struct {
	Tenant     string
	Reach      []string // globs of repositories that may be seen; empty: all of the tenant's
	AnyTenant  bool     // include letters of other tenants, and letters that name no tenant
	IDs        []int64
	Worker     string // ingestor, embedder or indexer
	Repository string // its URL, its path, or the end of one of them
	Reason     string // part of the reason's text
	Before     time.Time
	OlderThan  time.Duration
}

// LettersRequest asks for a list of dead letters.
type LettersRequest struct {
	LetterFilter
	After int64 // the list continues after this letter; 0: from the oldest
	Limit int   // largest number of letters, 1 to MaxLetters
}

// LettersAnswer lists dead letters, oldest first, without their messages.
type LettersAnswer struct {
	Letters []Letter `json:"dead_letters" nullable:"false"`

	Next int64 `json:"-"` // the next page is after this letter; 0: the list is complete
}

// Letter is a dead letter in a list.
type Letter struct {
	ID         int64     `json:"id"`
	At         time.Time `json:"at" doc:"When it was written."`
	Worker     string    `json:"worker" doc:"Worker that could not handle the message: ingestor, embedder or indexer."`
	Tenant     string    `json:"tenant" doc:"Empty: the message does not say."`
	Repository string    `json:"repository" doc:"URL; empty: the letter is not about a known repository."`
	Ref        string    `json:"ref"`
	Path       string    `json:"path"`
	Subject    string    `json:"subject" doc:"Subject of the message."`
	Reason     string    `json:"reason"`
	Attempts   int       `json:"attempts"`
	Whole      bool      `json:"whole" doc:"Nothing of the message was cut or hidden."`
}

// LetterAnswer is one dead letter with its message.
type LetterAnswer struct {
	Letter
	Document string            `json:"document" doc:"Id of the document that it is about; empty: none."`
	Headers  map[string]string `json:"headers"`
	Payload  *string           `json:"payload,omitempty" doc:"The message's data, if it is text."`
	Base64   []byte            `json:"payload_base64,omitempty" doc:"The message's data, if it is not text."`
}

func letterOf(l catalog.Letter) Letter {
	return Letter{
		ID: l.ID, At: l.At.UTC(), Worker: l.Worker, Tenant: l.Tenant, Repository: l.URL, Ref: l.Ref, Path: l.Path,
		Subject: l.Subject, Reason: l.Reason, Attempts: l.Attempts, Whole: l.Whole,
	}
}

// LetterRequest asks for one dead letter.
type LetterRequest struct {
	Tenant    string
	Reach     []string // globs of repositories that may be seen; empty: all of the tenant's
	AnyTenant bool     // accept a letter of another tenant, or of none
	ID        int64
}

// RefusedLetter is a letter that could not be retried or dropped. It is kept.
type RefusedLetter struct {
	ID     int64  `json:"id"`
	Reason string `json:"reason"`
	Absent bool   `json:"absent,omitempty" doc:"No letter of this tenant has this number."`
}

// RetriedLetters is the result of a retry.
type RetriedLetters struct {
	Retried  int             `json:"retried" doc:"Number of letters whose work is due now, or that were published again."`
	Obsolete int             `json:"obsolete" doc:"Number of letters that were deleted because nothing was left to do."`
	Refused  []RefusedLetter `json:"refused" nullable:"false" doc:"Letters that could not be retried, and were kept."`
}

// DroppedLetters is the result of a drop.
type DroppedLetters struct {
	Dropped int             `json:"dropped"`
	Refused []RefusedLetter `json:"refused" nullable:"false" doc:"Numbers that no letter has."`
}

// Check returns the faults that can be found without asking a store.
func (r LettersRequest) Check() error {
	if r.Limit < 1 || r.Limit > MaxLetters {
		return badLimit(r.Limit, MaxLetters, "letters")
	}
	return nil
}

// Letters lists dead letters.
func (s *Service) Letters(ctx context.Context, r LettersRequest) (a LettersAnswer, err error) {
	defer mark(&err)
	if err := r.Check(); err != nil {
		return a, err
	}
	filter, err := s.filter(ctx, r.LetterFilter)
	if err != nil {
		return a, err
	}
	a.Letters = []Letter{}
	for after := r.After; ; {
		list, err := s.stores.Catalog.Letters.List(ctx, filter, after, math.MaxInt64, min(r.Limit+1-len(a.Letters), letterPage))
		if err != nil || len(list) == 0 {
			return a, err
		}
		for _, l := range list {
			if len(a.Letters) == r.Limit { // there is at least one more
				a.Next = after
				return a, nil
			}
			a.Letters, after = append(a.Letters, letterOf(l)), l.ID
		}
	}
}

// Letter returns one dead letter with its message.
func (s *Service) Letter(ctx context.Context, r LetterRequest) (a LetterAnswer, err error) {
	defer mark(&err)
	filter, err := s.filter(ctx, LetterFilter{Tenant: r.Tenant, Reach: r.Reach, AnyTenant: r.AnyTenant, IDs: []int64{r.ID}})
	if err != nil {
		return a, err
	}
	found, err := s.stores.Catalog.Letters.List(ctx, filter, 0, math.MaxInt64, 1)
	if err != nil {
		return a, err
	}
	if len(found) == 0 {
		return a, &Error{Kind: NotFound, Field: FieldLetter, Reason: noLetter(r.ID, r.Tenant, r.AnyTenant)}
	}
	l := found[0]
	a = LetterAnswer{Letter: letterOf(l), Headers: l.Headers}
	if l.Document != nil {
		a.Document = l.Document.String()
	}
	if payload := string(l.Payload); utf8.ValidString(payload) {
		a.Payload = &payload
	} else {
		a.Base64 = l.Payload
	}
	return a, nil
}

// LettersPreview says which letters a filter chooses.
type LettersPreview struct {
	Letters int64    `json:"letters" doc:"Number of letters that the filter chooses."`
	First   []Letter `json:"first" nullable:"false" doc:"The oldest of them."`
}

// previewed is the number of letters that a preview shows.
const previewed = 10

// PreviewLetters lists the letters that RetryLetters and DropLetters would affect.
func (s *Service) PreviewLetters(ctx context.Context, f LetterFilter) (p LettersPreview, err error) {
	defer mark(&err)
	filter, err := s.filter(ctx, f)
	if err != nil {
		return p, err
	}
	if p.Letters, err = s.stores.Catalog.Letters.Count(ctx, filter); err != nil {
		return p, err
	}
	list, err := s.stores.Catalog.Letters.List(ctx, filter, 0, math.MaxInt64, previewed)
	p.First = make([]Letter, len(list))
	for i, l := range list {
		p.First[i] = letterOf(l)
	}
	return p, err
}

// RetryLetters makes the work of letters due again and deletes the letters. Even with
// an error the answer counts the letters that were handled.
func (s *Service) RetryLetters(ctx context.Context, f LetterFilter) (a RetriedLetters, err error) {
	defer mark(&err)
	if err := s.need(store.NATS); err != nil {
		return a, err
	}
	a.Refused = []RefusedLetter{}
	redrive := letter.New(s.stores.Catalog.Letters, s.stores.Broker)
	absent, err := s.eachLetter(ctx, f, func(id int64) error {
		became, why, err := redrive.Retry(ctx, id)
		if kind, _ := fault.Of(err); kind == fault.KindReject {
			became, why, err = catalog.RetryRefused, err.Error(), nil // no server would accept the message
		}
		switch {
		case err != nil:
			return err
		case became == catalog.RetryRefused:
			a.Refused = append(a.Refused, RefusedLetter{ID: id, Reason: why})
		case became == catalog.RetryObsolete:
			a.Obsolete++
		default:
			a.Retried++
		}
		return nil
	})
	a.Refused = append(a.Refused, absent...)
	return a, err
}

// DropLetters deletes letters. A document stays failed.
func (s *Service) DropLetters(ctx context.Context, f LetterFilter) (a DroppedLetters, err error) {
	defer mark(&err)
	a.Refused, err = s.eachLetter(ctx, f, func(id int64) error {
		ok, err := s.stores.Catalog.Letters.Drop(ctx, id)
		if ok {
			a.Dropped++
		}
		return err
	})
	return a, err
}

// eachLetter calls fn for each chosen letter that exists at the start, so that a letter that a
// retry causes is not retried in turn. It returns the filter's numbers that name no letter.
func (s *Service) eachLetter(ctx context.Context, f LetterFilter, fn func(id int64) error) (absent []RefusedLetter, err error) {
	absent = []RefusedLetter{}
	filter, err := s.filter(ctx, f)
	if err != nil {
		return nil, err
	}
	last, err := s.stores.Catalog.Letters.Last(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[int64]bool)
	for after := int64(0); ; {
		list, err := s.stores.Catalog.Letters.List(ctx, filter, after, last, letterPage)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			break
		}
		for _, l := range list {
			if after = l.ID; len(f.IDs) > 0 {
				found[l.ID] = true
			}
			if err := fn(l.ID); err != nil {
				return nil, err
			}
		}
	}
	for _, id := range f.IDs {
		if !found[id] {
			absent = append(absent, RefusedLetter{id, noLetter(id, f.Tenant, f.AnyTenant), true})
		}
	}
	return absent, nil
}

func (s *Service) filter(ctx context.Context, f LetterFilter) (filter catalog.LetterFilter, err error) {
	if err := s.check(ctx, f.Tenant, store.Postgres); err != nil {
		return filter, err
	}
	if f.OlderThan < 0 {
		return filter, &Error{Kind: Invalid, Field: FieldAge, Value: f.OlderThan.String(), Reason: "give a positive duration, for example 24h"}
	}
	filter = catalog.LetterFilter{Tenant: f.Tenant, IDs: f.IDs, Worker: f.Worker, Reason: f.Reason, Before: f.Before, OlderThan: f.OlderThan}
	if f.AnyTenant {
		if err := everything(ctx, f.Reach); err != nil {
			return filter, err
		}
		filter.Tenant = ""
	}
	if f.Repository != "" || restricted(ctx, f.Reach) {
		filter.Repositories, err = s.repositoryIDs(ctx, TracksRequest{Tenant: f.Tenant, Reach: f.Reach, Repository: f.Repository})
	}
	return filter, err
}

func noLetter(id int64, tenant string, anyTenant bool) string {
	text := "no dead letter " + strconv.FormatInt(id, 10)
	if !anyTenant {
		text += fmt.Sprintf(" of tenant %s", tenant)
	}
	return text
}
