package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Letter is a dead letter as it is stored.
type Letter struct {
	ID int64
	DeadLetter
	Whole bool // headers and payload are as they were published: nothing was cut or hidden
	At    time.Time

	// What the letter is about, as far as the catalog knows.
	URL  string
	Ref  string
	Path string
}

// LetterFilter chooses dead letters. A field that is zero excludes none.
type LetterFilter struct {
	IDs          []int64
	Tenant       string
	Worker       string
	Repositories []uuid.UUID
	Reason       string        // part of it, in upper or lower case
	Before       time.Time     // when they were written
	OlderThan    time.Duration // written at least so long ago
}

// Last returns the id of the newest dead letter, 0 if there is none.
func (ls *Letters) Last(ctx context.Context) (int64, error) {
	id, err := ls.query.LastDeadLetter(ctx)
	if err != nil {
		return 0, fmt.Errorf("look up the last dead letter: %w", err)
	}
	return id, nil
}

// List pages through the dead letters, oldest first: up to most letters whose ids are
// above after and not above until.
func (ls *Letters) List(ctx context.Context, f LetterFilter, after, until int64, most int) ([]Letter, error) {
	p := query.ListDeadLettersParams{
		After: after, Until: until, Ids: orEmpty(f.IDs), Tenant: f.Tenant, Worker: f.Worker, Reason: f.Reason,
		OlderThan: f.OlderThan.Seconds(), Repositories: orEmpty(f.Repositories), Most: int32(most),
	}
	if !f.Before.IsZero() {
		p.Before = &f.Before
	}
	rows, err := ls.query.ListDeadLetters(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	letters := make([]Letter, len(rows))
	for i, r := range rows {
		letters[i] = Letter{
			ID: r.ID, Whole: r.Whole, At: r.CreatedAt, URL: r.Url, Ref: r.Ref, Path: string(r.Path),
			DeadLetter: DeadLetter{
				Worker: r.Worker, Tenant: r.Tenant, Document: r.Document, Subject: r.Subject,
				Payload: r.Payload, Reason: r.Reason, Attempts: int(r.Attempts),
			},
		}
		if err := json.Unmarshal(r.Headers, &letters[i].Headers); err != nil {
			return nil, fmt.Errorf("decode headers of dead letter %d: %w", r.ID, err)
		}
	}
	return letters, nil
}

// Count counts the dead letters that a filter chooses.
func (ls *Letters) Count(ctx context.Context, f LetterFilter) (int64, error) {
	p := query.CountDeadLettersParams{
		Ids: orEmpty(f.IDs), Tenant: f.Tenant, Worker: f.Worker, Reason: f.Reason,
		OlderThan: f.OlderThan.Seconds(), Repositories: orEmpty(f.Repositories),
	}
	if !f.Before.IsZero() {
		p.Before = &f.Before
	}
	n, err := ls.query.CountDeadLetters(ctx, p)
	if err != nil {
		return 0, fmt.Errorf("count dead letters: %w", err)
	}
	return n, nil
}

// LetterLimit says how many dead letters of a tenant are kept, and how long.
type LetterLimit struct {
	Most      int           // letters
	MostBytes int64         // of their payloads and headers
	Age       time.Duration // since they were written
}

// DropExcess deletes the oldest letters of each tenant that has more than the limit,
// and all that are too old. It returns how many it deleted, by tenant.
func (ls *Letters) DropExcess(ctx context.Context, limit LetterLimit) (map[string]int64, error) {
	rows, err := ls.query.DropExcessLetters(ctx, int64(limit.Most), limit.MostBytes, limit.Age.Seconds())
	if err != nil {
		return nil, fmt.Errorf("drop dead letters beyond the limit: %w", err)
	}
	gone := make(map[string]int64, len(rows))
	for _, r := range rows {
		gone[r.Tenant] = r.Letters
	}
	return gone, nil
}

// orEmpty keeps an absent list from becoming null in a statement.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
