package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/leatworks/leat/internal/access"
	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/pipeline/catalog"
)

// part says whether only some repositories are to be restored, into a leat in use.
func (cmd *backupRestoreCmd) part() bool { return cmd.Repo != "" || cmd.AllOfTenant }

// restorePart takes over repositories of a tenant.
func (cmd *backupRestoreCmd) restorePart(ctx context.Context, g *globals, vault *backup.Vault, signer string) error {
	s, err := g.open(ctx, store.Postgres|store.S3)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.ready(ctx); err != nil {
		return err
	}
	by := access.OriginOf(operator(ctx))
	done, err := vault.RestorePart(ctx, backup.Living{Catalog: s.Catalog, Blobs: s.Blobs}, backup.PartRequest{
		ID: cmd.ID, SignedBy: signer, DryRun: cmd.DryRun, SkipConflicts: cmd.SkipConflicts, Tell: steps(g),
		Scope: catalog.AnnexScope{Tenant: g.Tenant, Repository: cmd.Repo}, By: catalog.Author{Name: by.Who, Door: by.Door, Address: by.Address},
	})
	refused := errors.Is(err, backup.ErrConflict)
	if err != nil && !refused {
		return err
	}
	conflicts := len(done.Conflicts())
	if g.JSON {
		err = g.answer.json(struct {
			backup.PartRestored
			Refused bool `json:"refused"` // nothing was restored, because of conflicts
		}{done, refused})
	} else {
		err = showPart(done, refused)
	}
	if err == nil && conflicts > 0 && !cmd.SkipConflicts {
		return errNo
	}
	return err
}

func showPart(done backup.PartRestored, refused bool) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, t := range done.Tracks {
		what := map[catalog.TrackFate]string{catalog.TrackAdd: "restored", catalog.TrackHere: "is here, at the same commit", catalog.TrackConflict: "conflict: " + t.Why}[t.Fate]
		switch {
		case t.Fate == catalog.TrackAdd && refused:
			what = "left out"
		case t.Fate == catalog.TrackAdd && done.DryRun:
			what = "would be restored"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", safeLine(t.URL), safeLine(service.ShortRef(t.Ref)), dash(t.Commit[:min(len(t.Commit), 10)]), count(t.Documents, "document", "documents"), safeLine(what))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	verb := "restored from"
	switch {
	case refused:
		fmt.Println("nothing was restored: solve the conflicts, or restore the rest with --skip-conflicts")
		return nil
	case done.DryRun:
		verb = "would restore from"
	}
	fmt.Printf("%s backup %s of %s: %s, %s, %s; %s (%s) to read\n", verb, done.Backup.ID, day(&done.Backup.TakenAt), count(done.Documents, "document", "documents"),
		count(done.Texts, "text", "texts"), count(done.Vectors, "vector", "vectors"), count(done.Packs, "pack", "packs"), mebibytes(done.PackBytes))
	if done.Embed > 0 {
		note("%s of chunks have no vector of this index's model, and are embedded", number.Thousands(done.Embed))
	}
	if !done.DryRun && done.Documents > 0 {
		note("the syncer has the points written; 'leat status' shows how far it is")
	}
	return nil
}
