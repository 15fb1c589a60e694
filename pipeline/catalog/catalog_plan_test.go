package catalog_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Statements that may read a whole table, each for a reason.
var mayScan = map[string]string{
	"ForgetPackClasses": "once, after the restore of a whole backup",
	"ListTracks":        "an operator's list of all repositories",
	"CountTracks":       "counts all documents of the tracks",
	"CountPending":      "an operator's count",
	"AskToReadAgain":    "looks once in a while for tracks that were read by other rules",
	"LoadUsage":         "an operator's list of what embedding took",

	"CountDocumentStates": "figures of the installation, which a syncer counts once in a while",
	"SumPacks":            "the history of the store's size, once an hour",

	"SumPackKeys": "an operator's count of what each key has sealed",

	"CountOpenDocuments": "an operator's count, while a repair is waited for",
	"Stamp":              "counts all documents, before and after a backup",
}

// small lists the tables that hold a few rows, however much is indexed.
var small = []string{"generations", "revision_floor", "backup_keys", "backup_leases", "pack_keys", "key_domains", "workers"}

// planWorld fills the tables that grow, so that the planner has something to
// choose from.
const planWorld = `
insert into repositories (id, tenant, url) select gen_random_uuid(), 'other', 'https://example.org/' || n from generate_series(1, 200) n;
insert into tracks (id, repository, ref, revision) select gen_random_uuid(), id, 'refs/heads/main', 2 from repositories;
insert into snapshots (track, revision, commit, config, rules, lane, state, files, listed_at, indexed_at)
    select id, r, decode(repeat('ab', 20), 'hex'), decode(repeat('ab', 32), 'hex'), decode(repeat('ab', 32), 'hex'), 'live',
    case r when 1 then 'superseded' else 'indexed' end, 1, now(), now() from tracks, generate_series(1, 2) r;
insert into submissions (tenant, source, event, repository, ref, state, track, revision)
    select 'other', 's', n::text || t.id, t.repository, '', 'done', t.id, 1 from tracks t, generate_series(1, 10) n;
insert into packs (key, kind, size, sha256) select 'text/' || n, 'text', 1, decode(repeat('ab', 32), 'hex') from generate_series(1, 200) n;
insert into blobs (sha256, size, pack, position, length, crc32c)
    select sha256(n::text::bytea), 1, 1 + n % 200, 0, 1, 0 from generate_series(1, 2000) n;
insert into chunkings (blob, language, chunker, chunks) select sha256, 'Go', 1, 2 from blobs;
insert into chunks select k.id, o, o, o + 1, 1, 1, '', '', sha256((k.id * 2 + o)::text::bytea) from chunkings k, generate_series(0, 1) o;
insert into embedders (name, dimensions, distance) values ('e', 1, 'dot');
insert into vectors select 1, text, 1, 0, 1, 0 from chunks on conflict do nothing;
insert into documents (id, track, path, oid, mode, revision, lane, state, chunking, skip_reason, indexed_revision, due_at)
    select gen_random_uuid(), (array(select id from tracks))[1 + n % 200], 'a', decode(repeat('ab', 20), 'hex'), 1, 1, 'live',
    case when n % 10 = 0 then 'skipped' when n % 100 = 1 then 'chunked' else 'indexed' end,
    case when n % 10 = 0 then null else n end, case when n % 10 = 0 then 'binary' end,
    case when n % 10 = 0 or n % 100 = 1 then null else 1 end,
    case when n % 10 <> 0 and n % 100 = 1 then now() end
    from generate_series(1, 2000) n;
insert into former_documents (document, track, path, since, until, oid, mode, blob, language)
    select id, track, path, r, r + 1, oid, mode, decode(repeat('ab', 32), 'hex'), '' from documents, generate_series(1, 3) r;
insert into findings select id, 0, 'r', 1 from documents;
insert into claims select 1, text, gen_random_uuid(), now() from chunks on conflict do nothing;
insert into generations (embedder, collection, state) values (1, 'b', 'building');
insert into generation_failures select g.number, d.id, d.revision, 1, 'e', now() from generations g, documents d;
insert into embedder_usage select current_date - n, 1, 'other', id, 1, 1, 1, 1, 1, 1, 1 from repositories, generate_series(1, 10) n;
analyze;
`

