package mcp

import (
	"context"
	"fmt"
	"strings"

	"github.com/leatworks/leat/internal/service"
)

type indexesIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	MaxTokens  int    `json:"max_tokens,omitempty" jsonschema:"largest size of the answer in tokens, 500 to 50000; default 4000"`
}

func indexes(ctx context.Context, c caller, in indexesIn) (string, error) {
	tokens, err := budget(in.MaxTokens)
	if err != nil {
		return "", err
	}
	a, err := c.Indexes(ctx, service.IndexesRequest{Tenant: c.Tenant, Repository: in.Repository})
	if err != nil {
		return "", err
	}
	if len(a.Indexes) == 0 {
		return "no index was imported: the graph has leat's own edges\n", nil
	}
	var b strings.Builder
	fill(&b, tokens*service.BytesPerToken-graphRoom, a.Indexes, indexRow)
	return b.String(), nil
}

// indexRow describes an index. Its name and its tool are words of whoever imported it.
func indexRow(one service.GraphIndex) string {
	state := "not in use"
	if one.Holds {
		state = "in use"
	}
	row := line(fmt.Sprintf("%s %s, by %s: %s, %d files, %d names", one.Commit, one.Name, one.Tool, state, one.Documents, one.Occurrences))
	if one.Placed != nil && one.Strange != nil {
		row += fmt.Sprintf(", %d references resolved, %d names not in the text", *one.Placed, *one.Strange)
	}
	return row
}

type dropIndexIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	Commit     string `json:"commit" jsonschema:"the whole commit in hex"`
	Name       string `json:"name" jsonschema:"the name of the index, as indexes gives it"`
}

func dropIndex(ctx context.Context, c caller, in dropIndexIn) (string, error) {
	err := c.DropIndex(ctx, service.DropIndexRequest{
		IndexesRequest: service.IndexesRequest{Tenant: c.Tenant, Repository: in.Repository}, Commit: in.Commit, Name: in.Name,
	})
	if err != nil {
		return "", err
	}
	return "Dropped " + line(in.Name) + " of " + line(in.Commit) + ". The graphs of this commit are made without it.", nil
}
