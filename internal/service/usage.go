package service

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"github.com/leatworks/leat/internal/store"
)

// MaxUsageDays bounds the days of a UsageRequest.
const MaxUsageDays = 366

// UsageRequest asks for the use of embedders.
type UsageRequest struct {
	Tenant string
	Reach  []string // globs of repositories that may be seen; empty: all of the tenant's, and its searches
	Days   int      // days back, today included, 1 to MaxUsageDays
}

// UsageAnswer is the use of embedders, by embedder and repository.
type UsageAnswer struct {
	Days      int     `json:"days" doc:"Number of days back, including today, in UTC."`
	Embedders []Usage `json:"embedders" nullable:"false"`
}

// Usage counts the work of one embedder for a repository, or for the tenant's searches.
type Usage struct {
	Embedder   string  `json:"embedder"`
	Tenant     string  `json:"tenant"`
	Repository string  `json:"repository" doc:"Id of the repository; all zeros: searches."`
	URL        string  `json:"url" doc:"Empty: the repository was forgotten."`
	Texts      int64   `json:"texts"`
	Cached     int64   `json:"cached" doc:"Number of chunks whose text already had a vector."`
	Tokens     int64   `json:"tokens"`
	Requests   float64 `json:"requests" doc:"Number of requests, including its share of requests for several repositories."`
	Retries    int64   `json:"retries"`
	Waited     float64 `json:"waited_seconds"`
	Cost       float64 `json:"cost" doc:"In the currency of the price table."`
}

// Searches says whether the usage is that of searches, and not of a repository.
func (u Usage) Searches() bool { return u.Repository == uuid.Nil.String() }

// Usage returns the use of embedders.
func (s *Service) Usage(ctx context.Context, r UsageRequest) (a UsageAnswer, err error) {
	defer mark(&err)
	if err := s.check(ctx, r.Tenant, store.Postgres); err != nil {
		return a, err
	}
	if r.Days < 1 || r.Days > MaxUsageDays {
		return a, &Error{Kind: Invalid, Field: FieldDays, Value: strconv.Itoa(r.Days), Reason: "ask for 1 to " + strconv.Itoa(MaxUsageDays) + " days"}
	}
	list, err := s.stores.Catalog.Usage.List(ctx, r.Tenant, r.Days)
	if err != nil {
		return a, err
	}
	a = UsageAnswer{Days: r.Days, Embedders: []Usage{}}
	for _, u := range list {
		if restricted(ctx, r.Reach) && (u.URL == "" || !reaches(ctx, r.Reach, u.URL)) { // no URL: the tenant's searches, or forgotten
			continue
		}
		a.Embedders = append(a.Embedders, Usage{
			Embedder: u.Embedder, Tenant: u.Tenant, Repository: u.Repository.String(), URL: u.URL, Texts: u.Texts, Cached: u.Cached,
			Tokens: u.Tokens, Requests: u.Requests, Retries: u.Retries, Waited: u.Waited.Seconds(), Cost: u.Cost,
		})
	}
	return a, nil
}
