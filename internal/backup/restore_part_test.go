package backup_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
	"github.com/leatworks/leat/pipeline/syncer/object"
)

func restorePart(t *testing.T, v *backup.Vault, p *testpipe.Pipe, r backup.PartRequest) (backup.PartRestored, error) {
	t.Helper()
	if r.Scope.Tenant == "" {
		r.Scope.Tenant = events.DefaultTenant
	}
	r.By = catalog.Author{Name: "test"}
	return v.RestorePart(t.Context(), backup.Living{Catalog: p.Catalog, Blobs: p.Blobs}, r)
}

// forget removes a repository from the index, with all content that no other repository shares.
func forget(t *testing.T, p *testpipe.Pipe, r *testpipe.Repo) {
	t.Helper()
	id := events.RepositoryID(events.DefaultTenant, r.Dir)
	if _, err := p.Catalog.Removals.Forget(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	for n := 0; p.One(t, "select count(*) from repositories where id = $1", id) != "0"; n++ {
		if n == 10 {
			t.Fatal("the repository is not gone")
		}
		if err := p.Sync.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.Settle(t)
	}
	keeper := object.New(object.Config{GarbageInterval: time.Hour}, p.Catalog.Packs, p.Catalog.Garbage, p.Catalog.Generations, p.Blobs, p.Mirrors, silent)
	for _, w := range keeper.Work() {
		if _, err := p.Now(t, w); err != nil {
			t.Fatal(err)
		}
	}
}

// rowsOf selects the rows of a repository, without the columns that depend on its history in this
// leat.
const rowsOf = `select concat_ws(' ', t.ref, d.path::text, d.oid::text, d.mode, d.state, d.skip_reason, k.blob::text, k.language, k.chunks)
	from documents d join tracks t on t.id = d.track join repositories r on r.id = t.repository left join chunkings k on k.id = d.chunking
	where r.url = $1 order by 1`

// A forgotten repository comes back into a living leat as it was, with the same digest, and with
// nothing embedded. Other repositories are not touched.
func TestARepositoryComesBackIntoALivingLeat(t *testing.T) {
	for name, key := range map[string]string{"plain": "", "sealed": seal.NewKey()} {
		t.Run(name, func(t *testing.T) {
			texts := new(atomic.Int64)
			p := testpipe.Open(t, testpipe.Config{Embedder: counted{embedder.Local{}, texts}, PackKey: key})
			gone := p.IngestTree(t, testpipe.Text("a.go", "package a\n\nfunc A() {}\n", "b.md", "# B\n\ntext\n", "c.bin", "\x00", "empty.go", "", "shared.txt", "both\n"))
			other := p.IngestTree(t, testpipe.Text("o.go", "package o\n\nfunc O() {}\n", "shared.txt", "both\n"))
			p.Settle(t)
			gone.Commit(t, testpipe.Text("a.go", "package a\n\nfunc B() {}\n", "c.bin", "\x00", "empty.go", "", "shared.txt", "both\n"))
			p.Submit(t, gone)
			p.Settle(t)
			digest, others, rows := p.DigestOf(t, gone), p.DigestOf(t, other), p.Rows(t, rowsOf, gone.Dir)
			highest := p.One(t, "select max(revision) from tracks")
			v, _ := vault(t, backup.Crypt{})
			create(t, v, p)
			forget(t, p, gone)
			before := stored(t, p)
			texts.Store(0)

			would, err := restorePart(t, v, p, backup.PartRequest{DryRun: true, Scope: catalog.AnnexScope{Repository: strings.Join(strings.Split(gone.Dir, "/")[3:], "/")}})
			if err != nil || len(would.Tracks) != 1 || would.Tracks[0].Fate != catalog.TrackAdd || would.Documents != 4 || would.Texts == 0 || would.Vectors == 0 || would.Embed != 0 || would.Packs == 0 {
				t.Fatalf("%+v, %v", would, err)
			}
			if after := stored(t, p); after != before {
				t.Error("the dry run has changed something")
			}
			done, err := restorePart(t, v, p, backup.PartRequest{Scope: catalog.AnnexScope{Repository: gone.Dir}})
			if err != nil || done.Read != would.Packs {
				t.Fatalf("%+v, %v", done, err)
			}
			p.SettleOwed(t)
			if got := p.DigestOf(t, gone); got != digest {
				t.Errorf("digest %+v, want %+v", got, digest)
			}
			if got := p.DigestOf(t, other); got != others {
				t.Errorf("another repository has digest %+v, had %+v", got, others)
			}
			if got := p.Rows(t, rowsOf, gone.Dir); strings.Join(got, "\n") != strings.Join(rows, "\n") {
				t.Errorf("rows %q, want %q", got, rows)
			}
			if texts.Load() != 0 {
				t.Errorf("%d texts were embedded again", texts.Load())
			}
			if got := p.One(t, "select (min(d.revision) > $1::bigint)::text from documents d join tracks t on t.id = d.track join repositories r on r.id = t.repository where r.url = $2", highest, gone.Dir); got != "true" {
				t.Error("revisions are not above those of the former life")
			}
			p.CheckClean(t)
			if n := p.One(t, "select count(*) from snapshots where state = 'indexed'"); n != "2" {
				t.Errorf("%s snapshots are indexed, want 2", n)
			}
			if n := p.One(t, "select count(*) from pg_namespace where nspname = 'leat_restore'"); n != "0" {
				t.Error("the schema beside the catalog stays")
			}
			// The repository goes on from there: an edit embeds only itself.
			gone.Commit(t, testpipe.Text("a.go", "package a\n\nfunc C() {}\n", "c.bin", "\x00", "empty.go", "", "shared.txt", "both\n"))
			p.Submit(t, gone)
			p.SettleOwed(t)
			if texts.Load() != 1 {
				t.Errorf("%d texts were embedded after an edit of one", texts.Load())
			}
			p.CheckClean(t)
		})
	}
}

// stored returns the catalog's rows except usage, which the embedder adds up and writes some
// seconds later.
func stored(t *testing.T, p *testpipe.Pipe) string {
	t.Helper()
	rows := slices.Collect(strings.Lines(p.Dump(t)))
	return strings.Join(slices.DeleteFunc(rows, func(row string) bool { return strings.HasPrefix(row, "embedder_usage ") }), "")
}

// A track that the leat has at another commit is a conflict, and nothing changes. A track that it
// has at the same commit is left alone.
func TestConflictsOfAPartialRestoreAreRefused(t *testing.T) {
	p, same := world(t)
	moved := p.IngestTree(t, testpipe.Text("m.go", "package m\n"))
	gone := p.IngestTree(t, testpipe.Text("g.go", "package g\n"))
	p.Settle(t)
	v, _ := vault(t, backup.Crypt{})
	create(t, v, p)
	moved.Commit(t, testpipe.Text("m.go", "package m\n\nfunc M() {}\n"))
	p.Submit(t, moved)
	p.Settle(t)
	forget(t, p, gone)
	before, digest := stored(t, p), p.Digest(t)
	done, err := restorePart(t, v, p, backup.PartRequest{})
	if !errors.Is(err, backup.ErrConflict) || len(done.Conflicts()) != 1 || !strings.Contains(done.Conflicts()[0].Why, "is at commit") || done.Conflicts()[0].URL != moved.Dir {
		t.Fatalf("%+v, %v", done, err)
	}
	if stored(t, p) != before || p.Digest(t) != digest {
		t.Error("a restore that was refused has changed something")
	}
	here, there := p.DigestOf(t, same), p.DigestOf(t, moved)
	if _, err := restorePart(t, v, p, backup.PartRequest{SkipConflicts: true}); err != nil {
		t.Fatal(err)
	}
	p.SettleOwed(t)
	if p.DigestOf(t, same) != here || p.DigestOf(t, moved) != there || p.DigestOf(t, gone).Documents != 1 {
		t.Error("other repositories have changed, or the one that was gone has not come back")
	}
	p.CheckClean(t)
	for want, scope := range map[string]catalog.AnnexScope{
		"no such repository":   {Tenant: events.DefaultTenant, Repository: "nosuch"},
		"no repository of ten": {Tenant: "acme"},
	} {
		if _, err := restorePart(t, v, p, backup.PartRequest{Scope: scope}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", scope, err, want)
		}
	}
}

// Texts of a tenant whose key was destroyed do not come back, even from a backup that holds them.
func TestADestroyedKeyStaysDestroyed(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{PackKey: seal.NewKey()})
	p.Rows(t, "insert into tenants (name) values ('acme')")
	by := catalog.Author{Name: "test"}
	if _, err := p.Catalog.Keys.Create(t.Context(), by, "acme", func(domain string) (catalog.PackKey, error) {
		return p.Stores.Keys.Make(t.Context(), domain)
	}); err != nil {
		t.Fatal(err)
	}
	r := testpipe.NewRepo(t)
	r.Commit(t, testpipe.Text("a.go", "package a\n"))
	if err := p.Ingest.Handle(t.Context(), testpipe.Submission(t, "acme", events.RepoSubmitted{URL: r.Dir})); err != nil {
		t.Fatal(err)
	}
	p.Settle(t)
	v, _ := vault(t, backup.Crypt{})
	create(t, v, p)
	if _, err := p.Catalog.Keys.Destroy(t.Context(), by, "acme"); err != nil {
		t.Fatal(err)
	}
	p.Rows(t, "delete from documents")
	p.Rows(t, "delete from repositories where tenant = 'acme'")
	done, err := restorePart(t, v, p, backup.PartRequest{Scope: catalog.AnnexScope{Tenant: "acme"}})
	if !errors.Is(err, backup.ErrConflict) || len(done.Conflicts()) != 1 || !strings.Contains(done.Conflicts()[0].Why, "was destroyed") {
		t.Errorf("%+v, %v", done, err)
	}
}

// A part of a backup with an older schema comes back too.
func TestAPartOfAnOldBackup(t *testing.T) {
	target, err := backup.OpenDirectory(filepath.Join("testdata", "format1"), false)
	if err != nil {
		t.Fatal(err)
	}
	v := backup.NewVault(target, backup.Crypt{}, silent)
	p, texts := empty(t)
	whole, _ := empty(t)
	restored := restore(t, v, whole)
	done, err := restorePart(t, v, p, backup.PartRequest{})
	if err != nil || done.Documents == 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	p.SettleOwed(t)
	if got := p.Digest(t); got.Digest != restored.Digest || texts.Load() != 0 {
		t.Errorf("digest %+v, want %s; %d texts were embedded", got, restored.Digest, texts.Load())
	}
	p.CheckReadable(t)
}
