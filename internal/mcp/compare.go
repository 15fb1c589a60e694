package mcp

import (
	"context"
	"fmt"
	"strings"

	"github.com/leatworks/leat/internal/service"
)

type compareIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	From       string `json:"from" jsonschema:"the older commit: an indexed branch or tag, a version, or the beginning of a commit"`
	To         string `json:"to" jsonschema:"the newer commit"`
	Path       string `json:"path,omitempty" jsonschema:"compare the lines of this file"`
	OldPath    string `json:"old_path,omitempty" jsonschema:"where the file was, if it was renamed"`
	Under      string `json:"under,omitempty" jsonschema:"only files below this directory"`
	After      string `json:"after,omitempty" jsonschema:"continue after this path"`
	MaxTokens  int    `json:"max_tokens,omitempty" jsonschema:"largest size of the answer in tokens, 500 to 50000; default 4000"`
}

// compareRoom is the room in bytes for the parts of an answer other than files or lines.
const compareRoom = 600

func compare(ctx context.Context, c caller, in compareIn) (string, error) {
	tokens, err := budget(in.MaxTokens)
	if err != nil {
		return "", err
	}
	room := tokens*service.BytesPerToken - compareRoom
	r := service.DiffRequest{Tenant: c.Tenant, Repository: in.Repository, From: in.From, To: in.To, Under: in.Under, After: in.After}
	if in.Path != "" {
		return c.compareLines(ctx, service.FileDiffRequest{DiffRequest: r, Path: in.Path, OldPath: in.OldPath}, room)
	}
	a, err := c.Diff(ctx, r)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(mark + line(a.To.URL+between(a.From, a.To)) + "\n")
	if len(a.Files) == 0 {
		b.WriteString("no file differs\n")
	}
	for i, f := range a.Files {
		text := f.Change + " " + line(f.Path)
		if f.OldPath != "" {
			text += ", was " + line(f.OldPath)
		}
		if i > 0 && b.Len()+len(text) > room {
			a.Next = a.Files[i-1].Path
			break
		}
		b.WriteString(text + "\n")
	}
	if a.Next != "" {
		b.WriteString(mark + "more with after " + line(a.Next) + "\n")
	}
	return b.String(), nil
}

func (c caller) compareLines(ctx context.Context, r service.FileDiffRequest, room int) (string, error) {
	a, err := c.FileDiff(ctx, r)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(mark + line(a.To.URL+" "+a.Path+", "+a.Change+between(a.From, a.To)) + "\n")
	if len(a.Hunks) == 0 {
		b.WriteString("no line differs\n")
	}
	signs := map[string]string{service.FileAdded: "+", service.FileRemoved: "-", service.FileKept: " "}
	for _, h := range a.Hunks {
		fmt.Fprintf(&b, "@@ -%d,%d +%d,%d @@\n", h.OldStart, h.OldLines, h.NewStart, h.NewLines)
		for _, l := range h.Lines {
			if b.Len()+len(l.Text) > room {
				fmt.Fprintf(&b, "%scut here: read the file at %s, or ask with a larger max_tokens\n", mark, line(r.To))
				return b.String(), nil
			}
			b.WriteString(signs[l.Change] + line(l.Text) + "\n")
		}
	}
	return b.String(), nil
}

// between says which two commits are compared.
func between(from, to service.At) string {
	return " from" + at(from.Ref, from.Commit, from.Underway) + " to" + at(to.Ref, to.Commit, to.Underway)
}
