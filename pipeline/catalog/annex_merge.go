package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Packs returns the keys of the backup's packs that hold something that is missing here.
func (x *Annex) Packs(ctx context.Context) (map[string]bool, error) {
	rows, err := x.a.pool.Query(ctx, "select key from leat_restore.want_pack")
	if err != nil {
		return nil, fmt.Errorf("list packs to read: %w", err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list packs to read: %w", err)
	}
	wanted := make(map[string]bool, len(keys))
	for _, key := range keys {
		wanted[key] = true
	}
	return wanted, nil
}

// AnnexItem is an item of a backup's pack that is missing here.
type AnnexItem struct {
	PackItem     // its embedder has the id of the catalog in use
	Terms    int // version of a vector's term weights; 0: it is a text
}

// Items lists the items of a pack that are missing here, by position.
func (x *Annex) Items(ctx context.Context, pack string) ([]AnnexItem, error) {
	rows, err := x.a.pool.Query(ctx, `select sha256, 0 as embedder, size, position, length, crc32c, 0 as terms from leat_restore.want_blob where key = $1
		union all select text, here, length, position, length, crc32c, terms from leat_restore.want_vector where key = $1 order by position`, pack)
	if err != nil {
		return nil, fmt.Errorf("list what is missing of %s: %w", pack, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (item AnnexItem, err error) {
		var hash []byte
		var crc int64
		item.Span.Object = pack
		if err := row.Scan(&hash, &item.Embedder, &item.Span.Size, &item.Span.Offset, &item.Span.Length, &crc, &item.Terms); err != nil {
			return item, err
		}
		item.Hash, item.Span.CRC = [32]byte(hash), uint32(crc)
		return item, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list what is missing of %s: %w", pack, err)
	}
	return list, nil
}

// AddTexts stores where a new pack holds texts of the backup, with their chunkings, so
// that the collector finds nothing unused. Without a pack, it adds the empty text and
// texts that are here already.
func (x *Annex) AddTexts(ctx context.Context, pack *Pack, texts []Blob) error {
	err := x.inTx(ctx, func(tx pgx.Tx) error {
		q := x.a.query.WithTx(tx)
		if pack != nil {
			if err := addBlobs(ctx, q, pack, packOfText, texts); err != nil {
				return err
			}
		} else if _, err := tx.Exec(ctx, "insert into blobs (sha256, size) select sha256, 0 from leat_restore.want_blob where size = 0 on conflict do nothing"); err != nil {
			return err
		}
		hashes := make([][]byte, len(texts))
		for i, t := range texts {
			hashes[i] = t.SHA256[:]
		}
		return x.addChunkings(ctx, tx, hashes)
	})
	if err != nil {
		return fmt.Errorf("put %d texts: %w", len(texts), vanished(err))
	}
	return nil
}

// addChunkings copies the chunkings of texts, with their chunks. Without texts, it copies
// all that are still missing.
func (x *Annex) addChunkings(ctx context.Context, tx pgx.Tx, texts [][]byte) error {
	all, err := tables(ctx, tx)
	if err != nil {
		return err
	}
	names := columnsOf(all, "chunks", "chunking")
	_, err = tx.Exec(unlimited(ctx), `with added as (
			insert into chunkings (blob, language, chunker, chunks)
			select k.blob, k.language, k.chunker, k.chunks from leat_restore.chunkings k join leat_restore.want_chunking w on w.id = k.id
			where cardinality($1::bytea[]) = 0 or k.blob = any($1::bytea[]) order by k.blob, k.language, k.chunker
			on conflict (blob, language, chunker) do nothing
			returning id, blob, language, chunker
		)
		insert into chunks (chunking, `+identifiers(names)+`)
		select a.id, `+qualified("c", names)+` from added a
		join leat_restore.chunkings k on k.blob = a.blob and k.language = a.language and k.chunker = a.chunker
		join leat_restore.chunks c on c.chunking = k.id`, orEmptyHashes(texts))
	return err
}

func orEmptyHashes(list [][]byte) [][]byte {
	if list == nil {
		return [][]byte{}
	}
	return list
}

// columnsOf returns the columns of a table, except some.
func columnsOf(all []Table, name string, but ...string) (names []string) {
	for _, t := range all {
		if t.Name != name {
			continue
		}
		for _, c := range t.Columns {
			keep := true
			for _, b := range but {
				keep = keep && b != c
			}
			if keep {
				names = append(names, c)
			}
		}
	}
	return names
}

// qualified names columns of one table, separated by commas.
func qualified(table string, names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = table + "." + pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(list, ", ")
}

// ActionRestore is the action of a restore in the audit log.
const ActionRestore = "backup.restore"

// ErrChanged says that the catalog in use has changed since it was compared.
var ErrChanged = errors.New("something has changed here meanwhile: run it again; what was stored already is not stored again")

// Merge takes over the tracks that Choose has noted, in one transaction, once their content
// is stored. Revisions rise above all that were ever handed out for a track that is gone.
// Documents are due at once: for the indexer if their vectors are there, else for the
// embedder.
func (x *Annex) Merge(ctx context.Context, by Author, backup string) error {
	err := x.inTx(ctx, func(tx pgx.Tx) error {
		q := x.a.query.WithTx(tx)
		if err := q.KnowTenant(ctx, x.scope.Tenant); err != nil {
			return err
		}
		all, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		for _, c := range mergeSteps {
			if err := c.run(ctx, tx, all); err != nil {
				return fmt.Errorf("take over %s: %w", c.table, err)
			}
		}
		if err := x.whole(ctx, tx); err != nil {
			return err
		}
		if err := x.askAgain(ctx, tx); err != nil {
			return err
		}
		target := x.scope.Repository
		if target == "" {
			target = x.scope.Tenant
		}
		return audit(ctx, q, by, change{Tenant: x.scope.Tenant, Action: ActionRestore, Target: target, After: backup})
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (pg.Code == uniqueViolation || pg.Code == foreignKeyViolation) {
		err = fmt.Errorf("%w (%w)", ErrChanged, err)
	}
	if err != nil {
		return fmt.Errorf("take over a part of the backup: %w", err)
	}
	return nil
}

// whole checks that no track was there already, and that no document was left out because
// its content has been collected.
func (x *Annex) whole(ctx context.Context, tx pgx.Tx) error {
	var missing int64
	err := tx.QueryRow(ctx, `select (select count(*) from leat_restore.documents d join leat_restore.want_track w on w.id = d.track where d.state <> 'removed')
		- (select count(*) from documents d join leat_restore.want_track w on w.id = d.track)`).Scan(&missing)
	if err == nil && missing != 0 {
		err = ErrChanged
	}
	return err
}

// askAgain submits the refs that were being read at the backup's point in time.
func (x *Annex) askAgain(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `select t.repository, t.ref from leat_restore.tracks t join leat_restore.want_track w on w.id = t.id
		where exists (select 1 from leat_restore.snapshots s where s.track = t.id and s.state = 'listing')`)
	if err != nil {
		return err
	}
	tracks, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		Repository [16]byte
		Ref        string
	}])
	if err != nil {
		return err
	}
	for _, t := range tracks {
		p := query.AskForParams{Tenant: x.scope.Tenant, Source: foldSource, Repository: t.Repository, Ref: t.Ref}
		if err := x.a.query.WithTx(tx).AskFor(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// mergeStep copies the rows of a table. Columns that it does not name are copied as they are.
type mergeStep struct {
	table  string
	values map[string]string // expressions, by column
	joins  string            // what precedes the condition, t being the row
	where  string
	repeat bool // rows that are there already stay as they are
}

const (
	newRepository = "t.repository in (select k.repository from leat_restore.tracks k join leat_restore.want_track w on w.id = k.id) and fresh.id is not null"
	// fresh are the repositories that this transaction has made.
	freshJoin = "left join repositories fresh on fresh.id = t.repository and fresh.xmin = pg_current_xact_id()::xid"
	ofTrack   = "t.track in (select w.id from leat_restore.want_track w)"
	risen     = "t.revision + " + floor
	floor     = "(select f.value from revision_floor f)"
)

var mergeSteps = []mergeStep{
	{
		table: "repositories", repeat: true, values: map[string]string{"error": "null"},
		where: "t.id in (select k.repository from leat_restore.tracks k join leat_restore.want_track w on w.id = k.id)",
	},
	{table: "aliases", repeat: true, joins: freshJoin, where: newRepository},
	{table: "tag_rules", repeat: true, joins: freshJoin, where: newRepository},
	{
		table: "seen_tags", repeat: true, joins: freshJoin,
		where: newRepository + " and exists (select 1 from tag_rules r where r.repository = t.repository and r.glob = t.glob)",
	},
	{
		table: "tracks", where: "t.id in (select w.id from leat_restore.want_track w)",
		values: map[string]string{
			"revision": risen, "listable_since": "t.listable_since + " + floor, "successor": "null", "polled_at": "null", "searched_at": "now()", "dormant_at": "null", "turning": "false",
		},
	},
	{
		table: "snapshots", where: ofTrack,
		values: map[string]string{
			"revision": risen, "indexed_at": "case when t.state = 'indexed' then null else t.indexed_at end",
			"state": "case t.state when 'indexed' then 'indexing' when 'listing' then 'superseded' else t.state end",
		},
	},
	{
		table: "documents", where: ofTrack + " and t.state <> 'removed' and (t.chunking is null or l.id is not null)",
		joins: `left join leat_restore.chunkings k on k.id = t.chunking
			left join chunkings l on l.blob = k.blob and l.language = k.language and l.chunker = k.chunker`,
		values: map[string]string{
			"revision": risen, "indexed_revision": "null", "chunking": "l.id", "asleep": "false", "attempts": "0",
			// A push of one file does not wait behind many documents.
			"lane": `(select case when count(*) > 500 then 'bulk' else 'live' end
				from leat_restore.documents m join leat_restore.want_track w on w.id = m.track)`,
			"state": `case when t.state not in ('embedded', 'indexed') then t.state
				when exists (select 1 from chunks c, generations g where c.chunking = l.id and g.state = 'active'
					and not exists (select 1 from vectors v where v.embedder = g.embedder and v.text = c.text)) then 'chunked' else 'embedded' end`,
			"due_at": "case t.state when 'skipped' then null when 'failed' then t.due_at else now() end",
		},
	},
	{table: "former_documents", where: ofTrack, values: map[string]string{"since": "t.since + " + floor, "until": "t.until + " + floor}},
	{table: "findings", where: "t.document in (select d.id from leat_restore.documents d join leat_restore.want_track w on w.id = d.track where d.state <> 'removed')"},
	{table: "versions", repeat: true, where: ofTrack},
	{table: "wiki_pages", where: ofTrack},
	{table: "graph_indexes", repeat: true, where: "t.repository in (select k.repository from leat_restore.tracks k join leat_restore.want_track w on w.id = k.id)"},
	{
		table: "graph_index_files", where: "fresh.id is not null",
		joins: "left join graph_indexes fresh on fresh.id = t.index and fresh.xmin = pg_current_xact_id()::xid",
	},
}

func (c mergeStep) run(ctx context.Context, tx pgx.Tx, all []Table) error {
	names := columnsOf(all, c.table)
	values := make([]string, len(names))
	for i, name := range names {
		if values[i] = c.values[name]; values[i] == "" {
			values[i] = qualified("t", []string{name})
		}
	}
	sql := fmt.Sprintf("insert into %s (%s) select %s from leat_restore.%s t %s where %s", c.table, identifiers(names), strings.Join(values, ", "), c.table, c.joins, c.where)
	if c.repeat {
		sql += " on conflict do nothing"
	}
	_, err := tx.Exec(unlimited(ctx), sql)
	return err
}
