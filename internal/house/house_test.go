// Package house_test checks the rules of the tree that the compiler does not
// know: how packages may import each other, which package is on the map in
// docs/packages.md, how test files are named, how wide prose is, and that the
// tests named in docs/laws.md exist.
//
// It reads every Go file whatever its build tags, and is the only place where
// these rules are written down.
package house_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "github.com/leatworks/leat"

// A rule says what the packages of some directories may not import. An ellipsis, as in
// pipeline/..., stands for a directory and all below it. A package may always import its own
// directory and the packages below it. The one exception is the runner, pipeline, which may not
// import the rooms below it by that right.
type rule struct {
	text   string   // the rule, as the error gives it
	of     []string // directories that it binds
	not    []string // directories among them that it does not bind
	tests  bool     // whether it binds _test.go files too
	within bool     // whether it also binds imports within a part, for example of pipeline/syncer from pipeline/syncer/point
	deny   []string // imports that it forbids: directories of ours, or paths of other modules
	except []string // imports among them that it allows
}

var (
	everything = []string{"..."}
	ours       = []string{module + "/..."}

	// The leaves: the readers of a repository, the models, the stores.
	leaves = []string{
		"pipeline/git/...", "pipeline/chunk/...", "pipeline/fact/...", "pipeline/lang/...", "pipeline/secret/...", "pipeline/text/...", "pipeline/extract/...", "pipeline/embedder/...",
		"pipeline/broker/...", "pipeline/catalog/...", "pipeline/blob/...", "pipeline/vector/...",
	}
	steps = []string{"pipeline/ingest/...", "pipeline/embed/...", "pipeline/index/...", "pipeline/syncer/...", "pipeline/search/...", "pipeline/graph/..."}
)

