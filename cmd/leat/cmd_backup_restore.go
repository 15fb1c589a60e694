package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/syncer/point"
)

type backupRestoreCmd struct {
	ID string `arg:"" optional:"" help:"Id of the backup, or the beginning of it. Default: the newest."`
	vaultFlags
	trust
	DryRun        bool   `help:"Say what would change, and change nothing."`
	Repo          string `placeholder:"REPO" help:"Restore only this repository of the tenant (--tenant), into a leat in use: its URL, its path, or the end of it."`
	AllOfTenant   bool   `help:"Restore all repositories of the tenant (--tenant), into a leat in use."`
	SkipPoints    bool   `help:"Leave out the points of the backup, and leave Qdrant alone. The syncer makes the points from stored vectors."`
	SkipConflicts bool   `help:"With --repo or --all-of-tenant: skip refs that are here at another commit, and restore the others. Default: restore nothing if there are any."`
}

func (cmd *backupRestoreCmd) Run(ctx context.Context, g *globals) error {
	signer, err := cmd.signer()
	if err != nil {
		return err
	}
	vault, closeTarget, err := cmd.open(ctx, g)
	if err != nil {
		return err
	}
	defer closeTarget()
	switch {
	case cmd.Repo != "" && cmd.AllOfTenant:
		return errors.New("--repo restores one repository, --all-of-tenant all of them: give one of the two")
	case cmd.part():
		return cmd.restorePart(ctx, g, vault, signer)
	case cmd.SkipConflicts:
		return errors.New("--skip-conflicts goes with --repo or --all-of-tenant")
	}
	chosen, err := vault.Choose(ctx, cmd.ID, signer)
	if err != nil {
		return err
	}
	wanted := store.NATS
	if chosen.Points() > 0 && !cmd.SkipPoints {
		wanted |= store.Qdrant
	}
	parts := store.Postgres | store.S3
	if embedded := embeddedParts(g.Stores); embedded == store.All {
		parts |= wanted
	} else {
		parts |= wanted &^ embedded
	}
	s, err := g.openNew(ctx, parts)
	if err != nil {
		return err
	}
	defer s.close()
	done, err := s.restore(ctx, chosen, backup.RestoreRequest{DryRun: cmd.DryRun, Tell: steps(g)})
	switch {
	case errors.Is(err, backup.ErrNotEmpty):
		return fmt.Errorf("%w; name other stores, or another directory with --data; or restore a part with --repo or --all-of-tenant", err)
	case err != nil:
		return err
	}
	return showRestored(g, done)
}

// restore fills the stores of the session.
func (s *session) restore(ctx context.Context, chosen backup.Chosen, r backup.RestoreRequest) (done backup.Restored, err error) {
	if s.Broker != nil && !r.DryRun {
		topology := broker.DefaultTopology()
		s.config.Limit(&topology)
		if s.config.AckWait > 0 {
			topology.AckWait = s.config.AckWait
		}
		if err := s.Broker.Ensure(ctx, topology); err != nil {
			return done, err
		}
	}
	done, err = chosen.Restore(ctx, backup.Empty{Catalog: s.Catalog, Blobs: s.Blobs, Broker: s.Broker, Points: s.Points}, r)
	if err != nil || r.DryRun {
		return done, err
	}
	// The syncer writes the points at once, also if the index has its collection.
	return done, s.Catalog.Schedule.PlanAgain(ctx, point.Kinds())
}

func showRestored(g *globals, done backup.Restored) error {
	if g.JSON {
		return g.answer.json(done)
	}
	verb := "restored"
	if done.DryRun {
		verb = "would restore"
	}
	fmt.Printf("%s backup %s of %s: %s, %s (%s copied)\n", verb, done.ID, day(&done.TakenAt), count(done.Rows, "row", "rows"), count(done.Packs, "pack", "packs"), number.Thousands(done.Copied))
	if done.Waiting > 0 {
		fmt.Printf("%s that nobody had accepted\n", count(done.Waiting, "submission", "submissions"))
	}
	if done.Points > 0 {
		fmt.Printf("%s of the index\n", count(done.Points, "point", "points"))
	}
	if done.Digest != "" {
		fmt.Printf("digest %s, when the syncer has compared or written the points\n", done.Digest)
	}
	if !done.DryRun && done.Points > 0 {
		note("start the workers, or 'leat dev': the index can be searched, and the syncer compares it with the catalog")
	} else if !done.DryRun {
		note("start the workers, or 'leat dev': the points come back from stored vectors, and nothing is embedded")
	}
	return nil
}
