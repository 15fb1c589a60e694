package mcp

import (
	"context"
	"fmt"

	"github.com/leatworks/leat/internal/service"
)

type importantIn struct {
	graphIn
	By     string `json:"by,omitempty" jsonschema:"rank by symbol or by file; default symbol"`
	Limit  int    `json:"limit,omitempty" jsonschema:"largest number of rows, 1 to 200; default 50"`
	Cursor string `json:"cursor,omitempty" jsonschema:"the cursor of the previous answer, for the same ranking"`
}

func important(ctx context.Context, c caller, in importantIn) (string, error) {
	a, err := c.Important(ctx, service.ImportantRequest{GraphRequest: in.named(c, ""), By: in.By, Limit: in.Limit, After: in.Cursor})
	if err != nil {
		return "", err
	}
	rows := make([]string, len(a.Important))
	for i, one := range a.Important {
		rows[i] = line(fmt.Sprintf("%.5f %s (referred to by %d)", one.Rank, symbolRow(one.Symbol), one.UsedBy))
	}
	return in.rows(a.At, "the most important first, with the rank", nothingNamed, rows, a.Next)
}

// nothingNamed is the reason for an answer without rows.
const nothingNamed = "the graph of the repository is empty, or the cursor is after the last row"

type communitiesIn struct {
	graphIn
	Limit  int    `json:"limit,omitempty" jsonschema:"largest number of communities, 1 to 200; default 50"`
	Cursor string `json:"cursor,omitempty" jsonschema:"the cursor of the previous answer"`
}

func communities(ctx context.Context, c caller, in communitiesIn) (string, error) {
	a, err := c.Communities(ctx, service.CommunitiesRequest{GraphRequest: in.named(c, ""), Limit: in.Limit, After: in.Cursor})
	if err != nil {
		return "", err
	}
	rows := make([]string, len(a.Communities))
	for i, one := range a.Communities {
		rows[i] = line(fmt.Sprintf("%s (%d files, %.2f of references inside):", one.Name, one.Size, one.Cohesion))
		for _, file := range one.Files[:min(len(one.Files), mostLines)] {
			rows[i] += " " + line(file)
		}
	}
	return in.rows(a.At, fmt.Sprintf("communities, the largest first; %d files stand alone", a.Alone), "no two files refer to each other", rows, a.Next)
}

type relatedIn struct {
	graphIn
	File   string `json:"file" jsonschema:"the path of a file, or a symbol in it"`
	Limit  int    `json:"limit,omitempty" jsonschema:"largest number of files, 1 to 200; default 50"`
	Cursor string `json:"cursor,omitempty" jsonschema:"the cursor of the previous answer, for the same file"`
}

func related(ctx context.Context, c caller, in relatedIn) (string, error) {
	a, err := c.Related(ctx, service.RelatedRequest{GraphRequest: in.named(c, in.File), Limit: in.Limit, After: in.Cursor})
	if err != nil {
		return "", err
	}
	rows := make([]string, len(a.Related))
	for i, one := range a.Related {
		rows[i] = fmt.Sprintf("%s (refers %.2f, shares %.2f", line(one.Path), one.Refers, one.Shares)
		if one.Changed {
			rows[i] += ", changed with it"
		}
		rows[i] += ")"
		for _, id := range one.Symbols {
			rows[i] += " " + line(id)
		}
	}
	what := fmt.Sprintf("%d files, with symbols that both refer to", len(rows))
	if a.More && a.Next == "" {
		what += "; a bound ended the search, so there may be more"
	}
	return in.rows(a.At, what, "no other file refers to the same symbols, or was changed with it", rows, a.Next)
}
