package catalog

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migration/*.sql
var migrations embed.FS

// migrationLock is the advisory lock that one migrating process holds.
const migrationLock = 0x6c656174_00000001

// Schema migrates the catalog.
type Schema struct {
	pool  *pgxpool.Pool
	locks *Locks
}

// provider applies and takes back steps.
type provider = *goose.Provider

// Migration is one step of the schema.
type Migration struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

// Up applies the migrations that are missing. Processes that start together wait
// for each other.
func (s *Schema) Up(ctx context.Context) error {
	return s.migrate(ctx, func(p provider) error {
		_, err := p.Up(unlimited(ctx))
		return err
	})
}

// Down takes the newest step back, and with it the data that only it holds.
func (s *Schema) Down(ctx context.Context) error {
	return s.migrate(ctx, func(p provider) error {
		_, err := p.Down(unlimited(ctx))
		return err
	})
}

// Status lists the steps, oldest first.
func (s *Schema) Status(ctx context.Context) ([]Migration, error) {
	var list []Migration
	err := s.migrate(ctx, func(p provider) error {
		steps, err := p.Status(ctx)
		for _, step := range steps {
			name := step.Source.Path
			if step.Source.Version == nameVersion {
				name = nameStep
			}
			list = append(list, Migration{step.Source.Version, name, step.State == goose.StateApplied})
		}
		return err
	})
	return list, err
}

// Version is the newest step that is applied, which may be of a newer release than this
// program's.
func (s *Schema) Version(ctx context.Context) (version int64, err error) {
	err = s.migrate(ctx, func(p provider) error {
		version, err = p.GetDBVersion(ctx)
		return err
	})
	return version, err
}

func (s *Schema) migrate(ctx context.Context, fn func(provider) error) error {
	return s.locks.With(ctx, migrationLock, func(context.Context) error {
		steps, err := fs.Sub(migrations, "migration")
		if err != nil {
			return fmt.Errorf("read migrations: %w", err)
		}
		db := stdlib.OpenDBFromPool(s.pool)
		defer db.Close()
		p, err := goose.NewProvider(goose.DialectPostgres, db, steps, goose.WithGoMigrations(nameRepositories()))
		if err != nil {
			return fmt.Errorf("read migrations: %w", err)
		}
		if err := fn(p); err != nil {
			return fmt.Errorf("migrate catalog: %w", err)
		}
		return nil
	})
}
