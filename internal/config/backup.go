package config

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"strings"
	"time"

	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Vault says how to reach the place of backups.
type Vault struct {
	S3Endpoint string        `name:"backup-s3-endpoint" env:"LEAT_BACKUP_S3_ENDPOINT" placeholder:"URL" default:"https://s3.amazonaws.com" help:"Server of a target s3://BUCKET/PREFIX (${default}). Keys come from LEAT_BACKUP_S3_ACCESS_KEY and LEAT_BACKUP_S3_SECRET_KEY (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)."`
	S3Region   string        `name:"backup-s3-region" env:"LEAT_BACKUP_S3_REGION" placeholder:"NAME" help:"Region that its requests are signed for. Default: from the URL, else us-east-1."`
	S3TLS      TLS           `embed:"" prefix:"backup-s3-tls-" envprefix:"LEAT_BACKUP_S3_TLS_"`
	S3Timeout  time.Duration `name:"backup-s3-timeout" env:"LEAT_BACKUP_S3_TIMEOUT" default:"2m" help:"How long one object of up to 8 MiB may take (${default})."`
}

// VaultReader adds the settings that only the reading of a backup needs.
type VaultReader struct {
	Vault
	IdentityFile string `name:"identity" env:"LEAT_BACKUP_IDENTITY" type:"path" placeholder:"FILE" help:"File of age identities, which open an encrypted backup. Only a restore needs it."`
}

// VaultWriter adds the settings that only the making of a backup needs.
type VaultWriter struct {
	Vault
	Recipients  []string `name:"backup-encrypt-to" aliases:"encrypt-to" env:"LEAT_BACKUP_RECIPIENTS" placeholder:"RECIPIENT" help:"age recipients (age1…) who alone can read the backup, separated by commas. Default: the backup is not encrypted."`
	WithPoints  bool     `name:"backup-with-points" aliases:"with-points" env:"LEAT_BACKUP_WITH_POINTS" help:"Copy the points in Qdrant too, so that a restored leat can be searched at once. Default: a restored leat makes its points from the stored vectors."`
	SignKeyFile string   `name:"backup-sign-key-file" aliases:"sign-key-file" env:"LEAT_BACKUP_SIGN_KEY_FILE" type:"path" placeholder:"FILE" help:"File of the key that signs the manifest: 32 random bytes in base64. Default: a key that the catalog keeps, sealed by LEAT_SECRET_KEY."`
}

// bucketPrefix begins a target in S3.
const bucketPrefix = "s3://"

// maxKeyFile bounds files of keys and identities, in bytes.
const maxKeyFile = 64 << 10

// Open opens a target of backups, a directory or s3://BUCKET/PREFIX, to read from it.
// Keys may come from file. The caller closes the target.
func (v VaultReader) Open(ctx context.Context, file File, target string, log *slog.Logger) (*backup.Vault, backup.Target, error) {
	identities, err := readKeyFile("--identity (LEAT_BACKUP_IDENTITY)", v.IdentityFile)
	if err != nil {
		return nil, nil, err
	}
	crypt, err := backup.NewCrypt(nil, identities)
	if err != nil {
		return nil, nil, err
	}
	return v.open(ctx, file, target, crypt, false, log)
}

// Open opens a target of backups to write to it, and makes it if it does not exist.
func (v VaultWriter) Open(ctx context.Context, file File, target string, log *slog.Logger) (*backup.Vault, backup.Target, error) {
	crypt, err := backup.NewCrypt(v.Recipients, "")
	if err != nil {
		return nil, nil, err
	}
	return v.open(ctx, file, target, crypt, true, log)
}

func (v Vault) open(ctx context.Context, file File, target string, crypt backup.Crypt, create bool, log *slog.Logger) (*backup.Vault, backup.Target, error) {
	var opened backup.Target
	var err error
	if rest, inS3 := strings.CutPrefix(target, bucketPrefix); inS3 {
		opened, err = v.openBucket(ctx, file, rest, create)
	} else {
		opened, err = backup.OpenDirectory(target, create)
	}
	if err != nil {
		return nil, nil, err
	}
	return backup.NewVault(opened, crypt, log), opened, nil
}

