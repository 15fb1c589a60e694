//go:build linux

package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/pipeline/catalog"
	"github.com/leatworks/leat/pipeline/embedder"
)

// Floor is the cost of a phase's work in a bare part.
type Floor struct {
	Name       string  `json:"name"`
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds"` // of the harness, git and the stores
	Items      int64   `json:"items"`
	Bytes      int64   `json:"bytes,omitempty"`
}

// wrote identifies the rows, objects and points that leat wrote in a round.
type wrote struct {
	first    bool // the first write: no older rows or points are in the way
	whole    bool // all points were written again, and nothing else
	all      bool // everything in the stores was written
	from     mark
	track    uuid.UUID
	revision int64 // 0: nothing
	removed  []uuid.UUID
	messages int64
	size     int64 // of a message
}

// mark holds the highest id of each kind before a round.
type mark struct{ pack, chunking int64 }

func (l *leat) mark(ctx context.Context) (m mark, err error) {
	err = l.sql.QueryRow(ctx, "select coalesce((select max(id) from packs), 0), coalesce((select max(id) from chunkings), 0)").Scan(&m.pack, &m.chunking)
	return m, err
}

// The places in leat's stores that the floors write to.
const (
	scratch           = "floor" // bucket, database, stream
	scratchCollection = "floor"
)

// floor repeats leat's work with bare clients.
type floor struct {
	dir      string
	repo     repository
	leat     *leat
	watcher  *watcher
	rows     *pgx.Conn // to the scratch database
	s3       *minio.Client
	bucket   string // leat's
	zip      *zstd.Encoder
	qdrant   *grpc.ClientConn
	points   qdrant.PointsClient
	embedder embedder.Local // what the workers use by default
	sum      []Floor        // of the phase so far
}

func openFloor(ctx context.Context, dir string, repo repository, l *leat, e devstack.Endpoints, w *watcher) (f *floor, err error) {
	f = &floor{dir: dir, repo: repo, leat: l, watcher: w}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	for _, step := range []func(context.Context, devstack.Endpoints) error{f.openGit, f.openRows, f.openObjects, f.openPoints, f.openStream} {
		if err := step(ctx, e); err != nil {
			return f, fmt.Errorf("prepare the floors: %w", err)
		}
	}
	return f, nil
}

func (f *floor) close() {
	if f.rows != nil {
		_ = f.rows.Close(context.Background())
	}
	if f.qdrant != nil {
		_ = f.qdrant.Close()
	}
}

func (f *floor) mirror() string { return filepath.Join(f.dir, "floor.git") }

func (f *floor) openGit(ctx context.Context, _ devstack.Endpoints) error {
	_, err := git(ctx, f.mirror(), nil, "init", "--quiet", "--bare", "--template=", "--", f.mirror())
	return err
}

func (f *floor) openRows(ctx context.Context, e devstack.Endpoints) error {
	if _, err := f.leat.sql.Exec(ctx, "create database "+scratch); err != nil {
		return err
	}
	config, err := pgx.ParseConfig(e.Postgres)
	if err != nil {
		return err
	}
	config.Database = scratch
	if f.rows, err = pgx.ConnectConfig(ctx, config); err != nil {
		return err
	}
	schema, err := catalog.Open(ctx, catalog.Config{URL: fmt.Sprintf("host=%s port=%d user=%s dbname=%s", config.Host, config.Port, config.User, scratch)})
	if err != nil {
		return err
	}
	defer schema.Close()
	return schema.Schema.Up(ctx)
}

func (f *floor) openObjects(ctx context.Context, e devstack.Endpoints) (err error) {
	host, bucket := splitS3(e.S3)
	f.bucket = bucket
	f.s3, err = minio.New(host, &minio.Options{Creds: credentials.NewStaticV4(e.S3AccessKey, e.S3SecretKey, ""), Region: "us-east-1"})
	if err != nil {
		return err
	}
	if f.zip, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20)); err != nil {
		return err
	}
	return f.s3.MakeBucket(ctx, scratch, minio.MakeBucketOptions{})
}

func (f *floor) openPoints(ctx context.Context, e devstack.Endpoints) error {
	if err := f.dialPoints(e); err != nil {
		return err
	}
	model := f.leat.generation.Embedder
	return f.leat.Points.CreateCollection(ctx, scratchCollection, model.Dimensions, string(model.Distance))
}

