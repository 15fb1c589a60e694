package client

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/pipeline/catalog"
)

// rows is the size of the pages of which an answer with all rows is made.
const rows = 1000

// named makes a path of this machine absolute, because the gateway works in another directory.
func named(repository string) string {
	if !strings.HasPrefix(repository, ".") {
		return repository
	}
	if path, err := filepath.Abs(repository); err == nil {
		return path
	}
	return repository
}

// pages asks for a list page by page. It calls more with each page. more returns the cursor of the
// next page, or "" to end.
func pages[T any](ctx context.Context, c *Client, query values, path []string, more func(T) (next string)) error {
	query = query.number("limit", rows)
	for {
		var part T
		if err := c.ask(ctx, get(query, path...), &part); err != nil {
			return err
		}
		next := more(part)
		if next == "" {
			return nil
		}
		query = query.text("cursor", next)
	}
}

// repositories is a page of a list of repositories.
type repositories struct {
	service.StatusAnswer
	Next string `json:"next"`
}

// Status is service.Service.Status.
func (c *Client) Status(ctx context.Context, r service.StatusRequest) (a service.StatusAnswer, err error) {
	a.Repositories = []service.RepositoryStatus{}
	err = c.repositories(ctx, r.Tenant, r.Repository, func(part repositories) string {
		a.Repositories, a.Generation = append(a.Repositories, part.Repositories...), part.Generation
		return part.Next
	})
	return a, err
}

// Several is service.Service.Several. It also answers true for a token that may not list
// repositories.
func (c *Client) Several(ctx context.Context, r service.TracksRequest) (bool, error) {
	urls := make(map[string]bool)
	err := c.repositories(ctx, r.Tenant, r.Repository, func(part repositories) string {
		for _, t := range part.Repositories {
			if t.Commit != "" {
				urls[t.URL] = true
			}
		}
		if len(urls) > 1 {
			return ""
		}
		return part.Next
	})
	if errors.Is(err, service.Denied) {
		return true, nil
	}
	return len(urls) > 1, err
}

func (c *Client) repositories(ctx context.Context, tenant, repository string, more func(repositories) string) error {
	return pages(ctx, c, c.of(tenant).text("repository", named(repository)), []string{"repositories"}, more)
}

// Forget is service.Service.Forget. It returns the repository, the ref and the number of
// documents of each track.
func (c *Client) Forget(ctx context.Context, r service.ForgetRequest) (tracks []service.RepositoryStatus, err error) {
	asked := request{method: http.MethodDelete, path: []string{"repositories"}, again: r.AllOfTenant}
	query := c.of(r.Tenant).yes("preview", !r.Confirmed)
	if r.AllOfTenant {
		query = query.yes("all", r.Confirmed)
	} else {
		asked.path, query = append(asked.path, named(r.Repository)), query.text("ref", r.Ref)
	}
	asked.query = url.Values(query)
	var a struct {
		Forgetting []struct {
			ID        string `json:"id"`
			URL       string `json:"url"`
			Ref       string `json:"ref"`
			Documents int64  `json:"documents"`
		} `json:"forgetting"`
	}
	err = c.ask(ctx, asked, &a)
	for _, t := range a.Forgetting {
		tracks = append(tracks, service.RepositoryStatus{ID: t.ID, URL: t.URL, Ref: t.Ref, Documents: service.DocumentCounts{Total: t.Documents}})
	}
	return tracks, err
}

// Approve is service.Service.Approve.
func (c *Client) Approve(ctx context.Context, r service.ApproveRequest) (approved service.Approval, found bool, err error) {
	var a struct {
		Approved *service.Approval `json:"approved"`
	}
	err = c.ask(ctx, post(nil, c.of(r.Tenant).text("ref", r.Ref), "repositories", named(r.Repository), "approve"), &a)
	if a.Approved == nil {
		return approved, false, err
	}
	return *a.Approved, true, err
}

// Submit is service.Service.Submit. A lost request is sent again.
func (c *Client) Submit(ctx context.Context, r service.SubmitRequest) (n service.Submission, err error) {
	address, err := service.Address(r.Repository)
	if err != nil {
		return n, err
	}
	asked := once(post(map[string]string{"repository": address, "ref": r.Ref}, c.of(r.Tenant), "repositories"))
	asked.key = cmp.Or(r.Once, asked.key)
	var a service.Submitted
	err = c.ask(ctx, asked, &a)
	return service.Submission{Key: catalog.SubmissionKey{Tenant: a.Tenant, Source: a.Source, Event: a.ID}}, err
}

// Skipped is service.Service.Skipped, for all files.
func (c *Client) Skipped(ctx context.Context, r service.SkippedRequest) (a service.SkippedAnswer, err error) {
	type part struct {
		service.SkippedAnswer
		Next string `json:"next"`
	}
	a.Files = []service.SkippedFile{}
	err = pages(ctx, c, c.of(r.Tenant).text("reason", r.Reason), []string{"repositories", named(r.Repository), "skipped"}, func(p part) string {
		a.Files = append(a.Files, p.Files...)
		return p.Next
	})
	return a, err
}

// Secrets is service.Service.Secrets, for all places.
func (c *Client) Secrets(ctx context.Context, r service.SkippedRequest) (a service.SecretsAnswer, err error) {
	type part struct {
		service.SecretsAnswer
		Next string `json:"next"`
	}
	a.Secrets = []service.Secret{}
	err = pages(ctx, c, c.of(r.Tenant), []string{"repositories", named(r.Repository), "secrets"}, func(p part) string {
		a.Secrets = append(a.Secrets, p.Secrets...)
		return p.Next
	})
	return a, err
}

// Failed is service.Service.Failed, for all documents.
func (c *Client) Failed(ctx context.Context, r service.FailedRequest) (a service.FailedAnswer, err error) {
	type part struct {
		service.FailedAnswer
		Next string `json:"next"`
	}
	path := []string{"failed"}
	if r.Repository != "" {
		path = []string{"repositories", named(r.Repository), "failed"}
	}
	a.Failed = []service.FailedDocument{}
	err = pages(ctx, c, c.of(r.Tenant), path, func(p part) string {
		a.Failed = append(a.Failed, p.Failed...)
		return p.Next
	})
	return a, err
}

// Usage is service.Service.Usage.
func (c *Client) Usage(ctx context.Context, r service.UsageRequest) (a service.UsageAnswer, err error) {
	return a, c.ask(ctx, get(c.of(r.Tenant).number("days", int64(r.Days)), "usage"), &a)
}

// Workers is service.Service.Workers.
func (c *Client) Workers(ctx context.Context, r service.WorkersRequest) (a service.WorkersAnswer, err error) {
	return a, c.ask(ctx, get(c.of(r.Tenant), "workers"), &a)
}
