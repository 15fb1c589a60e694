package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/leatworks/leat/internal/service"
)

// ImportIndex is service.Service.ImportIndex.
func (c *Client) ImportIndex(ctx context.Context, r service.ImportRequest) (g service.GraphIndex, err error) {
	q := c.of(r.Tenant).text("name", r.Name).text("root", r.Root)
	ask := request{method: http.MethodPut, path: []string{"repositories", named(r.Repository), "indexes", r.Commit}, query: url.Values(q), content: r.Index, slow: true}
	return g, c.ask(ctx, ask, &g)
}

// Indexes is service.Service.Indexes.
func (c *Client) Indexes(ctx context.Context, r service.IndexesRequest) (a service.IndexesAnswer, err error) {
	return a, c.ask(ctx, get(c.of(r.Tenant), "repositories", named(r.Repository), "indexes"), &a)
}

// DropIndex is service.Service.DropIndex.
func (c *Client) DropIndex(ctx context.Context, r service.DropIndexRequest) error {
	q := c.of(r.Tenant).text("name", r.Name)
	ask := request{method: http.MethodDelete, path: []string{"repositories", named(r.Repository), "indexes", r.Commit}, query: url.Values(q)}
	return c.ask(ctx, ask, nil)
}
