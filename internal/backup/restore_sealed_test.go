package backup_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/leatworks/leat/internal/backup"
	"github.com/leatworks/leat/internal/seal"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// A backup of sealed packs stays sealed, and holds the wrapped keys. The holder of the wrapping key
// can restore it, with the same digest and nothing embedded. Others can verify it, but read no
// text.
func TestABackupOfSealedPacksStaysSealed(t *testing.T) {
	wrapping := seal.NewKey()
	from := testpipe.Open(t, testpipe.Config{PackKey: wrapping})
	r := from.IngestTree(t, testpipe.Text("a.go", "package a\n\nfunc Quagmire() {}\n", "b.txt", "quagmire\n"))
	from.Settle(t)
	v, target := vault(t, backup.Crypt{})
	create(t, v, from)
	r.Commit(t, testpipe.Text("c.txt", "quagmire again\n"))
	from.Submit(t, r)
	from.Settle(t)
	rotate(t, from)
	made := create(t, v, from)
	for item, err := range target.List(t.Context(), "packs/") {
		if err != nil {
			t.Fatal(err)
		}
		body, err := target.Get(t.Context(), item.Name, blob.MaxPack)
		if err != nil || bytes.Contains(body, []byte("uagmire")) || !strings.Contains(item.Name, ".") {
			t.Errorf("%s is not sealed: %v", item.Name, err)
		}
	}
	if report, found := verify(t, v, ""); !report.OK {
		t.Errorf("%+v: %v", report, found)
	}
	for name, key := range map[string]string{"with the key": wrapping, "with another": seal.NewKey(), "without": ""} {
		texts := new(atomic.Int64)
		cfg := testpipe.Config{PackKey: key, Embedder: counted{embedder.Local{}, texts}}
		to := testpipe.Open(t, cfg)
		restore(t, v, to)
		if name != "with the key" {
			pack := to.One(t, "select key from packs where kind = 'text' limit 1")
			if _, err := to.Blobs.Domain(t.Context(), pack); !errors.Is(err, blob.ErrSealed) {
				t.Errorf("%s: %v, want that the key is missing", name, err)
			}
			continue
		}
		join := rebuildWith(t, to, cfg)
		if got := join.Digest(t); got != *made.Digest || texts.Load() != 0 {
			t.Errorf("the restored leat has %+v, want %+v; %d texts were embedded", got, *made.Digest, texts.Load())
		}
		join.CheckReadable(t)
		if a, b := from.One(t, keysQuery), join.One(t, keysQuery); a != b || strings.Count(a, "wrapped") != 2 {
			t.Errorf("keys %s, and %s in the restored leat", a, b)
		}
	}
}

const keysQuery = "select string_agg(id || state || ' wrapped ' || wrapped::text, ' ' order by id) from pack_keys"

// rotate gives the installation a new key.
func rotate(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	k, err := p.Stores.Keys.Make(t.Context(), "")
	if err == nil {
		err = p.Catalog.Keys.Rotate(t.Context(), catalog.Author{Name: "test"}, k, "")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The step back that would remove the keys of sealed packs is refused, and loses nothing.
func TestTheKeysOfPacksAreNotDropped(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{PackKey: seal.NewKey()})
	p.IngestTree(t, testpipe.Text("a.txt", "water\n"))
	p.Settle(t)
	for {
		steps, err := p.Catalog.Schema.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(steps, func(m catalog.Migration) bool { return strings.Contains(m.Name, "pack_keys") })
		if at < 0 || !steps[at].Applied {
			t.Fatal("the step was taken back")
		}
		err = p.Catalog.Schema.Down(t.Context())
		if err != nil {
			if !strings.Contains(err.Error(), "packs are sealed by keys of the table pack_keys") {
				t.Errorf("%v", err)
			}
			break
		}
	}
	if err := p.Catalog.Schema.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.CheckReadable(t)
}
