package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/leatworks/leat/internal/service"
)

// Versions is service.Service.Versions.
func (c *Client) Versions(ctx context.Context, r service.VersionsRequest) (a service.VersionsAnswer, err error) {
	return a, c.ask(ctx, get(c.of(r.Tenant), "repositories", named(r.Repository), "versions"), &a)
}

// Pin is service.Service.Pin.
func (c *Client) Pin(ctx context.Context, r service.PinRequest) (a service.PinAnswer, err error) {
	body := struct {
		Commit string `json:"commit"`
		Name   string `json:"name,omitempty"`
	}{r.Commit, r.Name}
	return a, c.ask(ctx, post(body, c.of(r.Tenant), "repositories", named(r.Repository), "versions"), &a)
}

// Unpin is service.Service.Unpin.
func (c *Client) Unpin(ctx context.Context, r service.UnpinRequest) error {
	path := []string{"repositories", named(r.Repository), "versions", r.Name}
	return c.ask(ctx, request{method: http.MethodDelete, path: path, query: url.Values(c.of(r.Tenant))}, nil)
}

// Hold is service.Service.Hold.
func (c *Client) Hold(ctx context.Context, r service.HoldRequest) (a service.HoldAnswer, err error) {
	body := struct {
		Ref string `json:"ref,omitempty"`
		To  string `json:"to,omitempty"`
	}{r.Ref, r.To}
	return a, c.ask(ctx, post(body, c.of(r.Tenant), "repositories", named(r.Repository), "hold"), &a)
}

// Wake is service.Service.Wake.
func (c *Client) Wake(ctx context.Context, r service.TurnRequest) (a service.TurnAnswer, err error) {
	return a, c.ask(ctx, post(nil, c.of(r.Tenant).text("ref", r.Ref), "repositories", named(r.Repository), "wake"), &a)
}

// Sleep is service.Service.Sleep.
func (c *Client) Sleep(ctx context.Context, r service.TurnRequest) (a service.TurnAnswer, err error) {
	return a, c.ask(ctx, post(nil, c.of(r.Tenant).text("ref", r.Ref), "repositories", named(r.Repository), "sleep"), &a)
}

// differences is a page of a comparison.
type differences struct {
	service.DiffAnswer
	Next string `json:"next"`
}

// Diff is service.Service.Diff, except that the answer holds all files.
func (c *Client) Diff(ctx context.Context, r service.DiffRequest) (a service.DiffAnswer, err error) {
	a.Files = []service.DiffFile{}
	query := c.of(r.Tenant).text("from", r.From).text("to", r.To).text("under", r.Under)
	err = pages(ctx, c, query, []string{"repositories", named(r.Repository), "diff"}, func(part differences) string {
		a.From, a.To, a.Files = part.From, part.To, append(a.Files, part.Files...)
		return part.Next
	})
	return a, err
}

// FileDiff is service.Service.FileDiff.
func (c *Client) FileDiff(ctx context.Context, r service.FileDiffRequest) (a service.FileDiffAnswer, err error) {
	query := c.of(r.Tenant).text("from", r.From).text("to", r.To).text("path", r.Path).text("old_path", r.OldPath)
	return a, c.ask(ctx, get(query, "repositories", named(r.Repository), "diff", "file"), &a)
}
