package catalog_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leatworks/leat/pipeline/catalog"
)

// crowd adds repositories of one tenant, whose tracks are indexed and need nothing. Each
// has a history of three commits and two documents.
const crowd = `
insert into repositories (id, tenant, url, name) select gen_random_uuid(), 'default', 'https://example.org/c' || n, 'example.org/c' || n
    from generate_series(%d, %d) n;
insert into tracks (id, repository, ref, revision, polled_at) select gen_random_uuid(), r.id, 'refs/heads/main', 3, now()
    from repositories r where not exists (select from tracks t where t.repository = r.id);
insert into snapshots (track, revision, commit, config, rules, lane, state, files, listed_at, indexed_at)
    select t.id, n, decode(repeat('ab', 20), 'hex'), decode(repeat('ab', 32), 'hex'), decode(repeat('ab', 32), 'hex'), 'live',
    case n when 3 then 'indexed' else 'superseded' end, 2, now() - interval '2 days', now() - interval '2 days'
    from tracks t, generate_series(1, 3) n where not exists (select from snapshots s where s.track = t.id);
insert into submissions (tenant, source, event, repository, ref, state, track, revision, created_at)
    select 'default', 's', t.id::text, t.repository, '', 'done', t.id, 3, now() - interval '2 days'
    from tracks t where not exists (select from submissions s where s.track = t.id);
insert into documents (id, track, path, oid, mode, revision, lane, state, skip_reason)
    select gen_random_uuid(), t.id, convert_to('f' || n, 'UTF8'), decode(repeat('ab', 20), 'hex'), 33188, 3, 'live', 'skipped', 'binary'
    from tracks t, generate_series(1, 2) n where not exists (select from documents d where d.track = t.id);
analyze;
`

// belongings adds to the tracks of a crowd what else a track has, if it has none: a document with
// a text of its own and its vector, former documents, a symbol graph, a version and a former name.
const belongings = `
create temp table fresh as select t.id, t.repository from tracks t where not exists (select from graphs g where g.track = t.id);
insert into packs (key, kind, size, sha256) select 'text/' || id, 'text', 1, decode(repeat('ab', 32), 'hex') from fresh;
insert into blobs (sha256, size, pack, position, length, crc32c) select sha256(t.id::text::bytea), 1, p.id, 0, 1, 0 from fresh t join packs p on p.key = 'text/' || t.id;
insert into chunkings (blob, language, chunker, chunks) select sha256(id::text::bytea), 'Go', 1, 1 from fresh;
insert into chunks select k.id, 0, 0, 1, 1, 1, '', '', k.blob from chunkings k where not exists (select from chunks c where c.chunking = k.id);
insert into vectors select (select min(id) from embedders), sha256(t.id::text::bytea), p.id, 0, 1, 0 from fresh t join packs p on p.key = 'text/' || t.id;
insert into documents (id, track, path, oid, mode, revision, lane, state, chunking, indexed_revision)
    select gen_random_uuid(), t.id, 'text', decode(repeat('ab', 20), 'hex'), 33188, 3, 'live', 'indexed', k.id, 3
    from fresh t join chunkings k on k.blob = sha256(t.id::text::bytea) where exists (select from snapshots s where s.track = t.id and s.revision = 3);
insert into former_documents (document, track, path, since, until, oid, mode, blob, language)
    select d.id, d.track, d.path, 1, 2, d.oid, d.mode, decode(repeat('ab', 32), 'hex'), '' from documents d join fresh t on t.id = d.track;
insert into findings select d.id, 0, 'r', 1 from documents d join fresh t on t.id = d.track;
insert into facts select sha256(id::text::bytea), 'Go', 1, sha256(id::text::bytea) from fresh;
insert into graphs (track, revision, commit, version, inputs, layout) select id, 3, decode(repeat('ab', 20), 'hex'), 1, decode(repeat('ab', 32), 'hex'), '{}' from fresh;
insert into graph_files (document, track, path, blob, language, package, stale, edges, keys, targets)
    select d.id, d.track, 'text', decode(repeat('ab', 32), 'hex'), 'Go', 'p', false, '', '{}', '{}' from documents d join fresh t on t.id = d.track where d.path = 'text';
insert into graph_symbols (document, ordinal, track, name, qualified, kind, visibility, start_line, end_line, line, signature, doc, type, bases)
    select document, 0, track, 'n', 'n', 1, 1, 1, 1, 1, '', '', '', '{}' from graph_files g where not exists (select from graph_symbols s where s.document = g.document);
insert into versions (repository, name, track) select repository, 'v1', id from fresh limit 10;
insert into aliases (tenant, name, repository) select 'default', 'example.org/former/' || id, repository from fresh;
insert into embedder_usage select current_date, (select min(id) from embedders), 'default', repository, 1, 1, 1, 1, 1, 1, 1 from fresh;
drop table fresh;
analyze;
`

