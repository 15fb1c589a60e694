package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/leatworks/leat/internal/fault"
)

// Head is the target of a ref at the time of a fetch.
type Head struct {
	Ref    string // full name, for example refs/heads/main; HEAD if the remote's HEAD is detached
	Commit string // in hex
	// Moved is the address to which the host leads for good, by 301 or 308, if that
	// names another repository of the same host; else "".
	Moved string
}

// Fetch brings the commit that ref names into the mirror of id, which it makes
// if need be, and returns it. An empty ref is the remote's default branch; a
// short name is a branch before a tag; an annotated tag leads to its commit. The
// full name of a commit, 40 or 64 hexadecimal digits, is that commit, under the
// ref refs/commits/NAME.
// If the remote has nothing new, Fetch only lists its refs. If git would need more memory
// than it may take, files over 64 MiB are left at the remote, provided that its host can
// leave files out.
//
// An error that cannot pass is a fault.Reject that wraps ErrNotFound, ErrAuth, ErrNoRef,
// ErrEmpty or ErrTooLarge. Trouble on the way is a fault.Retry that wraps ErrUnreachable.
// No error text repeats the words of a distant host; fault.Detail does.
func (m *Mirrors) Fetch(ctx context.Context, id string, remote Remote, ref string) (Head, error) {
	if err := checkID(id); err != nil {
		return Head{}, err
	}
	cause := fmt.Errorf("not done after %s", m.cfg.FetchTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, m.cfg.FetchTimeout, cause)
	defer cancel()
	head, err := m.fetch(ctx, id, remote, ref)
	if err != nil {
		return Head{}, fmt.Errorf("fetch %s: %w", remote, err)
	}
	return head, nil
}

func (m *Mirrors) fetch(ctx context.Context, id string, remote Remote, ref string) (Head, error) {
	access, err := m.access(ctx, remote)
	if err != nil {
		return Head{}, err
	}
	defer access.close()
	tip, err := m.resolve(ctx, remote, access, ref)
	if err != nil {
		return Head{}, err
	}
	head, err := m.bring(ctx, id, remote, access, tip)
	if err == nil && tip.redirected {
		head.Moved = m.moved(ctx, remote, access)
	}
	return head, err
}

// bring fetches a tip into the mirror that lacks it.
func (m *Mirrors) bring(ctx context.Context, id string, remote Remote, access access, tip tip) (Head, error) {
	if m.stands(m.dir(id), tip) {
		return Head{Ref: tip.ref, Commit: tip.oid}, nil
	}
	there := m.look(ctx, m.dir(id), tip.ref)
	if there.holds(tip) {
		return Head{Ref: tip.ref, Commit: there.commit}, nil
	}
	lock, waited, err := m.lock(ctx, id)
	if err != nil {
		return Head{}, err
	}
	defer lock.release()
	if err := m.mend(id); err != nil {
		return Head{}, fmt.Errorf("mend mirror %s: %w", id, err)
	}
	if waited { // perhaps another fetch was faster
		if there = m.look(ctx, m.dir(id), tip.ref); there.holds(tip) {
			return Head{Ref: tip.ref, Commit: there.commit}, nil
		}
	}
	return m.update(ctx, id, there.format, job{remote: remote, access: access, tip: tip, lock: lock})
}

// job is one ref on its way into a mirror.
type job struct {
	remote Remote
	access access
	tip    tip
	lock   *lock
	small  bool // without files over largeBlob
}

// refused says that the remote does not hand out a commit that was requested by its own name.
func (j job) refused(err error) bool {
	var f *failure
	asked := strings.HasPrefix(j.tip.ref, commitRefs) && errors.As(err, &f)
	return asked && slices.ContainsFunc(refusals, func(sign string) bool { return strings.Contains(f.stderr, sign) })
}

// refusals are the words in which git refuses a commit.
var refusals = []string{"not our ref", "unadvertised object", "couldn't find remote ref"}

