package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/pipeline/catalog/internal/query"
)

// Annex is the catalog of a backup beside the catalog in use. It has a schema of its own,
// which is dropped when the work on it ends. A part of it is chosen and taken over.
type Annex struct {
	a     *Archive // the catalog in use
	scope AnnexScope
}

// AnnexScope is the part of a backup to take over.
type AnnexScope struct {
	Tenant     string
	Repository string // URL, path, the end of either, or id; "": all of the tenant
}

const (
	// annexSchema holds the catalog of a backup for a while.
	annexSchema = "leat_restore"
	// annexLock is the advisory lock of whoever uses the schema.
	annexLock = 0x6c656174_00000002
	// annexDropLimit bounds the removal of the schema when the caller has given up.
	annexDropLimit = time.Minute
)

// annexTables are the tables that say what repositories consist of. A part of a backup does
// not bring back the others: they hold access, bills, logs and work under way, or things that
// are made again.
var annexTables = map[string]bool{
	"repositories": true, "aliases": true, "tracks": true, "snapshots": true, "documents": true, "findings": true, "versions": true,
	"former_documents": true,
	"tag_rules":        true, "seen_tags": true, "wiki_pages": true, "graph_indexes": true, "graph_index_files": true, "packs": true, "blobs": true, "chunkings": true, "chunks": true,
	"embedders": true, "vectors": true, "key_domains": true,
}

var (
	// ErrAnnexBusy says that another part of a backup is being taken over.
	ErrAnnexBusy = errors.New("another part of a backup is being restored: wait for it to end")
	errPooled    = errors.New("it needs a schema of its own for a while, which a pooler hides: name Postgres itself, without --postgres-pooled")
)

// Annex runs fn over the catalog that c fills beside the catalog in use, after its schema has
// been brought up to date. Nothing of it stays. It needs room in Postgres for the backup's
// rows about content, and the right to create a schema.
func (a *Archive) Annex(ctx context.Context, c Fill, fn func(context.Context, *Annex) error) error {
	if a.pooled {
		return fault.Reject(errPooled)
	}
	taken, err := a.schema.locks.Try(ctx, annexLock, func(ctx context.Context) (err error) {
		if err := a.dropAnnex(ctx); err != nil {
			return err
		}
		defer func() {
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), annexDropLimit)
			defer cancel()
			err = errors.Join(err, a.dropAnnex(ending))
		}()
		if _, err := a.pool.Exec(ctx, "create schema "+annexSchema); err != nil {
			return fmt.Errorf("create a schema beside the catalog: %w", err)
		}
		if err := a.fillAnnex(ctx, c); err != nil {
			return err
		}
		return fn(ctx, &Annex{a: a})
	})
	if err == nil && !taken {
		err = ErrAnnexBusy
	}
	return err
}

func (a *Archive) dropAnnex(ctx context.Context) error {
	if _, err := a.pool.Exec(unlimited(ctx), "drop schema if exists "+annexSchema+" cascade"); err != nil {
		return fmt.Errorf("drop schema %s: %w", annexSchema, err)
	}
	return nil
}

// fillAnnex loads the tables about content, and brings their schema up to date.
func (a *Archive) fillAnnex(ctx context.Context, c Fill) error {
	cfg := a.pool.Config()
	cfg.ConnConfig.RuntimeParams["search_path"] = annexSchema
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect to postgres: %w", err)
	}
	defer pool.Close()
	part := Fill{Schema: c.Schema, Rows: c.Rows}
	for _, t := range c.Tables {
		if annexTables[t.Name] {
			part.Tables = append(part.Tables, t)
		}
	}
	beside := rooms(&store{pool: pool, query: query.New(pool), lease: a.lease})
	if err := beside.Archive.Load(unlimited(ctx), part); err != nil {
		return fmt.Errorf("load the backup's catalog: %w", err)
	}
	if _, err := pool.Exec(unlimited(ctx), "analyze"); err != nil {
		return fmt.Errorf("look at the backup's catalog: %w", err)
	}
	return nil
}

// inTx runs fn in a transaction of the catalog in use.
func (x *Annex) inTx(ctx context.Context, fn func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, x.a.pool, fn)
}
