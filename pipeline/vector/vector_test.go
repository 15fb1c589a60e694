package vector_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/leatworks/leat/devstack/qdrant"
	"github.com/leatworks/leat/pipeline/vector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serverURL is that of the server that LEAT_QDRANT_URL names, else of one that
// lives as long as the test.
func serverURL(t testing.TB) string {
	t.Helper()
	if url := os.Getenv("LEAT_QDRANT_URL"); url != "" {
		return url
	}
	server, err := qdrant.Start(qdrant.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	return "http://" + server.Addr()
}

func open(t testing.TB) *vector.Store {
	t.Helper()
	store, err := vector.Open(t.Context(), vector.Config{URL: serverURL(t), APIKey: os.Getenv("LEAT_QDRANT_API_KEY"), PlaintextKey: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return store
}

const dimensions = 8

// create makes a collection of a name that nobody else has.
func create(t testing.TB, store *vector.Store) string {
	t.Helper()
	name := "leat-test-" + uuid.NewString()
	if err := store.CreateCollection(t.Context(), name, dimensions, "dot"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := store.DropCollection(ctx, name); err != nil {
			t.Errorf("drop the collection: %v", err)
		}
	})
	return name
}

// id makes ids whose order is that of n.
func id(n int) uuid.UUID { return uuid.MustParse(fmt.Sprintf("00000000-0000-4000-8000-%012d", n)) }

// axis is the unit vector of a dimension.
func axis(n int) []float32 {
	v := make([]float32, dimensions)
	v[n%dimensions] = 1
	return v
}

// point makes the n-th point: its own document at path, of tenant "acme".
func point(n int, path string) vector.Point {
	return vector.Point{
		ID:     id(n),
		Dense:  axis(n),
		Sparse: vector.Sparse{Indices: []uint32{7, uint32(100 + n)}, Values: []float32{0.5, 1}},
		Payload: vector.Payload{
			Tenant: "acme", Repository: id(1000), Track: id(2000), Document: id(3000 + n),
			Ref: "refs/heads/main", Path: path, Language: "Go", Kind: "function", Symbol: fmt.Sprintf("f%d", n),
			Blob: fmt.Sprintf("%064x", n), Commit: fmt.Sprintf("%040x", n),
			StartLine: n, EndLine: n + 1, StartByte: 10 * n, EndByte: 10*n + 10, Revision: int64(n),
		},
	}
}

func upsert(t testing.TB, store *vector.Store, collection string, points ...vector.Point) {
	t.Helper()
	if err := store.Upsert(t.Context(), collection, points); err != nil {
		t.Fatal(err)
	}
}

func randomVector(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = r.Float32()*2 - 1
	}
	return v
}
