package catalog

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migration/*.sql
var migrations embed.FS

// migrationLock is the advisory lock that one migrating process holds.
const migrationLock = 0x6c656174_00000001

// Migration is one step of the schema.
type Migration struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

// MigrateUp applies what is missing. Processes that start together wait for
// each other.
func (c *Catalog) MigrateUp(ctx context.Context) error {
	return c.migrate(ctx, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

// MigrateDown takes the newest step back, and with it the data that only it holds.
func (c *Catalog) MigrateDown(ctx context.Context) error {
	return c.migrate(ctx, func(p *goose.Provider) error {
		_, err := p.Down(ctx)
		return err
	})
}

// Migrations lists the steps, oldest first.
func (c *Catalog) Migrations(ctx context.Context) ([]Migration, error) {
	var list []Migration
	err := c.migrate(ctx, func(p *goose.Provider) error {
		steps, err := p.Status(ctx)
		for _, s := range steps {
			list = append(list, Migration{s.Source.Version, s.Source.Path, s.State == goose.StateApplied})
		}
		return err
	})
	return list, err
}

func (c *Catalog) migrate(ctx context.Context, fn func(*goose.Provider) error) error {
	return c.WithLock(ctx, migrationLock, func(context.Context) error {
		steps, err := fs.Sub(migrations, "migration")
		if err != nil {
			return fmt.Errorf("read migrations: %w", err)
		}
		db := stdlib.OpenDBFromPool(c.pool)
		defer db.Close()
		provider, err := goose.NewProvider(goose.DialectPostgres, db, steps)
		if err != nil {
			return fmt.Errorf("read migrations: %w", err)
		}
		if err := fn(provider); err != nil {
			return fmt.Errorf("migrate catalog: %w", err)
		}
		return nil
	})
}
