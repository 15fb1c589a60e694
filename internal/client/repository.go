package client

import (
	"context"
	"errors"
	"net/url"

	"github.com/leatworks/leat/internal/service"
)

// rows is the number of rows that are asked for at once, for an answer that holds all.
const rows = 1000

// repositories is a page of a list of repositories.
type repositories struct {
	service.StatusAnswer
	Next string `json:"next"`
}

// Status is service.Service.Status.
func (c *Client) Status(ctx context.Context, r service.StatusRequest) (a service.StatusAnswer, err error) {
	a.Repositories = []service.RepositoryStatus{}
	err = c.pages(ctx, r.Tenant, r.Repository, func(part repositories) bool {
		a.Repositories, a.Generation = append(a.Repositories, part.Repositories...), part.Generation
		return true
	})
	return a, err
}

// Several is service.Service.Several. A token that may not list repositories is taken
// for one that sees several.
func (c *Client) Several(ctx context.Context, r service.TracksRequest) (bool, error) {
	urls := make(map[string]bool)
	err := c.pages(ctx, r.Tenant, r.Repository, func(part repositories) bool {
		for _, t := range part.Repositories {
			if t.Commit != "" {
				urls[t.URL] = true
			}
		}
		return len(urls) < 2
	})
	if errors.Is(err, service.Denied) {
		return true, nil
	}
	return len(urls) > 1, err
}

// pages calls more with each page of the list of repositories, until it returns false.
func (c *Client) pages(ctx context.Context, tenant, repository string, more func(repositories) bool) error {
	for next := ""; ; {
		var part repositories
		if err := c.ask(ctx, get(url.Values(c.of(tenant).text("repository", repository).number("limit", rows).text("cursor", next)), "repositories"), &part); err != nil {
			return err
		}
		if next = part.Next; !more(part) || next == "" {
			return nil
		}
	}
}
