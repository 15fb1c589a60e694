package catalog_test

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline/catalog"
)

const (
	limit   = 2 * time.Minute // of what should take no time
	chunker = 1
)

// world is a migrated catalog in a database of its own, with one track.
type world struct {
	*catalog.Catalog
	url   string
	sql   *pgxpool.Pool
	track catalog.Track
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{url: testenv.Catalog(t)}
	w.Catalog = w.open(t)
	var err error
	if w.sql, err = pgxpool.New(t.Context(), w.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.sql.Close)
	w.track = w.newTrack(t, "default", "https://example.org/repository", "refs/heads/main")
	return w
}

// active is the active generation, made when it is first asked for.
func (w *world) active(t testing.TB) catalog.Generation {
	t.Helper()
	g, err := w.Generations.Ensure(t.Context(), "leat", catalog.Embedder{Name: "e", Dimensions: 3, Distance: "dot"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// open returns another process's view of the catalog.
func (w *world) open(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(t.Context(), catalog.Config{URL: w.url, Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// newTrack names a track of a repository, which it records.
func (w *world) newTrack(t testing.TB, tenant, url, ref string) catalog.Track {
	t.Helper()
	s := submission(tenant, url, rand.Text())
	w.do(t, func(ctx context.Context) error {
		_, err := w.Submissions.Accept(ctx, s)
		return err
	})
	// The tests decide which submissions are pending, so this one goes.
	w.exec(t, "delete from submissions where event = $1", s.Event)
	return catalog.Track{ID: events.TrackID(s.Repository, ref), Repository: s.Repository, Tenant: tenant, URL: url, Ref: ref}
}

func submission(tenant, url, event string) catalog.Submission {
	return catalog.Submission{
		SubmissionKey: catalog.SubmissionKey{Tenant: tenant, Source: "/test", Event: event},
		Repository:    events.RepositoryID(tenant, url), URL: url, Ref: "main",
	}
}

func (w *world) do(t testing.TB, fn func(context.Context) error) {
	t.Helper()
	if err := fn(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := w.sql.Exec(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// value reads one value.
func value[T any](t testing.TB, w *world, statement string, args ...any) T {
	t.Helper()
	var v T
	if err := w.sql.QueryRow(t.Context(), statement, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return v
}

// eventually waits for another session to reach a state that only Postgres
// knows of.
func (w *world) eventually(t testing.TB, condition string, args ...any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for {
		var is bool
		if err := w.sql.QueryRow(ctx, condition, args...).Scan(&is); err != nil {
			t.Fatalf("wait for %s: %v", condition, err)
		}
		if is {
			return
		}
	}
}

// commit derives a commit's id from a name.
func commit(name string) string {
	sum := sha1.Sum([]byte(name))
	return hex.EncodeToString(sum[:])
}

// rules derives fingerprints from names.
func rules(config, all string) catalog.Rules {
	return catalog.Rules{Config: sha256.Sum256([]byte(config)), All: sha256.Sum256([]byte(config + all))}
}

// begin starts to list a commit of the world's track.
// live is the choice of a lane for snapshots whose lane does not matter.
func live(bool) events.Lane { return events.Live }

func (w *world) begin(t testing.TB, name string) catalog.Snapshot {
	t.Helper()
	return w.beginBy(t, name, rules("config", "rules"))
}

func (w *world) beginBy(t testing.TB, name string, by catalog.Rules) catalog.Snapshot {
	t.Helper()
	s, err := w.BeginSnapshot(t.Context(), w.track, commit(name), by, 0, live)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// file is a file with its content.
type file struct {
	catalog.File
	content string
}

// document makes a file that is to be indexed.
func (w *world) document(path, content string) file { return documentOf(w.track, path, content, "Go") }

func documentOf(track catalog.Track, path, content, language string) file {
	f := file{catalog.File{
		ID: events.DocumentID(track.ID, []byte(path)), Path: []byte(path), OID: oid(content), Mode: 0o100644,
		Content: catalog.ChunkingKey{Blob: sha256.Sum256([]byte(content)), Language: language},
	}, content}
	return f
}

// skipped makes a file that is to be skipped.
func (w *world) skipped(path, content, reason string) file {
	return file{catalog.File{
		ID: events.DocumentID(w.track.ID, []byte(path)), Path: []byte(path), OID: oid(content), Mode: 0o100644,
		SkipReason: reason, SkipDetail: "because",
	}, content}
}

func oid(content string) []byte {
	sum := sha1.Sum([]byte(content))
	return sum[:]
}

// put stores files as an ingestor does: contents that are not known yet go into a pack.
func put(ctx context.Context, c *catalog.Catalog, s catalog.Snapshot, files ...file) error {
	batch := catalog.FileBatch{Snapshot: s, Chunker: chunker}
	contents := make(map[catalog.ChunkingKey]string)
	var keys []catalog.ChunkingKey
	for _, f := range files {
		batch.Files = append(batch.Files, f.File)
		if _, seen := contents[f.Content]; f.SkipReason == "" && !seen {
			contents[f.Content] = f.content
			keys = append(keys, f.Content)
		}
	}
	known, err := c.Known(ctx, keys, chunker)
	if err != nil {
		return err
	}
	for _, key := range keys {
		content := contents[key]
		if !known.Blobs[key.Blob] {
			known.Blobs[key.Blob] = true
			batch.Blobs = append(batch.Blobs, newBlob(content, len(batch.Blobs)))
		}
		if !known.Chunkings[key] {
			batch.Chunkings = append(batch.Chunkings, catalog.Chunking{ChunkingKey: key, Chunks: cut(content)})
		}
	}
	batch.Pack = &catalog.Pack{Key: "text/" + rand.Text(), Size: 1}
	return c.PutFiles(ctx, batch)
}

func newBlob(content string, place int) catalog.Blob {
	b := catalog.Blob{SHA256: sha256.Sum256([]byte(content)), Size: int32(len(content))}
	if len(content) > 0 {
		b.Span = catalog.Span{Offset: int64(place) * 1000, Length: int32(len(content)), Size: int32(len(content)), CRC: 4_000_000_000}
	}
	return b
}

// cut makes a chunk of every four bytes.
func cut(content string) []catalog.Chunk {
	var chunks []catalog.Chunk
	start := 0
	for part := range slices.Chunk([]byte(content), 4) {
		end := start + len(part)
		chunks = append(chunks, catalog.Chunk{
			StartByte: int32(start), EndByte: int32(end), StartLine: 1, EndLine: 1, Kind: "lines", Symbol: "x", Text: sha256.Sum256(part),
		})
		start = end
	}
	return chunks
}

func (w *world) put(t testing.TB, s catalog.Snapshot, files ...file) {
	t.Helper()
	if err := put(t.Context(), w.Catalog, s, files...); err != nil {
		t.Fatal(err)
	}
}

// list makes a commit with these files, and no others, the track's current one.
func (w *world) list(t testing.TB, name string, files ...file) catalog.Snapshot {
	t.Helper()
	s := w.begin(t, name)
	w.put(t, s, files...)
	stays := make(map[uuid.UUID]bool)
	for _, f := range files {
		stays[f.ID] = true
	}
	all, err := w.TrackFiles(t.Context(), w.track.ID, uuid.Nil, 1000)
	if err != nil {
		t.Fatal(err)
	}
	gone := slices.DeleteFunc(all, func(id uuid.UUID) bool { return stays[id] })
	w.do(t, func(ctx context.Context) error { return w.RemoveFiles(ctx, s, gone) })
	w.do(t, func(ctx context.Context) error { return w.FinishListing(ctx, s, int64(len(files))) })
	return s
}

// row is the stored row of a document.
type row struct {
	State    catalog.DocumentState
	Revision int64
	Indexed  int64 // revision; 0: null
	Attempts int
	Error    string
	Due      string  // "", "infinity" or "soon"
	In       float64 // seconds, if soon
	OID      []byte
	Mode     int32
}

// row reads a document; nil if there is none.
func (w *world) row(t testing.TB, id uuid.UUID) *row {
	t.Helper()
	rows, err := w.sql.Query(t.Context(), `select state, revision, coalesce(indexed_revision, 0), attempts, coalesce(error, ''),
		case when due_at is null then '' when due_at = 'infinity' then 'infinity' else 'soon' end,
		case when due_at < 'infinity' then extract(epoch from due_at - now())::float8 else 0 end, oid, mode
		from documents where id = $1`, id)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return nil
	}
	var r row
	if err := rows.Scan(&r.State, &r.Revision, &r.Indexed, &r.Attempts, &r.Error, &r.Due, &r.In, &r.OID, &r.Mode); err != nil {
		t.Fatal(err)
	}
	return &r
}

// is checks the parts of a document that a step changes.
func (w *world) is(t testing.TB, id uuid.UUID, state catalog.DocumentState, revision, indexed int64, due string) {
	t.Helper()
	r := w.row(t, id)
	if r == nil {
		t.Fatalf("document %s is gone, want %s", id, state)
	}
	got := fmt.Sprintf("%s@%d indexed %d due %q", r.State, r.Revision, r.Indexed, r.Due)
	if want := fmt.Sprintf("%s@%d indexed %d due %q", state, revision, indexed, due); got != want {
		t.Errorf("document is %s, want %s", got, want)
	}
}

// finish indexes documents at a revision.
func (w *world) finish(t testing.TB, revision int64, files ...file) {
	t.Helper()
	var current []catalog.Current
	for _, f := range files {
		current = append(current, catalog.Current{ID: f.ID, Revision: revision})
	}
	w.do(t, func(ctx context.Context) error { return w.MarkEmbedded(ctx, w.active(t).Embedder.ID, current) })
	marked, err := w.MarkIndexed(t.Context(), w.active(t).Number, current)
	if err != nil || len(marked) != len(files) {
		t.Fatalf("marked %d of %d documents indexed: %v", len(marked), len(files), err)
	}
}

// together runs fn n times at once, and fails the test if one fails.
func together(t testing.TB, n int, fn func(ctx context.Context, i int) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*limit)
	defer cancel()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if err := fn(ctx, i); err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

func assertKind(t testing.TB, err error, want fault.Kind) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one of kind %v", want)
	}
	if kind, _ := fault.Of(err); kind != want {
		t.Errorf("error %q is of kind %v, want %v", err, kind, want)
	}
}

func TestMain(m *testing.M) { testenv.Main(m) }

// embedderOf makes an embedder and returns its id.
func embedderOf(t *testing.T, w *world) int32 {
	t.Helper()
	g, err := w.Generations.Ensure(t.Context(), "leat", catalog.Embedder{Name: "m", Dimensions: 3, Distance: "dot"})
	if err != nil {
		t.Fatal(err)
	}
	return g.Embedder.ID
}
