package client

import (
	"context"

	"github.com/leatworks/leat/internal/service"
)

// export is a part of a wiki.
type export struct {
	service.ExportAnswer
	Next string `json:"next"`
}

// Export is service.Service.Export.
func (c *Client) Export(ctx context.Context, r service.ExportRequest) (service.ExportAnswer, error) {
	var a export
	q := c.graph(r.GraphRequest).text("format", r.Format).text("by", r.By).text("link", r.Link).text("since", r.Since).
		text("cursor", r.After).number("limit", int64(r.Limit))
	asked := get(q, "repositories", named(r.Repository), "export")
	asked.slow = true
	err := c.ask(ctx, asked, &a)
	a.ExportAnswer.Next = a.Next
	return a.ExportAnswer, err
}