func (j job) explain(err error) error {
	if j.refused(err) {
		return fault.Reject(fmt.Errorf("%w: the remote has no commit %s, or gives only commits that a branch or a tag names (%w)", ErrNoRef, j.tip.oid, err))
	}
	return explain(j.remote, err)
}

// state is the result of a look at a mirror. Its zero value stands for a mirror that is
// not there, is no repository or is not trusted.
type state struct {
	format string // of its objects' names
	oid    string // object at which its copy of the ref points; "" if it has none
	commit string // commit to which that object leads, whose tree is there too
}

func (s state) holds(tip tip) bool { return s.oid == tip.oid }

// stands says without git that a branch has not moved since it was fetched, which is what nearly every
// poll finds. Git writes a fetched ref, in a file of its own, after the objects that it leads to. If they
// have been lost since, whoever reads them finds out, and distrusts the mirror. A ref that is not in a file
// of its own is looked at with git, and so is one whose object may be no commit.
func (m *Mirrors) stands(dir string, tip tip) bool {
	if !strings.HasPrefix(tip.ref, "refs/heads/") || distrusted(dir) {
		return false
	}
	if _, err := os.Stat(filepath.Join(dir, peeled)); err == nil {
		return false
	}
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(mirrorRef(tip.ref))))
	return err == nil && strings.TrimSpace(string(text)) == tip.oid
}

// look reads everything about a mirror that a fetch needs to know, at once: git takes longer
// to start than to answer.
func (m *Mirrors) look(ctx context.Context, dir, ref string) state {
	if _, err := os.Stat(dir); err != nil || distrusted(dir) {
		return state{}
	}
	there, _ := m.read(ctx, dir, ref) // without the ref it holds the format alone
	return there
}

func (m *Mirrors) read(ctx context.Context, dir, ref string) (state, error) {
	name := mirrorRef(ref)
	out, err := m.run(ctx, command{gitDir: dir, args: []string{"rev-parse", "--show-object-format", name, name + "^{tree}", name + "^{commit}"}})
	lines := strings.Fields(string(out))
	switch {
	case len(lines) == 0:
		return state{}, errors.Join(err, errors.New("git rev-parse printed nothing"))
	case err != nil:
		return state{format: lines[0]}, err
	case len(lines) != 4:
		return state{}, fmt.Errorf("git rev-parse: unexpected output %q", out)
	}
	return state{lines[0], lines[1], lines[3]}, nil
}

// update fetches into a mirror of the given object format if it is the remote's. A new
// mirror takes its place if that fails for a reason that may lie in the mirror, or if old
// content has made the mirror too large. If git would need too much memory for that, the new
// mirror leaves out large files, which nothing reads: a file of kilobytes in a pack may
// expand to gigabytes.
func (m *Mirrors) update(ctx context.Context, id, format string, job job) (Head, error) {
	dir := m.dir(id)
	if format == formatOf(job.tip.oid) {
		same := job
		same.small = isPartialMirror(dir)
		head, err := m.fetchInto(ctx, dir, same)
		if err == nil {
			m.maintain(ctx, dir, job.lock)
			return head, nil
		}
		if !errors.Is(err, ErrTooLarge) && (!suspicious(ctx, err) || job.refused(err)) {
			return Head{}, job.explain(err)
		}
	}
	fresh := dir + suffixNew
	head, err := m.create(ctx, fresh, job)
	if errors.Is(err, errMemory) {
		job.small = true
		if err := os.RemoveAll(fresh); err != nil {
			return Head{}, fmt.Errorf("remove mirror: %w", err)
		}
		head, err = m.create(ctx, fresh, job)
	}
	if err != nil {
		return Head{}, errors.Join(job.explain(err), os.RemoveAll(fresh))
	}
	return head, m.swap(id)
}

func formatOf(oid string) string {
	if len(oid) == 64 {
		return "sha256"
	}
	return "sha1"
}

