package backup_test

import (
	"flag"
	"path/filepath"
	"slices"
	"testing"

	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/catalog"
)

var update = flag.Bool("update", false, "add a backup of this version to testdata")

// A backup of every former version is restored. Its catalog is brought up to date, its packs are
// read, and the index has the digest that it had then. A new schema needs no new golden, but a new
// form of packs does: go test -run Golden -update.
func TestGoldenBackups(t *testing.T) {
	if *update {
		p, r := world(t)
		target, err := backup.OpenDirectory(filepath.Join("testdata", "format1"), true)
		if err != nil {
			t.Fatal(err)
		}
		r.Commit(t, testpipe.Text("a.go", "package a\n\nfunc B() {}\n", "e.txt", "mill\n"))
		p.Submit(t, r)
		p.Settle(t)
		create(t, backup.NewVault(target, backup.Crypt{}, silent), p)
	}
	kept, err := filepath.Glob(filepath.Join("testdata", "*", "leat-backup.json"))
	if err != nil || len(kept) == 0 {
		t.Fatalf("no golden backups: %v", err)
	}
	for _, name := range kept {
		t.Run(filepath.Base(filepath.Dir(name)), func(t *testing.T) {
			target, err := backup.OpenDirectory(filepath.Dir(name), false)
			if err != nil {
				t.Fatal(err)
			}
			v := backup.NewVault(target, backup.Crypt{}, silent)
			list, err := v.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range list {
				if report, found := verify(t, v, b.ID); !report.OK {
					t.Errorf("%+v: %v", report, found)
				}
				to, texts := empty(t)
				if _, err := v.Restore(t.Context(), emptyOf(to), backup.RestoreRequest{ID: b.ID}); err != nil {
					t.Fatal(err)
				}
				to = rebuild(t, to, texts)
				if got := to.Digest(t).Digest; got != b.Digest {
					t.Errorf("backup %s: digest %s, want %s", b.ID, got, b.Digest)
				}
				if texts.Load() != 0 {
					t.Errorf("backup %s: %d texts were embedded again", b.ID, texts.Load())
				}
				to.CheckReadable(t)
				applied, err := to.Catalog.Schema.Status(t.Context())
				if err != nil || slices.ContainsFunc(applied, func(m catalog.Migration) bool { return !m.Applied }) {
					t.Errorf("the catalog is not up to date: %v, %v", applied, err)
				}
			}
		})
	}
}

// Taking back the steps since a golden's schema loses only the tables and columns of these steps.
// All restored rows stay.
func TestStepsAreTakenBackWithoutOtherLosses(t *testing.T) {
	p, _ := world(t)
	const query = "select (select string_agg(id::text || path::text || state, ' ' order by id) from documents) || (select string_agg(sha256::text, ' ' order by sha256) from blobs where pack is null or pack in (select id from packs where kind = 'text')) || (select string_agg(text::text, ' ' order by text) from vectors) || (select string_agg(key, ' ' order by key) from packs where kind in ('text', 'vector'))"
	before := p.One(t, query)
	down := 0
	for steps, err := p.Catalog.Schema.Status(t.Context()); ; steps, err = p.Catalog.Schema.Status(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		newest := steps[0]
		for _, s := range steps {
			if s.Applied {
				newest = s
			}
		}
		if newest.Version <= 17 { // the name of a repository goes with its column
			break
		}
		if err := p.Catalog.Schema.Down(t.Context()); err != nil {
			t.Fatal(err)
		}
		down++
		if after := p.One(t, query); after != before {
			t.Fatalf("taking back %s lost something else", newest.Name)
		}
	}
	if err := p.Catalog.Schema.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := p.One(t, query); after != before || down == 0 {
		t.Errorf("after %d steps down and up again the catalog differs", down)
	}
}
