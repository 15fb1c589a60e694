package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"

	"github.com/leatworks/leat/events"
)

// The step that gives repositories their names. It is written in Go, so that it uses
// the function that makes all names.
const (
	nameVersion = 17
	nameStep    = "00017_fill_name.go"
)

func nameRepositories() *goose.Migration {
	return goose.NewGoMigration(nameVersion,
		&goose.GoFunc{RunTx: fillNames},
		&goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "update repositories set name = null")
			return err
		}})
}

// unnamed is a row of a repository that has no name yet.
type unnamed struct {
	id        uuid.UUID
	tenant    string
	name      string
	forgotten bool
	created   time.Time
}

// before says which of two rows keeps a name that both have. A row in use comes first,
// then a row whose id derives from the name, then the older row.
func (u unnamed) before(other unnamed) bool {
	own := func(u unnamed) bool { return u.id == events.RepositoryID(u.tenant, events.RepositoryURL(u.name)) }
	switch {
	case u.forgotten != other.forgotten:
		return other.forgotten
	case own(u) != own(other):
		return own(u)
	}
	return u.created.Before(other.created)
}

// fillNames names each repository. If several rows have one name in different forms, one
// of them keeps it, and the refs of the others pass to it (see Names.Alias).
func fillNames(ctx context.Context, tx *sql.Tx) error {
	all, err := unnamedRepositories(ctx, tx)
	if err != nil {
		return fmt.Errorf("list repositories: %w", err)
	}
	type key struct{ tenant, name string }
	keeps := make(map[key]unnamed)
	for _, u := range all {
		if kept, taken := keeps[key{u.tenant, u.name}]; !taken || u.before(kept) {
			keeps[key{u.tenant, u.name}] = u
		}
	}
	for _, u := range all {
		kept := keeps[key{u.tenant, u.name}]
		if kept.id == u.id {
			_, err = tx.ExecContext(ctx, "update repositories set name = $1 where id = $2", u.name, u.id)
		} else {
			err = foldUnnamed(ctx, tx, u, kept)
		}
		if err != nil {
			return fmt.Errorf("name repository %s: %w", u.id, err)
		}
	}
	return nil
}

func unnamedRepositories(ctx context.Context, tx *sql.Tx) ([]unnamed, error) {
	rows, err := tx.QueryContext(ctx, "select id, tenant::text, url::text, forgotten_at is not null, created_at from repositories where name is null order by id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []unnamed
	for rows.Next() {
		var u unnamed
		var url string
		if err := rows.Scan(&u.id, &u.tenant, &url, &u.forgotten, &u.created); err != nil {
			return nil, err
		}
		u.name = events.RepositoryName(url)
		all = append(all, u)
	}
	return all, rows.Err()
}

// foldUnnamed lets one repository take another's place: each ref of the other is asked
// for, and its track is forgotten once its successor is indexed.
func foldUnnamed(ctx context.Context, tx *sql.Tx, u, kept unnamed) error {
	tracks, err := liveTracks(ctx, tx, u.id)
	if err != nil {
		return err
	}
	type step struct {
		statement string
		args      []any
	}
	var steps []step
	for id, ref := range tracks {
		heir := events.TrackID(kept.id, ref)
		steps = append(steps,
			step{`insert into tracks (id, repository, ref, revision, head_at, named_at)
				select $1, $2, t.ref, (select f.value from revision_floor f), t.head_at, t.named_at from tracks t where t.id = $3
				on conflict (id) do nothing`, []any{heir, kept.id, id}},
			step{`insert into submissions (tenant, source, event, repository, ref, state, due_at)
				values ($1, $2, gen_random_uuid()::text, $3, $4, 'pending', now())`, []any{kept.tenant, foldSource, kept.id, ref}},
			step{"update tracks set successor = $1 where id = $2", []any{heir, id}})
	}
	steps = append(steps,
		step{"update submissions set repository = $1 where repository = $2", []any{kept.id, u.id}},
		step{`update repositories r set forgotten_at = now() where r.id = $1 and r.forgotten_at is null
			and not exists (select 1 from tracks t where t.repository = r.id and t.forgotten_at is null)`, []any{u.id}})
	for _, s := range steps {
		if _, err := tx.ExecContext(ctx, s.statement, s.args...); err != nil {
			return err
		}
	}
	return nil
}

func liveTracks(ctx context.Context, tx *sql.Tx, repository uuid.UUID) (map[uuid.UUID]string, error) {
	rows, err := tx.QueryContext(ctx, "select id, ref::text from tracks where repository = $1 and forgotten_at is null", repository)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	tracks := make(map[uuid.UUID]string)
	for rows.Next() {
		var id uuid.UUID
		var ref string
		if err := rows.Scan(&id, &ref); err != nil {
			return nil, err
		}
		tracks[id] = ref
	}
	return tracks, rows.Err()
}
