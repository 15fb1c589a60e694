package backup_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/syncer/object"
	"github.com/leatworks/leat/pipeline/syncer/point"
)

var (
	key    = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	silent = slog.New(slog.DiscardHandler)
)

// counted counts the texts that a model embeds.
type counted struct {
	embedder.Embedder
	texts *atomic.Int64
}

func (c counted) Embed(ctx context.Context, texts []string, purpose embedder.Purpose) ([][]float32, error) {
	c.texts.Add(int64(len(texts)))
	return c.Embedder.Embed(ctx, texts, purpose)
}

// world is a leat with a repository in it.
func world(t *testing.T) (*testpipe.Pipe, *testpipe.Repo) {
	t.Helper()
	p := testpipe.Open(t, testpipe.Config{})
	r := p.IngestTree(t, testpipe.Text("a.go", "package a\n\nfunc A() {}\n", "b.md", "# B\n\ntext\n", "c.bin", "\x00", "dir/d.txt", "water\n"))
	p.Settle(t)
	return p, r
}

func leatOf(p *testpipe.Pipe) backup.Leat {
	return backup.Leat{Catalog: p.Catalog, Blobs: p.Blobs, Broker: p.Broker, Points: p.Points, Key: key, Version: "test"}
}

// vault opens a target in a new directory.
func vault(t *testing.T, crypt backup.Crypt) (*backup.Vault, backup.Target) {
	t.Helper()
	target, err := backup.OpenDirectory(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	return backup.NewVault(target, crypt, silent), target
}

func create(t *testing.T, v *backup.Vault, p *testpipe.Pipe) backup.Created {
	t.Helper()
	made, err := v.Create(t.Context(), leatOf(p), backup.Request{Target: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func verify(t *testing.T, v *backup.Vault, id string) (backup.Report, []string) {
	t.Helper()
	var found []string
	report, err := v.Verify(t.Context(), backup.VerifyRequest{ID: id, Share: 1, Found: func(kind, what string) { found = append(found, kind+" "+what) }})
	if err != nil {
		t.Fatal(err)
	}
	return report, found
}

// empty opens stores without content, into which a backup can be restored.
func empty(t *testing.T) (*testpipe.Pipe, *atomic.Int64) {
	t.Helper()
	texts := new(atomic.Int64)
	return testpipe.Open(t, testpipe.Config{Embedder: counted{embedder.Local{}, texts}}), texts
}

func restore(t *testing.T, v *backup.Vault, p *testpipe.Pipe) backup.Restored {
	t.Helper()
	done, err := v.Restore(t.Context(), emptyOf(p), backup.RestoreRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func emptyOf(p *testpipe.Pipe) backup.Empty {
	return backup.Empty{Catalog: p.Catalog, Blobs: p.Blobs, Broker: p.Broker}
}

// Law 15: a restored leat is the same leat, and nothing is embedded again.
func TestARestoredLeatIsTheSame(t *testing.T) {
	identity, recipient := identity(t)
	for name, crypts := range map[string][2]backup.Crypt{"plain": {}, "encrypted": {crypt(t, recipient, ""), crypt(t, "", identity)}} {
		t.Run(name, func(t *testing.T) {
			from, _ := world(t)
			v, target := vault(t, crypts[0])
			made := create(t, v, from)
			if made.Digest == nil || *made.Digest != from.Digest(t) {
				t.Errorf("the manifest's digest is %v, the index's %v", made.Digest, from.Digest(t))
			}
			reading := backup.NewVault(target, crypts[1], silent)
			if report, found := verify(t, reading, ""); !report.OK || !report.Opened || report.Read != made.Packs.Rows {
				t.Errorf("%+v: %v", report, found)
			}
			to, texts := empty(t)
			restore(t, reading, to)
			join := rebuild(t, to, texts)
			if got := join.Digest(t); got != *made.Digest {
				t.Errorf("the restored leat has %+v, want %+v", got, *made.Digest)
			}
			if texts.Load() != 0 {
				t.Errorf("%d texts were embedded again", texts.Load())
			}
			if report, found := join.Verify(t); !report.OK {
				t.Errorf("%+v: %v", report, found)
			}
			for _, query := range []string{
				"select count(*) || ' ' || max(revision) from documents", "select string_agg(url, ' ') from repositories",
				"select string_agg(text::text, ' ' order by text) from chunks", "select max(id) from chunkings",
			} {
				if a, b := from.One(t, query), join.One(t, query); a != b {
					t.Errorf("%s: %s, and %s in the restored leat", query, a, b)
				}
			}
			// New ids follow the restored ones.
			r := join.IngestTree(t, testpipe.Text("new.txt", "another\n"))
			join.Settle(t)
			if join.DigestOf(t, r).Points != 1 {
				t.Error("the restored leat indexes nothing new")
			}
		})
	}
}

// rebuild lets the syncer write the points of a restored leat.
func rebuild(t *testing.T, restored *testpipe.Pipe, texts *atomic.Int64) *testpipe.Pipe {
	t.Helper()
	return rebuildWith(t, restored, testpipe.Config{Embedder: counted{embedder.Local{}, texts}})
}

// rebuildWith is rebuild with another configuration.
func rebuildWith(t *testing.T, restored *testpipe.Pipe, with testpipe.Config) *testpipe.Pipe {
	t.Helper()
	p := testpipe.Join(t, with, restored.Addresses)
	cfg := point.Config{Interval: time.Hour, Alias: p.Config().Index}
	for _, w := range point.New(cfg, p.Catalog, p.Catalog.Generations, p.Catalog.Schedule, p.Points, silent).Work() {
		if _, err := p.Now(t, w); err != nil {
			t.Fatal(err)
		}
	}
	p.SettleOwed(t)
	return p
}

// Every table of the catalog is in a backup, unless its rows mean nothing elsewhere.
func TestEveryTableIsCopied(t *testing.T) {
	p, _ := world(t)
	v, _ := vault(t, backup.Crypt{})
	made := create(t, v, p)
	have := map[string]bool{}
	for _, table := range made.Tables {
		have[table.Name] = true
	}
	left := []string{"goose_db_version", "backup_leases", "claims", "embedder_limits", "request_rates", "sync_work", "sync_runs", "workers"}
	for _, name := range p.Rows(t, "select relname::text from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition") {
		want := true
		for _, l := range left {
			want = want && name != l
		}
		if have[name] != want {
			t.Errorf("table %s: copied %t, want %t", name, have[name], want)
		}
	}
}

// Only packs that the target lacks are copied.
func TestASecondBackupCopiesWhatIsNew(t *testing.T) {
	p, r := world(t)
	v, _ := vault(t, backup.Crypt{})
	first := create(t, v, p)
	if first.Copied != int64(len(p.Keys(t))) {
		t.Errorf("the first copied %d packs of %d", first.Copied, len(p.Keys(t)))
	}
	if again := create(t, v, p); again.Copied != 0 || again.Packs.Rows != first.Copied {
		t.Errorf("the second copied %d packs of %d", again.Copied, again.Packs.Rows)
	}
	r.Commit(t, testpipe.Text("e.txt", "something new\n"))
	p.Submit(t, r)
	p.Settle(t)
	if third := create(t, v, p); third.Copied != 2 || third.Packs.Rows != first.Copied+2 {
		t.Errorf("the third copied %d packs of %d, want 2", third.Copied, third.Packs.Rows)
	}
	list, err := v.List(t.Context())
	if err != nil || len(list) != 3 {
		t.Errorf("%d backups, %v", len(list), err)
	}
}

// A submission that no ingestor has accepted is in the backup, and is accepted after the restore.
func TestWaitingSubmissionsComeBack(t *testing.T) {
	p, _ := world(t)
	event, err := events.New("/test", "7", events.RepoSubmitted{URL: "https://example.org/waiting"})
	if err != nil {
		t.Fatal(err)
	}
	out := broker.Outgoing{Subject: events.SubmittedSubject("default"), Header: map[string]string{"ce-id": event.ID, "ce-specversion": "1.0", "ce-source": "/test", "ce-type": string(event.Type), broker.MetaMsgID: "x"}, Data: event.Data}
	if err := p.Broker.Publisher().Send(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	v, _ := vault(t, backup.Crypt{})
	if made := create(t, v, p); made.Intake.Rows != 1 {
		t.Fatalf("%d submissions in the backup, want 1", made.Intake.Rows)
	}
	to, _ := empty(t)
	if done := restore(t, v, to); done.Waiting != 1 {
		t.Errorf("%d submissions came back, want 1", done.Waiting)
	}
	n := 0
	for m, err := range to.Broker.Kept(t.Context(), broker.StreamIntake) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; m.Subject != out.Subject || !bytes.Equal(m.Data, out.Data) || m.Header["ce-id"] != event.ID {
			t.Errorf("%+v, want %+v", m, out)
		}
	}
	if n != 1 {
		t.Errorf("%d messages in the intake, want 1", n)
	}
}

// The collector deletes no object while a backup reads. Afterwards it does.
func TestTheCollectorWaitsForABackup(t *testing.T) {
	p, r := world(t)
	before := len(p.Keys(t))
	if err := p.Catalog.Archive.Hold(t.Context(), "id", "test", time.Hour); err != nil {
		t.Fatal(err)
	}
	r.Commit(t, testpipe.Text())
	p.Submit(t, r)
	p.Settle(t)
	collect := func() {
		t.Helper()
		k := object.New(object.Config{GarbageInterval: time.Hour}, p.Catalog.Packs, p.Catalog.Garbage, p.Catalog.Generations, p.Blobs, p.Mirrors, silent)
		for _, w := range k.Work() {
			if w.Kind == object.KindGarbage {
				if _, err := p.Now(t, w); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	collect()
	p.PutObject(t, "text/"+strings.Repeat("5", 64)+".pack", []byte("an orphan"))
	collect()
	if n := len(p.Keys(t)); n != before+1 {
		t.Errorf("%d objects while a backup is under way, want %d", n, before+1)
	}
	if err := p.Catalog.Archive.Release(t.Context(), "id"); err != nil {
		t.Fatal(err)
	}
	collect()
	if keys := p.Keys(t); len(keys) != 0 {
		t.Errorf("after the backup there is still %v", keys)
	}
}

// An expired lease does not hold the collector up.
func TestALeaseExpires(t *testing.T) {
	p, _ := world(t)
	if err := p.Catalog.Archive.Hold(t.Context(), "id", "test", -time.Second); err != nil {
		t.Fatal(err)
	}
	held, err := p.Catalog.Packs.Held(t.Context())
	if err != nil || held {
		t.Errorf("held %t, %v", held, err)
	}
	if held, err := p.Catalog.Archive.Renew(t.Context(), "id", time.Hour); err != nil || held {
		t.Errorf("renewed %t, %v", held, err)
	}
}

// stopping is a target that dies at the n-th write, with all writes after it.
type stopping struct {
	backup.Target
	mu   sync.Mutex
	left int
	list []string
}

var errStopped = errors.New("killed")

func (s *stopping) Put(ctx context.Context, name string, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left--; s.left < 0 {
		return fmt.Errorf("%w: %w", errStopped, context.Canceled) // not tried again
	}
	s.list = append(s.list, name)
	return s.Target.Put(ctx, name, body)
}

func (s *stopping) Delete(ctx context.Context, name string) error {
	if s.left < 0 {
		return errStopped
	}
	return s.Target.Delete(ctx, name)
}

// A backup that was stopped at any write does not count as one. The next backup completes it
// without copying a pack twice.
func TestABackupThatIsCutShort(t *testing.T) {
	p, _ := world(t)
	total := 0
	{
		_, target := vault(t, backup.Crypt{})
		s := &stopping{Target: target, left: 1 << 30}
		withPoints(t, backup.NewVault(s, backup.Crypt{}, silent), leatOf(p))
		total = len(s.list)
	}
	for n := range total {
		_, target := vault(t, backup.Crypt{})
		s := &stopping{Target: target, left: n}
		if _, err := backup.NewVault(s, backup.Crypt{}, silent).Create(t.Context(), leatOf(p), backup.Request{Target: "test", Points: true}); !errors.Is(err, errStopped) {
			t.Fatalf("stopped at write %d: %v", n, err)
		}
		v := backup.NewVault(target, backup.Crypt{}, silent)
		list, err := v.List(t.Context())
		if n > 0 && err != nil {
			t.Fatal(err)
		}
		for _, b := range list {
			if !b.Partial {
				t.Errorf("stopped at write %d, %s looks whole", n, b.ID)
			}
		}
		made := withPoints(t, v, leatOf(p))
		if report, found := verify(t, v, made.ID); !report.OK {
			t.Errorf("stopped at write %d: %+v: %v", n, report, found)
		}
		if list, err := v.List(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("stopped at write %d: %d backups are left, want 1 (%v)", n, len(list), err)
		}
		packs := 0
		for _, name := range s.list {
			if strings.HasPrefix(name, "packs/") {
				packs++
			}
		}
		if int(made.Copied)+packs != len(p.Keys(t)) {
			t.Errorf("stopped at write %d: %d packs were copied, and then %d", n, packs, made.Copied)
		}
		if packs > 0 && !made.Resumed {
			t.Errorf("stopped at write %d among the packs: another point in time was taken", n)
		}
		if held, err := p.Catalog.Packs.Held(t.Context()); err != nil || held {
			t.Errorf("stopped at write %d: a lease is left (%v)", n, err)
		}
	}
}

// lying is a target that reports success but does something else.
type lying struct {
	backup.Target
	lie func(name string, body []byte) ([]byte, bool)
}

func (l lying) Put(ctx context.Context, name string, body []byte) error {
	body, keep := l.lie(name, body)
	if !keep {
		return nil
	}
	return l.Target.Put(ctx, name, body)
}

// A target that does not hold the bytes that it was given is detected at once.
func TestATargetThatLies(t *testing.T) {
	p, _ := world(t)
	for name, lie := range map[string]func(string, []byte) ([]byte, bool){
		"drops packs":      func(name string, body []byte) ([]byte, bool) { return body, !strings.HasPrefix(name, "packs/") },
		"drops a manifest": func(name string, body []byte) ([]byte, bool) { return body, !strings.HasSuffix(name, "manifest.json") },
		"cuts tables off":  func(name string, body []byte) ([]byte, bool) { return body[:len(body)*9/10], true },
		"flips a pack's bit": func(name string, body []byte) ([]byte, bool) {
			body = bytes.Clone(body)
			if strings.HasPrefix(name, "packs/") {
				body[len(body)/2] ^= 4
			}
			return body, true
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, target := vault(t, backup.Crypt{})
			v := backup.NewVault(lying{target, lie}, backup.Crypt{}, silent)
			_, err := v.Create(t.Context(), leatOf(p), backup.Request{Target: "test"})
			if !errors.Is(err, backup.ErrUntrue) {
				t.Errorf("%v, want that the target does not hold what was written", err)
			}
		})
	}
}

// A pack that S3 has lost or changed gets into no backup. The backup after a repair does not
// continue the one that met the damage.
func TestASourceThatIsDamaged(t *testing.T) {
	p, _ := world(t)
	p.ChangeObject(t, p.Keys(t)[0], func(b []byte) []byte { b[3] ^= 1; return b })
	v, _ := vault(t, backup.Crypt{})
	_, err := v.Create(t.Context(), leatOf(p), backup.Request{Target: "test"})
	if !errors.Is(err, backup.ErrDamaged) || !errors.Is(err, blob.ErrCorrupt) {
		t.Errorf("%v, want the damage", err)
	}
	objects := object.New(object.Config{ScrubInterval: time.Hour, ScrubRate: 1 << 30}, p.Catalog.Packs, p.Catalog.Garbage, p.Catalog.Generations, p.Blobs, p.Mirrors, p.Logs.Logger())
	for _, work := range objects.Work() {
		if work.Kind == object.KindScrub {
			if _, err := p.Now(t, work); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.MustDeliver(t, p.Look(t)...)
	p.Settle(t)
	if made := create(t, v, p); made.Resumed {
		t.Error("the backup that met the damage was resumed")
	}
}

// A second backup to the same target is refused while one is under way.
func TestOneBackupAtATime(t *testing.T) {
	p, _ := world(t)
	_, target := vault(t, backup.Crypt{})
	inside, goOn := make(chan bool), make(chan bool)
	var once sync.Once
	waiting := lying{target, func(name string, body []byte) ([]byte, bool) {
		if strings.HasPrefix(name, "packs/") {
			once.Do(func() { close(inside); <-goOn })
		}
		return body, true
	}}
	errs := make(chan error, 1)
	go func() {
		_, err := backup.NewVault(waiting, backup.Crypt{}, silent).Create(t.Context(), leatOf(p), backup.Request{Target: "test"})
		errs <- err
	}()
	select {
	case <-inside:
	case <-time.After(testpipe.Patience):
		t.Fatal("the backup does not begin")
	}
	_, err := backup.NewVault(target, backup.Crypt{}, silent).Create(t.Context(), leatOf(p), backup.Request{Target: "test"})
	if !errors.Is(err, backup.ErrBusy) {
		t.Errorf("%v, want that another is under way", err)
	}
	close(goOn)
	if err := <-errs; err != nil {
		t.Error(err)
	}
}

// A plan makes a backup, removes old ones, and says when the newest good one ended.
func TestAPlanIsKept(t *testing.T) {
	p, _ := world(t)
	v, _ := vault(t, backup.Crypt{})
	create(t, v, p)
	plan := backup.Plan{Interval: time.Hour, Keep: backup.Keep{Daily: 1}}
	work := backup.Work(plan, func(context.Context) (*backup.Vault, backup.Leat, backup.Request, func(), error) {
		return v, leatOf(p), backup.Request{Target: "test"}, func() {}, nil
	})
	if _, found, err := p.Catalog.Schedule.NoGoodSince(t.Context(), backup.Kind); found || err != nil {
		t.Errorf("a good backup before the first: %t, %v", found, err)
	}
	if _, err := p.Now(t, work); err != nil {
		t.Fatal(err)
	}
	if at, found, err := p.Catalog.Schedule.NoGoodSince(t.Context(), backup.Kind); !found || err != nil || time.Since(at) > time.Minute {
		t.Errorf("the newest good backup: %s, %t, %v", at, found, err)
	}
	if list, err := v.List(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%d backups are left, want 1 (%v)", len(list), err)
	}
	bad := backup.Work(plan, func(context.Context) (*backup.Vault, backup.Leat, backup.Request, func(), error) {
		return nil, backup.Leat{}, backup.Request{}, nil, errors.New("the target is away")
	})
	if _, err := p.Now(t, bad); err == nil {
		t.Error("a target that is away is no error")
	}
	if _, found, _ := p.Catalog.Schedule.NoGoodSince(t.Context(), backup.Kind); !found {
		t.Error("a bad backup hides the good one")
	}
}

// identity makes an age identity, and its recipient.
func identity(t *testing.T) (identity, recipient string) {
	t.Helper()
	made, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return made.String(), made.Recipient().String()
}

func crypt(t *testing.T, recipient, identity string) backup.Crypt {
	t.Helper()
	c, err := backup.NewCrypt([]string{recipient}, identity)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
