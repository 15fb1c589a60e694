package qdrant

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	// DefaultAddr lets the kernel choose a port.
	DefaultAddr = "127.0.0.1:0"

	// version is the version of Qdrant that this server imitates. A client warns if its own version differs by more
	// than one minor version.
	version = "1.17.1"

	maxMessageBytes  = 64 << 20
	writeBufferBytes = 256 << 10
	minKeepalive     = 5 * time.Second
	drainTimeout     = 5 * time.Second
)

// Config says where a server keeps its collections and listens.
type Config struct {
	// Dir is the directory of the collections. It is created if it does not exist. Only one server at a time may use
	// it. Required.
	Dir string
	// Addr is the TCP address to listen on. Default: 127.0.0.1:0.
	Addr string
	// APIKey must be in the metadata "api-key" of every call, like Qdrant's service.api_key. Default: no key is
	// required.
	APIKey string
	// Log receives messages for an operator. Default: slog.Default().
	Log *slog.Logger
}

// Server is a running server.
type Server struct {
	registry *registry
	listener net.Listener
	grpc     *grpc.Server
	serving  sync.WaitGroup
	closing  sync.Once
	closed   error
}

// Start opens the collections and serves them until Close. The server answers when Start returns.
func Start(config Config) (*Server, error) {
	if config.Dir == "" {
		return nil, errors.New("start qdrant: give a directory")
	}
	log := cmp.Or(config.Log, slog.Default())
	registry, err := openRegistry(config.Dir, log)
	if err != nil {
		return nil, fmt.Errorf("start qdrant: %w", err)
	}
	listener, err := net.Listen("tcp", cmp.Or(config.Addr, DefaultAddr))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start qdrant: %w", err), registry.close())
	}
	s := &Server{registry: registry, listener: listener, grpc: grpc.NewServer(
		grpc.MaxRecvMsgSize(maxMessageBytes),
		grpc.MaxSendMsgSize(maxMessageBytes),
		grpc.WriteBufferSize(writeBufferBytes), // the answer to a search has some 300 KB
		grpc.WaitForHandlers(true),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minKeepalive, PermitWithoutStream: true}),
		grpc.ChainUnaryInterceptor(contain(log), demand(config.APIKey)),
	)}
	qdrant.RegisterQdrantServer(s.grpc, health{})
	qdrant.RegisterCollectionsServer(s.grpc, &collectionsAPI{registry: registry})
	qdrant.RegisterPointsServer(s.grpc, &pointsAPI{registry: registry, encoded: true})
	qdrant.RegisterSnapshotsServer(s.grpc, snapshots{})
	s.serving.Go(func() {
		if err := s.grpc.Serve(listener); err != nil {
			log.Error("qdrant stopped serving", "error", err)
		}
	})
	return s, nil
}

// Addr returns the address on which the server listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close gives running requests five seconds to end, and closes the collections.
func (s *Server) Close() error {
	s.closing.Do(func() {
		impatient := time.AfterFunc(drainTimeout, s.grpc.Stop)
		s.grpc.GracefulStop()
		impatient.Stop()
		s.serving.Wait()
		s.closed = s.registry.close()
	})
	return s.closed
}

// contain turns a panic into an error of its request, because the server shares its process with all of leat.
func contain(log *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (reply any, err error) {
		defer func() {
			if reason := recover(); reason != nil {
				log.Error("a request panicked", "method", info.FullMethod, "reason", reason, "stack", string(debug.Stack()))
				err = status.Errorf(codes.Internal, "%s panicked: %v", info.FullMethod, reason)
			}
		}()
		return handle(ctx, request)
	}
}

// demand admits only calls with the key. As in Qdrant, the answer to other calls is Unauthenticated.
func demand(key string) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		if key == "" {
			return handle(ctx, request)
		}
		for _, given := range metadata.ValueFromIncomingContext(ctx, "api-key") {
			if subtle.ConstantTimeCompare([]byte(given), []byte(key)) == 1 {
				return handle(ctx, request)
			}
		}
		return nil, status.Error(codes.Unauthenticated, "the api-key is missing or wrong")
	}
}

type health struct {
	qdrant.UnimplementedQdrantServer
}

func (health) HealthCheck(context.Context, *qdrant.HealthCheckRequest) (*qdrant.HealthCheckReply, error) {
	return &qdrant.HealthCheckReply{Title: "leat devstack", Version: version}, nil
}

// snapshots answers every call with Unimplemented.
type snapshots struct {
	qdrant.UnimplementedSnapshotsServer
}
