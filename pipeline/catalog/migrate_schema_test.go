package catalog_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Names that the statements below use; $name becomes a literal.
const constraintWorld = `
insert into repositories (id, tenant, url) values ($repository, 'default', 'https://example.org/r');
insert into tracks (id, repository, ref, revision) values ($track, $repository, 'refs/heads/main', 9), ($other, $repository, 'refs/heads/x', 9);
insert into snapshots (track, revision, commit, config, rules, lane, state, files, listed_at, indexed_at) values
    ($track, 1, $oid, $hash, $hash, 'live', 'superseded', null, null, null),
    ($track, 2, $oid, $hash, $hash, 'live', 'indexed', 0, now(), now()),
    ($track, 3, $oid, $hash, $hash, 'live', 'listing', null, null, null);
insert into packs (id, key, kind, size, sha256) overriding system value values (101, 'p', 'text', 1, $hash);
insert into blobs (sha256, size, pack, position, length, crc32c) values ($hash, 1, 101, 0, 1, 0);
insert into chunkings (id, blob, language, chunker, chunks) overriding system value values (101, $hash, '', 1, 1);
insert into chunks values (101, 0, 0, 1, 1, 1, '', '', $hash);
insert into embedders (id, name, dimensions, distance) overriding system value values (101, 'e', 1, 'dot');
insert into vectors values (101, $hash, 101, 0, 1, 0);
insert into generations (number, embedder, collection, state, served) overriding system value values (101, 101, 'c', 'active', true), (102, 101, 'd', 'building', false);
insert into submissions (tenant, source, event, repository, ref, state, due_at) values ('default', 's', '1', $repository, '', 'pending', now());
insert into documents (id, track, path, oid, mode, revision, lane, state, chunking, due_at)
    values ($document, $track, 'a', $oid, 33188, 2, 'live', 'chunked', 101, now());
insert into tokens (id, tenant, name, hash, scopes, repositories) values ($document, 'default', 't', $hash, '{read}', '{}');
insert into hooks (id, tenant, name, provider, secret, allowed, scopes, refs)
    values ('01234567890123456789', 'default', 'h', 'github', '\x00', '{h/a}', '{submit}', '{}');
insert into deliveries (hook, delivery, event, content_type, size, body, state) values ('01234567890123456789', 'd', '', '', 0, '', 'received');
insert into tag_rules (repository, glob, keep) values ($repository, 'refs/tags/v*', 3);
`

var constraintNames = strings.NewReplacer(
	"$repository", "'00000000-0000-0000-0000-000000000001'",
	"$track", "'00000000-0000-0000-0000-000000000002'",
	"$other", "'00000000-0000-0000-0000-000000000003'",
	"$document", "'00000000-0000-0000-0000-000000000004'",
	"$nobody", "'00000000-0000-0000-0000-000000000005'",
	"$hash", `'\x`+strings.Repeat("ab", 32)+`'`,
	"$second", `'\x`+strings.Repeat("cd", 32)+`'`,
	"$oid", `'\x`+strings.Repeat("ef", 20)+`'`,
)

// SQLSTATE codes (Postgres manual, appendix A).
const (
	notNull  = "23502"
	foreign  = "23503"
	unique   = "23505"
	check    = "23514"
	tooLarge = "22003"
)

