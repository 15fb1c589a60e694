package devstack_test

import (
	"context"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/devstack"
	"github.com/leatworks/leat/pipeline/vector"
	"github.com/leatworks/leat/pipeline/vector/qdrant"
)

// After fill, each store holds this one thing.
const (
	name    = "kept"
	content = "what was acknowledged"
)

// pointID is the id of the point in the vector store.
var pointID = uuid.UUID{1}

// clients are the production clients, made from the endpoints.
type clients struct {
	postgres *pgx.Conn
	nats     jetstream.JetStream
	s3       *minio.Client
	bucket   string
	vectors  vector.Store
}

func connect(t testing.TB, e devstack.Endpoints) (c clients) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	c.postgres, err = pgx.Connect(t.Context(), e.Postgres)
	must(err)
	t.Cleanup(func() { c.postgres.Close(context.Background()) })

	conn, err := nats.Connect(e.NATS)
	must(err)
	t.Cleanup(conn.Close)
	c.nats, err = jetstream.New(conn)
	must(err)

	u, err := url.Parse(e.S3)
	must(err)
	c.bucket = strings.TrimPrefix(u.Path, "/")
	c.s3, err = minio.New(u.Host, &minio.Options{Creds: credentials.NewStaticV4(e.S3AccessKey, e.S3SecretKey, ""), Region: "us-east-1"})
	must(err)

	c.vectors, err = qdrant.Open(t.Context(), qdrant.Config{URL: e.Qdrant, APIKey: e.QdrantKey})
	must(err)
	t.Cleanup(func() { c.vectors.Close() })
	return c
}

// fill puts one thing into each store and returns when it is acknowledged.
func fill(t testing.TB, e devstack.Endpoints) {
	t.Helper()
	ctx, c := t.Context(), connect(t, e)
	for _, q := range []string{"create table " + name + " (v text)", "insert into " + name + " values ('" + content + "')"} {
		if _, err := c.postgres.Exec(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.nats.CreateStream(ctx, jetstream.StreamConfig{Name: name, Subjects: []string{name}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.nats.Publish(ctx, name, []byte(content)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.s3.PutObject(ctx, c.bucket, name, strings.NewReader(content), int64(len(content)), minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := c.vectors.CreateCollection(ctx, name, 2, vector.Cosine); err != nil {
		t.Fatal(err)
	}
	point := vector.Point{ID: pointID, Dense: []float32{0.6, 0.8}, Payload: vector.Payload{Tenant: name, Path: content}}
	if err := c.vectors.Upsert(ctx, name, []vector.Point{point}); err != nil {
		t.Fatal(err)
	}
}

// check fails the test unless each store holds what fill put there.
func check(t testing.TB, e devstack.Endpoints) {
	t.Helper()
	ctx, c := t.Context(), connect(t, e)
	var row string
	if err := c.postgres.QueryRow(ctx, "select v from "+name).Scan(&row); err != nil || row != content {
		t.Errorf("postgres holds %q (%v)", row, err)
	}
	if stream, err := c.nats.Stream(ctx, name); err != nil {
		t.Errorf("nats: %v", err)
	} else if m, err := stream.GetMsg(ctx, 1); err != nil || string(m.Data) != content {
		t.Errorf("nats holds %v (%v)", m, err)
	}
	if o, err := c.s3.GetObject(ctx, c.bucket, name, minio.GetObjectOptions{}); err != nil {
		t.Errorf("s3: %v", err)
	} else if b, err := io.ReadAll(o); err != nil || string(b) != content {
		t.Errorf("s3 holds %q (%v)", b, err)
	}
	marks, err := c.vectors.Held(ctx, name, []uuid.UUID{pointID})
	if err != nil || len(marks) != 1 || marks[0].Path != content {
		t.Errorf("the vector store holds %v (%v)", marks, err)
	}
}

// noProcessIn fails the test if the working directory of a process is dir or below it.
func noProcessIn(t testing.TB, dir string) {
	t.Helper()
	for _, p := range processesIn(t, dir) {
		t.Errorf("process %s is left", p)
	}
}

func processesIn(t testing.TB, dir string) (found []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && strings.HasPrefix(cwd, dir) {
			found = append(found, filepath.Base(filepath.Dir(link)))
		}
	}
	return found
}
