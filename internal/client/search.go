package client

import (
	"context"
	"net/url"
	"strconv"

	"github.com/leatworks/leat/internal/service"
)

// values are the parameters of a query. Empty ones are left out.
type values url.Values

func (v values) text(name, value string) values {
	if value != "" {
		url.Values(v).Set(name, value)
	}
	return v
}

func (v values) list(name string, list []string) values {
	for _, value := range list {
		url.Values(v).Add(name, value)
	}
	return v
}

func (v values) number(name string, n int64) values {
	if n != 0 {
		url.Values(v).Set(name, strconv.FormatInt(n, 10))
	}
	return v
}

func (v values) yes(name string, is bool) values {
	if is {
		url.Values(v).Set(name, "true")
	}
	return v
}

// of begins the parameters of a request for a tenant.
func (c *Client) of(tenant string) values {
	if c.cfg.OwnTenant {
		return values{}
	}
	return values{}.text("tenant", tenant)
}

// Search is service.Service.Search.
func (c *Client) Search(ctx context.Context, r service.SearchRequest) (a service.SearchAnswer, err error) {
	q := c.of(r.Tenant).text("query", r.Query).list("repository", r.Repositories).text("ref", r.Ref).
		list("language", r.Languages).list("kind", r.Kinds).list("symbol", r.Symbols).text("path", r.Path).
		number("limit", int64(r.Limit)).number("max_bytes", int64(r.MaxBytes)).number("max_tokens", int64(r.MaxTokens)).yes("calls", r.Calls).text("cursor", r.After)
	return a, c.ask(ctx, get(q, "search"), &a)
}
