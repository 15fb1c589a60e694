package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/build"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/syncer/schedule"
)

type backupCreateCmd struct {
	To       string        `env:"LEAT_BACKUP_TARGET" required:"" placeholder:"TARGET" help:"Where to copy it: a directory, or s3://BUCKET/PREFIX. It is made if it does not exist."`
	Reread   bool          `help:"Read the packs that the target has, and copy those again that are damaged. Default: only packs that it lacks are copied."`
	Patience time.Duration `default:"15m" help:"How long the collector waits for a backup that makes no progress; for as long, a backup that was cut short can be finished (${default})."`
	config.VaultWriter
}

// createdBackup is the answer.
type createdBackup struct {
	backup.Summary
	Resumed bool  `json:"resumed"` // it had been cut short, and is finished now
	Copied  int64 `json:"copied"`  // packs that the target lacked
	Written int64 `json:"written"` // bytes of them
	Unread  int64 `json:"unread"`  // objects that the target did not let leat read back
	Intake  int64 `json:"intake"`  // submissions that waited
}

func (cmd *backupCreateCmd) Run(ctx context.Context, g *globals) error {
	if cmd.Patience < time.Second {
		return fmt.Errorf("--patience %s: give 1s or more", cmd.Patience)
	}
	parts := store.All
	if embeddedParts(g.Stores) != store.All { // flags name some stores: use those that help
		parts = store.Postgres | store.S3 | store.All&^embeddedParts(g.Stores)
	}
	s, err := g.open(ctx, parts)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.ready(ctx); err != nil {
		return err
	}
	log := g.quietLog().Logger(&g.screen)
	vault, target, err := cmd.Open(ctx, g.File, cmd.To, log)
	if err != nil {
		return fmt.Errorf("--to (LEAT_BACKUP_TARGET): %w", err)
	}
	defer target.Close()
	key, err := cmd.Signer(ctx, s.config, s.Catalog.Archive)
	if err != nil {
		return err
	}
	if cmd.WithPoints && s.Points == nil {
		return errors.New("--with-points (LEAT_BACKUP_WITH_POINTS): no Qdrant is named (--qdrant-url)")
	}
	if s.Broker == nil && !g.JSON {
		note("no NATS is named (--nats-url): submissions that nobody has accepted yet are left out")
	}
	leat := backup.Leat{Catalog: s.Catalog, Blobs: s.Blobs, Broker: s.Broker, Points: s.Points, Key: key, Version: build.Version()}
	created, err := s.backup(ctx, vault, leat, backup.Request{Target: cmd.To, Reread: cmd.Reread, Points: cmd.WithPoints, Lease: cmd.Patience, Tell: steps(g)}, log)
	if err != nil {
		return err
	}
	return showCreatedBackup(g, created)
}

// backup makes a backup, and records it among the syncer's work.
func (s *session) backup(ctx context.Context, vault *backup.Vault, leat backup.Leat, r backup.Request, log *slog.Logger) (created backup.Created, err error) {
	at := schedule.New(schedule.Config{}, s.Catalog.Schedule, s.Catalog.Locks, log)
	_, err = at.Now(ctx, schedule.Work{Kind: backup.Kind, Do: func(ctx context.Context, run *schedule.Run) error {
		created, err = vault.Create(ctx, leat, r)
		run.Compared = created.Packs.Rows
		return err
	}})
	return created, err
}

func showCreatedBackup(g *globals, c backup.Created) error {
	if g.JSON {
		return g.answer.json(createdBackup{c.Summary(), c.Resumed, c.Copied, c.Bytes, c.Unread, c.Intake.Rows})
	}
	fmt.Printf("backup %s: %s, %s; %s copied (%s)\n", c.ID, count(c.Summary().Rows, "row", "rows"), count(c.Packs.Rows, "pack", "packs"), count(c.Copied, "pack", "packs"), mebibytes(c.Bytes))
	if c.Resumed {
		fmt.Println("it had been cut short, and is finished now")
	}
	if c.Points != nil {
		fmt.Printf("%s of the index\n", count(c.Points.Rows, "point", "points"))
	}
	if c.Digest != nil {
		fmt.Printf("digest %s\n", c.Digest.Digest)
	}
	fmt.Printf("signed by %s\n", c.Origin)
	if c.Unread > 0 {
		note("the target did not let leat read back %s: 'leat backup verify --read-data' proves them", count(c.Unread, "object", "objects"))
	}
	return nil
}