// scan is a plan's note of a table that is read whole.
var scan = regexp.MustCompile(`Seq Scan on ([a-z_]+)\b`)

// scanned returns the first table, if any, that a plan reads whole and that grows.
func scanned(plan string) string {
	for _, found := range scan.FindAllStringSubmatch(plan, -1) {
		if !slices.Contains(small, found[1]) {
			return found[1]
		}
	}
	return ""
}

// No statement of the catalog has to read a growing table whole, except the excused ones.
// Each is planned like a prepared statement, without a look at its parameters. Sequential
// scans are off, because Postgres would choose them for the small tables of the test.
func TestStatementsUseIndexes(t *testing.T) {
	w := newWorld(t)
	conn, err := w.sql.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	run(t, conn.Conn(), planWorld+"set plan_cache_mode = force_generic_plan; set enable_seqscan = off")
	statements := statementsOf(t)
	for name, statement := range statements {
		t.Run(name, func(t *testing.T) {
			plan := planOf(t, conn.Conn(), name, statement)
			if table := scanned(plan); table != "" && mayScan[name] == "" {
				t.Errorf("it reads all of %s\n%s", table, plan)
			}
		})
	}
	for name := range mayScan {
		if statements[name] == "" {
			t.Errorf("%s is excused, and no statement", name)
		}
	}
}

// A swap hastens the documents that are due, which are few. It does not go through all
// documents by some index, which the rule above would not see.
func TestASwapReadsWhatIsDue(t *testing.T) {
	w := newWorld(t)
	conn, err := w.sql.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	run(t, conn.Conn(), planWorld+"set plan_cache_mode = force_generic_plan")
	plan := planOf(t, conn.Conn(), "HastenDocuments", statementsOf(t)["HastenDocuments"])
	if !strings.Contains(plan, "documents_due") {
		t.Error(plan)
	}
}

// Statements whose plans grow with the tracks, each for a reason: it reads all by its nature, or the
// planner takes more for wanted than is. TestLooksDoNotGrowWithTracks counts what the latter read,
// for which the reason is the name of a look.
var mayGrow = map[string]string{
	"PollTracks":       "Submissions.AskForPolls",
	"LatelyOwedGraphs": "Graphs.LatelyOwed",
	"SleepUnsearched":  "Dormancy.SleepUnsearched",
	"ListActivity":     "Flow.Activity",
	"FindRepositories": "Names.Find",

	"TenantRepositories": "lists all of a tenant",
	"CountRepositories":  "counts them, before a tenant is deleted",
	"ListTenants":        "counts the repositories of tenants, for an operator",
	"LoadUsage":          "sums up what embedding took, for an operator",
	"RoomOf":             "counts the repositories and documents of a tenant that has a limit of them",

	"CountDocumentStates": "figures of the installation, which a syncer counts once in a while",
	"SumPacks":            "the history of the store's size, once an hour",
	"SumPackKeys":         "an operator's count of what each key has sealed",
	"CountOpenDocuments":  "an operator's count, while a repair is waited for",
	"CountChunks":         "the size of a generation that is being built",
	"Stamp":               "counts all documents, before and after a backup",
	"ForgetPackClasses":   "once, after the restore of a whole backup",
	"DropEmbedder":        "once, with the last generation of an embedder",
	"ShredDocuments":      "once, when a key is destroyed",
	"ShredGraphs":         "once, when a key is destroyed",

	"AskToReadAgain":      "looks once in a while for tracks that were read by other rules",
	"GraphStates":         "a page of the look at all symbol graphs, once a minute",
	"ForgetListings":      "the retention of snapshots of all tracks, once an hour",
	"DropOldSnapshots":    "the retention of snapshots of all tracks, once an hour",
	"DropFormerDocuments": "the retention of snapshots of all tracks, once an hour",
	"ForgetPacks":         "takes a third of the packs for deleted long ago, of which there are few",

	"LockUnusedBlobs":   "a page of the garbage, whose length the planner does not know",
	"DropOldFacts":      "a page of the garbage, whose length the planner does not know",
	"DropUnusedVectors": "a page of the garbage, whose length the planner does not know",
}

