// Package fault marks an error with its remedy: retry, reject or drop. The place
// where an error arises marks it; package pipeline alone acts on the mark.
package fault

import (
	"errors"
	"time"
)

// Kind is the remedy of an error.
type Kind int

// The kinds. An error without a mark is of KindRetry: an error that nobody has
// understood may pass, and the number of attempts is bounded if it does not.
const (
	KindRetry  Kind = iota // try again, with backoff
	KindReject             // the work can never succeed: make a dead letter at once
	KindDrop               // the work has become pointless: forget it
)

func (k Kind) String() string {
	switch k {
	case KindReject:
		return "reject"
	case KindDrop:
		return "drop"
	}
	return "retry"
}

type marked struct {
	error
	kind  Kind
	after time.Duration
}

func (m *marked) Unwrap() error { return m.error }

// Retry marks err as passing.
func Retry(err error) error { return mark(err, KindRetry, 0) }

// RetryAfter marks err as passing. The next attempt comes no sooner than after.
func RetryAfter(err error, after time.Duration) error { return mark(err, KindRetry, after) }

// Reject marks err as final.
func Reject(err error) error { return mark(err, KindReject, 0) }

// Drop marks err as the end of work that has become pointless.
func Drop(err error) error { return mark(err, KindDrop, 0) }

func mark(err error, kind Kind, after time.Duration) error {
	if err == nil {
		return nil
	}
	return &marked{err, kind, after}
}

// Detail returns what an error says to the operator alone, such as the words of a remote server; ""
// if it holds nothing of the kind. An error offers it through a method Detail() string. Unlike
// Error, it belongs in a log only, and never in a row, an event or an answer.
func Detail(err error) string {
	var d interface{ Detail() string }
	if errors.As(err, &d) {
		return d.Detail()
	}
	return ""
}

// Of returns err's outermost mark, and the time to wait before another attempt
// (0: the caller decides).
func Of(err error) (Kind, time.Duration) {
	var m *marked
	if errors.As(err, &m) {
		return m.kind, m.after
	}
	return KindRetry, 0
}
