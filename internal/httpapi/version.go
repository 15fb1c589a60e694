package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// registerVersion registers the routes that keep commits of a repository, go back to them and
// compare them.
func registerVersion(api huma.API, d deps) {
	const tag = "versions"
	get(api, d, route{
		id: "list-versions", path: "/repositories/{repository}/versions", tag: tag, scope: access.ScopeRead,
		summary: "List the commits kept under a name",
	}, d.versions)
	post(api, d, route{
		id: "pin", path: "/repositories/{repository}/versions", tag: tag, scope: access.ScopeSubmit, status: 202,
		summary: "Keep a commit under a name",
		text:    "The name can be used wherever a ref can. A branch is kept at the commit that it has in the index, under a ref of its own; a tag stays at its commit.",
	}, d.pin)
	remove(api, d, route{
		id: "unpin", path: "/repositories/{repository}/versions/{name}", tag: tag, scope: access.ScopeOperate,
		summary: "Release a version",
		text:    "A commit that was indexed only for it is removed from the index.",
	}, d.unpin)
	post(api, d, route{
		id: "hold", path: "/repositories/{repository}/hold", tag: tag, scope: access.ScopeOperate, status: 202,
		summary: "Make a ref serve another commit until it is released",
		text:    "Without `to`, the ref follows its remote again.",
	}, d.hold)
	get(api, d, route{
		id: "diff", path: "/repositories/{repository}/diff", tag: tag, scope: access.ScopeRead,
		summary: "List the files in which two commits differ",
		text:    "`from` and `to` are indexed branches or tags, versions, or the beginnings of indexed commits.",
	}, d.diff)
	get(api, d, route{
		id: "diff-file", path: "/repositories/{repository}/diff/file", tag: tag, scope: access.ScopeRead,
		summary: "Compare the lines of a file at two commits",
	}, d.fileDiff)
}

type versionsOutput struct{ Body service.VersionsAnswer }

func (d deps) versions(ctx context.Context, who caller, in *repositoryInput) (*versionsOutput, error) {
	a, err := d.Versions(ctx, service.VersionsRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository})
	return &versionsOutput{a}, err
}

type pinInput struct {
	RepositoryPath
	Body struct {
		Commit string `json:"commit" minLength:"1" maxLength:"1024" doc:"The whole commit in hex; or a tag, an indexed branch, or the beginning of an indexed commit."`
		Name   string `json:"name,omitempty" maxLength:"128" doc:"Name of the version; absent: the tag, or 12 digits of the commit."`
	}
}

type pinOutput struct{ Body service.PinAnswer }

func (d deps) pin(ctx context.Context, who caller, in *pinInput) (*pinOutput, error) {
	a, err := d.Pin(ctx, service.PinRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Commit: in.Body.Commit, Name: in.Body.Name})
	return &pinOutput{a}, err
}

type unpinInput struct {
	RepositoryPath
	Name string `path:"name" minLength:"1" maxLength:"384" doc:"Name of the version, percent-encoded."`
}

func (d deps) unpin(ctx context.Context, who caller, in *unpinInput) (*struct{}, error) {
	return nil, d.Unpin(ctx, service.UnpinRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Name: in.Name})
}

type holdInput struct {
	RepositoryPath
	Body struct {
		Ref string `json:"ref,omitempty" maxLength:"1024" doc:"Branch or tag; absent: the only indexed one."`
		To  string `json:"to,omitempty" maxLength:"1024" doc:"The whole commit in hex, or a version, a tag, a branch or the beginning of an indexed commit; absent: follow the remote again."`
	}
}

type holdOutput struct{ Body service.HoldAnswer }

func (d deps) hold(ctx context.Context, who caller, in *holdInput) (*holdOutput, error) {
	a, err := d.Hold(ctx, service.HoldRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, Ref: in.Body.Ref, To: in.Body.To})
	return &holdOutput{a}, err
}

// Sides are the two commits of a comparison.
type Sides struct {
	From string `query:"from" required:"true" minLength:"1" maxLength:"1024" doc:"The older commit: an indexed branch or tag, a version, or the beginning of an indexed commit."`
	To   string `query:"to" required:"true" minLength:"1" maxLength:"1024" doc:"The newer commit."`
}

type diffInput struct {
	RepositoryPath
	Sides
	Page
	Under string `query:"under" maxLength:"4096" doc:"Only files below this directory."`
}

type diffOutput struct {
	Body struct {
		service.DiffAnswer
		Pages
	}
}

func (d deps) diff(ctx context.Context, who caller, in *diffInput) (*diffOutput, error) {
	after, err := place[string]("diff", in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &diffOutput{}
	out.Body.DiffAnswer, err = d.Diff(ctx, service.DiffRequest{
		Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, From: in.From, To: in.To, Under: in.Under, After: after, Limit: in.Limit,
	})
	out.Body.Cursor = cursor("diff", out.Body.Next)
	return out, err
}

type fileDiffInput struct {
	RepositoryPath
	Sides
	Path    string `query:"path" required:"true" minLength:"1" maxLength:"4096" doc:"From the repository's root."`
	OldPath string `query:"old_path" maxLength:"4096" doc:"Path of the file at the older commit. Default: path."`
}

type fileDiffOutput struct{ Body service.FileDiffAnswer }

func (d deps) fileDiff(ctx context.Context, who caller, in *fileDiffInput) (*fileDiffOutput, error) {
	r := service.DiffRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: in.Repository, From: in.From, To: in.To}
	a, err := d.FileDiff(ctx, service.FileDiffRequest{DiffRequest: r, Path: in.Path, OldPath: in.OldPath})
	return &fileDiffOutput{a}, err
}
