package qdrant_test

import (
	"log/slog"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/qdrant/go-client/qdrant"

	devstack "github.com/leatworks/leat/devstack/qdrant"
)

func TestOnlyTheKeyOpens(t *testing.T) {
	server, err := devstack.Start(devstack.Config{Dir: t.TempDir(), APIKey: "key", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	conn, err := grpc.NewClient(server.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for key, want := range map[string]codes.Code{"": codes.Unauthenticated, "another": codes.Unauthenticated, "key": codes.OK} {
		ctx := t.Context()
		if key != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "api-key", key)
		}
		_, healthErr := qdrant.NewQdrantClient(conn).HealthCheck(ctx, &qdrant.HealthCheckRequest{})
		_, listErr := qdrant.NewCollectionsClient(conn).List(ctx, &qdrant.ListCollectionsRequest{})
		for call, err := range map[string]error{"health": healthErr, "list": listErr} {
			if got := status.Code(err); got != want {
				t.Errorf("%s with the key %q is answered with %s, want %s", call, key, got, want)
			}
		}
	}
}
