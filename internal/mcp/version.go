package mcp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/leatworks/leat/internal/service"
)

type versionsIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	MaxTokens  int    `json:"max_tokens,omitempty" jsonschema:"most tokens of the answer, 500 to 50000; default 4000"`
}

func versions(ctx context.Context, c caller, in versionsIn) (string, error) {
	tokens, err := budget(in.MaxTokens)
	if err != nil {
		return "", err
	}
	a, err := c.Versions(ctx, service.VersionsRequest{Tenant: c.Tenant, Repository: in.Repository})
	if err != nil {
		return "", err
	}
	rules, err := c.TagRules(ctx, service.TagRulesRequest{Tenant: c.Tenant, Repository: in.Repository})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(mark + line(a.URL) + "\n")
	for _, r := range rules.Rules {
		fmt.Fprintf(&b, "rule: the newest %d of %s\n", r.Keep, line(r.Tags))
	}
	if len(a.Versions) == 0 {
		b.WriteString("no versions\n")
	}
	for i, v := range a.Versions {
		text := line(v.Name+at(v.Ref, v.Commit, false)) + ": " + v.State
		if b.Len()+len(text) > tokens*service.BytesPerToken-compareRoom {
			fmt.Fprintf(&b, "%s%d more: ask with more max_tokens\n", mark, len(a.Versions)-i)
			break
		}
		b.WriteString(text + "\n")
	}
	return b.String(), nil
}

type pinIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	Commit     string `json:"commit,omitempty" jsonschema:"a whole commit in hex, or an indexed branch, tag, or beginning of a commit"`
	Name       string `json:"name,omitempty" jsonschema:"of the version; default the tag, or 12 digits of the commit"`
	Tags       string `json:"tags,omitempty" jsonschema:"instead of commit: keep the newest tags that match this glob, such as v*, from now on"`
	Keep       int    `json:"keep,omitempty" jsonschema:"with tags: how many of the newest; default 10"`
}

func pin(ctx context.Context, c caller, in pinIn) (string, error) {
	switch {
	case (in.Commit == "") == (in.Tags == ""):
		return "", errors.New("give commit or tags")
	case in.Tags != "" && in.Name != "", in.Tags == "" && in.Keep != 0:
		return "", errors.New("name goes with commit, and keep with tags")
	case in.Tags != "":
		a, err := c.TrackTags(ctx, service.TrackTagsRequest{Tenant: c.Tenant, Repository: in.Repository, Tags: in.Tags, Keep: in.Keep})
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("The newest %d tags of %s are kept as versions. Ask versions for them.", a.Rule.Keep, line(a.Rule.Tags)), nil
	}
	a, err := c.Pin(ctx, service.PinRequest{Tenant: c.Tenant, Repository: in.Repository, Commit: in.Commit, Name: in.Name})
	if err != nil {
		return "", err
	}
	return "Kept" + line(at(a.Version.Ref, a.Version.Commit, false)) + " as " + line(a.Version.Name) + ". Ask status for its progress; then read, search and compare take its name as ref.", nil
}