func (m *Mirrors) create(ctx context.Context, dir string, job job) (Head, error) {
	args := []string{"init", "--quiet", "--bare", "--template=", "--object-format=" + formatOf(job.tip.oid), "--", dir}
	if _, err := m.run(ctx, command{args: args}); err != nil {
		return Head{}, err
	}
	return m.fetchInto(ctx, dir, job)
}

func (m *Mirrors) fetchInto(ctx context.Context, dir string, job job) (Head, error) {
	args := job.access.options([]string{
		"fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance",
		"--force", "--no-write-fetch-head", "--depth=1",
	})
	from, restore := job.remote.fetchURL(), func() error { return nil }
	if job.small {
		from = partialRemote
		args = append(args, withoutLarge(job.remote)...)
		var err error
		if restore, err = keepConfig(dir); err != nil {
			return Head{}, err
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	watch := m.watch(ctx, dir, cancel)
	command := job.access.command(append(args, "--", from, "+"+job.tip.wanted()+":"+mirrorRef(job.tip.ref)))
	if job.small {
		command.config = slices.Concat(command.config, []setting{{"remote." + partialRemote + ".url", job.remote.fetchURL()}})
	}
	command.gitDir, command.lock, command.onProgress = dir, job.lock.file, watch.progress
	_, err := m.run(ctx, command)
	cancel(nil)
	<-watch.done
	// A process that wrote too large a file has died of it without a word.
	if size := m.checkSize(dir); err == nil || errors.Is(size, ErrTooLarge) {
		err = size
	}
	if err := errors.Join(err, restore()); err != nil {
		return Head{}, err
	}
	there, err := m.read(context.WithoutCancel(ctx), dir, job.tip.ref)
	if err != nil {
		return Head{}, fault.Reject(fmt.Errorf("%w: %s names no commit (%w)", ErrNoRef, job.tip.ref, err))
	}
	if there.oid != there.commit && strings.HasPrefix(job.tip.ref, "refs/heads/") {
		if err := os.WriteFile(filepath.Join(dir, peeled), nil, 0o600); err != nil {
			return Head{}, fmt.Errorf("mark mirror: %w", err)
		}
	}
	return Head{Ref: job.tip.ref, Commit: there.commit}, nil
}

// peeled marks a mirror with a branch that names no commit but a tag, which git itself does not make.
const peeled = "leat-peeled"

// watch ends a running fetch that passes the limit of the mirror's size, or shows no
// progress.
type watch struct {
	last atomic.Int64 // time of the last progress, in nanoseconds
	done chan struct{}
}

const watchInterval = 200 * time.Millisecond

func (m *Mirrors) watch(ctx context.Context, dir string, cancel context.CancelCauseFunc) *watch {
	w := &watch{done: make(chan struct{})}
	w.progress()
	go func() {
		defer close(w.done)
		ticker := time.NewTicker(min(watchInterval, m.cfg.IdleTimeout/2))
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if err := m.checkSize(dir); err != nil {
				cancel(err)
				return
			}
			if time.Now().UnixNano()-w.last.Load() > int64(m.cfg.IdleTimeout) {
				cancel(silence(m.cfg.IdleTimeout))
				return
			}
		}
	}()
	return w
}

func (w *watch) progress() { w.last.Store(time.Now().UnixNano()) }

func (m *Mirrors) checkSize(dir string) error {
	size, err := dirSize(dir)
	if err != nil {
		return fmt.Errorf("measure mirror: %w", err)
	}
	if size > m.cfg.MaxBytes {
		return fault.Reject(fmt.Errorf("repository is %w: its mirror reached %d bytes; at most %d are allowed", ErrTooLarge, size, m.cfg.MaxBytes))
	}
	return nil
}

// dirSize adds up the sizes of the files under dir. It returns 0 if dir does not exist.
// Files may come and go meanwhile.
func dirSize(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			var info os.FileInfo
			if info, err = entry.Info(); err == nil {
				size += info.Size()
			}
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	})
	return size, err
}