var rules = []rule{
	{
		text: "events is the public contract and imports nothing of ours",
		of:   []string{"events"}, tests: true,
		deny: ours, except: of("events"),
	},
	{
		text: "internal/fault is imported by every leaf and imports nothing of ours",
		of:   []string{"internal/fault"},
		deny: ours,
	},
	{
		text: "internal/access decides who may reach what, and imports events and nothing else of ours",
		of:   []string{"internal/access"},
		deny: ours, except: of("events"),
	},
	{
		text: "internal/webhook and internal/seal, internal/line, internal/wait and internal/host import nothing of ours",
		of:   []string{"internal/webhook", "internal/seal", "internal/line", "internal/wait", "internal/host"},
		deny: ours,
	},
	{
		text: "a leaf imports events, internal/fault, internal/glob, internal/line, internal/wait and internal/host, and nothing else of ours",
		of:   leaves, not: []string{"pipeline/chunk/..."},
		deny: ours, except: of("events", "internal/fault", "internal/glob", "internal/line", "internal/wait", "internal/host"),
	},
	{
		text: "chunk is a leaf that finds the facts of what it parses",
		of:   []string{"pipeline/chunk/..."},
		deny: ours, except: of("events", "internal/fault", "internal/glob", "internal/race", "pipeline/fact"),
	},
	{
		text: "steps never import each other; they meet in the events and the catalog",
		of:   steps, tests: true,
		deny: of(steps...),
	},
	{
		text: "content joins the readers that make a text of a file, and imports nothing else of ours",
		of:   []string{"pipeline/content"},
		deny: ours, except: of("pipeline/extract", "pipeline/secret", "pipeline/text"),
	},
	{
		text: "what is announced, and what becomes of a dead letter, is below the runner: it imports events, the broker and the catalog",
		of:   []string{"pipeline/announce", "pipeline/letter"},
		deny: ours, except: of("events", "internal/fault", "pipeline/broker", "pipeline/catalog"),
	},
	{
		text: "facts are stored below the steps, from what chunk has found",
		of:   []string{"pipeline/factstore"},
		deny: ours, except: of("pipeline/blob", "pipeline/catalog", "pipeline/chunk", "pipeline/fact"),
	},
	{
		text: "the runner runs any step: it reads no repository and announces nothing",
		of:   []string{"pipeline"},
		deny: ours, except: of("events", "internal/fault", "internal/line", "pipeline/broker", "pipeline/catalog"),
	},
	{
		text: "the syncer speaks of streams in its own words; internal/worker adapts the broker",
		of:   []string{"pipeline/syncer/..."},
		deny: of("pipeline/broker/..."),
	},
	{
		text: "a step speaks to the broker by its messages, which the runner hands it",
		of:   []string{"pipeline/ingest/...", "pipeline/embed/...", "pipeline/index/...", "pipeline/search/...", "pipeline/graph/..."},
		deny: of("pipeline/broker/..."),
	},
	room("schedule"),
	room("object", "schedule"),
	room("point", "schedule"),
	room("dormant"),
	room("generation", "schedule", "point"),
	room("verify", "schedule", "point"),
	{
		text: "nothing imports devstack but cmd/leat, internal/testenv, internal/stack, internal/chaos, internal/bench, internal/eval and tests",
		of:   everything, not: []string{"cmd/leat/...", "internal/testenv/...", "internal/stack/...", "internal/chaos/...", "internal/bench/...", "internal/eval/...", "devstack/..."},
		deny: of("devstack/..."),
	},
	{
		text: "nothing imports a command",
		of:   everything, tests: true,
		deny: of("cmd/..."),
	},
	{
		text: "the embedded servers are devstack's",
		of:   everything, not: []string{"devstack/..."},
		deny: []string{"github.com/nats-io/nats-server/...", "github.com/versity/versitygw/..."},
	},
	{
		text: "patterns are matched by internal/glob, which bounds them",
		of:   everything, not: []string{"internal/glob"}, tests: true,
		deny: []string{"github.com/bmatcuk/doublestar/..."},
	},
	driver("NATS", []string{"pipeline/broker/..."}, "github.com/nats-io/nats.go/..."),
	{
		text: "keys and JWTs of NATS are made by internal/account, and by internal/callout, which answers the server",
		of:   everything, not: []string{"internal/account", "internal/callout", "devstack/..."}, tests: true,
		deny: []string{"github.com/nats-io/jwt/...", "github.com/nats-io/nkeys/..."},
	},
	driver("Postgres", []string{"pipeline/catalog/..."}, "github.com/jackc/pgx/...", "github.com/pressly/goose/...", "github.com/exaring/otelpgx/..."),
	{
		text: "internal/seal alone encrypts",
		of:   everything, not: []string{"internal/seal"},
		deny: []string{"github.com/tink-crypto/..."},
	},
	driver("S3", []string{"pipeline/blob/..."}, "github.com/minio/minio-go/..."),
	{
		text: "the client of Qdrant is imported by pipeline/vector/qdrant alone, by the embedded server, which is built on its stubs, and by internal/bench, which measures it bare",
		of:   everything, not: []string{"pipeline/vector/qdrant", "devstack/qdrant", "internal/bench"}, tests: true,
		deny: []string{"github.com/qdrant/go-client/..."},
	},
	{
		text: "the driver of a vector store is named by internal/config, and by internal/testenv, alone; others take pipeline/vector's interface",
		of:   everything, not: []string{"internal/config", "internal/testenv", "devstack/..."}, tests: true,
		deny: of("pipeline/vector/qdrant/..."),
	},
	{
		text: "routes are described and registered in internal/httpapi alone",
		of:   everything, not: []string{"internal/httpapi/..."}, tests: true,
		deny: []string{"github.com/danielgtaylor/huma/..."},
	},
	{
		text: "people are known by internal/session alone: it exchanges messages with a provider",
		of:   everything, not: []string{"internal/session"}, tests: true,
		deny: []string{"github.com/coreos/go-oidc/...", "golang.org/x/oauth2/..."},
	},
	{
		text: "a door over HTTP asks the service: it opens no store and reads no repository",
		of:   []string{"internal/httpapi/...", "internal/session", "internal/web/..."},
		deny: of("internal/store/...", "internal/worker/...", "internal/config/...", "pipeline/broker/...", "pipeline/blob/...", "pipeline/git/...", "pipeline/ingest/...", "pipeline/embed/...", "pipeline/index/..."),
	},
	{
		text: "pages are written by internal/web alone",
		of:   everything, not: []string{"internal/web/..."}, tests: true,
		deny: []string{"github.com/a-h/templ/...", "github.com/alecthomas/chroma/..."},
	},
	{
		text: "internal/web knows no other door",
		of:   []string{"internal/web/..."},
		deny: of("internal/httpapi/...", "internal/mcp/...", "internal/gateway/..."),
	},
	driver("Watermill", []string{"pipeline", "pipeline/broker/...", "pipeline/letter"}, "github.com/ThreeDotsLabs/watermill/..."),
}

