package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/leatworks/leat/internal/service"
)

// TagRules is service.Service.TagRules.
func (c *Client) TagRules(ctx context.Context, r service.TagRulesRequest) (a service.TagRulesAnswer, err error) {
	return a, c.ask(ctx, get(c.of(r.Tenant), "repositories", named(r.Repository), "tags"), &a)
}

// TrackTags is service.Service.TrackTags.
func (c *Client) TrackTags(ctx context.Context, r service.TrackTagsRequest) (a service.TrackTagsAnswer, err error) {
	body := struct {
		Tags string `json:"tags"`
		Keep int    `json:"keep,omitempty"`
		Days int    `json:"days,omitempty"`

		Searchable int `json:"searchable,omitempty"`
	}{r.Tags, r.Keep, r.Days, r.Searchable}
	return a, c.ask(ctx, post(body, c.of(r.Tenant), "repositories", named(r.Repository), "tags"), &a)
}

// UntrackTags is service.Service.UntrackTags.
func (c *Client) UntrackTags(ctx context.Context, r service.UntrackTagsRequest) error {
	path := []string{"repositories", named(r.Repository), "tags"}
	return c.ask(ctx, request{method: http.MethodDelete, path: path, query: url.Values(c.of(r.Tenant).text("tags", r.Tags))}, nil)
}
