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
	MaxTokens  int    `json:"max_tokens,omitempty" jsonschema:"largest size of the answer in tokens, 500 to 50000; default 4000"`
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
		b.WriteString("rule: " + rule(r) + "\n")
	}
	if len(a.Versions) == 0 {
		b.WriteString("there are no versions: keep a commit with pin\n")
	}
	fill(&b, tokens*service.BytesPerToken-compareRoom, a.Versions, func(v service.Version) string {
		return line(v.Name+at(v.Ref, v.Commit, false)) + ": " + v.State
	})
	return b.String(), nil
}

// fill writes a row for each of a list while the answer has room, in bytes, and then how many are left.
func fill[T any](b *strings.Builder, room int, list []T, row func(T) string) {
	for i, one := range list {
		text := row(one) + "\n"
		if b.Len()+len(text) > room {
			fmt.Fprintf(b, "%s%d more: ask with a larger max_tokens\n", mark, len(list)-i)
			return
		}
		b.WriteString(text)
	}
}

// rule describes the tags that a rule keeps.
func rule(r service.TagRule) string {
	text := fmt.Sprintf("the newest %d of %s", r.Keep, line(r.Tags))
	if r.Searchable > 0 {
		text += fmt.Sprintf(", of which the newest %d do not sleep", r.Searchable)
	}
	if r.Days > 0 {
		text += fmt.Sprintf(", each for %d days", r.Days)
	}
	return text
}

type pinIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	Commit     string `json:"commit,omitempty" jsonschema:"a whole commit in hex, a tag, or an indexed branch or beginning of a commit"`
	Name       string `json:"name,omitempty" jsonschema:"name of the version; default the tag, or 12 digits of the commit"`
	Tags       string `json:"tags,omitempty" jsonschema:"instead of commit: keep the newest tags that match this glob, such as v*, from now on"`
	Keep       int    `json:"keep,omitempty" jsonschema:"with tags: how many of the newest tags to keep; default 10"`
	Days       int    `json:"days,omitempty" jsonschema:"with tags: how many days to keep each tag after it was first seen; default no limit by age"`
	Searchable int    `json:"searchable,omitempty" jsonschema:"with tags: how many of the newest are searchable at once, while the others sleep until a search names them; default all"`
}

func pin(ctx context.Context, c caller, in pinIn) (string, error) {
	switch {
	case (in.Commit == "") == (in.Tags == ""):
		return "", errors.New("give commit or tags")
	case in.Tags != "" && in.Name != "", in.Tags == "" && (in.Keep != 0 || in.Days != 0 || in.Searchable != 0):
		return "", errors.New("name goes with commit; keep, days and searchable with tags")
	case in.Tags != "":
		a, err := c.TrackTags(ctx, service.TrackTagsRequest{Tenant: c.Tenant, Repository: in.Repository, Tags: in.Tags, Keep: in.Keep, Days: in.Days, Searchable: in.Searchable})
		if err != nil {
			return "", err
		}
		return "Versions are " + rule(a.Rule) + ". Ask versions for them.", nil
	}
	a, err := c.Pin(ctx, service.PinRequest{Tenant: c.Tenant, Repository: in.Repository, Commit: in.Commit, Name: in.Name})
	if err != nil {
		return "", err
	}
	return "Kept" + line(at(a.Version.Ref, a.Version.Commit, false)) + " as " + line(a.Version.Name) + ". Ask status for its progress; then read, search and compare take its name as ref.", nil
}

type unpinIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	Name       string `json:"name,omitempty" jsonschema:"name of the version, as versions lists it"`
	Tags       string `json:"tags,omitempty" jsonschema:"instead of name: the glob of a rule to end; its versions go, unless they are pinned"`
}

func unpin(ctx context.Context, c caller, in unpinIn) (string, error) {
	switch {
	case (in.Name == "") == (in.Tags == ""):
		return "", errors.New("give name or tags")
	case in.Tags != "":
		if err := c.UntrackTags(ctx, service.UntrackTagsRequest{Tenant: c.Tenant, Repository: in.Repository, Tags: in.Tags}); err != nil {
			return "", err
		}
		return "The tags of " + line(in.Tags) + " are no longer followed.", nil
	}
	if err := c.Unpin(ctx, service.UnpinRequest{Tenant: c.Tenant, Repository: in.Repository, Name: in.Name}); err != nil {
		return "", err
	}
	return "Version " + line(in.Name) + " is no longer kept.", nil
}

type rollbackIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	Ref        string `json:"ref,omitempty" jsonschema:"branch or tag; needed where several are indexed"`
	To         string `json:"to,omitempty" jsonschema:"a version, a whole commit in hex, or an indexed branch, tag, or beginning of a commit"`
	Release    bool   `json:"release,omitempty" jsonschema:"instead of to: follow the remote again"`
}

func rollback(ctx context.Context, c caller, in rollbackIn) (string, error) {
	if (in.To == "") != in.Release {
		return "", errors.New("give to or release")
	}
	a, err := c.Hold(ctx, service.HoldRequest{Tenant: c.Tenant, Repository: in.Repository, Ref: in.Ref, To: in.To})
	switch {
	case err != nil:
		return "", err
	case a.Held == "":
		return line(service.ShortRef(a.Ref)) + " follows its remote again. Ask status for its progress.", nil
	}
	return line(service.ShortRef(a.Ref)) + " goes to " + line(a.Held[:min(len(a.Held), 12)]) + " and stays there until it is released. Ask status for its progress.", nil
}

type turnIn struct {
	Repository string `json:"repository" jsonschema:"its URL or the end of it"`
	Ref        string `json:"ref,omitempty" jsonschema:"only this branch, tag or version; default all indexed refs"`
}

func (in turnIn) request(c caller) service.TurnRequest {
	return service.TurnRequest{Tenant: c.Tenant, Repository: in.Repository, Ref: in.Ref}
}

func wake(ctx context.Context, c caller, in turnIn) (string, error) {
	a, err := c.Wake(ctx, in.request(c))
	return turned(a), err
}

func sleep(ctx context.Context, c caller, in turnIn) (string, error) {
	a, err := c.Sleep(ctx, in.request(c))
	return turned(a), err
}

// turned lists the refs that are not awake.
func turned(a service.TurnAnswer) string {
	if len(a.Refs) == 0 {
		return line(a.URL) + " is awake."
	}
	var b strings.Builder
	for i, t := range a.Refs {
		if i == maxListed {
			fmt.Fprintf(&b, "%d more\n", len(a.Refs)-i)
			break
		}
		b.WriteString(line(t.Repository+" "+service.ShortRef(t.Ref)) + ": " + t.State + "\n")
	}
	return b.String()
}