// room lets a room of the syncer import no other rooms than these.
func room(name string, others ...string) rule {
	allowed := of("pipeline/syncer/" + name + "/...")
	for _, other := range others {
		allowed = append(allowed, of("pipeline/syncer/"+other)...)
	}
	return rule{
		text: "rooms of the syncer import one way (pipeline/syncer/doc.go)",
		of:   []string{"pipeline/syncer/" + name + "/..."}, within: true,
		deny: of("pipeline/syncer/..."), except: allowed,
	}
}

// driver keeps a driver behind its adapter. The embedded servers, the shared tests and the trials
// may import it too, because they speak to bare stores.
func driver(name string, adapter []string, paths ...string) rule {
	return rule{
		text: "the driver of " + name + " is imported by " + strings.TrimSuffix(strings.Join(adapter, " and "), "/...") + " alone",
		of:   everything, not: append(adapter, "devstack/...", "internal/testenv/...", "internal/chaos/...", "internal/bench/..."),
		deny: paths,
	}
}

// of gives directories their import paths.
func of(dirs ...string) []string {
	paths := make([]string, len(dirs))
	for i, dir := range dirs {
		paths[i] = module + "/" + dir
	}
	return paths
}

func TestImports(t *testing.T) {
	files, broken, err := check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Error(b)
	}
	if files < 10 {
		t.Errorf("%d Go files found; is this still the module's internal/house?", files)
	}
}

// check returns how many Go files it read, and a line for each import that
// breaks a rule.
func check(tree fs.FS) (files int, broken []string, err error) {
	err = walkGo(tree, func(name string) error {
		files++
		imports, err := importsOf(tree, name)
		if err != nil {
			return err
		}
		for _, imported := range imports {
			for _, r := range rules {
				if r.breaks(name, imported) {
					broken = append(broken, fmt.Sprintf("%s imports %s: %s", name, imported, r.text))
				}
			}
		}
		return nil
	})
	return files, broken, err
}

// walkGo calls visit for each Go file of the tree, except those that the go command ignores too.
func walkGo(tree fs.FS, visit func(name string) error) error {
	return fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		switch {
		case name == ".":
			return nil
		case entry.IsDir() && (base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_'):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		return visit(name)
	})
}

func importsOf(tree fs.FS, name string) ([]string, error) {
	source, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	imports := make([]string, len(file.Imports))
	for i, spec := range file.Imports {
		if imports[i], err = strconv.Unquote(spec.Path.Value); err != nil {
			return nil, err
		}
	}
	return imports, nil
}

func (r rule) breaks(file, imported string) bool {
	dir := path.Dir(file)
	switch {
	case strings.HasSuffix(file, "_test.go") && !r.tests:
		return false
	case !covers(r.of, dir) || covers(r.not, dir):
		return false
	case !r.within && dir != "pipeline" && covers(of(root(dir)+"/..."), imported): // the steps are not the runner's own
		return false
	}
	return covers(r.deny, imported) && !covers(r.except, imported)
}

// root is the directory of the part that a directory belongs to:
// pipeline/catalog for pipeline/catalog/internal/query.
func root(dir string) string {
	parts := strings.Split(dir, "/")
	if n := 2; len(parts) > n && (parts[0] == "pipeline" || parts[0] == "cmd" || parts[0] == "internal") {
		return path.Join(parts[:n]...)
	}
	return dir
}

