package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
)

// usageStatus is the consumption of an embedder for a repository.
type usageStatus struct {
	Embedder   string  `json:"embedder"`
	Tenant     string  `json:"tenant"`
	Repository string  `json:"repository"` // id; all zeros: searches
	URL        string  `json:"url"`        // "": it was forgotten
	Texts      int64   `json:"texts"`
	Cached     int64   `json:"cached"` // chunks whose text had a vector already
	Tokens     int64   `json:"tokens"`
	Requests   float64 `json:"requests"` // including its share of requests for several repositories
	Retries    int64   `json:"retries"`
	Waited     float64 `json:"waited_seconds"`
	Cost       float64 `json:"cost"`
}

// usageDays is the number of days shown.
const usageDays = 30

// embedders shows the consumption of embedding.
func (cmd *statusCmd) embedders(ctx context.Context, g *globals, s *session) error {
	list, err := s.service.Usage(ctx, service.UsageRequest{Tenant: g.Tenant, Days: usageDays})
	if err != nil {
		return err
	}
	if g.JSON {
		rows := make([]usageStatus, len(list))
		for i, u := range list {
			rows[i] = usageStatus{
				Embedder: u.Embedder, Tenant: u.Tenant, Repository: u.Repository.String(), URL: u.URL, Texts: u.Texts, Cached: u.Cached,
				Tokens: u.Tokens, Requests: u.Requests, Retries: u.Retries, Waited: u.Waited.Seconds(), Cost: u.Cost,
			}
		}
		return g.answer.json(map[string]any{"days": usageDays, "embedders": rows})
	}
	if len(list) == 0 {
		fmt.Printf("nothing was embedded in the last %d days\n", usageDays)
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "EMBEDDER\tREPOSITORY\tTEXTS\tCACHED\tTOKENS\tREQUESTS\tRETRIES\tWAITED\tCOST")
	for _, u := range list {
		url := u.URL
		switch {
		case u.Repository == uuid.Nil:
			url = "(searches)"
		case url == "":
			url = u.Repository.String() + " (forgotten)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%.0f\t%s\t%s\t%.4f\n", safeLine(u.Embedder), safeLine(url), number.Thousands(u.Texts), number.Thousands(u.Cached),
			number.Thousands(u.Tokens), u.Requests, number.Thousands(u.Retries), u.Waited.Round(time.Second), u.Cost)
	}
	return w.Flush()
}