// A wrong state cannot be stored. Each statement differs from a right one in the way
// that its name says.
func TestConstraints(t *testing.T) {
	w := newWorld(t)
	tx, err := w.sql.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(t.Context()) })
	if _, err := tx.Exec(t.Context(), "delete from repositories;"+constraintNames.Replace(constraintWorld)); err != nil {
		t.Fatal(err)
	}
	const (
		repository = "insert into repositories (id, tenant, url, error) values "
		track      = "insert into tracks (id, repository, ref, revision) values "
		snapshot   = "insert into snapshots (track, revision, commit, config, rules, lane, state, files, listed_at, indexed_at) values "
		approval   = "insert into approvals (track, commit, removes, documents) values "
		sub        = "insert into submissions (tenant, source, event, repository, ref, state, track, revision, attempts, error, due_at) values "
		packKey    = "insert into pack_keys (id, domain, state, wrapped, wrapped_by, retired_at, destroyed_at) values "
		pack       = "insert into packs (key, kind, size, sha256) values "
		blob       = "insert into blobs (sha256, size, pack, position, length, crc32c) values "
		chunking   = "insert into chunkings (blob, language, chunker, chunks) values "
		chunk      = "insert into chunks (chunking, ordinal, start_byte, end_byte, start_line, end_line, kind, symbol, text) values "
		embedder   = "insert into embedders (name, dimensions, distance) values "
		vector     = "insert into vectors (embedder, text, pack, position, length, crc32c) values "
		generation = "insert into generations (embedder, collection, state, served) values "
		failure    = "insert into generation_failures (generation, document, revision, attempts, error, due_at) values "
		doc        = "insert into documents (id, track, path, oid, mode, revision, lane, state, chunking, skip_reason, skip_detail, indexed_revision, attempts, error, due_at) values "
		run        = "insert into sync_runs (kind, started_at, finished_at, compared, found, repaired, error) values "
		finding    = "insert into findings (document, ordinal, rule, line) values "
		claim      = "insert into claims (embedder, text, holder, expires_at) values "
		usage      = "insert into embedder_usage (day, tenant, repository, embedder, texts, cached, tokens, requests, retries, waited, cost) values "
		token      = "insert into tokens (id, tenant, name, hash, scopes, repositories, created_at, expires_at, rotated_from) values "
		sealed     = "insert into git_credentials (tenant, host, sealed) values "
		audit      = "insert into audit (tenant, actor, token, door, address, request, action, target) values "
		hook       = "insert into hooks (id, tenant, name, provider, secret, previous, previous_until, allowed, scopes, refs) values "
		delivery   = "insert into deliveries (hook, delivery, event, times, replays, content_type, size, body, state, settled_at) values "
		worker     = "insert into workers (id, name, host, started_at, held, holdings) values "
		facts      = "insert into facts (blob, language, extractor, content) values "
		graph      = "insert into graphs (track, revision, commit, version, inputs, layout) values "
		graphFile  = "insert into graphs (track, revision, version, inputs, layout) values ($other, 0, 1, $hash, '{}'); insert into graph_files (document, track, path, blob, language, package, stale, edges, keys, targets) values "
		symbol     = graphFile + "($document, $other, 'a', $hash, 'Go', '', true, '', '{}', '{}'); insert into graph_symbols (document, ordinal, track, name, qualified, kind, visibility, start_line, end_line, line, signature, doc, type, bases) values "
		former     = "insert into former_documents (document, track, path, since, until, oid, mode, blob, language, skip_reason) values "
		wikiPage   = "insert into wiki_pages (track, hash, page, title, body) values "
		kept       = graph + "($track, 1, $oid, 1, $hash, '{}'); insert into graph_answers (track, question, changed, answer) values "
		index      = "insert into graph_indexes (id, repository, commit, name, tool, hash, documents, occurrences, left_out) values "
		indexFile  = index + "($nobody, $repository, $oid, 'a', 'b', $hash, 1, 1, 0); insert into graph_index_files (index, path, form) values "
		exact      = graphFile + "($document, $other, 'a', $hash, 'Go', '', true, '', '{}', '{}'); insert into graph_exact (document, track, edges, targets) values "
		letter     = "insert into dead_letters (worker, tenant, document, subject, headers, payload, reason, attempts) values "
	)
	for _, test := range []struct{ name, code, statement string }{
		{"worker", "", worker + "($nobody, 'ingestor', 'h', now(), 0, '[]')"},
		{"worker twice", unique, worker + "($nobody, 'ingestor', 'h', now(), 0, '[]'), ($nobody, 'ingestor', 'h', now(), 0, '[]')"},
		{"worker without a name", check, worker + "($nobody, '', 'h', now(), 0, '[]')"},
		{"worker of no host", check, worker + "($nobody, 'ingestor', '', now(), 0, '[]')"},
		{"worker that holds less than nothing", check, worker + "($nobody, 'ingestor', 'h', now(), -1, '[]')"},
		{"worker that holds no list", check, worker + "($nobody, 'ingestor', 'h', now(), 0, '{}')"},

		{"facts", "", facts + "($hash, 'Go', 1, $hash)"},
		{"facts of no blob", foreign, facts + "($second, 'Go', 1, $hash)"},
		{"facts that are no blob", foreign, facts + "($hash, 'Go', 1, $second)"},
		{"facts of no extractor", check, facts + "($hash, 'Go', 0, $hash)"},
		{"facts twice", unique, facts + "($hash, 'Go', 1, $hash), ($hash, 'Go', 1, $hash)"},
		{"graph", "", graph + "($track, 1, $oid, 1, $hash, '{}')"},
		{"graph of no track", foreign, graph + "($nobody, 1, $oid, 1, $hash, '{}')"},
		{"graph of a revision without a commit", check, graph + "($track, 1, null, 1, $hash, '{}')"},
		{"graph of a commit without a revision", check, graph + "($track, 0, $oid, 1, $hash, '{}')"},
		{"graph of no version", check, graph + "($track, 0, null, 0, $hash, '{}')"},
		{"file of a graph", "", graphFile + "($document, $other, 'a', $hash, 'Go', '', true, '', '{}', '{}')"},
		{"file of no graph", foreign, graphFile + "($document, $track, 'a', $hash, 'Go', '', true, '', '{}', '{}')"},
		{"file of a graph without a path", check, graphFile + "($document, $other, '', $hash, 'Go', '', true, '', '{}', '{}')"},
		{"symbol", "", symbol + "($document, 0, $other, 'f', 'f', 1, 1, 1, 1, 1, '', '', '', '{}')"},
		{"symbol of no file", foreign, symbol + "($nobody, 0, $other, 'f', 'f', 1, 1, 1, 1, 1, '', '', '', '{}')"},
		{"symbol without a name", check, symbol + "($document, 0, $other, '', '', 1, 1, 1, 1, 1, '', '', '', '{}')"},
		{"symbol of no kind", check, symbol + "($document, 0, $other, 'f', 'f', 8, 1, 1, 1, 1, '', '', '', '{}')"},
		{"symbol that ends before it begins", check, symbol + "($document, 0, $other, 'f', 'f', 1, 1, 2, 1, 1, '', '', '', '{}')"},

		{"former document", "", former + "($document, $track, 'a', 1, 2, $oid, 1, $hash, 'Go', null)"},
		{"former document that was skipped", "", former + "($document, $track, 'a', 1, 2, $oid, 1, null, '', 'binary')"},
		{"former document twice", unique, former + "($document, $track, 'a', 1, 3, $oid, 1, $hash, '', null), ($document, $track, 'a', 2, 3, $oid, 1, $hash, '', null)"},
		{"former document of no track", foreign, former + "($document, $nobody, 'a', 1, 2, $oid, 1, $hash, '', null)"},
		{"former document without a path", check, former + "($document, $track, '', 1, 2, $oid, 1, $hash, '', null)"},
		{"former document that never was", check, former + "($document, $track, 'a', 2, 2, $oid, 1, $hash, '', null)"},
		{"former document before the first revision", check, former + "($document, $track, 'a', -1, 2, $oid, 1, $hash, '', null)"},
		{"former document with a short object id", check, former + "($document, $track, 'a', 1, 2, 'x', 1, $hash, '', null)"},
		{"former document without a mode", check, former + "($document, $track, 'a', 1, 2, $oid, 0, $hash, '', null)"},
		{"former document with a short hash", check, former + "($document, $track, 'a', 1, 2, $oid, 1, $oid, '', null)"},
		{"former document without a text or a reason", check, former + "($document, $track, 'a', 1, 2, $oid, 1, null, '', null)"},
		{"former document with a text and a reason", check, former + "($document, $track, 'a', 1, 2, $oid, 1, $hash, '', 'binary')"},
		{"former document of an empty encoding", check, "insert into former_documents (document, track, path, since, until, oid, mode, blob, language, encoding) values ($document, $track, 'a', 1, 2, $oid, 1, $hash, '', '')"},
		{"former document for no reason", check, former + "($document, $track, 'a', 1, 2, $oid, 1, null, '', '')"},
		{"track that was listable before its first revision", check, "update tracks set listable_since = -1"},

		{"page of a wiki", "", wikiPage + "($track, $hash, 'a', 't', 'b')"},
		{"page of the wiki of no track", foreign, wikiPage + "($nobody, $hash, 'a', 't', 'b')"},
		{"page of a wiki with a short hash", check, wikiPage + "($track, $oid, 'a', 't', 'b')"},
		{"page of a wiki without an id", check, wikiPage + "($track, $hash, '', 't', 'b')"},
		{"page of a wiki with a long id", check, wikiPage + "($track, $hash, repeat('a', 129), 't', 'b')"},
		{"page of a wiki with a long title", check, wikiPage + "($track, $hash, 'a', repeat('a', 1025), 'b')"},
		{"page of a wiki with a long body", check, wikiPage + "($track, $hash, 'a', 't', repeat('a', 262145))"},
		{"page of a wiki twice", unique, wikiPage + "($track, $hash, 'a', 't', 'b'), ($track, $hash, 'c', 't', 'b')"},
		{"answer of a graph", "", kept + "($track, 'a', 0, '[]')"},
		{"mark of no track", foreign, "insert into graph_marks (track, document) values ($nobody, $document)"},
		{"answer of no graph", foreign, kept + "($nobody, 'a', 0, '[]')"},
		{"answer to nothing", check, kept + "($track, '', 0, '[]')"},
		{"answer twice", unique, kept + "($track, 'a', 0, '[]'), ($track, 'a', 1, '[]')"},
		{"answer of a graph that changed less than never", check, kept + "($track, 'a', -1, '[]')"},
		{"index of a commit", "", index + "($nobody, $repository, $oid, 'a', 'b', $hash, 1, 1, 0)"},
		{"index of no repository", foreign, index + "($nobody, $nobody, $oid, 'a', 'b', $hash, 1, 1, 0)"},
		{"index of a short commit", check, index + "($nobody, $repository, '\\x00', 'a', 'b', $hash, 1, 1, 0)"},
		{"index without a name", check, index + "($nobody, $repository, $oid, '', 'b', $hash, 1, 1, 0)"},
		{"index with a short hash", check, index + "($nobody, $repository, $oid, 'a', 'b', $oid, 1, 1, 0)"},
		{"index of less than no documents", check, index + "($nobody, $repository, $oid, 'a', 'b', $hash, -1, 1, 0)"},
		{"index of less than no occurrences", check, index + "($nobody, $repository, $oid, 'a', 'b', $hash, 1, -1, 0)"},
		{"index that leaves less than nothing out", check, index + "($nobody, $repository, $oid, 'a', 'b', $hash, 1, 1, -1)"},
		{"index of a tool with a long name", check, index + "($nobody, $repository, $oid, 'a', repeat('b', 301), $hash, 1, 1, 0)"},
		{"index that says less than nothing", check, index + "($nobody, $repository, $oid, 'a', 'b', $hash, 1, 1, 0); update graph_indexes set placed = -1"},
		{"index with less than nothing strange", check, index + "($nobody, $repository, $oid, 'a', 'b', $hash, 1, 1, 0); update graph_indexes set strange = -1"},
		{"index twice", unique, index + "($nobody, $repository, $oid, 'a', 'b', $hash, 1, 1, 0), ($document, $repository, $oid, 'a', 'b', $hash, 1, 1, 0)"},
		{"document of an index", "", indexFile + "($nobody, 'a', '')"},
		{"document of an index without a path", check, indexFile + "($nobody, '', '')"},
		{"document of no index", foreign, indexFile + "($document, 'a', '')"},
		{"document of an index twice", unique, indexFile + "($nobody, 'a', ''), ($nobody, 'a', '')"},
		{"exact edges", "", exact + "($document, $other, '', '{}')"},
		{"exact edges of no file", foreign, exact + "($nobody, $other, '', '{}')"},
		{"graph of a short commit", check, graph + "($track, 1, '\\x00', 1, $hash, '{}')"},
		{"graph of a revision below zero", check, graph + "($track, -1, $oid, 1, $hash, '{}')"},
		{"graph of a short hash of inputs", check, graph + "($track, 0, null, 1, $oid, '{}')"},
		{"graph that changed less than never", check, "insert into graphs (track, revision, version, inputs, layout, changed) values ($track, 0, 1, $hash, '{}', -1)"},
		{"file of a graph with a short hash", check, graphFile + "($document, $other, 'a', $oid, 'Go', '', true, '', '{}', '{}')"},
		{"symbol before the first", check, symbol + "($document, -1, $other, 'f', 'f', 1, 1, 1, 1, 1, '', '', '', '{}')"},
		{"symbol of no visibility", check, symbol + "($document, 0, $other, 'f', 'f', 1, 5, 1, 1, 1, '', '', '', '{}')"},
		{"symbol before the first line", check, symbol + "($document, 0, $other, 'f', 'f', 1, 1, 0, 1, 1, '', '', '', '{}')"},
		{"symbol with its name before the first line", check, symbol + "($document, 0, $other, 'f', 'f', 1, 1, 1, 1, 0, '', '', '', '{}')"},

		{"repository", "", repository + "($nobody, 'a', 'ssh://git@h:22/r', 'e')"},
		{"repository of a malformed tenant", check, repository + "($nobody, 'A b', 'https://h/r', null)"},
		{"repository of no tenant", check, repository + "($nobody, '', 'https://h/r', null)"},
		{"repository without a URL", check, repository + "($nobody, 'a', '', null)"},
		{"repository with a password", check, repository + "($nobody, 'a', 'ssh://u:p@h/r', null)"},
		{"repository with a token", check, repository + "($nobody, 'a', 'https://token@h/r', null)"},
		{"repository with a token, in capitals", check, repository + "($nobody, 'a', 'HTTPS://token@h/r', null)"},
		{"repository with a password that holds an @", check, repository + "($nobody, 'a', 'https://u:p@q@h/r', null)"},
		{"repository with an empty error", check, repository + "($nobody, 'a', 'https://h/r', '')"},
		{"repository twice", unique, repository + "($nobody, 'default', 'https://example.org/r', null)"},

		{"repository of no name", check, "update repositories set name = ''"},
		{"two repositories of one name", unique, "insert into repositories (id, tenant, url, name) values ($nobody, 'a', 'https://h/r', 'h/r'), ($track, 'a', 'https://h/r.git', 'h/r')"},
		{"two repositories without a name", "", "insert into repositories (id, tenant, url) values ($nobody, 'a', 'https://h/r'), ($track, 'a', 'https://h/r.git')"},
		{"fetched from nowhere", check, "update repositories set fetch_url = ''"},
		{"fetched with a token", check, "update repositories set fetch_url = 'https://token@h/r'"},
		{"submission of no address", check, "update submissions set url = ''"},
		{"submission with a password", check, "update submissions set url = 'ssh://u:p@h/r'"},
		{"track held at no commit", check, "update tracks set held = '\\x00'"},
		{"version", "", "insert into versions (repository, name, track) values ($repository, 'v1.0', $track)"},
		{"version of a rule without a name", check, "insert into versions (repository, name, track, rule) values ($repository, 'w', $track, '')"},
		{"tag rule", "", "insert into tag_rules (repository, glob, keep, days) values ($repository, 'refs/tags/w*', 3, 30)"},
		{"tag rule of branches", check, "insert into tag_rules (repository, glob, keep) values ($repository, 'refs/heads/*', 3)"},
		{"tag rule of none", check, "insert into tag_rules (repository, glob, keep) values ($repository, 'refs/tags/a*', 0)"},
		{"tag rule of no days", check, "insert into tag_rules (repository, glob, keep, days) values ($repository, 'refs/tags/a*', 1, 0)"},
		{"tag rule of no searchable tag", check, "insert into tag_rules (repository, glob, keep, searchable) values ($repository, 'refs/tags/a*', 2, 0)"},
		{"tag rule of no repository", foreign, "insert into tag_rules (repository, glob, keep) values ($nobody, 'refs/tags/a*', 1)"},
		{"seen tag", "", "insert into seen_tags (repository, glob, ref) values ($repository, 'refs/tags/v*', 'refs/tags/v1')"},
		{"seen branch", check, "insert into seen_tags (repository, glob, ref) values ($repository, 'refs/tags/v*', 'refs/heads/v1')"},
		{"seen tag of no rule", foreign, "insert into seen_tags (repository, glob, ref) values ($repository, 'refs/tags/none*', 'refs/tags/v1')"},
		{"version of no name", check, "insert into versions (repository, name, track) values ($repository, '-', $track)"},
		{"version of no repository", foreign, "insert into versions (repository, name, track) values ($nobody, 'v', $track)"},
		{"version of no track", foreign, "insert into versions (repository, name, track) values ($repository, 'v', $nobody)"},
		{"alias", "", "insert into aliases (tenant, name, repository) values ('default', 'h/r', $repository)"},
		{"alias of no name", check, "insert into aliases (tenant, name, repository) values ('default', '', $repository)"},
		{"alias of no repository", foreign, "insert into aliases (tenant, name, repository) values ('default', 'h/r', $nobody)"},

		{"tenant", "", "insert into tenants (name, max_repositories, max_documents, max_tokens_day, max_cost_day, max_requests_minute) values ('a', 1, 1, 1, 0.1, 1)"},
		{"tenant of a malformed name", check, "insert into tenants (name) values ('A b')"},
		{"tenant without repositories", check, "update tenants set max_repositories = 0"},
		{"tenant without documents", check, "update tenants set max_documents = 0"},
		{"tenant without tokens", check, "update tenants set max_tokens_day = 0"},
		{"tenant without money", check, "update tenants set max_cost_day = 0"},
		{"tenant without requests", check, "update tenants set max_requests_minute = 0"},

		{"token", "", token + "($nobody, 'default', 't', $second, '{read}', '{h/r}', now(), now() + interval '1 h', $document)"},
		{"token of the installation", "", token + "($nobody, null, 't', $second, '{admin}', '{}', now(), null, null)"},
		{"token of no tenant", foreign, token + "($nobody, 'nobody', 't', $second, '{read}', '{}', now(), null, null)"},
		{"token without a name", check, token + "($nobody, null, '', $second, '{read}', '{}', now(), null, null)"},
		{"token with a short hash", check, token + "($nobody, null, 't', $oid, '{read}', '{}', now(), null, null)"},
		{"token of another's hash", unique, token + "($nobody, null, 't', $hash, '{read}', '{}', now(), null, null)"},
		{"token without scopes", check, token + "($nobody, null, 't', $second, '{}', '{}', now(), null, null)"},
		{"token of too many globs", check, token + "($nobody, null, 't', $second, '{read}', array_fill('h/r'::text, '{65}'), now(), null, null)"},
		{"token that ends before it begins", check, token + "($nobody, null, 't', $second, '{read}', '{}', now(), now() - interval '1 h', null)"},
		{"reply", "", "insert into replies (token, key, request, ends_at, answer) values ('t', 'k', $second, now(), '\\x01')"},
		{"reply to nobody", check, "insert into replies (token, key, request, ends_at) values ('', 'k', $second, now())"},
		{"reply of no key", check, "insert into replies (token, key, request, ends_at) values ('t', '', $second, now())"},
		{"reply of a long key", check, "insert into replies (token, key, request, ends_at) values ('t', repeat('k', 256), $second, now())"},
		{"reply to no request", check, "insert into replies (token, key, request, ends_at) values ('t', 'k', $oid, now())"},
		{"empty reply", check, "insert into replies (token, key, request, ends_at, answer) values ('t', 'k', $second, now(), '')"},

		{"token of no token before", foreign, token + "($nobody, null, 't', $second, '{read}', '{}', now(), null, $other)"},

		{"credential", "", sealed + `('default', 'h', '\x00')`},
		{"credential of no tenant", foreign, sealed + `('nobody', 'h', '\x00')`},
		{"credential of no host", check, sealed + `('default', '', '\x00')`},
		{"empty credential", check, sealed + `('default', 'h', '')`},

		{"audit", "", audit + "('', 'operator', '', 'cli', '', '', 'token.create', 't')"},
		{"audit of nobody", check, audit + "('', '', '', 'cli', '', '', 'token.create', 't')"},
		{"audit of nothing", check, audit + "('', 'operator', '', 'cli', '', '', '', 't')"},

		{"hook", "", hook + `('01234567890123456780', 'default', 'g', 'github', '\x00', '\x00', now(), '{h/a}', '{submit}', '{}')`},
		{"hook with a short id", check, hook + `('0', 'default', 'g', 'github', '\x00', null, null, '{h/a}', '{submit}', '{}')`},
		{"hook of no tenant", foreign, hook + `('01234567890123456780', 'nobody', 'g', 'github', '\x00', null, null, '{h/a}', '{submit}', '{}')`},
		{"hook without a name", check, hook + `('01234567890123456780', 'default', '', 'github', '\x00', null, null, '{h/a}', '{submit}', '{}')`},
		{"two hooks of one name", unique, hook + `('01234567890123456780', 'default', 'h', 'github', '\x00', null, null, '{h/a}', '{submit}', '{}')`},
		{"hook of no provider", check, hook + `('01234567890123456780', 'default', 'g', '', '\x00', null, null, '{h/a}', '{submit}', '{}')`},
		{"hook without a secret", check, hook + `('01234567890123456780', 'default', 'g', 'github', '', null, null, '{h/a}', '{submit}', '{}')`},
		{"hook with an empty secret before", check, hook + `('01234567890123456780', 'default', 'g', 'github', '\x00', '', now(), '{h/a}', '{submit}', '{}')`},
		{"hook with a secret before and no end of it", check, hook + `('01234567890123456780', 'default', 'g', 'github', '\x00', '\x00', null, '{h/a}', '{submit}', '{}')`},
		{"hook that may name nothing", check, hook + `('01234567890123456780', 'default', 'g', 'github', '\x00', null, null, '{}', '{submit}', '{}')`},
		{"hook that may do nothing", check, hook + `('01234567890123456780', 'default', 'g', 'github', '\x00', null, null, '{h/a}', '{}', '{}')`},
		{"hook of too many refs", check, hook + `('01234567890123456780', 'default', 'g', 'github', '\x00', null, null, '{h/a}', '{submit}', array_fill('x'::text, '{65}'))`},

		{"delivery", "", delivery + "('01234567890123456789', 'e', 'push', 1, 0, '', 1, 'x', 'accepted', now())"},
		{"delivery to no hook", foreign, delivery + "('0', 'e', 'push', 1, 0, '', 1, 'x', 'accepted', now())"},
		{"delivery twice", unique, delivery + "('01234567890123456789', 'd', 'push', 1, 0, '', 1, 'x', 'accepted', now())"},
		{"delivery without a name", check, delivery + "('01234567890123456789', '', 'push', 1, 0, '', 1, 'x', 'accepted', now())"},
		{"delivery that never came", check, delivery + "('01234567890123456789', 'e', 'push', 0, 0, '', 1, 'x', 'accepted', now())"},
		{"delivery done again less than never", check, delivery + "('01234567890123456789', 'e', 'push', 1, -1, '', 1, 'x', 'accepted', now())"},
		{"delivery of negative size", check, delivery + "('01234567890123456789', 'e', 'push', 1, 0, '', -1, 'x', 'accepted', now())"},
		{"delivery in no state", check, delivery + "('01234567890123456789', 'e', 'push', 1, 0, '', 1, 'x', 'new', now())"},
		{"delivery accepted and not settled", check, delivery + "('01234567890123456789', 'e', 'push', 1, 0, '', 1, 'x', 'accepted', null)"},

		{"lease of a backup", "", "insert into backup_leases (id, target, expires_at) values ('a', 'd', now())"},
		{"lease of no backup", check, "insert into backup_leases (id, target, expires_at) values ('', 'd', now())"},
		{"lease of a backup to nowhere", check, "insert into backup_leases (id, target, expires_at) values ('a', '', now())"},
		{"key of backups", "", `insert into backup_keys (public, sealed) values ($hash, '\x00')`},
		{"second key of backups", check, `insert into backup_keys (one, public, sealed) values (false, $hash, '\x00')`},
		{"key of backups of a wrong size", check, `insert into backup_keys (public, sealed) values ($oid, '\x00')`},
		{"empty key of backups", check, `insert into backup_keys (public, sealed) values ($hash, '')`},

		{"track", "", track + "($nobody, $repository, 'HEAD', 0)"},
		{"track of a short ref", check, track + "($nobody, $repository, 'main', 0)"},
		{"track of no repository", foreign, track + "($nobody, $nobody, 'HEAD', 0)"},
		{"track with a negative revision", check, track + "($nobody, $repository, 'HEAD', -1)"},
		{"track twice", unique, track + "($nobody, $repository, 'refs/heads/main', 0)"},

		{"snapshot", "", snapshot + "($track, 4, $oid, $hash, $hash, 'bulk', 'superseded', null, null, null)"},
		{"snapshot of SHA-256", "", snapshot + "($track, 4, $hash, $hash, $hash, 'bulk', 'superseded', 1, now(), now())"},
		{"snapshot of no track", foreign, snapshot + "($nobody, 4, $oid, $hash, $hash, 'live', 'superseded', null, null, null)"},
		{"snapshot of revision 0", check, snapshot + "($track, 0, $oid, $hash, $hash, 'live', 'superseded', null, null, null)"},
		{"snapshot twice", unique, snapshot + "($track, 1, $oid, $hash, $hash, 'live', 'superseded', null, null, null)"},
		{"snapshot of half a commit", check, snapshot + `($track, 4, '\x00', $hash, $hash, 'live', 'superseded', null, null, null)`},
		{"snapshot with a short config", check, snapshot + "($track, 4, $oid, $oid, $hash, 'live', 'superseded', null, null, null)"},
		{"snapshot with short rules", check, snapshot + "($track, 4, $oid, $hash, $oid, 'live', 'superseded', null, null, null)"},
		{"snapshot in no lane", check, snapshot + "($track, 4, $oid, $hash, $hash, 'fast', 'superseded', null, null, null)"},
		{"snapshot in no state", check, snapshot + "($track, 4, $oid, $hash, $hash, 'live', 'done', null, null, null)"},
		{"snapshot of negative files", check, snapshot + "($track, 4, $oid, $hash, $hash, 'live', 'superseded', -1, now(), null)"},
		{"snapshot with files and not listed", check, snapshot + "($track, 4, $oid, $hash, $hash, 'live', 'superseded', 1, null, null)"},
		{"snapshot listed without files", check, snapshot + "($track, 4, $oid, $hash, $hash, 'live', 'superseded', null, now(), null)"},
		{"snapshot being listed and listed", check, snapshot + "($other, 4, $oid, $hash, $hash, 'live', 'listing', 1, now(), null)"},
		{"snapshot indexing and not listed", check, snapshot + "($other, 4, $oid, $hash, $hash, 'live', 'indexing', null, null, null)"},
		{"snapshot indexed at no time", check, snapshot + "($other, 4, $oid, $hash, $hash, 'live', 'indexed', 1, now(), null)"},
		{"snapshot indexed and not listed", check, snapshot + "($other, 4, $oid, $hash, $hash, 'live', 'superseded', null, null, now())"},
		{"snapshot indexing and indexed", check, snapshot + "($other, 4, $oid, $hash, $hash, 'live', 'indexing', 1, now(), now())"},
		{"snapshot that expects no documents", check, "update snapshots set expected = 0"},
		{"two current snapshots", unique, snapshot + "($track, 4, $oid, $hash, $hash, 'live', 'indexing', 1, now(), null)"},
		{"two listings", unique, snapshot + "($track, 4, $oid, $hash, $hash, 'live', 'listing', null, null, null)"},

		{"submission", "", sub + "('default', 's', '2', $repository, '', 'done', $track, 1, 0, null, null)"},
		{"refused submission", "", sub + "('default', 's', '2', null, '', 'failed', null, null, 0, 'e', null)"},
		{"submission twice", unique, sub + "('default', 's', '1', $repository, '', 'pending', null, null, 0, null, now())"},
		{"submission without a source", check, sub + "('default', '', '2', $repository, '', 'pending', null, null, 0, null, now())"},
		{"submission without an id", check, sub + "('default', 's', '', $repository, '', 'pending', null, null, 0, null, now())"},
		{"submission of no repository", foreign, sub + "('default', 's', '2', $nobody, '', 'pending', null, null, 0, null, now())"},
		{"submission in no state", check, sub + "('default', 's', '2', $repository, '', 'new', null, null, 0, null, null)"},
		{"submission pending and never due", check, sub + "('default', 's', '2', $repository, '', 'pending', null, null, 0, null, null)"},
		{"submission pending and refused", check, sub + "('default', 's', '2', null, '', 'pending', null, null, 0, null, now())"},
		{"submission pending with a snapshot", check, sub + "('default', 's', '2', $repository, '', 'pending', $track, 1, 0, null, now())"},
		{"submission done and due", check, sub + "('default', 's', '2', $repository, '', 'done', $track, 1, 0, null, now())"},
		{"submission done without a snapshot", check, sub + "('default', 's', '2', $repository, '', 'done', null, null, 0, null, null)"},
		{"submission done with half a snapshot", check, sub + "('default', 's', '2', $repository, '', 'done', null, 1, 0, null, null)"},
		{"submission done with a snapshot that is no more", "", sub + "('default', 's', '2', $repository, '', 'done', $track, 8, 0, null, null)"},
		{"submission forgotten and pending", check, "update submissions set forgotten_at = now()"},
		{"track with an empty error", check, "update tracks set error = ''"},
		{"track succeeded by none", foreign, "update tracks set successor = $nobody where id = $track"},
		{"submission done with an error", check, sub + "('default', 's', '2', $repository, '', 'done', $track, 1, 0, 'e', null)"},
		{"submission failed for no reason", check, sub + "('default', 's', '2', $repository, '', 'failed', null, null, 0, null, null)"},
		{"submission failed for an empty reason", check, sub + "('default', 's', '2', $repository, '', 'failed', null, null, 0, '', null)"},
		{"submission with negative attempts", check, sub + "('default', 's', '2', $repository, '', 'pending', null, null, -1, null, now())"},

		{"pack", "", pack + "('q', 'vector', 1, $hash)"},
		{"pack twice", unique, pack + "('p', 'text', 1, $hash)"},
		{"pack without a key", check, pack + "('', 'text', 1, $hash)"},
		{"pack of no kind", check, pack + "('q', 'both', 1, $hash)"},
		{"empty pack", check, pack + "('q', 'text', 0, $hash)"},
		{"pack with a short checksum", check, pack + "('q', 'text', 1, $oid)"},

		{"blob", "", blob + "($second, 1, 101, 0, 1, 4294967295)"},
		{"empty blob", "", blob + "($second, 0, null, null, null, null)"},
		{"blob twice", unique, blob + "($hash, 1, 101, 0, 1, 0)"},
		{"blob with a short name", check, blob + "($oid, 1, 101, 0, 1, 0)"},
		{"blob in no pack", foreign, blob + "($second, 1, 9, 0, 1, 0)"},
		{"blob nowhere", check, blob + "($second, 1, null, null, null, null)"},
		{"empty blob somewhere", check, blob + "($second, 0, 101, 0, 1, 0)"},
		{"blob at half a place", check, blob + "($second, 1, 101, 0, null, 0)"},
		{"blob of negative size", check, blob + "($second, -1, 101, 0, 1, 0)"},
		{"blob before the pack", check, blob + "($second, 1, 101, -1, 1, 0)"},
		{"blob of no stored bytes", check, blob + "($second, 1, 101, 0, 0, 0)"},
		{"blob with too large a checksum", check, blob + "($second, 1, 101, 0, 1, 4294967296)"},

		{"chunking", "", chunking + "($hash, 'Go', 1, 0)"},
		{"chunking twice", unique, chunking + "($hash, '', 1, 1)"},
		{"chunking of no blob", foreign, chunking + "($second, '', 1, 1)"},
		{"chunking by no version", check, chunking + "($hash, '', 0, 1)"},
		{"chunking of negative chunks", check, chunking + "($hash, 'Go', 1, -1)"},

		{"chunk", "", chunk + "(101, 1, 1, 2, 1, 1, '', '', $hash)"},
		{"chunk twice", unique, chunk + "(101, 0, 0, 1, 1, 1, '', '', $hash)"},
		{"chunk of no chunking", foreign, chunk + "(9, 1, 1, 2, 1, 1, '', '', $hash)"},
		{"chunk at a negative place", check, chunk + "(101, -1, 1, 2, 1, 1, '', '', $hash)"},
		{"chunk before the file", check, chunk + "(101, 1, -1, 2, 1, 1, '', '', $hash)"},
		{"empty chunk", check, chunk + "(101, 1, 1, 1, 1, 1, '', '', $hash)"},
		{"chunk on line 0", check, chunk + "(101, 1, 1, 2, 0, 1, '', '', $hash)"},
		{"chunk that ends before its first line", check, chunk + "(101, 1, 1, 2, 2, 1, '', '', $hash)"},
		{"chunk with a short hash", check, chunk + "(101, 1, 1, 2, 1, 1, '', '', $oid)"},
		{"chunk that begins past 2 GiB", tooLarge, chunk + "(101, 1, 2147483648, 2147483649, 1, 1, '', '', $hash)"},
		{"chunk with symbols", "", "update chunks set symbols = '{a,b}', symbol_lines = '{1,1,2,2}'"},
		{"chunk with a symbol without lines", check, "update chunks set symbols = '{a,b}', symbol_lines = '{1,1,2}'"},

		{"embedder", "", embedder + "('f', 1, 'cosine')"},
		{"embedder twice", unique, embedder + "('e', 1, 'dot')"},
		{"embedder without a name", check, embedder + "('', 1, 'dot')"},
		{"embedder of no dimensions", check, embedder + "('f', 0, 'dot')"},
		{"embedder of no distance", check, embedder + "('f', 1, 'far')"},

		{"vector", "", vector + "(101, $second, 101, 0, 1, 0)"},
		{"vector twice", unique, vector + "(101, $hash, 101, 0, 1, 0)"},
		{"vector of no embedder", foreign, vector + "(9, $second, 101, 0, 1, 0)"},
		{"vector of a short hash", check, vector + "(101, $oid, 101, 0, 1, 0)"},
		{"vector in no pack", foreign, vector + "(101, $second, 9, 0, 1, 0)"},
		{"vector before the pack", check, vector + "(101, $second, 101, -1, 1, 0)"},
		{"empty vector", check, vector + "(101, $second, 101, 0, 0, 0)"},
		{"vector with too large a checksum", check, vector + "(101, $second, 101, 0, 1, 4294967296)"},
		{"vector of a version of terms", "", "update vectors set terms = 2"},
		{"vector of no version of terms", check, "update vectors set terms = 0"},

		{"generation", "", generation + "(101, 'e', 'dropping', false)"},
		{"two active generations", unique, generation + "(101, 'e', 'active', true)"},
		{"two that are being built", unique, generation + "(101, 'e', 'building', true)"},
		{"generation in a collection that is another's", unique, generation + "(101, 'c', 'retired', true)"},
		{"generation of no embedder", foreign, generation + "(9, 'e', 'dropping', false)"},
		{"generation in no collection", check, generation + "(101, '', 'dropping', false)"},
		{"generation in no state", check, generation + "(101, 'e', 'ready', false)"},
		{"generation retired that never served", check, generation + "(101, 'e', 'retired', false)"},
		{"generation from no source", check, "update generations set source = 'git'"},
		{"generation of negative points", check, "update generations set points = -1"},
		{"generation of negative chunks", check, "update generations set chunks = -1"},
		{"generation that goes backwards", check, "update generations set rate = -1"},
		{"generation with an empty error", check, "update generations set error = ''"},
		{"failure", "", failure + "(102, $document, 2, 1, 'e', 'infinity')"},
		{"failure of no generation", foreign, failure + "(9, $document, 2, 1, 'e', now())"},
		{"failure of no document", foreign, failure + "(102, $nobody, 2, 1, 'e', now())"},
		{"failure without an attempt", check, failure + "(102, $document, 2, 0, 'e', now())"},
		{"failure for no reason", check, failure + "(102, $document, 2, 1, '', now())"},

		{"document", "", doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'indexed', 101, null, null, 2, 0, null, null)"},
		{"skipped", "", doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'skipped', null, 'r', 'd', null, 0, null, null)"},
		{"skipped, with points", "", doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'skipped', null, 'r', null, 1, 0, null, now())"},
		{"buried", "", doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'failed', 101, null, null, null, 1, 'e', 'infinity')"},
		{"document twice", unique, doc + "($document, $track, 'b', $oid, 1, 2, 'live', 'indexed', 101, null, null, 2, 0, null, null)"},
		{"document of no track", foreign, doc + "($nobody, $nobody, 'b', $oid, 1, 2, 'live', 'indexed', 101, null, null, 2, 0, null, null)"},
		{"document without a path", check, doc + "($nobody, $track, '', $oid, 1, 2, 'live', 'indexed', 101, null, null, 2, 0, null, null)"},
		{"document with half an object id", check, doc + `($nobody, $track, 'b', '\x00', 1, 2, 'live', 'indexed', 101, null, null, 2, 0, null, null)`},
		{"document of no mode", check, doc + "($nobody, $track, 'b', $oid, 0, 2, 'live', 'indexed', 101, null, null, 2, 0, null, null)"},
		{"document of no snapshot", foreign, doc + "($nobody, $track, 'b', $oid, 1, 8, 'live', 'indexed', 101, null, null, 8, 0, null, null)"},
		{"skipped with an empty detail", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'skipped', null, 'r', '', null, 0, null, null)"},
		{"document in no lane", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'fast', 'indexed', 101, null, null, 2, 0, null, null)"},
		{"document in no state", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'new', 101, null, null, 2, 0, null, null)"},
		{"document of no chunking", foreign, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'indexed', 9, null, null, 2, 0, null, null)"},
		{"document with negative attempts", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'indexed', 101, null, null, 2, -1, null, null)"},
		{"indexed at a later revision", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'chunked', 101, null, null, 3, 0, null, now())"},
		{"indexed at an earlier revision", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'indexed', 101, null, null, 1, 0, null, null)"},
		{"indexed at no revision", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'indexed', 101, null, null, null, 0, null, null)"},
		{"indexed and due", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'indexed', 101, null, null, 2, 0, null, now())"},
		{"indexed with an error", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'indexed', 101, null, null, 2, 0, 'e', null)"},
		{"chunked without content", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'chunked', null, null, null, null, 0, null, now())"},
		{"chunked and never due", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'chunked', 101, null, null, null, 0, null, null)"},
		{"chunked with a reason to skip", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'chunked', 101, 'r', null, null, 0, null, now())"},
		{"chunked with a skip's detail", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'chunked', 101, null, 'd', null, 0, null, now())"},
		{"embedded and never due", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'embedded', 101, null, null, null, 0, null, null)"},
		{"failed for no reason", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'failed', 101, null, null, null, 1, null, now())"},
		{"failed for an empty reason", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'failed', 101, null, null, null, 1, '', now())"},
		{"failed and never due", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'failed', 101, null, null, null, 1, 'e', null)"},
		{"failed without content", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'failed', null, null, null, null, 1, 'e', now())"},
		{"skipped with content", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'skipped', 101, 'r', null, null, 0, null, null)"},
		{"skipped for no reason", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'skipped', null, null, null, null, 0, null, null)"},
		{"skipped for an empty reason", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'skipped', null, '', null, null, 0, null, null)"},
		{"skipped, with points and never due", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'skipped', null, 'r', null, 1, 0, null, null)"},
		{"skipped, without points and due", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'skipped', null, 'r', null, null, 0, null, now())"},
		{"removed and never due", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'removed', null, null, null, 1, 0, null, null)"},
		{"removed with content", check, doc + "($nobody, $track, 'b', $oid, 1, 2, 'live', 'removed', 101, null, null, 1, 0, null, now())"},

		{"decoded", "", "update documents set encoding = 'shift_jis' where id = $document"},
		{"decoded from an encoding without a name", check, "update documents set encoding = '' where id = $document"},
		{"decoded without content", check, "update documents set encoding = 'e', chunking = null, state = 'removed' where id = $document"},

		{"finding", "", finding + "($document, 0, 'r', 1)"},
		{"finding in no document", foreign, finding + "($nobody, 0, 'r', 1)"},
		{"finding twice", unique, finding + "($document, 0, 'r', 1), ($document, 0, 's', 2)"},
		{"finding before the first", check, finding + "($document, -1, 'r', 1)"},
		{"finding of no rule", check, finding + "($document, 0, '', 1)"},
		{"finding on no line", check, finding + "($document, 0, 'r', 0)"},

		{"dead letter", "", letter + `('w', '', $document, '', '{}', '', 'r', 1)`},
		{"dead letter of no worker", check, letter + `('', '', null, '', '{}', '', 'r', 1)`},
		{"dead letter of no document", foreign, letter + `('w', '', $nobody, '', '{}', '', 'r', 1)`},
		{"dead letter without headers", notNull, letter + `('w', '', null, '', null, '', 'r', 1)`},
		{"dead letter too large", check, letter + `('w', '', null, '', '{}', convert_to(repeat('x', 65537), 'UTF8'), 'r', 1)`},
		{"dead letter for no reason", check, letter + `('w', '', null, '', '{}', '', '', 1)`},
		{"dead letter never tried", check, letter + `('w', '', null, '', '{}', '', 'r', 0)`},

		{"dead letter of no message", check, "insert into dead_letters (worker, tenant, subject, headers, payload, reason, attempts, message) values ('w', '', '', '{}', '', 'r', 1, '')"},
		{"two dead letters of a message", unique, "insert into dead_letters (worker, tenant, subject, headers, payload, reason, attempts, message) values ('w', '', '', '{}', '', 'r', 1, 'm'), ('w', '', '', '{}', '', 'r', 1, 'm')"},

		{"work of no kind", check, "insert into sync_work (kind, due_at) values ('', now())"},
		{"run", "", run + "('k', now(), now(), 0, 0, 0, null)"},
		{"run of no kind", check, run + "('', now(), now(), 0, 0, 0, null)"},
		{"run that ended before it began", check, run + "('k', now(), now() - interval '1 s', 0, 0, 0, null)"},
		{"run that compared less than nothing", check, run + "('k', now(), now(), -1, 0, 0, null)"},
		{"run that found less than nothing", check, run + "('k', now(), now(), 0, -1, 0, null)"},
		{"run that repaired less than nothing", check, run + "('k', now(), now(), 0, 0, -1, null)"},
		{"run with an empty error", check, run + "('k', now(), now(), 0, 0, 0, '')"},
		{"pack of a class without a name", check, "update packs set class = ''"},
		{"pack gone and not deleted", check, "update packs set gone_at = now()"},

		{"measurement of nothing", check, "insert into measurements values ('', now(), 1, 0)"},
		{"measurement below nothing", check, "insert into measurements values ('n', now(), -1, 0)"},
		{"measurement of less than no limit", check, "insert into measurements values ('n', now(), 1, -1)"},
		{"key domain", "", "insert into key_domains (name, tenant, number) values ('acme.1', 'acme', 1)"},
		{"key domain of another name", check, "insert into key_domains (name, tenant, number) values ('acme.2', 'acme', 1)"},
		{"key domain without a number", check, "insert into key_domains (name, tenant, number) values ('acme.0', 'acme', 0)"},
		{"second key domain of a tenant", unique, "insert into key_domains (name, tenant, number) values ('acme.1', 'acme', 1), ('acme.2', 'acme', 2)"},
		{"key domain after one that was destroyed", "", "insert into key_domains (name, tenant, number, destroyed_at) values ('acme.1', 'acme', 1, now()), ('acme.2', 'acme', 2, null)"},
		{"key of packs", "", packKey + `('0123abcd', null, 'active', '\x00', 'w', null, null)`},
		{"key of packs of another form", check, packKey + `('0123ABCD', null, 'active', '\x00', 'w', null, null)`},
		{"key of packs of no domain", foreign, packKey + `('0123abcd', 'acme.1', 'active', '\x00', 'w', null, null)`},
		{"key of packs in another state", check, packKey + `('0123abcd', null, 'lost', '\x00', 'w', now(), null)`},
		{"empty key of packs", check, packKey + `('0123abcd', null, 'active', '', 'w', null, null)`},
		{"key of packs that nothing wraps", check, packKey + `('0123abcd', null, 'active', '\x00', '', null, null)`},
		{"key of packs, active and retired", check, packKey + `('0123abcd', null, 'active', '\x00', 'w', now(), null)`},
		{"key of packs, retired at no time", check, packKey + `('0123abcd', null, 'retired', '\x00', 'w', null, null)`},
		{"key of packs, destroyed and there", check, packKey + `('0123abcd', null, 'destroyed', '\x00', 'w', now(), now())`},
		{"key of packs, destroyed at no time", check, packKey + `('0123abcd', null, 'destroyed', null, 'w', now(), null)`},
		{"key of packs, destroyed", "", packKey + `('0123abcd', null, 'destroyed', null, 'w', now(), now())`},
		{"key of packs that is gone", check, packKey + `('0123abcd', null, 'retired', null, 'w', now(), null)`},
		{"two active keys of packs", unique, packKey + `('0123abcd', null, 'active', '\x00', 'w', null, null), ('0123abce', null, 'active', '\x00', 'w', null, null)`},

		{"rate of nobody", check, "insert into request_rates values ('', now())"},
		{"session without a hash", check, "insert into ended_sessions values ('short', now())"},
		{"setting without a name", check, "insert into settings (name, value, actor) values ('', 'v', 'a')"},
		{"setting without a value", check, "insert into settings (name, value, actor) values ('n', '', 'a')"},
		{"setting by nobody", check, "insert into settings (name, value, actor) values ('n', 'v', '')"},

		{"approval", "", approval + "($track, $oid, 1, 1)"},
		{"approval of no track", foreign, approval + "($nobody, $oid, 1, 1)"},
		{"approval of no commit", check, approval + `($track, '', 1, 1)`},
		{"approval of nothing", check, approval + "($track, $oid, 0, 1)"},
		{"approval of more than there is", check, approval + "($track, $oid, 2, 1)"},
		{"two floors of revisions", check, "insert into revision_floor values (false, 1)"},
		{"a floor below all revisions", check, "update revision_floor set value = -1"},

		{"claim", "", claim + "(101, $second, $nobody, now())"},
		{"claim of no embedder", foreign, claim + "(9, $second, $nobody, now())"},
		{"claim of a short hash", check, claim + "(101, $oid, $nobody, now())"},
		{"limit of no embedder", check, "insert into embedder_limits values ('', 1, 1)"},
		{"usage", "", usage + "(now(), 'default', $nobody, 101, 1, 1, 1, 1, 1, 1, 1)"},
		{"usage of no embedder", foreign, usage + "(now(), 'default', $nobody, 9, 1, 1, 1, 1, 1, 1, 1)"},
		{"usage of negative texts", check, usage + "(now(), 'default', $nobody, 101, -1, 1, 1, 1, 1, 1, 1)"},
		{"usage of negative hits", check, usage + "(now(), 'default', $nobody, 101, 1, -1, 1, 1, 1, 1, 1)"},
		{"usage of negative tokens", check, usage + "(now(), 'default', $nobody, 101, 1, 1, -1, 1, 1, 1, 1)"},
		{"usage of negative requests", check, usage + "(now(), 'default', $nobody, 101, 1, 1, 1, -1, 1, 1, 1)"},
		{"usage of negative retries", check, usage + "(now(), 'default', $nobody, 101, 1, 1, 1, 1, -1, 1, 1)"},
		{"usage of negative time", check, usage + "(now(), 'default', $nobody, 101, 1, 1, 1, 1, 1, -1, 1)"},
		{"usage of negative cost", check, usage + "(now(), 'default', $nobody, 101, 1, 1, 1, 1, 1, 1, -1)"},
		{"spending of a malformed tenant", check, "insert into spending values ('A b', now(), 1, 1)"},

		{"a pack goes while a blob is in it", foreign, "delete from packs"},
		{"a blob goes while a chunking is of it", foreign, "delete from blobs"},
		{"a chunking goes while a document has it", foreign, "delete from chunkings"},
		{"a snapshot goes while a document is of it", foreign, "delete from snapshots where revision = 2"},
		{"an embedder goes while a vector is its", foreign, "delete from embedders"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := codeOf(t, tx, constraintNames.Replace(test.statement)); got != test.code {
				t.Errorf("SQLSTATE %q, want %q", got, test.code)
			}
		})
	}
	t.Run("every constraint is tried", func(t *testing.T) { assertTried(t, tx) })
}

// violated holds the names of the constraints that statements have violated.
var violated = make(map[string]bool)

// codeOf runs a statement, rolls it back, and returns its SQLSTATE.
func codeOf(t *testing.T, tx pgx.Tx, statement string) string {
	t.Helper()
	nested, err := tx.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nested.Rollback(t.Context()) }()
	_, err = nested.Exec(t.Context(), statement)
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		violated[refused.ConstraintName] = true
		return refused.Code
	}
	if err != nil {
		t.Fatal(err)
	}
	return ""
}

// assertTried finds checks, foreign keys and unique indexes that no statement
// of the table has violated.
func assertTried(t *testing.T, tx pgx.Tx) {
	rows, err := tx.Query(t.Context(), `
		select conname from pg_constraint where connamespace = 'public'::regnamespace and contype in ('c', 'f', 'u')
		union select indexrelid::regclass::text from pg_index join pg_class c on c.oid = indrelid
		where indisunique and not indisprimary and c.relnamespace = 'public'::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !violated[name] {
			t.Errorf("no statement violates %s: add one to the table", name)
		}
	}
}