// looks are what the syncer asks for at each interval, and pages each time they are drawn.
// Nothing is due, so that the answers have the same size however many tracks there are.
func looks(c *catalog.Catalog, repository, track uuid.UUID) map[string]func(context.Context) error {
	const most = 100
	const tenant = "default"
	long := 365 * 24 * time.Hour
	return map[string]func(context.Context) error{
		"Generations.List":  func(ctx context.Context) error { _, err := c.Generations.List(ctx); return err },
		"Generations.Index": func(ctx context.Context) error { _, err := c.Generations.Index(ctx); return err },
		"IndexingTracks":    func(ctx context.Context) error { _, err := c.IndexingTracks(ctx); return err },
		"OwedDocuments":     func(ctx context.Context) error { _, err := c.OwedDocuments(ctx, most); return err },
		"ForgetSucceeded":   func(ctx context.Context) error { _, err := c.ForgetSucceeded(ctx, most); return err },
		"Submissions.Owed":  func(ctx context.Context) error { _, err := c.Submissions.Owed(ctx, most); return err },
		"Submissions.AskForPolls": func(ctx context.Context) error {
			_, err := c.Submissions.AskForPolls(ctx, catalog.Poll{Source: "p", Every: long, EveryFailed: long, Most: most})
			return err
		},
		"Removals.Tracks":           func(ctx context.Context) error { _, err := c.Removals.Tracks(ctx, most); return err },
		"Removals.BareRepositories": func(ctx context.Context) error { _, err := c.Removals.BareRepositories(ctx, most); return err },
		"Schedule.Due": func(ctx context.Context) error {
			_, err := c.Schedule.Due(ctx, map[catalog.WorkKind]time.Duration{"w": long})
			return err
		},
		"Graphs.LatelyOwed":        func(ctx context.Context) error { _, err := c.Graphs.LatelyOwed(ctx, 0, time.Minute, most); return err },
		"Dormancy.SleepUnsearched": func(ctx context.Context) error { _, err := c.Dormancy.SleepUnsearched(ctx, long, most); return err },
		"Dormancy.Turns":           func(ctx context.Context) error { _, err := c.Dormancy.Turns(ctx, uuid.Nil, most); return err },
		"Letters.DropExcess": func(ctx context.Context) error {
			_, err := c.Letters.DropExcess(ctx, catalog.LetterLimit{})
			return err
		},
		"Tokens.DropEnded":           func(ctx context.Context) error { _, err := c.Tokens.DropEnded(ctx, long, most); return err },
		"Hooks.DropOldDeliveries":    func(ctx context.Context) error { _, err := c.Hooks.DropOldDeliveries(ctx, long, most); return err },
		"Replies.DropEnded":          func(ctx context.Context) error { _, err := c.Replies.DropEnded(ctx, most); return err },
		"Garbage.MarkUnused":         func(ctx context.Context) error { _, _, err := c.Garbage.MarkUnused(ctx, 0, most); return err },
		"Garbage.DropUnused":         func(ctx context.Context) error { _, _, err := c.Garbage.DropUnused(ctx, long, most); return err },
		"Garbage.DropOldSubmissions": func(ctx context.Context) error { _, err := c.Garbage.DropOldSubmissions(ctx, long); return err },
		"Usage.DropOld":              func(ctx context.Context) error { _, err := c.Usage.DropOld(ctx, 365); return err },
		"Packs.List":                 func(ctx context.Context) error { _, err := c.Packs.List(ctx, "", most); return err },
		"Workers.DropLost":           func(ctx context.Context) error { return c.Workers.DropLost(ctx) },
		"Rates.Drop":                 func(ctx context.Context) error { return c.Rates.Drop(ctx) },

		"Names.Locate": func(ctx context.Context) error {
			_, err := c.Names.Locate(ctx, tenant, "https://example.org/repository")
			return err
		},
		"RepositoryIDs": func(ctx context.Context) error { _, err := c.RepositoryIDs(ctx, uuid.Nil, uuid.Max, most); return err },
		"TrackIDs":      func(ctx context.Context) error { _, err := c.TrackIDs(ctx, repository); return err },
		"Followed":      func(ctx context.Context) error { _, err := c.Followed(ctx, tenant, repository); return err },
		"Tracks":        func(ctx context.Context) error { _, err := c.Tracks(ctx, tenant, repository); return err },
		"Trees.Heads":   func(ctx context.Context) error { _, err := c.Trees.Heads(ctx, tenant, repository); return err },
		"Trees.HeadsOf": func(ctx context.Context) error {
			_, err := c.Trees.HeadsOf(ctx, tenant, []uuid.UUID{track})
			return err
		},
		"Trees.HeadPage": func(ctx context.Context) error {
			_, err := c.Trees.HeadPage(ctx, tenant, "https://example.org/c5", "", 40)
			return err
		},
		"Names.Find": func(ctx context.Context) error {
			_, err := c.Names.Find(ctx, tenant, []string{"https://example.org/c7"}, []string{"example.org/c8"}, []string{"/c9"})
			return err
		},
		"Trees.Directory": func(ctx context.Context) error { _, err := c.Trees.Directory(ctx, track, 1, nil, 0, most); return err },
		"Trees.Past": func(ctx context.Context) error {
			_, err := c.Trees.Past(ctx, []uuid.UUID{repository}, "ab", most)
			return err
		},
		"Approvals.List": func(ctx context.Context) error { _, err := c.Approvals.List(ctx, tenant); return err },
		"Flow.OpenWork":  func(ctx context.Context) error { _, err := c.Flow.OpenWork(ctx, tenant); return err },
		"Flow.Listings":  func(ctx context.Context) error { _, err := c.Flow.Listings(ctx, tenant); return err },
		"Flow.Activity": func(ctx context.Context) error {
			_, err := c.Flow.Activity(ctx, tenant, time.Now().Add(-time.Hour), time.Minute)
			return err
		},
		"Flow.History":    func(ctx context.Context) error { _, err := c.Flow.History(ctx, repository, most); return err },
		"Flow.SkipCounts": func(ctx context.Context) error { _, err := c.Flow.SkipCounts(ctx, repository); return err },
		"Flow.SkippedFiles": func(ctx context.Context) error {
			_, err := c.Flow.SkippedFiles(ctx, repository, uuid.Nil, most)
			return err
		},
		"Flow.FailedDocuments": func(ctx context.Context) error {
			_, err := c.Flow.FailedDocuments(ctx, repository, uuid.Nil, most)
			return err
		},
		"Flow.Findings": func(ctx context.Context) error {
			_, err := c.Flow.Findings(ctx, repository, catalog.FoundAt{}, most)
			return err
		},
		"Versions.List":        func(ctx context.Context) error { _, err := c.Versions.List(ctx, repository); return err },
		"Versions.TracksApart": func(ctx context.Context) error { _, err := c.Versions.TracksApart(ctx, tenant); return err },
		"Tags.Rules":           func(ctx context.Context) error { _, err := c.Tags.Rules(ctx, repository); return err },
		"Dormancy.Count":       func(ctx context.Context) error { _, err := c.Dormancy.Count(ctx, tenant, nil); return err },
		"Tenants.Room":         func(ctx context.Context) error { _, err := c.Tenants.Room(ctx, tenant, repository, track); return err },
		"Letters.List": func(ctx context.Context) error {
			_, err := c.Letters.List(ctx, catalog.LetterFilter{Tenant: tenant}, 0, 1<<60, most)
			return err
		},
		"Workers.List":     func(ctx context.Context) error { _, err := c.Workers.List(ctx, tenant); return err },
		"Audit.List":       func(ctx context.Context) error { _, err := c.Audit.List(ctx, catalog.AuditFilter{}, most); return err },
		"Gauges.PackBytes": func(ctx context.Context) error { _, err := c.Gauges.PackBytes(ctx); return err },
	}
}

