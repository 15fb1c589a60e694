package client

import (
	"context"
	"strconv"

	"github.com/leatworks/leat/internal/service"
)

// Read is service.Service.Read.
func (c *Client) Read(ctx context.Context, r service.ReadRequest) (a service.ReadAnswer, err error) {
	query := c.of(r.Tenant).text("path", r.Path).text("ref", r.Ref)
	switch {
	case r.Around > 0:
		query = query.number("around", int64(r.Around))
	case r.First > 0 || r.Last > 0:
		lines := strconv.Itoa(max(r.First, 1)) + "-"
		if r.Last > 0 {
			lines += strconv.Itoa(r.Last)
		}
		query = query.text("lines", lines)
	}
	err = c.ask(ctx, get(query, "repositories", named(r.Repository), "blob"), &a)
	return a, err
}

// files is a page of a list of files.
type files struct {
	service.TreeAnswer
	Next string `json:"next"`
}

// Tree is service.Service.Tree, except that the answer holds all files.
func (c *Client) Tree(ctx context.Context, r service.TreeRequest) (a service.TreeAnswer, err error) {
	a.Files = []service.TreeFile{}
	query := c.of(r.Tenant).text("ref", r.Ref).text("under", r.Under)
	err = pages(ctx, c, query, []string{"repositories", named(r.Repository), "tree"}, func(part files) string {
		a.At, a.Files = part.At, append(a.Files, part.Files...)
		return part.Next
	})
	return a, err
}

// Grep is service.Service.Grep.
func (c *Client) Grep(ctx context.Context, r service.GrepRequest) (a service.GrepAnswer, err error) {
	query := c.of(r.Tenant).text("pattern", r.Pattern).yes("literal", r.Literal).yes("ignore_case", r.IgnoreCase).text("ref", r.Ref).
		text("path", r.Path).list("language", r.Languages).number("limit", int64(r.Limit)).text("cursor", r.After)
	return a, c.ask(ctx, get(query, "repositories", named(r.Repository), "grep"), &a)
}
