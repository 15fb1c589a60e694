package backup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline/blob"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// To keep a release, run its own 'leat dev' on some repositories, and beside it this test with the
// data directory and a name:
//
//	go test ./internal/backup -run FormerReleases -keep DATA -as schema26
var (
	keepFrom = flag.String("keep", "", "data directory of a running 'leat dev' of the release to keep")
	keepAs   = flag.String("as", "", "name to keep it by")
)

// release is a leat that a former release has left: its tables, with the packs beside them.
type release struct {
	Schema    int64               `json:"schema"`
	Tables    []catalog.Table     `json:"tables"`
	Sequences []catalog.Sequence  `json:"sequences"`
	Rows      map[string][]string `json:"rows"` // by table, as COPY writes them, sorted
}

const (
	releases = "testdata/release"
	// documentsQuery selects the same list that documents returns, in the same order.
	documentsQuery = `select d from (select '\\x' || encode(path, 'hex') || ' ' || state || ' ' || coalesce(skip_reason, '\N') as d from documents) x order by d collate "C"`
)

// Catalogs and packs of former releases, with their real data, are brought up to date. No document
// is lost, every text can be read, and nothing is embedded again. Then the steps are taken back,
// and every row of the release is as it was.
func TestFormerReleases(t *testing.T) {
	if *keepFrom != "" {
		keep(t)
	}
	kept, err := filepath.Glob(filepath.Join(releases, "*.json.zst"))
	if err != nil || len(kept) == 0 {
		t.Fatalf("no releases: %v", err)
	}
	for _, name := range kept {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json.zst"), func(t *testing.T) {
			r := readRelease(t, name)
			texts := new(atomic.Int64)
			cfg := testpipe.Config{Embedder: counted{embedder.Local{}, texts}, PackKey: releaseKey}
			to := testpipe.Open(t, cfg)
			if err := to.Catalog.Archive.Load(t.Context(), catalog.Fill{Schema: r.Schema, Tables: r.Tables, Sequences: r.Sequences, Rows: r.open}); err != nil {
				t.Fatal(err)
			}
			putPacks(t, to, strings.TrimSuffix(name, ".json.zst"))
			if got := to.Rows(t, documentsQuery); !slices.Equal(got, r.documents()) || len(got) == 0 {
				t.Errorf("documents %q, want %q", got, r.documents())
			}
			comparison(t, to, r) // before anything is written
			join := rebuildWith(t, to, cfg)
			if texts.Load() != 0 {
				t.Errorf("%d texts were embedded again", texts.Load())
			}
			join.CheckReadable(t)
			if report, found := join.Verify(t); !report.OK || report.Points == 0 {
				t.Errorf("%+v: %v", report, found)
			}
		})
	}
}

// releaseKey is the key that has sealed the packs of releases with sealed packs.
const releaseKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

// comparison takes back the steps since the release, compares all rows with the release's own, and
// goes up again. Names of repositories cannot be taken back.
func comparison(t *testing.T, to *testpipe.Pipe, r release) {
	t.Helper()
	const named = 17
	if r.Schema < named {
		return
	}
	for down := true; down; {
		steps, err := to.Catalog.Schema.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		down = slices.ContainsFunc(steps, func(m catalog.Migration) bool { return m.Applied && m.Version > r.Schema })
		if down {
			if err := to.Catalog.Schema.Down(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if after := copied(t, to.Catalog); after.Schema != r.Schema {
		t.Errorf("the schema is %d, want %d", after.Schema, r.Schema)
	} else {
		for table, rows := range r.Rows {
			if !slices.Equal(after.Rows[table], rows) {
				t.Errorf("table %s has %q, want %q", table, after.Rows[table], rows)
			}
		}
	}
	if err := to.Catalog.Schema.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// documents lists the paths and states of the release's documents, and why they were skipped.
func (r release) documents() (list []string) {
	var columns []string
	for _, t := range r.Tables {
		if t.Name == "documents" {
			columns = t.Columns
		}
	}
	for _, row := range r.Rows["documents"] {
		fields := strings.Split(row, "\t")
		of := func(column string) string { return fields[slices.Index(columns, column)] }
		list = append(list, of("path")+" "+of("state")+" "+of("skip_reason"))
	}
	slices.Sort(list)
	return list
}

// open opens the rows of a table.
func (r release) open(_ context.Context, t catalog.Table) (io.ReadCloser, error) {
	var text strings.Builder
	for _, row := range r.Rows[t.Name] {
		fmt.Fprintln(&text, row)
	}
	return io.NopCloser(strings.NewReader(text.String())), nil
}

// copied copies the rows of a catalog, sorted.
func copied(t *testing.T, c *catalog.Catalog) (r release) {
	t.Helper()
	r.Rows = make(map[string][]string)
	err := c.Archive.Freeze(t.Context(), func(f *catalog.Frozen) error {
		r.Schema, r.Tables, r.Sequences = f.Schema, f.Tables, f.Sequences
		for _, table := range f.Tables {
			var rows bytes.Buffer
			if _, err := f.Copy(t.Context(), table, &rows); err != nil {
				return err
			}
			if rows.Len() > 0 {
				r.Rows[table.Name] = strings.Split(strings.TrimSuffix(rows.String(), "\n"), "\n")
				slices.Sort(r.Rows[table.Name])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func readRelease(t *testing.T, name string) (r release) {
	t.Helper()
	packed, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	text, err := d.DecodeAll(packed, nil)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// putPacks puts the packs of a release where its catalog names them.
func putPacks(t *testing.T, to *testpipe.Pipe, dir string) {
	t.Helper()
	packs, err := to.Catalog.Packs.List(t.Context(), "", 1000)
	if err != nil || len(packs) == 0 {
		t.Fatalf("%d packs, %v", len(packs), err)
	}
	for _, p := range packs {
		body, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(p.Key)))
		if err == nil {
			err = to.Blobs.PutWhole(t.Context(), blob.Object(p), body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// keep writes the content of a running leat of a former release.
func keep(t *testing.T) {
	t.Helper()
	at, running, err := devstack.Running(*keepFrom)
	if err != nil || !running {
		t.Fatalf("no stack runs in %s: %v", *keepFrom, err)
	}
	c, err := catalog.Open(t.Context(), catalog.Config{URL: at.Postgres})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := copied(t, c)
	objects, err := blob.Open(t.Context(), blob.Config{URL: at.S3, AccessKey: at.S3AccessKey, SecretKey: at.S3SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	defer objects.Close()
	dir := filepath.Join(releases, *keepAs)
	packs, err := c.Packs.List(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packs {
		body, err := objects.Load(t.Context(), blob.Object(p), nil)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, filepath.FromSlash(p.Key))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	encoded, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	e, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+".json.zst", e.EncodeAll(encoded, nil), 0o644); err != nil {
		t.Fatal(err)
	}
}
