package hostile

import (
	"context"
	"slices"
)

// Kind is one hostile repository.
type Kind struct {
	Name string
	Make func(ctx context.Context, r *Repo) error
	Want Want
}

// Want is an ingestor's result for a repository. Unless it is rejected, the
// file [Good] is indexed.
type Want struct {
	Rejected string            // a part of the reason, if the repository is rejected at once
	Skipped  map[string]string // paths that are skipped, and the reason of each
	Indexed  []string          // paths that are indexed, beside Good
}

// Good is the path of a file that each repository holds, and GoodText its text.
const (
	Good     = "good.txt"
	GoodText = "a file that has done nothing\n"
)

// Kinds returns all kinds.
func Kinds() []Kind { return slices.Concat(files(), rules(), trees(), sources()) }
