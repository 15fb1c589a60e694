//go:build linux

package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/leatworks/leat/internal/service"
	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/wait"
)

// backups counts the attempts at backups while things broke.
type backups struct {
	Made, Failed, Killed int // while faults went on
	Restored             bool
}

// The pace of backups while things break: the pause between two, and the longest life of a backup
// that is killed.
const (
	backupPause   = 500 * time.Millisecond
	backupKillAt  = 3 * time.Second
	finalAttempts = 3
)

func (r *run) target() string { return filepath.Join(r.dir, "backups") }

// leat runs the command, writes its log to a file, and returns its answer.
func (r *run) leat(ctx context.Context, log string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(r.cfg.Bin, "leat"), append(args, "--json")...)
	cmd.Env = slices.Concat(stack.Clean(os.Environ()), env)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	file, err := os.OpenFile(filepath.Join(r.logs, log+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cmd.Stderr = file
	// Pdeathsig's signal is sent when the thread that forked ends, so this thread must stay.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return cmd.Output()
}

// createBackup makes a backup of the leat under faults.
func (r *run) createBackup(ctx context.Context) ([]byte, error) {
	return r.leat(ctx, "backup", r.env, "backup", "create", "--to", r.target(), "--sign-key-file", filepath.Join(r.dir, "sign.key"), "--patience", "8s", "--with-points")
}

// backUp makes backups until ctx ends, and kills every other one on the way. A failure counts as
// the effect of a fault, as long as the target never holds an unfinished backup that looks whole.
func (r *run) backUp(ctx context.Context) {
	random := rand.New(rand.NewPCG(r.cfg.Seed, 2))
	for n := 0; ctx.Err() == nil; n++ {
		life := time.Hour
		if n%2 == 1 {
			life = time.Duration(random.Int64N(int64(backupKillAt)))
		}
		alive, kill := context.WithTimeout(ctx, life)
		_, err := r.createBackup(alive)
		killed := alive.Err() != nil
		kill()
		r.mu.Lock()
		switch {
		case err == nil:
			r.report.Backups.Made++
		case killed:
			r.report.Backups.Killed++
		default:
			r.report.Backups.Failed++
		}
		r.mu.Unlock()
		_ = wait.For(ctx, backupPause)
	}
}

// restore makes a last backup, verifies all backups, and restores the last one into empty stores.
// The index there must be the same, and the model must not be asked for anything.
func (r *run) restore(ctx context.Context) error {
	var err error
	for range finalAttempts { // the first may meet a pack that is only just mended
		if _, err = r.createBackup(ctx); err == nil {
			break
		}
		_ = wait.For(ctx, backupPause)
	}
	if err != nil {
		r.violate("no backup can be made of a leat at rest: %v; see logs/backup.log", err)
		return nil
	}
	if err := r.proveBackups(ctx); err != nil {
		return err
	}
	const name = "restored"
	env := []string{"LEAT_LOG_LEVEL=debug", "LEAT_FAST=true", "LEAT_DATA=" + filepath.Join(r.dir, name)}
	if out, err := r.leat(ctx, name, env, "backup", "restore", "--from", r.target()); err != nil {
		r.violate("the last backup cannot be restored: %v: %s", err, out)
		return nil
	}
	if out, err := r.leat(ctx, name, env, "verify", "--repair"); err != nil {
		r.violate("the stores of the restored leat differ: %v: %s", err, out)
		return nil
	}
	out, err := r.leat(ctx, name, env, "digest")
	if err != nil {
		return fmt.Errorf("digest of the restored leat: %w", err)
	}
	var digest service.DigestAnswer
	if err := json.Unmarshal(out, &digest); err != nil {
		return fmt.Errorf("digest of the restored leat: %w", err)
	}
	if digest.Digest.Digest != r.report.Digest {
		r.violate("the restored leat has digest %.16s, the one that was copied %.16s", digest.Digest.Digest, r.report.Digest)
	}
	if digest.Graph != r.report.Graph {
		r.violate("the restored leat has symbol graphs %+v, the one that was copied %+v", digest.Graph, r.report.Graph)
	}
	calls := make(map[string][]modelCall)
	if err := readCalls(filepath.Join(r.logs, name+".log"), name, calls); err != nil {
		return err
	}
	if len(calls) > 0 {
		r.violate("the restored leat had %d texts embedded again", len(calls))
	}
	r.report.Backups.Restored = true
	return nil
}

// proveBackups verifies every byte of each backup that looks whole.
func (r *run) proveBackups(ctx context.Context) error {
	out, err := r.leat(ctx, "backup", nil, "backup", "list", "--from", r.target())
	if err != nil {
		return fmt.Errorf("list the backups: %w", err)
	}
	var list struct {
		Backups []struct {
			ID      string
			Partial bool
		}
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return fmt.Errorf("list the backups: %w", err)
	}
	for _, b := range list.Backups {
		if b.Partial {
			r.violate("backup %s is unfinished, although another was made since", b.ID)
			continue
		}
		out, err := r.leat(ctx, "backup", nil, "backup", "verify", b.ID, "--from", r.target(), "--read-data")
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			r.violate("backup %s is not whole: %s", b.ID, strings.Join(strings.Fields(string(out)), " "))
		} else if err != nil {
			return fmt.Errorf("verify backup %s: %w", b.ID, err)
		}
	}
	return nil
}
