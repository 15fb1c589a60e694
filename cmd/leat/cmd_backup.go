package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/number"
	"github.com/leatworks/leat/internal/service"
)

type backupCmd struct {
	Create  backupCreateCmd  `cmd:"" help:"Copy this leat to another place, as it is now."`
	List    backupListCmd    `cmd:"" help:"List the backups of a target, oldest first."`
	Verify  backupVerifyCmd  `cmd:"" help:"Prove that a backup is whole. Exits 1 if it is not."`
	Restore backupRestoreCmd `cmd:"" help:"Restore a backup into empty stores, or a part of it into a leat in use."`
	Prune   backupPruneCmd   `cmd:"" help:"Remove old backups, and the packs that no other backup names."`
}

// vaultFlags name the target of a command that reads backups.
type vaultFlags struct {
	From string `env:"LEAT_BACKUP_TARGET" required:"" placeholder:"TARGET" help:"Where the backups are: a directory, or s3://BUCKET/PREFIX."`
	config.VaultReader
}

// open opens the target.
func (f vaultFlags) open(ctx context.Context, g *globals) (*backup.Vault, func(), error) {
	vault, target, err := f.Open(ctx, g.File, f.From, g.quietLog().Logger(&g.screen))
	if err != nil {
		return nil, nil, fmt.Errorf("--from (LEAT_BACKUP_TARGET): %w", err)
	}
	return vault, target.Close, nil
}

// trust names the key that has to have signed.
type trust struct {
	SignedBy string `env:"LEAT_BACKUP_SIGNED_BY" placeholder:"KEY" help:"Key with which the backup must be signed, as 'leat backup list' shows it (ed25519:…). Default: any key; the answer says which."`
}

func (t trust) signer() (string, error) {
	if t.SignedBy == "" {
		return "", nil
	}
	signer, err := backup.ParseSigner(t.SignedBy)
	if err != nil {
		return "", fmt.Errorf("--signed-by (LEAT_BACKUP_SIGNED_BY): %w", err)
	}
	return signer, nil
}

type backupListCmd struct{ vaultFlags }

func (cmd *backupListCmd) Run(ctx context.Context, g *globals) error {
	vault, closeTarget, err := cmd.open(ctx, g)
	if err != nil {
		return err
	}
	defer closeTarget()
	list, err := vault.List(ctx)
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(map[string]any{"backups": list})
	}
	if len(list) == 0 {
		fmt.Println("no backups")
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tTAKEN\tDOCUMENTS\tPACKS\tSIZE\tDIGEST\tSIGNED BY")
	for _, b := range list {
		switch {
		case b.Partial:
			fmt.Fprintf(w, "%s\t%s\tnot whole: it is being made, or was cut short\n", b.ID, day(&b.TakenAt))
		case b.Error != "":
			fmt.Fprintf(w, "%s\t%s\t%s\n", b.ID, day(&b.TakenAt), safeLine(b.Error))
		default:
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", b.ID, day(&b.TakenAt), number.Thousands(b.Documents), number.Thousands(b.Packs),
				mebibytes(b.Bytes), shortDigest(b.Digest), b.SignedBy)
		}
	}
	return w.Flush()
}

// shortDigest is enough of a digest to compare it by eye.
func shortDigest(digest string) string {
	if digest == "" {
		return "-"
	}
	return digest[:min(len(digest), 12)]
}

// mebibytes writes a size for people.
func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

type backupVerifyCmd struct {
	ID string `arg:"" optional:"" help:"Id of the backup, or the beginning of it. Default: the newest."`
	vaultFlags
	trust
	ReadData bool   `help:"Read every pack. Default: look for it by name and size."`
	Sample   string `placeholder:"SHARE" help:"Read this share of the packs, chosen at random, such as 10%."`
	List     bool   `help:"Name each object that is missing or damaged on standard error."`
}