func (v Vault) openBucket(ctx context.Context, file File, place string, create bool) (backup.Target, error) {
	if place == "" || path.IsAbs(place) || strings.Contains(place, "@") {
		return nil, errors.New("the target is not of the form s3://BUCKET/PREFIX")
	}
	access, secret := file.secret("backup-s3-access-key"), file.secret("backup-s3-secret-key")
	if access == "" || secret == "" {
		return nil, errors.New("a target in S3 needs keys: set LEAT_BACKUP_S3_ACCESS_KEY and LEAT_BACKUP_S3_SECRET_KEY, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	secure, err := v.S3TLS.of("--backup-s3-tls-… (LEAT_BACKUP_S3_TLS_…)", "--backup-s3-endpoint", v.S3Endpoint)
	if err != nil {
		return nil, err
	}
	return backup.OpenBucket(ctx, blob.Config{
		URL: strings.TrimSuffix(v.S3Endpoint, "/") + "/" + place, Region: v.S3Region, Timeout: v.S3Timeout,
		AccessKey: access, SecretKey: secret, CreateBucket: create, TLS: secure,
	})
}

// Backups says where the syncer makes backups, and how often.
type Backups struct {
	VaultWriter
	To          string        `name:"backup-to" env:"LEAT_BACKUP_TARGET" placeholder:"TARGET" help:"Make backups in this place: a directory, or s3://BUCKET/PREFIX. Default: no backups."`
	Interval    time.Duration `name:"backup-interval" env:"LEAT_BACKUP_INTERVAL" default:"24h" help:"How often a backup is made (${default})."`
	KeepDaily   int           `name:"backup-keep-daily" env:"LEAT_BACKUP_KEEP_DAILY" default:"${keep_daily}" placeholder:"N" help:"Keep the newest backup of each of the last N days that have one (${default})."`
	KeepWeekly  int           `name:"backup-keep-weekly" env:"LEAT_BACKUP_KEEP_WEEKLY" default:"${keep_weekly}" placeholder:"N" help:"Keep the newest backup of each of the last N weeks that have one (${default})."`
	KeepMonthly int           `name:"backup-keep-monthly" env:"LEAT_BACKUP_KEEP_MONTHLY" default:"${keep_monthly}" placeholder:"N" help:"Keep the newest backup of each of the last N months that have one (${default})."`
}

// Check says what to change.
func (b Backups) Check() error {
	if b.To == "" {
		return nil
	}
	if b.Interval < time.Minute {
		return fmt.Errorf("--backup-interval (LEAT_BACKUP_INTERVAL) %s: give 1m or more", b.Interval)
	}
	if b.KeepDaily < 0 || b.KeepWeekly < 0 || b.KeepMonthly < 0 {
		return errors.New("--backup-keep-daily, --backup-keep-weekly, --backup-keep-monthly: give 0 or more")
	}
	if _, err := backup.NewCrypt(b.Recipients, ""); err != nil {
		return fmt.Errorf("--backup-encrypt-to (LEAT_BACKUP_RECIPIENTS): %w", err)
	}
	return nil
}

// Plan is the schedule that the syncer keeps.
func (b Backups) Plan() backup.Plan {
	return backup.Plan{Interval: b.Interval, Keep: backup.Keep{Daily: b.KeepDaily, Weekly: b.KeepWeekly, Monthly: b.KeepMonthly}}
}

// Signer returns the key that signs backups of these stores.
func (v VaultWriter) Signer(ctx context.Context, stores Stores, archive *catalog.Archive) (ed25519.PrivateKey, error) {
	const flag = "--sign-key-file (LEAT_BACKUP_SIGN_KEY_FILE)"
	text, err := readKeyFile(flag, v.SignKeyFile)
	if err != nil {
		return nil, err
	}
	if v.SignKeyFile != "" {
		key, err := backup.ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", flag, err)
		}
		return key, nil
	}
	box, err := stores.Box()
	if err != nil {
		return nil, err
	}
	return backup.KeyOf(ctx, archive, box)
}

// readKeyFile reads a file that a flag names, "" if it names none.
func readKeyFile(flag, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	return string(content), nil
}
