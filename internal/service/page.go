package service

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// page is the number of rows that are read at once.
const page = 1000

// MaxPage bounds the rows in one page.
const MaxPage = 1000

// Page is the part of a list that a request asks for. The zero value is the whole list.
type Page struct {
	After string // Next of the previous answer; "": from the first
	Limit int    // largest number of rows, 1 to MaxPage; 0: all
}

func (p Page) check() error {
	if p.Limit < 0 || p.Limit > MaxPage {
		return badLimit(p.Limit, MaxPage, "rows")
	}
	return nil
}

// stop is a place in a list of rows of several repositories: the place after a row of one of them.
type stop[C any] struct {
	Repository uuid.UUID
	After      C
}

// collect reads a page of the rows of several repositories, in the order of their ids, and within
// each in the order of load. load returns rows after a place, at returns a row's place, and keep
// chooses rows.
func collect[T, C any](p Page, ids []uuid.UUID, load func(id uuid.UUID, after C, most int) ([]T, error), at func(T) C, keep func(T) bool) (rows []T, next string, err error) {
	if err := p.check(); err != nil {
		return nil, "", err
	}
	var from stop[C]
	if p.After != "" {
		text, err := base64.RawURLEncoding.DecodeString(p.After)
		if err != nil || json.Unmarshal(text, &from) != nil {
			return nil, "", badCursor()
		}
	}
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range ids {
		if bytes.Compare(id[:], from.Repository[:]) < 0 {
			continue
		}
		var after C
		if id == from.Repository {
			after = from.After
		}
		for {
			list, err := load(id, after, page)
			if err != nil {
				return nil, "", err
			}
			if len(list) == 0 {
				break
			}
			for _, row := range list {
				if !keep(row) {
					continue
				}
				if p.Limit > 0 && len(rows) == p.Limit { // there is at least one more
					next, err := nextStop(from)
					return rows, next, err
				}
				rows, from = append(rows, row), stop[C]{id, at(row)}
			}
			after = at(list[len(list)-1])
		}
	}
	return rows, "", nil
}

func nextStop[C any](at stop[C]) (string, error) {
	text, err := json.Marshal(at)
	if err != nil {
		return "", fmt.Errorf("encode the place in a list: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(text), nil
}

func badCursor() error {
	return &Error{Kind: Invalid, Field: FieldCursor, Reason: "this cursor does not belong to this list: begin without one"}
}
