package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Retried says what became of a dead letter that was to be retried.
type Retried string

// The outcomes. All but RetryRefused delete the letter.
const (
	RetryDue       Retried = "due"       // its document or submission is due now
	RetryPublished Retried = "published" // its message was published once more
	RetryObsolete  Retried = "obsolete"  // nothing is left to do: its work has been done since, or is under way
	RetryRefused   Retried = "refused"   // it cannot be retried
)

// Retry makes the work of a dead letter due again, and deletes the letter in the
// same transaction. A message that never became work is handed to publish while the
// letter's row is locked; no other is. why is a sentence that says why a letter is
// refused.
func (ls *Letters) Retry(ctx context.Context, id int64, publish func(context.Context, DeadLetter) error) (became Retried, why string, err error) {
	err = ls.inTx(ctx, func(q *query.Queries) error {
		l, err := q.LockDeadLetter(ctx, id)
		if noRows(err) {
			became, why = RetryRefused, "no such dead letter"
			return nil
		}
		if err != nil {
			return err
		}
		if became, why, err = retry(ctx, q, l, publish); err != nil || became == RetryRefused {
			return err
		}
		_, err = q.DropDeadLetter(ctx, id)
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("retry dead letter %d: %w", id, err)
	}
	return became, why, nil
}

func retry(ctx context.Context, q *query.Queries, l query.LockDeadLetterRow, publish func(context.Context, DeadLetter) error) (Retried, string, error) {
	if doc := documentOf(l); doc != nil {
		return retryDocument(ctx, q, *doc)
	}
	if l.Source != nil && l.Event != nil {
		changed, err := q.RetrySubmission(ctx, l.Tenant, *l.Source, *l.Event)
		if err != nil || changed > 0 {
			return RetryDue, "", err
		}
		known, err := q.IsSubmission(ctx, l.Tenant, *l.Source, *l.Event)
		if err != nil || known {
			return RetryObsolete, "", err
		}
	}
	if !l.Whole {
		return RetryRefused, "what is stored is not the whole message, because a credential was hidden, text was cut, or bytes were no text: drop it and submit the repository anew", nil
	}
	letter := DeadLetter{Tenant: l.Tenant, Subject: l.Subject, Payload: l.Payload}
	if err := json.Unmarshal(l.Headers, &letter.Headers); err != nil {
		return "", "", fmt.Errorf("decode headers: %w", err)
	}
	return RetryPublished, "", publish(ctx, letter)
}

// retryDocument retries a letter on a document's subject, whatever its message
// says: the catalog knows which work it owes. The message itself is never
// published again, because it would replace the document's state on the stream.
// If it belonged to a generation beside the active one, the next comparison of
// that generation tries the document again.
func retryDocument(ctx context.Context, q *query.Queries, id uuid.UUID) (Retried, string, error) {
	beside, err := q.RetryInGenerations(ctx, id)
	if err != nil {
		return "", "", err
	}
	changed, err := q.RetryDocument(ctx, id)
	if err != nil || changed+beside > 0 {
		return RetryDue, "", err
	}
	known, err := q.IsDocument(ctx, id)
	if err != nil || known {
		return RetryObsolete, "", err
	}
	return RetryRefused, "it names a document that the catalog does not know: drop it", nil
}

// documentOf returns the document that a letter is about, or that its subject
// names if its message could not be understood.
func documentOf(l query.LockDeadLetterRow) *uuid.UUID {
	if l.Document != nil || !strings.HasPrefix(l.Subject, "leat.document.") {
		return l.Document
	}
	id, _ := uuid.Parse(l.Subject[strings.LastIndexByte(l.Subject, '.')+1:]) // the zero id is no document
	return &id
}

// Drop deletes a dead letter. dropped is false if there was none. A
// document stays failed.
func (ls *Letters) Drop(ctx context.Context, id int64) (dropped bool, err error) {
	n, err := ls.query.DropDeadLetter(ctx, id)
	if err != nil {
		return false, fmt.Errorf("drop dead letter %d: %w", id, err)
	}
	return n > 0, nil
}