func (f *floor) dialPoints(e devstack.Endpoints) (err error) {
	f.qdrant, err = grpc.NewClient(hostOf(e.Qdrant), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)), grpc.WithUnaryInterceptor(sendKey(e.QdrantKey)))
	if err != nil {
		return err
	}
	f.points = qdrant.NewPointsClient(f.qdrant)
	return nil
}

// sendKey adds the key to the bare client's calls, as leat's own driver does.
func sendKey(key string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		return invoke(metadata.AppendToOutgoingContext(ctx, "api-key", key), method, req, reply, conn, opts...)
	}
}

func (f *floor) openStream(ctx context.Context, _ devstack.Endpoints) error {
	_, err := f.leat.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: scratch, Subjects: []string{scratch + ".>"}, Storage: jetstream.FileStorage, MaxMsgsPerSubject: 1,
		Compression: jetstream.S2Compression, PersistMode: jetstream.AsyncPersistMode,
	})
	return err
}

// take returns the floors of the phase, and begins a new list.
func (f *floor) take() []Floor {
	sum := f.sum
	f.sum = nil
	return sum
}

// time runs one part and adds its cost to the floor with that name.
func (f *floor) time(name string, items, bytes int64, part func() error) error {
	stores := f.storesCPU()
	own := ownCPU()
	began := time.Now()
	err := part()
	took := time.Since(began).Seconds()
	cpu := ownCPU() - own + f.storesCPU() - stores
	if err != nil {
		return fmt.Errorf("floor of %s: %w", name, err)
	}
	for i := range f.sum {
		if one := &f.sum[i]; one.Name == name {
			one.Seconds, one.CPUSeconds, one.Items, one.Bytes = one.Seconds+took, one.CPUSeconds+cpu, one.Items+items, one.Bytes+bytes
			return nil
		}
	}
	f.sum = append(f.sum, Floor{name, took, cpu, items, bytes})
	return nil
}

func (f *floor) storesCPU() (total float64) {
	for name, seconds := range f.watcher.cpu() {
		if isStore(name) {
			total += seconds
		}
	}
	return total
}

// ownCPU returns the processor time of this process and of the children it has
// waited for.
func ownCPU() (total float64) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var usage syscall.Rusage
		if err := syscall.Getrusage(who, &usage); err == nil {
			total += time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
		}
	}
	return total
}

// round puts the writes of a round through the bare parts.
func (f *floor) round(ctx context.Context, w wrote) error {
	parts := []func(context.Context, wrote) error{f.fetch, f.publish}
	switch {
	case w.whole:
		parts = []func(context.Context, wrote) error{f.upsert}
	case w.revision > 0:
		parts = []func(context.Context, wrote) error{f.fetch, f.read, f.texts, f.vectors, f.copyRows, f.upsert, f.publish}
	}
	for _, part := range parts {
		if err := part(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// fetch lets git bring the commit into a mirror.
func (f *floor) fetch(ctx context.Context, _ wrote) error {
	return f.time("git fetch", 1, 0, func() error {
		_, err := git(ctx, f.mirror(), nil, "fetch", "--quiet", "--no-tags", "--no-auto-maintenance", "--force", "--depth=1", "--", f.repo.dir, "+"+branch+":"+branch)
		return err
	})
}

// read lets git print every file of the revision.
func (f *floor) read(ctx context.Context, w wrote) error {
	var names bytes.Buffer
	rows, err := f.leat.sql.Query(ctx, "select encode(oid, 'hex') from documents where track = $1 and revision = $2 and mode <> 57344", w.track, w.revision)
	if err != nil {
		return err
	}
	oids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, oid := range oids {
		names.WriteString(oid + "\n")
	}
	size := int64(0)
	err = f.time("git cat-file", int64(len(oids)), 0, func() error {
		size, err = drain(ctx, f.mirror(), &names, "cat-file", "--batch", "--buffer")
		return err
	})
	f.addBytes("git cat-file", size)
	return err
}

func (f *floor) addBytes(name string, size int64) {
	for i := range f.sum {
		if f.sum[i].Name == name {
			f.sum[i].Bytes += size
		}
	}
}

func (f *floor) tempFile() (*os.File, error) {
	file, err := os.CreateTemp(f.dir, "rows-")
	if err != nil {
		return nil, err
	}
	return file, os.Remove(file.Name())
}
