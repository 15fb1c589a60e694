//go:build linux

package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/leatworks/leat/internal/stack"
	"github.com/leatworks/leat/internal/store"
	"github.com/leatworks/leat/internal/wait"
)

// perform injects a fault and undoes it.
func (r *run) perform(ctx context.Context, f fault) error {
	switch f.kind {
	case KillWorker:
		return r.killWorker(ctx, f)
	case StopWorker:
		w := r.workers[f.target]
		w.Signal(syscall.SIGSTOP)
		_ = wait.For(ctx, f.lasts)
		w.Signal(syscall.SIGCONT)
		return nil
	case KillStore, WipeNATS:
		return r.killStore(ctx, f)
	case Cut, Delay, Stall:
		r.disturb(ctx, f)
		return nil
	case DropCollection:
		return r.dropCollection(ctx)
	case DeleteObject, FlipByte:
		return r.damageObject(f)
	case FillDisk:
		return r.fillDisk(ctx, f)
	}
	return fmt.Errorf("no such fault")
}

// alive reports a violation if a process has ended by itself.
func (r *run) alive(p *stack.Process) bool {
	select {
	case <-p.Over():
		r.violate("%s ended by itself: %v: %s", p.Name, p.Err(), p.LastWords())
		return false
	default:
		return true
	}
}

func (r *run) killWorker(ctx context.Context, f fault) error {
	w := r.workers[f.target]
	r.alive(w)
	w.Kill()
	_ = wait.For(ctx, f.lasts)
	return w.Start()
}

func (r *run) killStore(ctx context.Context, f fault) error {
	s := r.stores[f.target]
	r.alive(&s.Process)
	s.Kill()
	_ = wait.For(ctx, f.lasts)
	if f.kind == WipeNATS {
		if err := s.wipe(); err != nil {
			return err
		}
	}
	if err := s.Start(); err != nil {
		return err
	}
	if f.kind == WipeNATS {
		r.feed.again()
	}
	return nil
}

func (r *run) disturb(ctx context.Context, f fault) {
	p := r.stores[f.target].relay
	switch f.kind {
	case Cut:
		p.Cut()
	case Delay:
		p.Slow(time.Duration(5+f.choice%100) * time.Millisecond)
	case Stall:
		p.Stall()
	}
	_ = wait.For(ctx, f.lasts)
	p.Heal()
}

func (r *run) dropCollection(ctx context.Context) error {
	opened, err := r.openParts(ctx, store.Qdrant)
	if err != nil {
		return err
	}
	defer opened.Close()
	names, err := opened.Points.Collections(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		err = errors.Join(err, opened.Points.DropCollection(ctx, name))
	}
	return err
}

// damageObject changes the files of the S3 server, which serves their content
// unchanged.
func (r *run) damageObject(f fault) error {
	packs, err := filepath.Glob(filepath.Join(r.stores[stack.S3].Dir, stack.S3, "*", "*", "*", "*.pack"))
	if err != nil || len(packs) == 0 {
		return err
	}
	pack := packs[f.choice%uint64(len(packs))]
	if f.kind == DeleteObject {
		return os.Remove(pack)
	}
	file, err := os.OpenFile(pack, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	at := int64(f.choice>>16) & (1<<40 - 1) % info.Size()
	var one [1]byte
	if _, err := file.ReadAt(one[:], at); err != nil {
		return err
	}
	one[0] ^= 0xff
	_, err = file.WriteAt(one[:], at)
	return err
}

// diskBytes is the size of each disk that faults fill.
const diskBytes = 256 << 20

// mount gives each process whose disk faults fill a disk of its own, if the
// machine allows it.
func (r *run) mount() error {
	if !r.cfg.FullDisk {
		return nil
	}
	for _, name := range disks {
		dir := filepath.Join(r.dir, name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", diskBytes))
		if errors.Is(err, os.ErrPermission) {
			r.report.NoDisk = fmt.Sprintf("mount a tmpfs: %v", err)
			return nil
		}
		if err != nil {
			return fmt.Errorf("mount a tmpfs on %s: %w", dir, err)
		}
		r.mounts = append(r.mounts, dir)
	}
	return nil
}

func (r *run) unmount() {
	for _, dir := range r.mounts {
		_ = syscall.Unmount(dir, syscall.MNT_DETACH)
	}
	r.mounts = nil
}

// ballast returns the name of the file that fills a disk. It is in a directory that the owner of
// the disk ignores.
func ballast(dir, target string) string {
	if slices.Contains(stack.StoreNames, target) {
		return filepath.Join(dir, target, "run", "ballast")
	}
	return filepath.Join(dir, target, "ballast")
}

func (r *run) fillDisk(ctx context.Context, f fault) error {
	name := ballast(r.dir, f.target)
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer os.Remove(name)
	defer file.Close()
	for block := make([]byte, 1<<20); err == nil; {
		_, err = file.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	_ = wait.For(ctx, f.lasts)
	return nil
}