func covers(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, below := strings.CutSuffix(pattern, "...")
		if !below {
			return name == pattern
		}
		return prefix == "" || name+"/" == prefix || strings.HasPrefix(name, prefix)
	})
}

// The rules themselves: each line of an invented tree is allowed or broken.
func TestRules(t *testing.T) {
	const allowed = ""
	for _, test := range []struct {
		file, imported, broken string
	}{
		{"events/id.go", "github.com/google/uuid", allowed},
		{"events/id.go", module + "/internal/fault", "events is the public contract"},
		{"events/id_test.go", module + "/events", allowed},
		{"events/id_test.go", module + "/internal/testenv", "events is the public contract"},
		{"events/internal/schemagen/main.go", module + "/events", allowed},
		{"internal/fault/fault.go", module + "/events", "internal/fault is imported by every leaf"},
		{"internal/access/grant.go", module + "/pipeline/catalog", "internal/access decides who may reach what"},

		{"internal/webhook/verify.go", module + "/internal/service", "internal/webhook and internal/seal"},

		{"pipeline/git/fetch.go", module + "/events", allowed},
		{"pipeline/git/fetch.go", module + "/internal/fault", allowed},
		{"pipeline/git/fetch.go", module + "/internal/faults", "a leaf imports"},
		{"pipeline/lang/rules.go", module + "/internal/glob", allowed},
		{"pipeline/lang/rules.go", "github.com/bmatcuk/doublestar/v4", "patterns are matched"},
		{"pipeline/git/fetch.go", module + "/pipeline/blob", "a leaf imports"},
		{"pipeline/git/fetch.go", module + "/pipeline", "a leaf imports"},
		{"pipeline/git/fetch.go", module + "/pipeline/ingest", "a leaf imports"},
		{"pipeline/git/fetch_test.go", module + "/internal/testenv", allowed},
		{"pipeline/catalog/read.go", module + "/pipeline/catalog/internal/query", allowed},
		{"pipeline/catalog/internal/query/read.go", module + "/pipeline/catalog/internal/row", allowed},
		{"pipeline/catalog/internal/query/read.go", module + "/pipeline/vector", "a leaf imports"},

		{"pipeline/ingest/ingest.go", module + "/pipeline/git", allowed},
		{"pipeline/ingest/ingest.go", module + "/pipeline", allowed},
		{"pipeline/ingest/ingest.go", module + "/pipeline/embedder", allowed},
		{"pipeline/ingest/ingest.go", module + "/pipeline/embed", "steps never import each other"},
		{"pipeline/ingest/ingest_test.go", module + "/pipeline/syncer", "steps never import each other"},
		{"pipeline/ingest/ingest.go", module + "/pipeline/syncer/point", "steps never import each other"},
		{"pipeline/ingest/ingest.go", module + "/pipeline/broker", "a step speaks to the broker by its messages"},
		{"pipeline/syncer/syncer.go", module + "/pipeline/broker", "the syncer speaks of streams in its own words"},
		{"pipeline/syncer/retain.go", module + "/pipeline/syncer/schedule", allowed},
		{"pipeline/syncer/verify/verify.go", module + "/pipeline/syncer/point", allowed},
		{"pipeline/syncer/point/point.go", module + "/pipeline/syncer/generation", "rooms of the syncer import one way"},
		{"pipeline/syncer/schedule/work.go", module + "/pipeline/syncer", "rooms of the syncer import one way"},
		{"pipeline/ingest/ingest.go", module + "/devstack", "nothing imports devstack"},
		{"pipeline/ingest/ingest.go", module + "/cmd/ingestor/flag", "nothing imports a command"},

		{"pipeline/content/content.go", module + "/pipeline/text", allowed},
		{"pipeline/content/content.go", module + "/pipeline/lang", "content joins the readers"},
		{"pipeline/announce/event.go", module + "/pipeline/catalog", allowed},
		{"pipeline/announce/event.go", module + "/pipeline", "what is announced"},
		{"pipeline/letter/letter.go", module + "/pipeline/announce", "what is announced"},
		{"pipeline/run.go", module + "/pipeline/broker", allowed},
		{"pipeline/run.go", module + "/pipeline/announce", "the runner runs any step"},
		{"pipeline/run.go", module + "/pipeline/extract", "the runner runs any step"},

		{"cmd/leat/dev.go", module + "/devstack", allowed},
		{"cmd/ingestor/main.go", module + "/devstack", "nothing imports devstack"},
		{"cmd/ingestor/main.go", module + "/pipeline/ingest", allowed},
		{"internal/testenv/postgres.go", module + "/devstack/postgres", allowed},
		{"internal/telemetry/trace.go", module + "/devstack/postgres", "nothing imports devstack"},
		{"pipeline/index/index_test.go", module + "/devstack/qdrant", allowed},
		{"devstack/devstack.go", module + "/devstack/qdrant", allowed},

		{"pipeline/broker/broker.go", "github.com/nats-io/nats.go/jetstream", allowed},
		{"pipeline/embed/embed.go", "github.com/nats-io/nats.go", "the driver of NATS"},
		{"pipeline/embed/embed_test.go", "github.com/nats-io/nats.go", allowed},
		{"internal/account/operator.go", "github.com/nats-io/jwt/v2", allowed},
		{"cmd/leat/cmd_nats.go", "github.com/nats-io/nkeys", "keys and JWTs of NATS"},
		{"pipeline/broker/broker.go", "github.com/nats-io/nats-server/v2/server", "the embedded servers are devstack's"},
		{"devstack/nats.go", "github.com/nats-io/nats-server/v2/server", allowed},
		{"cmd/leat/status.go", "github.com/jackc/pgx/v5/pgxpool", "the driver of Postgres"},
		{"pipeline/catalog/internal/query/db.go", "github.com/jackc/pgx/v5", allowed},
		{"internal/testenv/postgres.go", "github.com/jackc/pgx/v5", allowed},
		{"pipeline/vector/store.go", "github.com/minio/minio-go/v7", "the driver of S3"},
		{"pipeline/blob/store.go", "github.com/qdrant/go-client/qdrant", "the client of Qdrant"},
		{"pipeline/vector/store.go", "github.com/qdrant/go-client/qdrant", "the client of Qdrant"},
		{"pipeline/vector/vectortest/search.go", "github.com/qdrant/go-client/qdrant", "the client of Qdrant"},
		{"pipeline/vector/qdrant/store.go", "github.com/qdrant/go-client/qdrant", allowed},
		{"pipeline/index/index_test.go", "github.com/qdrant/go-client/qdrant", "the client of Qdrant"},
		{"devstack/qdrant/server.go", "github.com/qdrant/go-client/qdrant", allowed},
		{"pipeline/search/search.go", module + "/pipeline/vector/qdrant", "the driver of a vector store"},
		{"internal/worker/stores.go", module + "/pipeline/vector/qdrant", "the driver of a vector store"},
		{"internal/config/stores.go", module + "/pipeline/vector/qdrant", allowed},
		{"pipeline/router.go", "github.com/ThreeDotsLabs/watermill/message", allowed},
		{"pipeline/ingest/ingest.go", "github.com/ThreeDotsLabs/watermill/message", "the driver of Watermill"},
	} {
		source := fmt.Sprintf("//go:build never\n\npackage p\n\nimport _ %q\n", test.imported)
		_, broken, err := check(fstest.MapFS{
			test.file:                    {Data: []byte(source)},
			"pipeline/testdata/bad.go":   {Data: []byte("not Go")},
			"docs/README.md":             {Data: []byte("not Go")},
			".cache/pipeline/git/bad.go": {Data: []byte("not Go")},
		})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(broken, "\n")
		if test.broken == allowed && got != "" {
			t.Errorf("allowed, but: %s", got)
		}
		if want := test.file + " imports " + test.imported + ": " + test.broken; test.broken != allowed && !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