// bound is a number of rows that is known only when a statement is executed. The planner takes it for
// a tenth of the whole, so it is given to it.
var bound = regexp.MustCompile(`(?i)(limit|offset) (\$\d+)(::\w+)?`)

// No statement of the catalog costs more with ten thousand tracks than with one thousand, as the planner
// counts, except the excused ones. Each is planned like a prepared statement, whatever its parameters. All
// tracks are of one tenant.
func TestPlansDoNotGrowWithTracks(t *testing.T) {
	w := newWorld(t)
	w.active(t)
	conn, err := w.sql.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	// The planner's default, so that the figures are those of any server.
	run(t, conn.Conn(), "set plan_cache_mode = force_generic_plan; set random_page_cost = 4")
	statements := statementsOf(t)
	few := make(map[string]float64)
	w.exec(t, fmt.Sprintf(crowd, 1, 1_000)+belongings)
	for name, statement := range statements {
		few[name] = costOf(t, planOf(t, conn.Conn(), name, bounded(statement)))
	}
	w.exec(t, fmt.Sprintf(crowd, 1_001, 10_000)+belongings)
	run(t, conn.Conn(), "deallocate all")
	known := looks(w.Catalog, w.track.Repository, w.track.ID)
	for name, statement := range statements {
		plan := planOf(t, conn.Conn(), name, bounded(statement))
		many := costOf(t, plan)
		grows := many > 2*few[name]+150
		switch reason := mayGrow[name]; {
		case grows && reason == "":
			t.Errorf("%s costs %.0f with 1,000 tracks, and %.0f with 10,000:\n%s", name, few[name], many, plan)
		case !grows && reason != "":
			t.Errorf("%s is excused, and does not grow: %.0f and %.0f", name, few[name], many)
		case strings.Contains(reason, ".") && known[reason] == nil:
			t.Errorf("%s is excused by the look %s, which there is not", name, reason)
		}
	}
	for name := range mayGrow {
		if statements[name] == "" {
			t.Errorf("%s is excused, and no statement", name)
		}
	}
}

// bounded replaces a statement's bounds by a hundred, and numbers the other parameters anew.
func bounded(statement string) string {
	var left []string
	return regexp.MustCompile(`\$\d+`).ReplaceAllStringFunc(bound.ReplaceAllString(statement, "$1 100"), func(parameter string) string {
		if !slices.Contains(left, parameter) {
			left = append(left, parameter)
		}
		return fmt.Sprintf("$%d", slices.Index(left, parameter)+1)
	})
}

// costOf returns the cost of a plan, to its end.
func costOf(t *testing.T, plan string) float64 {
	t.Helper()
	found := regexp.MustCompile(`cost=[\d.]+\.\.([\d.]+)`).FindStringSubmatch(plan)
	if found == nil {
		t.Fatalf("no cost in the plan\n%s", plan)
	}
	cost, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return cost
}

// statementsOf reads all statements out of the generated code, by name.
func statementsOf(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("internal", "query", "*.sql.go"))
	if err != nil {
		t.Fatal(err)
	}
	statements := make(map[string]string)
	name := regexp.MustCompile(`^-- name: (\w+) :`)
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			literal, is := n.(*ast.BasicLit)
			if !is || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			if found := name.FindStringSubmatch(text); found != nil {
				statements[found[1]] = text
			}
			return true
		})
	}
	if len(statements) < 40 {
		t.Fatalf("%d statements are found", len(statements))
	}
	return statements
}

func planOf(t *testing.T, conn *pgx.Conn, name, statement string) string {
	t.Helper()
	parameters := 0
	for _, found := range regexp.MustCompile(`\$(\d+)`).FindAllStringSubmatch(statement, -1) {
		n, _ := strconv.Atoi(found[1])
		parameters = max(parameters, n)
	}
	run(t, conn, fmt.Sprintf("prepare %s as %s", name, statement))
	call := name
	if parameters > 0 {
		call += "(null" + strings.Repeat(", null", parameters-1) + ")"
	}
	rows, err := conn.Query(t.Context(), "explain execute "+call, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func run(t *testing.T, conn *pgx.Conn, statements string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statements, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
}
