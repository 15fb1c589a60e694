package main

import (
	"context"
	"fmt"
	"time"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
)

// follow shows the progress of submissions until each is indexed or has
// failed. Its answer is no if one failed, or some of its documents.
//
// patience is the number of failed attempts after which it stops waiting for a
// submission; 0: it waits for ever.
func follow(ctx context.Context, s leat, g *globals, keys []catalog.SubmissionKey, patience int) error {
	began := time.Now()
	show := newProgress(g)
	defer show.close()
	end, err := s.Follow(ctx, service.FollowRequest{Tenant: tenantOf(g, keys), Submissions: keys, Patience: patience}, show.update)
	if err != nil {
		return err
	}
	show.close()
	return summarize(g, end, time.Since(began))
}

// tenantOf returns the tenant of submissions, which a gateway tells.
func tenantOf(g *globals, keys []catalog.SubmissionKey) string {
	if len(keys) > 0 {
		return keys[0].Tenant
	}
	return g.Tenant
}

// summarize prints the result, and returns errNo if it is not a success.
func summarize(g *globals, f service.Progress, took time.Duration) error {
	var answer error
	for _, t := range f.Tracks {
		if t.Documents.Failed > 0 {
			answer = errNo
		}
	}
	if len(f.Refused) > 0 {
		answer = errNo
	}
	refused := make([]string, len(f.Refused))
	for i, r := range f.Refused {
		refused[i] = explainRefusal(r)
	}
	if g.JSON {
		document := map[string]any{"repositories": explained(f.Tracks), "refused": refused, "seconds": took.Seconds()}
		if g.gateway != "" {
			document["gateway"] = g.gateway
		}
		if err := g.answer.json(document); err != nil {
			return err
		}
		return answer
	}
	for _, t := range f.Tracks {
		d := t.Documents
		fmt.Printf("%s %s@%s: %s of %s indexed, %s failed, %s skipped; %s (%s)\n",
			safeLine(t.URL), safeLine(service.ShortRef(t.Ref)), shortCommit(t.Commit), number.Thousands(d.Indexed), count(d.Total, "document", "documents"),
			number.Thousands(d.Failed), number.Thousands(d.Skipped), count(t.Chunks, "chunk", "chunks"), took.Round(10*time.Millisecond))
	}
	for _, reason := range refused {
		note("leat: %s", safeLine(oneLine(reason)))
	}
	return answer
}
