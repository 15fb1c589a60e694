package client

import (
	"context"
	"strconv"

	"github.com/leatworks/leat/internal/service"
)

func (c *Client) graph(r service.GraphRequest) values {
	return c.of(r.Tenant).text("symbol", r.Symbol).text("ref", r.Ref)
}

// symbols is a page of a list of symbols.
type symbols struct {
	service.SymbolsAnswer
	Next string `json:"next"`
}

// Symbols is service.Service.Symbols.
func (c *Client) Symbols(ctx context.Context, r service.SymbolsRequest) (service.SymbolsAnswer, error) {
	var a symbols
	q := c.graph(r.GraphRequest).yes("prefix", r.Prefix).list("kind", r.Kinds).text("cursor", r.After).number("limit", int64(r.Limit))
	err := c.ask(ctx, get(q, "repositories", named(r.Repository), "symbols"), &a)
	a.SymbolsAnswer.Next = a.Next
	return a.SymbolsAnswer, err
}

// uses is a page of a list of references.
type uses struct {
	service.UsesAnswer
	Next string `json:"next"`
}

// Uses is service.Service.Uses.
func (c *Client) Uses(ctx context.Context, r service.UsesRequest) (service.UsesAnswer, error) {
	var a uses
	q := c.graph(r.GraphRequest).list("role", r.Roles).yes("across", r.Across).text("cursor", r.After).number("limit", int64(r.Limit))
	if r.Outward {
		q = q.text("direction", "out")
	}
	if r.MinConfidence > 0 {
		q = q.text("min_confidence", strconv.FormatFloat(r.MinConfidence, 'g', -1, 64))
	}
	err := c.ask(ctx, get(q, "repositories", named(r.Repository), "references"), &a)
	a.UsesAnswer.Next = a.Next
	return a.UsesAnswer, err
}

// walk is a page of the symbols that a walk has reached.
type walk struct {
	service.WalkAnswer
	Next string `json:"next"`
}

// Neighbours is service.Service.Neighbours.
func (c *Client) Neighbours(ctx context.Context, r service.WalkRequest) (service.WalkAnswer, error) {
	var a walk
	err := c.ask(ctx, get(c.walk(r), "repositories", named(r.Repository), "neighbours"), &a)
	a.WalkAnswer.Next = a.Next
	return a.WalkAnswer, err
}

func (c *Client) walk(r service.WalkRequest) values {
	q := c.graph(r.GraphRequest).text("direction", r.Direction).list("role", r.Roles).number("depth", int64(r.Depth))
	return q.text("cursor", r.After).number("limit", int64(r.Limit))
}

// impact is a page of the symbols that a change may break.
type impact struct {
	service.ImpactAnswer
	Next string `json:"next"`
}

// Impact is service.Service.Impact.
func (c *Client) Impact(ctx context.Context, r service.ImpactRequest) (service.ImpactAnswer, error) {
	path := []string{"repositories", named(r.Repository), "impact"}
	ask := get(c.walk(r.WalkRequest), path...)
	if r.Diff != "" {
		body := map[string]any{"diff": r.Diff, "depth": r.Depth, "limit": r.Limit, "cursor": r.After}
		if len(r.Roles) > 0 {
			body["roles"] = r.Roles
		}
		ask = post(body, c.of(r.Tenant).text("ref", r.Ref), path...)
	}
	var a impact
	err := c.ask(ctx, ask, &a)
	a.WalkAnswer.Next = a.Next
	return a.ImpactAnswer, err
}

// Path is service.Service.Path.
func (c *Client) Path(ctx context.Context, r service.PathRequest) (a service.WalkAnswer, err error) {
	return a, c.ask(ctx, get(c.graph(r.GraphRequest).text("to", r.To), "repositories", named(r.Repository), "path"), &a)
}

// important is a page of a list of important files or symbols.
type important struct {
	service.ImportantAnswer
	Next string `json:"next"`
}

// Important is service.Service.Important.
func (c *Client) Important(ctx context.Context, r service.ImportantRequest) (service.ImportantAnswer, error) {
	var a important
	q := c.graph(r.GraphRequest).text("by", r.By).text("cursor", r.After).number("limit", int64(r.Limit))
	err := c.ask(ctx, get(q, "repositories", named(r.Repository), "important"), &a)
	a.ImportantAnswer.Next = a.Next
	return a.ImportantAnswer, err
}

// communities is a page of a list of communities.
type communities struct {
	service.CommunitiesAnswer
	Next string `json:"next"`
}

// Communities is service.Service.Communities.
func (c *Client) Communities(ctx context.Context, r service.CommunitiesRequest) (service.CommunitiesAnswer, error) {
	var a communities
	q := c.graph(r.GraphRequest).text("cursor", r.After).number("limit", int64(r.Limit))
	err := c.ask(ctx, get(q, "repositories", named(r.Repository), "communities"), &a)
	a.CommunitiesAnswer.Next = a.Next
	return a.CommunitiesAnswer, err
}

// related is a page of a list of files that belong to a file.
type related struct {
	service.RelatedAnswer
	Next string `json:"next"`
}

// Related is service.Service.Related.
func (c *Client) Related(ctx context.Context, r service.RelatedRequest) (service.RelatedAnswer, error) {
	var a related
	q := c.graph(r.GraphRequest).text("cursor", r.After).number("limit", int64(r.Limit))
	err := c.ask(ctx, get(q, "repositories", named(r.Repository), "related"), &a)
	a.RelatedAnswer.Next = a.Next
	return a.RelatedAnswer, err
}
