package httpapi

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/service"
)

// registerIndexes registers the routes of indexes that other indexers make of commits.
func registerIndexes(api huma.API, d deps) {
	const tag = "graph"
	register(api, d, http.MethodPut, route{
		id: "import-index", path: "/repositories/{repository}/indexes/{commit}", tag: tag, scope: access.ScopeSubmit, slow: true,
		summary: "Import a SCIP index of a commit",
		text: "The body is the index that an indexer wrote (`index.scip`), compressed by gzip or not, of up to 1 GiB uncompressed. Its edges replace " +
			"the edges that leat has found, in the graph of each ref at the commit. An earlier index with the same commit and name is removed. A commit has 16 " +
			"indexes at most. A repository keeps the 20 newest indexes of commits without a ref.",
		takes: []string{"application/octet-stream"},
	}, d.importIndex)
	get(api, d, route{
		id: "list-indexes", path: "/repositories/{repository}/indexes", tag: tag, scope: access.ScopeRead,
		summary: "List the imported indexes of a repository", text: "Newest first.",
	}, d.indexes)
	remove(api, d, route{
		id: "drop-index", path: "/repositories/{repository}/indexes/{commit}", tag: tag, scope: access.ScopeSubmit, status: http.StatusNoContent,
		summary: "Drop an imported index", text: "The graphs of its commit are then made without it.",
	}, d.dropIndex)
}

// IndexPath names a commit of a repository.
type IndexPath struct {
	RepositoryPath
	Commit string `path:"commit" maxLength:"64" doc:"The whole commit in hex."`
}

type importIndexInput struct {
	IndexPath
	Name string `query:"name" maxLength:"128" doc:"Distinguishes the index from others of the commit. Default: the indexer's name, with the root."`
	Root string `query:"root" maxLength:"4096" doc:"Directory of the repository in which the indexer ran. Default: the root."`

	body io.Reader
}

// Resolve keeps the body, so that it can be read while it arrives.
func (in *importIndexInput) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	return nil
}

type indexOutput struct{ Body service.GraphIndex }

func (d deps) importIndex(ctx context.Context, who caller, in *importIndexInput) (*indexOutput, error) {
	g, err := d.ImportIndex(ctx, service.ImportRequest{
		IndexesRequest: indexesOf(who, in.Repository), Commit: in.Commit, Name: in.Name, Root: in.Root, Index: in.body,
	})
	return &indexOutput{g}, err
}

func indexesOf(who caller, repository string) service.IndexesRequest {
	return service.IndexesRequest{Tenant: who.tenant, Reach: who.Repositories, Repository: repository}
}

type indexesOutput struct{ Body service.IndexesAnswer }

func (d deps) indexes(ctx context.Context, who caller, in *RepositoryPath) (*indexesOutput, error) {
	a, err := d.Indexes(ctx, indexesOf(who, in.Repository))
	return &indexesOutput{a}, err
}

type dropIndexInput struct {
	IndexPath
	Name string `query:"name" required:"true" minLength:"1" maxLength:"128" doc:"Name of the index."`
}

func (d deps) dropIndex(ctx context.Context, who caller, in *dropIndexInput) (*struct{}, error) {
	return nil, d.DropIndex(ctx, service.DropIndexRequest{IndexesRequest: indexesOf(who, in.Repository), Commit: in.Commit, Name: in.Name})
}