// What the syncer and the pages ask for again and again reads no more rows with ten thousand
// tracks than with one thousand.
func TestLooksDoNotGrowWithTracks(t *testing.T) {
	w := newWorld(t)
	w.active(t)
	read := make([]map[string]int64, 2)
	for i, n := range []int{1_000, 10_000} {
		first := 1
		if i > 0 {
			first = 1_001
		}
		w.exec(t, fmt.Sprintf(crowd, first, n))
		read[i] = w.rowsRead(t)
	}
	for name, few := range read[0] {
		if many := read[1][name]; many > few+few/2+50 {
			t.Errorf("%s reads %d rows with 1,000 tracks, and %d with 10,000", name, few, many)
		}
	}
}

// rowsRead counts what each look reads.
func (w *world) rowsRead(t *testing.T) map[string]int64 {
	t.Helper()
	read := make(map[string]int64)
	for name := range looks(w.Catalog, w.track.Repository, w.track.ID) {
		entries, rows := w.readBy(t, "%", func(ctx context.Context, c *catalog.Catalog) error {
			return looks(c, w.track.Repository, w.track.ID)[name](ctx)
		})
		read[name] = entries + rows
	}
	return read
}

// readBy does something on connections of its own, and counts the entries of indexes and the rows
// of tables with names like one that it has read. A row that an index leads to counts as an entry
// alone. Postgres counts when a session ends.
func (w *world) readBy(t *testing.T, tables string, do func(context.Context, *catalog.Catalog) error) (entries, rows int64) {
	t.Helper()
	count := func() (entries, rows int64) {
		entries = value[int64](t, w, "select coalesce(sum(idx_tup_read), 0)::bigint from pg_stat_user_indexes where relname like $1", tables)
		return entries, value[int64](t, w, "select coalesce(sum(seq_tup_read), 0)::bigint from pg_stat_user_tables where relname like $1", tables)
	}
	named, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	query := named.Query()
	query.Set("application_name", "look")
	named.RawQuery = query.Encode()
	w.countReads(t)
	entriesBefore, rowsBefore := count()
	c, err := catalog.Open(t.Context(), catalog.Config{URL: named.String()})
	if err != nil {
		t.Fatal(err)
	}
	err = do(t.Context(), c)
	c.Close()
	if err != nil {
		t.Fatal(err)
	}
	w.eventually(t, "select count(*) = 0 from pg_stat_activity where datname = current_database() and application_name = 'look'")
	entries, rows = count()
	return entries - entriesBefore, rows - rowsBefore
}

