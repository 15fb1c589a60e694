package mcp

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/leatworks/leat/internal/access"
)

// tool is one tool that may be listed.
type tool struct {
	name        string
	title       string
	scope       access.Scope
	changes     bool // the tool changes something that others see
	destroys    bool // another call cannot undo the change
	description string
	add         func(*mcp.Server, caller, tool)
}

// tools are all tools, in the order of the list. A description tells a model when to use the tool
// and what comes back, and gives one example.
var tools = []tool{
	{
		name: "explore", title: "Explore code", scope: access.ScopeSearch,
		description: "Answers a question about code with the code itself: the best matching definitions and what they call, whole or the lines that matter, then names of further places. " +
			"The answer says which lines it leaves out; read shows them. A place without a repository belongs to the one named last. " +
			"Use it first for 'how does', 'where is' and 'what happens when'. The answer never takes more than max_tokens. " +
			`Example: {"question": "how are failed messages retried", "repository": "acme/mill", "max_tokens": 4000}`,
		add: handle(explore),
	},
	{
		name: "search", title: "Search code", scope: access.ScopeSearch,
		description: "Finds places in code by meaning and by words: names, error messages, concepts. Returns the best matches with path, lines, commit and text. " +
			"Narrow it by repository, language, path glob, kind or symbol; go on with cursor. " +
			`Example: {"query": "parse retry-after header", "language": "go", "path": "internal/**"}`,
		add: handle(search),
	},
	{
		name: "read", title: "Read a file", scope: access.ScopeRead,
		description: "Reads lines of an indexed file: a range (first_line, last_line), or with around the whole function or type that holds a line. " +
			"Use it for places that search and explore name. " +
			`Example: {"repository": "acme/mill", "path": "internal/queue.go", "around": 120}`,
		add: handle(read),
	},
	{
		name: "status", title: "State of the index", scope: access.ScopeRead,
		description: "Lists the repositories and refs that can be searched, the commit of each, and whether newer work is under way. " +
			`Use it when a search finds nothing, or to learn the names of repositories. Example: {"repository": "mill"}`,
		add: handle(status),
	},
	{
		name: "grep", title: "Find lines by a pattern", scope: access.ScopeSearch,
		description: "Finds every line of a repository that matches a regular expression (RE2), or a literal text, in the order of paths. " +
			"Use it when you need all places: each use of a name, each TODO; search ranks and does not list all. " +
			`Example: {"repository": "acme/mill", "pattern": "retry[A-Z]\\w+\\(", "path": "internal/**"}`,
		add: handle(grep),
	},
	{
		name: "compare", title: "Compare two commits", scope: access.ScopeRead,
		description: "Lists the files that were added, removed, changed or renamed between two commits, or with path the lines of one file that differ. " +
			"Commits are branches, tags, versions, or beginnings of commits that are indexed. " +
			`Example: {"repository": "acme/mill", "from": "v1.2.0", "to": "main", "under": "internal"}`,
		add: handle(compare),
	},
	{
		name: "symbol", title: "Find definitions", scope: access.ScopeRead,
		description: "Finds where a name is defined: id, lines, signature and first sentence of documentation of each definition. " +
			"Use it to learn the id that references, callers, callees, neighbours, impact and path take, or to list what begins with a prefix. " +
			`Example: {"repository": "acme/mill", "name": "Turn", "kind": "method"}`,
		add: handle(symbols),
	},
	{
		name: "references", title: "Find references", scope: access.ScopeRead,
		description: "Lists what refers to a symbol or a file, with lines, how each reference was resolved and how sure that is, 0 to 1. " +
			"Use it before a change of a name or a signature; unlike grep it leaves out other things of the same name. " +
			`Example: {"repository": "acme/mill", "symbol": "wheel/w.go#Wheel.Turn", "min_confidence": 0.8}`,
		add: handle(references),
	},
	{
		name: "callers", title: "Find callers", scope: access.ScopeRead,
		description: `Lists the functions that call a symbol, with lines and confidence. Example: {"repository": "acme/mill", "symbol": "Wheel.Turn"}`,
		add:         handle(callers),
	},
	{
		name: "callees", title: "Find callees", scope: access.ScopeRead,
		description: `Lists the functions of the repository that a symbol or a file calls, with lines and confidence. Example: {"repository": "acme/mill", "symbol": "main.go#run"}`,
		add:         handle(callees),
	},
	{
		name: "neighbours", title: "Walk the symbol graph", scope: access.ScopeRead,
		description: "Lists the symbols connected with a symbol or a file over a number of steps, nearest first, by edges with a confidence of 0.8 or more. " +
			"Use it to see how a part of the code is connected; direction and role narrow it. " +
			`Example: {"repository": "acme/mill", "symbol": "Wheel", "direction": "out", "depth": 2}`,
		add: handle(neighbours),
	},
	{
		name: "impact", title: "What a change may break", scope: access.ScopeRead,
		description: "Lists what may break if a symbol, a file or the code of a diff changes: all that refers to it directly or over steps, tests first within each distance. " +
			"Use it before an edit, and to choose the tests to run. " +
			`Example: {"repository": "acme/mill", "symbol": "wheel/w.go"}`,
		add: handle(impact),
	},
	{
		name: "path", title: "How one symbol leads to another", scope: access.ScopeRead,
		description: "Finds a shortest path of references from one symbol to another, of up to six steps. No rows: there is none. " +
			`Example: {"repository": "acme/mill", "symbol": "main.go#main", "to": "Wheel.Turn"}`,
		add: handle(path),
	},
	{
		name: "important", title: "What matters most", scope: access.ScopeRead,
		description: "Lists the most important symbols or files of a repository, by PageRank over its references. " +
			"Use it to learn a repository that you do not know: read these first. " +
			`Example: {"repository": "acme/mill", "by": "file", "limit": 20}`,
		add: handle(important),
	},
	{
		name: "communities", title: "Modules by use", scope: access.ScopeRead,
		description: "Groups the files of a repository that refer to each other. Each group has a name, its leading files, and the share of references that stays inside. " +
			`Use it for an overview of how a repository is divided. Example: {"repository": "acme/mill"}`,
		add: handle(communities),
	},
	{
		name: "related", title: "Files that belong to a file", scope: access.ScopeRead,
		description: "Lists the files that refer to a file, are referred to by it, refer to the same symbols, or were changed with it, closest first. " +
			`Use it to see which files an edit may have to touch too. Example: {"repository": "acme/mill", "file": "wheel/w.go"}`,
		add: handle(related),
	},
	{
		name: "indexes", title: "Imported indexes", scope: access.ScopeRead,
		description: "Lists the indexes that indexers such as scip-go made of a repository's commits, and whether the graph uses them. " +
			`Use it to learn whether references are exact or guessed. Example: {"repository": "acme/mill"}`,
		add: handle(indexes),
	},
	{
		name: "drop_index", title: "Drop an imported index", scope: access.ScopeSubmit, changes: true, destroys: true,
		description: "Deletes an imported index of a commit. The graphs of the commit are made again with leat's own edges. Only an import brings it back. " +
			`Example: {"repository": "acme/mill", "commit": "1f0c2a9be310d2b7f3c5a6e8d9b0a1c2d3e4f506", "name": "scip-go"}`,
		add: handle(dropIndex),
	},
	{
		name: "list", title: "List files", scope: access.ScopeRead,
		description: `Lists the files of a repository below a directory, with their languages. Example: {"repository": "acme/mill", "under": "internal"}`,
		add:         handle(list),
	},
	{
		name: "versions", title: "Kept versions", scope: access.ScopeRead,
		description: "Lists the commits of a repository that are kept under names, and the rules by which the newest tags are kept. " +
			`read, search and compare take such a name. Example: {"repository": "acme/mill"}`,
		add: handle(versions),
	},
	{
		name: "pin", title: "Keep a version", scope: access.ScopeSubmit, changes: true,
		description: "Keeps a commit of a repository as a version, so that it can be read, searched and compared whatever is pushed later; or with tags the newest tags that match a glob, from now on. " +
			`Example: {"repository": "acme/mill", "commit": "v1.2.0"}`,
		add: handle(pin),
	},
	{
		name: "unpin", title: "Release a version", scope: access.ScopeOperate, changes: true, destroys: true,
		description: "Releases a version by its name, or with tags ends the rule that keeps the newest tags. A commit that was indexed only for it leaves the index. " +
			`Example: {"repository": "acme/mill", "name": "v1.2.0"}`,
		add: handle(unpin),
	},
	{
		name: "rollback", title: "Serve an older commit", scope: access.ScopeOperate, changes: true,
		description: "Makes a branch serve an older commit, whatever is pushed, until it is released. Texts that are still kept are not embedded again. " +
			`Example: {"repository": "acme/mill", "ref": "main", "to": "v1.2.0"}`,
		add: handle(rollback),
	},
	{
		name: "wake", title: "Wake a repository", scope: access.ScopeSearch, changes: true,
		description: "Brings refs back into the index that sleep because nobody searched them. A search that names the repository does the same. Nothing is embedded. " +
			`Call it again to see whether they are still waking. Example: {"repository": "acme/mill"}`,
		add: handle(wake),
	},
	{
		name: "sleep", title: "Let a repository sleep", scope: access.ScopeOperate, changes: true,
		description: "Takes refs out of the index until somebody searches them. Their files can be read meanwhile, and their texts and vectors stay. " +
			`Example: {"repository": "acme/mill", "ref": "v1.2.0"}`,
		add: handle(sleep),
	},
	{
		name: "submit", title: "Index a repository", scope: access.ScopeSubmit, changes: true,
		description: `Asks for a repository to be indexed, or read again. It returns at once, and status shows the progress; with wait it follows for up to 20 seconds. Example: {"repository": "https://github.com/acme/mill"}`,
		add:         handle(submit),
	},
}

