package qdrant_test

import (
	"crypto/tls"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"testing"

	"github.com/google/uuid"
	client "github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	server "github.com/leatworks/leat/devstack/qdrant"
	"github.com/leatworks/leat/internal/testenv/leak"
	"github.com/leatworks/leat/pipeline/vector"
	"github.com/leatworks/leat/pipeline/vector/qdrant"
	"github.com/leatworks/leat/pipeline/vector/vectortest"
)

func TestMain(m *testing.M) { leak.VerifyTestMain(m) }

// startServer returns the URL of an embedded server that ends with the test.
func startServer(t testing.TB) string {
	t.Helper()
	s, err := server.Start(server.Config{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	return "http://" + s.Addr()
}

func open(t testing.TB, config qdrant.Config) *qdrant.Store {
	t.Helper()
	store, err := qdrant.Open(t.Context(), config)
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

// given returns the server that LEAT_QDRANT_URL names.
func given() (config qdrant.Config, found bool) {
	address := os.Getenv("LEAT_QDRANT_URL")
	return qdrant.Config{URL: address, APIKey: os.Getenv("LEAT_QDRANT_API_KEY"), PlaintextKey: true}, address != ""
}

func TestConformanceOfTheEmbeddedServer(t *testing.T) {
	vectortest.Run(t, func(t testing.TB) vector.Store { return open(t, qdrant.Config{URL: startServer(t)}) })
}

func TestConformanceOfTheGivenServer(t *testing.T) {
	config, found := given()
	if !found {
		t.Skip("LEAT_QDRANT_URL names no server")
	}
	vectortest.Run(t, func(t testing.TB) vector.Store { return open(t, config) })
}

func TestLayoutsOfTheEmbeddedServer(t *testing.T) {
	address := startServer(t)
	vectortest.RunLayout(t, 2, func(t testing.TB, l vector.Layout) vector.Store {
		return open(t, qdrant.Config{URL: address, Layout: l})
	})
}

func TestLayoutsOfTheGivenServer(t *testing.T) {
	config, found := given()
	if !found {
		t.Skip("LEAT_QDRANT_URL names no server")
	}
	vectortest.RunLayout(t, 1, func(t testing.TB, l vector.Layout) vector.Store {
		config.Layout = l
		return open(t, config)
	})
}

// A point that another program wrote also has a mark, by which it can be deleted.
func TestAPointWithoutAPayloadHasAMark(t *testing.T) {
	config, found := given()
	if !found {
		config.URL = startServer(t)
	}
	store := open(t, config)
	collection := "leat-test-" + uuid.NewString()
	if err := store.CreateCollection(t.Context(), collection, 2, vector.Dot); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.DropCollection(t.Context(), collection); err != nil {
			t.Error(err)
		}
	}()
	id := uuid.New()
	upsertBare(t, config, &client.UpsertPoints{
		CollectionName: collection, Wait: client.PtrOf(true),
		Points: []*client.PointStruct{{
			Id:      client.NewIDUUID(id.String()),
			Vectors: client.NewVectorsMap(map[string]*client.Vector{"dense": client.NewVectorDense([]float32{1, 0})}),
			Payload: map[string]*client.Value{"repository": client.NewValueString("none"), "revision": client.NewValueString("none")},
		}},
	})
	marks := marksOf(t, store, collection)
	if !slices.Equal(marks, []vector.Mark{{ID: id}}) {
		t.Fatalf("marks: %+v", marks)
	}
	if err := store.DeleteMarked(t.Context(), collection, marks); err != nil {
		t.Fatal(err)
	}
	if left := marksOf(t, store, collection); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
}

// upsertBare writes points without the driver.
func upsertBare(t *testing.T, config qdrant.Config, request *client.UpsertPoints) {
	t.Helper()
	target, err := url.Parse(config.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := insecure.NewCredentials()
	if target.Scheme == "https" {
		transport = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	conn, err := grpc.NewClient(target.Host, grpc.WithTransportCredentials(transport))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "api-key", config.APIKey)
	if _, err := client.NewPointsClient(conn).Upsert(ctx, request); err != nil {
		t.Fatal(err)
	}
}

func marksOf(t *testing.T, store vector.Store, collection string) []vector.Mark {
	t.Helper()
	var marks []vector.Mark
	for mark, err := range store.Marks(t.Context(), collection, nil, uuid.Nil) {
		if err != nil {
			t.Fatal(err)
		}
		marks = append(marks, mark)
	}
	return marks
}

func BenchmarkStore(b *testing.B) {
	vectortest.Bench(b, func(t testing.TB) vector.Store { return open(t, qdrant.Config{URL: startServer(t)}) })
}