// countReads ends the sessions of w.sql, so that what they have read is counted now and not during
// what follows.
func (w *world) countReads(t *testing.T) {
	t.Helper()
	var sessions []uint32
	for _, c := range w.sql.AcquireAllIdle(t.Context()) {
		sessions = append(sessions, c.Conn().PgConn().PID())
		if err := c.Hijack().Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.eventually(t, "select count(*) = 0 from pg_stat_activity where pid = any($1)", sessions)
}

// The status of forty tracks among a thousand reads an entry of an index for each of their
// documents, and no document or chunking.
func TestStatusReadsEntriesOfAnIndexAlone(t *testing.T) {
	w := newWorld(t)
	w.active(t)
	w.exec(t, fmt.Sprintf(crowd, 1, 1_000)+belongings)
	w.exec(t, "vacuum documents")
	const tracks, documents = 40, 3
	heads, err := w.Trees.HeadPage(t.Context(), "default", "", "", tracks)
	if err != nil {
		t.Fatal(err)
	}
	var repositories []uuid.UUID
	for _, h := range heads {
		repositories = append(repositories, h.Repository)
	}
	fetched := func() int64 {
		return value[int64](t, w, "select (coalesce(idx_tup_fetch, 0) + seq_tup_read)::bigint from pg_stat_user_tables where relname = 'documents'")
	}
	w.countReads(t)
	before := fetched()
	status := func(ctx context.Context, c *catalog.Catalog) error {
		list, err := c.Tracks(ctx, "default", repositories...)
		for _, s := range list {
			if want := (catalog.Counts{Total: 1, Indexed: 1, Skipped: 2}); s.Documents != want || s.Chunks != 1 {
				t.Errorf("%s has %+v and %d chunks, want %+v and 1", s.URL, s.Documents, s.Chunks, want)
			}
		}
		return err
	}
	if entries, rows := w.readBy(t, "documents", status); entries != tracks*documents || rows != 0 {
		t.Errorf("it reads %d entries and %d documents, want %d and none", entries, rows, tracks*documents)
	}
	if n := fetched() - before; n != 0 {
		t.Errorf("it fetches %d documents", n)
	}
	if entries, rows := w.readBy(t, "chunkings", status); entries+rows != 0 {
		t.Errorf("it reads %d chunkings", entries+rows)
	}
}

// Tracks that were made at once are polled one after another, each at its own place in the
// interval, and once an interval.
func TestPollsAreSpread(t *testing.T) {
	w := newWorld(t)
	w.exec(t, fmt.Sprintf(crowd, 1, 400))
	w.exec(t, "update tracks set polled_at = null, created_at = now() - interval '30 minutes', named_at = now() where id <> $1", w.track.ID)
	ask := func() int {
		n, err := w.Submissions.AskForPolls(t.Context(), catalog.Poll{Source: "p", Every: time.Hour, EveryFailed: time.Hour, Most: 1000})
		if err != nil {
			t.Fatal(err)
		}
		w.exec(t, "update submissions set state = 'failed', error = 'e', due_at = null where state = 'pending'")
		return n
	}
	if n := ask(); n < 150 || n > 250 {
		t.Errorf("%d of 400 are due after half an interval", n)
	}
	if n := ask(); n > 2 { // the time of one may have come meanwhile
		t.Errorf("%d are due again", n)
	}
	if n := value[int](t, w, "select count(*) from tracks where polled_at > now() - interval '1 hour' and polled_at <= now()"); n < 400 {
		t.Errorf("%d tracks were due in the last hour, want 400", n)
	}
	w.exec(t, "update tracks set polled_at = polled_at - interval '30 minutes'")
	if n := ask(); n < 150 || n > 250 {
		t.Errorf("%d of 400 are due half an interval later", n)
	}
}

// Polls that are all due at once leave room in their tenant's intake, and take none of another
// tenant's.
func TestPollsWaitForTheEarlierOnesOfTheirTenant(t *testing.T) {
	w := newWorld(t)
	w.exec(t, fmt.Sprintf(crowd, 1, 35))
	w.exec(t, "update repositories set tenant = 'other' where name >= 'example.org/c31' and name <= 'example.org/c35'")
	w.exec(t, `update tracks set named_at = now(), polled_at = now() - interval '1 day' +
		case when repository in (select id from repositories where tenant = 'other') then interval '1 hour' else '0' end where id <> $1`, w.track.ID)
	const pending = "select count(*) from submissions where tenant = $1 and state = 'pending'"
	for i, c := range []struct{ ended, own, other int }{{0, 10, 0}, {0, 10, 5}, {4, 6, 5}, {1, 10, 5}} {
		w.exec(t, `update submissions set state = 'failed', error = 'e', due_at = null where event in
			(select event from submissions where tenant = 'default' and state = 'pending' limit $1)`, c.ended)
		n, err := w.Submissions.AskForPolls(t.Context(), catalog.Poll{Source: "p", Every: time.Hour, EveryFailed: time.Hour, Most: 10})
		if err != nil {
			t.Fatal(err)
		}
		if own, other := value[int](t, w, pending, "default"), value[int](t, w, pending, "other"); own != c.own || other != c.other {
			t.Errorf("call %d adds %d, and %d and %d are pending; want %d and %d", i, n, own, other, c.own, c.other)
		}
	}
}