// handle makes a tool of a function from arguments to text. An error becomes a result that says
// what to do, since only results reach the model.
func handle[In any](answer func(context.Context, caller, In) (string, error)) func(*mcp.Server, caller, tool) {
	return func(s *mcp.Server, c caller, t tool) {
		destroys, changes := t.destroys, t.changes
		mcp.AddTool(s, &mcp.Tool{
			Name: t.name, Description: t.description,
			Annotations: &mcp.ToolAnnotations{Title: t.title, ReadOnlyHint: !changes, IdempotentHint: true, DestructiveHint: &destroys, OpenWorldHint: &changes},
		}, func(ctx context.Context, r *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
			ctx, done := c.while(ctx)
			defer done()
			c := c
			c.tell = progress(ctx, r)
			text, err := answer(c.in(ctx), c, in)
			if err != nil {
				return &mcp.CallToolResult{IsError: true, Content: []mcp.Content{&mcp.TextContent{Text: c.advise(err)}}}, nil, nil
			}
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, nil
		})
	}
}

// progress returns the function that reports the progress of a call to its client. It sends nothing
// to a client that has gone.
func progress(ctx context.Context, r *mcp.CallToolRequest) func(done, total int64, message string) {
	token := r.Params.GetProgressToken()
	if token == nil {
		return func(int64, int64, string) {}
	}
	return func(done, total int64, message string) {
		_ = r.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
			ProgressToken: token, Progress: float64(done), Total: float64(total), Message: message,
		})
	}
}
