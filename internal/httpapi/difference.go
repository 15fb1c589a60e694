package httpapi

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/leatworks/leat/internal/service"
)

// Bounds on the differences in one answer: their number and their bytes.
const (
	mostDifferences     = 10_000
	mostDifferenceBytes = 8 << 20
)

// difference is a place where the stores differ.
type difference struct {
	Kind string `json:"kind" doc:"Such as missing_point or corrupt_object."`
	What string `json:"what" doc:"The point, object or file, described for people."`
}

// mark identifies a difference in a cursor.
func (d difference) mark() string {
	sum := sha256.Sum256([]byte(d.Kind + "\n" + d.What))
	return hex.EncodeToString(sum[:])
}

// differences collects a page of the differences that a comparison finds. Each page takes a new
// comparison, which finds the same differences in the same order until somebody mends them.
type differences struct {
	after string // mark of the last difference of the previous page; "": start at the first
	most  int

	list  []difference
	bytes int
	more  bool
}

func (d *differences) add(kind, what string) {
	found := difference{kind, what}
	switch {
	case d.after != "":
		if found.mark() == d.after {
			d.after = ""
		}
	case len(d.list) >= d.most || d.bytes >= mostDifferenceBytes:
		d.more = true
	default:
		d.list = append(d.list, found)
		d.bytes += len(kind) + len(what)
	}
}

// next returns the cursor of the next page, or "" if there is none.
func (d *differences) next() (string, error) {
	if d.after != "" {
		return "", &service.Error{Kind: service.Refused, Field: service.FieldCursor, Reason: "the last difference of the previous page is gone: begin again without a cursor"}
	}
	if !d.more {
		return "", nil
	}
	return cursor("difference", d.list[len(d.list)-1].mark()), nil
}
