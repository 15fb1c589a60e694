package mcp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
)

type submitIn struct {
	Repository string `json:"repository" jsonschema:"an https or ssh URL"`
	Ref        string `json:"ref,omitempty" jsonschema:"branch, tag or commit; default the default branch"`
	Wait       bool   `json:"wait,omitempty" jsonschema:"wait until it is indexed, for 20 seconds at most"`
}

// patience is the longest wait for a submission. A gateway gives a request 30 s.
const patience = 20 * time.Second

func submit(ctx context.Context, c caller, in submitIn) (string, error) {
	if in.Wait && !c.allows(access.ScopeRead) {
		return "", errors.New("the token lacks the scope read, which waiting needs: submit without wait")
	}
	n, err := c.Submit(ctx, service.SubmitRequest{Tenant: c.Tenant, Repository: in.Repository, Ref: in.Ref})
	if err != nil {
		return "", err
	}
	if !in.Wait {
		return "Submitted " + line(n.URL()) + ". Ask status for its progress.", nil
	}
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := c.Follow(bounded, service.FollowRequest{Tenant: c.Tenant, Submissions: []catalog.SubmissionKey{n.Key}}, func(p service.Progress) {
		c.tell(p.Counts.Total-p.Counts.Pending, p.Counts.Total, "files done")
	})
	switch {
	case bounded.Err() != nil && ctx.Err() == nil:
		return "Submitted " + line(n.URL()) + "; it is not done yet. Ask status for its progress.", nil
	case err != nil:
		return "", err
	}
	var b strings.Builder
	for _, refused := range p.Refused {
		b.WriteString("Not indexed: " + line(refused.Reason) + "\n")
	}
	for _, r := range p.Tracks {
		d := r.Documents
		fmt.Fprintf(&b, "%s: %s, %d of %d files indexed, %d failed, %d skipped\n", line(r.URL+at(r.Ref, r.Commit, false)), r.State, d.Indexed, d.Total, d.Failed, d.Skipped)
	}
	return b.String(), nil
}