func (cmd *backupVerifyCmd) Run(ctx context.Context, g *globals) error {
	request := backup.VerifyRequest{ID: cmd.ID}
	var err error
	switch {
	case cmd.ReadData && cmd.Sample != "":
		return errors.New("--read-data reads all packs: leave out --sample")
	case cmd.ReadData:
		request.Share = 1
	case cmd.Sample != "":
		if request.Share, err = backup.ParseShare(cmd.Sample); err != nil {
			return fmt.Errorf("--sample: %w", err)
		}
	}
	if request.SignedBy, err = cmd.signer(); err != nil {
		return err
	}
	if cmd.List {
		request.Found = func(kind, what string) { note("%s %s", kind, safeLine(what)) }
	}
	vault, closeTarget, err := cmd.open(ctx, g)
	if err != nil {
		return err
	}
	defer closeTarget()
	report, err := vault.Verify(ctx, request)
	untrusted := errors.Is(err, backup.ErrSigner) || errors.Is(err, backup.ErrSignature)
	if err != nil && !untrusted {
		return err
	}
	if untrusted {
		report.Error = err.Error()
	}
	if err := showBackupReport(g, report); err != nil {
		return err
	}
	if !report.OK {
		return errNo
	}
	return nil
}

func showBackupReport(g *globals, r backup.Report) error {
	if g.JSON {
		return g.answer.json(r)
	}
	if r.Error != "" {
		fmt.Printf("not ok: %s\n", r.Error)
		return nil
	}
	fmt.Printf("backup %s of %s: %s, %s; %s read\n", r.ID, day(&r.TakenAt), count(r.Rows, "row", "rows"), count(r.Packs, "pack", "packs"), count(r.Read, "pack", "packs"))
	fmt.Printf("signed by %s\n", r.SignedBy)
	if !r.Opened {
		fmt.Println("it is encrypted: its stored bytes were checked; --identity checks the decrypted ones too")
	}
	if r.OK {
		fmt.Println("ok: it is whole")
		return nil
	}
	fmt.Printf("not ok: %s missing, %s corrupt, %s with another number of lines\n", count(r.Missing, "object", "objects"), count(r.Corrupt, "object", "objects"), count(r.Miscounts, "list", "lists"))
	fmt.Println("'leat backup create --reread' copies damaged packs again, for this backup too")
	return nil
}

type backupPruneCmd struct {
	vaultFlags
	KeepDaily   int  `default:"${keep_daily}" placeholder:"N" help:"Keep the newest backup of each of the last N days that have one (${default})."`
	KeepWeekly  int  `default:"${keep_weekly}" placeholder:"N" help:"Keep the newest backup of each of the last N weeks that have one (${default})."`
	KeepMonthly int  `default:"${keep_monthly}" placeholder:"N" help:"Keep the newest backup of each of the last N months that have one (${default})."`
	DryRun      bool `help:"Say what would be removed, and remove nothing."`
}

func (cmd *backupPruneCmd) Run(ctx context.Context, g *globals) error {
	keep := backup.Keep{Daily: cmd.KeepDaily, Weekly: cmd.KeepWeekly, Monthly: cmd.KeepMonthly}
	if keep.Daily < 0 || keep.Weekly < 0 || keep.Monthly < 0 {
		return errors.New("--keep-daily, --keep-weekly, --keep-monthly: give 0 or more")
	}
	vault, closeTarget, err := cmd.open(ctx, g)
	if err != nil {
		return err
	}
	defer closeTarget()
	did, err := vault.Prune(ctx, keep, cmd.DryRun)
	if err != nil {
		return err
	}
	if g.JSON {
		return g.answer.json(did)
	}
	verb := "removed"
	if did.DryRun {
		verb = "would remove"
	}
	fmt.Printf("%s %s and %s (%s); %s kept\n", verb, count(len(did.Removed), "backup", "backups"), count(did.Packs, "pack", "packs"), mebibytes(did.Bytes), count(len(did.Kept), "backup", "backups"))
	return nil
}

// steps shows the progress of a backup or a restore, a line now and then.
func steps(g *globals) func(backup.Progress) {
	last, step := time.Now(), ""
	return func(p backup.Progress) {
		if g.JSON || p.Step == step && time.Since(last) < lineInterval {
			return
		}
		last, step = time.Now(), p.Step
		if p.Step == "packs" {
			note("%s of %s packs, %s copied", number.Thousands(p.Packs), number.Thousands(p.Of), mebibytes(p.Copied))
			return
		}
		note("%s", p.Step)
	}
}

// ready returns an error if these stores hold no leat, so that there is nothing to back up.
func (s *session) ready(ctx context.Context) error {
	err := s.service.Ready(ctx)
	if errors.Is(err, service.ErrNoIndex) {
		return nil // a leat without an index yet
	}
	return err
}
