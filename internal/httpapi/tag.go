package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// registerTag registers the routes of the rules by which tags become versions.
func registerTag(api huma.API, d deps) {
	const tag = "versions"
	get(api, d, route{
		id: "list-tag-rules", path: "/repositories/{repository}/tags", tag: tag, scope: access.ScopeRead,
		summary: "List the globs whose newest tags leat keeps",
	}, d.tagRules)
	post(api, d, route{
		id: "track-tags", path: "/repositories/{repository}/tags", tag: tag, scope: access.ScopeSubmit, status: 202,
		summary: "Keep the newest tags that match a glob as versions",
		text:    "leat looks at the tags whenever it looks at the default branch. It never releases a pinned version.",
	}, d.trackTags)
	remove(api, d, route{
		id: "untrack-tags", path: "/repositories/{repository}/tags", tag: tag, scope: access.ScopeOperate,
		summary: "Release the tags of a glob",
		text:    "The versions that it made leave the index, unless they are pinned.",
	}, d.untrackTags)
}

type tagRulesOutput struct{ Body service.TagRulesAnswer }

func (d deps) tagRules(ctx context.Context, who caller, in *repositoryInput) (*tagRulesOutput, error) {
	a, err := d.TagRules(ctx, service.TagRulesRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository})
	return &tagRulesOutput{a}, err
}

type trackTagsInput struct {
	RepositoryPath
	Body struct {
		Tags string `json:"tags" minLength:"1" maxLength:"250" doc:"Glob of tags, such as v*; a star stands for any characters."`
		Keep int    `json:"keep,omitempty" minimum:"1" maximum:"1000" default:"10" doc:"How many of the newest tags to keep."`
		Days int    `json:"days,omitempty" minimum:"1" maximum:"36500" doc:"How many days to keep each tag after it was first seen; absent: no limit by age."`

		Searchable int `json:"searchable,omitempty" minimum:"1" maximum:"1000" doc:"How many of the newest are searchable at once; the others can be read, and sleep until a search names them. Absent: all kept tags."`
	}
}

type trackTagsOutput struct{ Body service.TrackTagsAnswer }

func (d deps) trackTags(ctx context.Context, who caller, in *trackTagsInput) (*trackTagsOutput, error) {
	a, err := d.TrackTags(ctx, service.TrackTagsRequest{
		Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Tags: in.Body.Tags, Keep: in.Body.Keep, Days: in.Body.Days, Searchable: in.Body.Searchable,
	})
	return &trackTagsOutput{a}, err
}

type untrackTagsInput struct {
	RepositoryPath
	Tags string `query:"tags" required:"true" minLength:"1" maxLength:"250" doc:"The glob."`
}

func (d deps) untrackTags(ctx context.Context, who caller, in *untrackTagsInput) (*struct{}, error) {
	return nil, d.UntrackTags(ctx, service.UntrackTagsRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Tags: in.Tags})
}
