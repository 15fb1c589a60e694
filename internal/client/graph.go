package client

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/leatworks/leat/internal/service"
)

func (c *Client) graph(r service.GraphRequest) values {
	return c.of(r.Tenant).text("symbol", r.Symbol).text("ref", r.Ref)
}

// paged is an answer with the cursor of its next page, which only the HTTP API puts into its JSON.
type paged[A any] struct {
	answer A
	next   string
}

func (p *paged[A]) UnmarshalJSON(text []byte) error {
	var cursor struct{ Next string }
	err := errors.Join(json.Unmarshal(text, &p.answer), json.Unmarshal(text, &cursor))
	p.next = cursor.Next
	return err
}

// askPage asks for a page, and stores its cursor where next says.
func askPage[A any](ctx context.Context, c *Client, r request, next func(*A) *string) (A, error) {
	var p paged[A]
	err := c.ask(ctx, r, &p)
	*next(&p.answer) = p.next
	return p.answer, err
}

// Symbols is service.Service.Symbols.
func (c *Client) Symbols(ctx context.Context, r service.SymbolsRequest) (service.SymbolsAnswer, error) {
	q := c.graph(r.GraphRequest).yes("prefix", r.Prefix).list("kind", r.Kinds).text("cursor", r.After).number("limit", int64(r.Limit))
	return askPage(ctx, c, get(q, "repositories", named(r.Repository), "symbols"), func(a *service.SymbolsAnswer) *string { return &a.Next })
}

// Uses is service.Service.Uses.
func (c *Client) Uses(ctx context.Context, r service.UsesRequest) (service.UsesAnswer, error) {
	q := c.graph(r.GraphRequest).list("role", r.Roles).yes("across", r.Across).text("cursor", r.After).number("limit", int64(r.Limit))
	if r.Outward {
		q = q.text("direction", "out")
	}
	if r.MinConfidence > 0 {
		q = q.text("min_confidence", strconv.FormatFloat(r.MinConfidence, 'g', -1, 64))
	}
	return askPage(ctx, c, get(q, "repositories", named(r.Repository), "references"), func(a *service.UsesAnswer) *string { return &a.Next })
}

// Neighbours is service.Service.Neighbours.
func (c *Client) Neighbours(ctx context.Context, r service.WalkRequest) (service.WalkAnswer, error) {
	return askPage(ctx, c, get(c.walk(r), "repositories", named(r.Repository), "neighbours"), func(a *service.WalkAnswer) *string { return &a.Next })
}

func (c *Client) walk(r service.WalkRequest) values {
	q := c.graph(r.GraphRequest).text("direction", r.Direction).list("role", r.Roles).number("depth", int64(r.Depth))
	return q.text("cursor", r.After).number("limit", int64(r.Limit))
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
	return askPage(ctx, c, ask, func(a *service.ImpactAnswer) *string { return &a.Next })
}

// Path is service.Service.Path.
func (c *Client) Path(ctx context.Context, r service.PathRequest) (a service.WalkAnswer, err error) {
	return a, c.ask(ctx, get(c.graph(r.GraphRequest).text("to", r.To), "repositories", named(r.Repository), "path"), &a)
}

// Important is service.Service.Important.
func (c *Client) Important(ctx context.Context, r service.ImportantRequest) (service.ImportantAnswer, error) {
	q := c.graph(r.GraphRequest).text("by", r.By).text("cursor", r.After).number("limit", int64(r.Limit))
	return askPage(ctx, c, get(q, "repositories", named(r.Repository), "important"), func(a *service.ImportantAnswer) *string { return &a.Next })
}

// Communities is service.Service.Communities.
func (c *Client) Communities(ctx context.Context, r service.CommunitiesRequest) (service.CommunitiesAnswer, error) {
	q := c.graph(r.GraphRequest).text("cursor", r.After).number("limit", int64(r.Limit))
	return askPage(ctx, c, get(q, "repositories", named(r.Repository), "communities"), func(a *service.CommunitiesAnswer) *string { return &a.Next })
}

// Related is service.Service.Related.
func (c *Client) Related(ctx context.Context, r service.RelatedRequest) (service.RelatedAnswer, error) {
	q := c.graph(r.GraphRequest).text("cursor", r.After).number("limit", int64(r.Limit))
	return askPage(ctx, c, get(q, "repositories", named(r.Repository), "related"), func(a *service.RelatedAnswer) *string { return &a.Next })
}
