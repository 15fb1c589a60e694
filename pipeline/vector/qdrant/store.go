package qdrant

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/qdrant/go-client/qdrant"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	"github.com/leatworks/leat/internal/fault"
	"github.com/leatworks/leat/internal/host"
	"github.com/leatworks/leat/pipeline/vector"
)

// Defaults of [Config] and limits of a call.
const (
	DefaultTimeout      = 30 * time.Second
	DefaultOversampling = 2.0
	MaxOversampling     = 100.0

	defaultPort = "6334"

	windowBytes     = 1 << 20
	bufferBytes     = 256 << 10
	maxReceiveBytes = 64 << 20             // a page of 1,000 points with 4,096 dimensions is 16 MiB
	maxUpsertBytes  = vector.MaxPointBytes // half of what a Qdrant server accepts by default
	maxUpsertPoints = 2000
	pageSize        = 1000

	keepaliveTime    = 30 * time.Second
	keepaliveTimeout = 10 * time.Second
)

// Config says where Qdrant is.
type Config struct {
	// URL is the address of the gRPC port: http://host:6334, or https for TLS. The port defaults to 6334. Required.
	URL string
	// APIKey is sent with every call. Default: none. Over http it is refused for any host other than this one, unless
	// PlaintextKey is set.
	APIKey string
	// PlaintextKey lets APIKey cross a network unencrypted. Default: false.
	PlaintextKey bool
	// TLS says whom an https connection trusts, and which certificate it shows.
	// Default: the system's authorities, and no certificate.
	TLS *tls.Config
	// Timeout bounds one call, retries of the transport included. Default: 30 s.
	Timeout time.Duration
	// Layout is the layout of new collections. Default: the server decides.
	Layout vector.Layout
	// NoRescore ranks by quantized vectors alone. Default: the best points by these are ranked once more by the
	// original vectors.
	NoRescore bool
	// Oversampling times as many points as are asked for are ranked once more. It has no effect without quantization.
	// Default: DefaultOversampling.
	Oversampling float64
}

// Store is a connection to Qdrant. It implements [vector.Store].
type Store struct {
	conn        *grpc.ClientConn
	points      qdrant.PointsClient
	collections qdrant.CollectionsClient
	server      qdrant.QdrantClient
	timeout     time.Duration
	layout      vector.Layout
	params      *qdrant.SearchParams // for the dense ranking
}

// Open connects to Qdrant and returns when it answers. It rejects a wrong configuration. If a server is not up yet, the
// error is worth another attempt.
func Open(ctx context.Context, config Config) (*Store, error) {
	target, err := config.target()
	if err != nil {
		return nil, fault.Reject(fmt.Errorf("open qdrant: %w", err))
	}
	conn, err := grpc.NewClient(target.address, config.dialOptions(target)...)
	if err != nil {
		return nil, fault.Reject(fmt.Errorf("open qdrant at %s: %w", target.address, err))
	}
	s := &Store{
		conn:        conn,
		points:      qdrant.NewPointsClient(conn),
		collections: qdrant.NewCollectionsClient(conn),
		server:      qdrant.NewQdrantClient(conn),
		timeout:     cmp.Or(config.Timeout, DefaultTimeout),
		layout:      config.Layout,
		params:      config.searchParams(),
	}
	if err := s.Ready(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open qdrant at %s: %w", target.address, err), conn.Close())
	}
	return s, nil
}

// Close implements [vector.Store].
func (s *Store) Close() error {
	return s.conn.Close()
}

// Ready implements [vector.Store]. It asks the server for a sign of life.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, err := s.server.HealthCheck(ctx, &qdrant.HealthCheckRequest{})
	return explain(ctx, err, "check qdrant's health")
}

// Release returns the version that the server names.
func (s *Store) Release(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reply, err := s.server.HealthCheck(ctx, &qdrant.HealthCheckRequest{})
	if err != nil {
		return "", explain(ctx, err, "ask qdrant for its version")
	}
	return reply.GetVersion(), nil
}

var _ vector.Store = (*Store)(nil)

type target struct {
	address string
	host    string
	secure  bool
}

// target reads the URL. Its errors never quote the URL, which may hold a credential.
func (c Config) target() (target, error) {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return target{}, errors.New("the URL is not of the form http://host:6334 or https://host:6334")
	case u.User != nil:
		return target{}, errors.New("the URL holds a user or a password: give the API key by its own setting")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return target{}, errors.New("the URL has a path: give scheme, host and gRPC port alone, as in http://host:6334")
	case c.Timeout < 0:
		return target{}, fmt.Errorf("timeout %s: give a positive duration, or 0 for %s", c.Timeout, DefaultTimeout)
	}
	if err := c.CheckLayout(); err != nil {
		return target{}, err
	}
	t := target{
		address: net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), defaultPort)),
		host:    u.Hostname(),
		secure:  u.Scheme == "https",
	}
	if c.APIKey != "" && !t.secure && !c.PlaintextKey && !host.IsLoopback(t.host) {
		return target{}, fmt.Errorf("the API key would cross the network to %s unencrypted: use an https URL, or allow a plaintext key", t.host)
	}
	return t, nil
}

func (c Config) dialOptions(t target) []grpc.DialOption {
	transport := insecure.NewCredentials()
	if t.secure {
		transport = credentials.NewTLS(cmp.Or(c.TLS, &tls.Config{MinVersion: tls.VersionTLS12}))
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler()),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime, Timeout: keepaliveTimeout}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReceiveBytes)),
		grpc.WithUserAgent("leat"),
		// The answer to a search has some 300 KB, which should come at once.
		grpc.WithInitialWindowSize(windowBytes),
		grpc.WithInitialConnWindowSize(windowBytes),
		grpc.WithReadBufferSize(bufferBytes),
	}
	if c.APIKey != "" {
		options = append(options, grpc.WithUnaryInterceptor(sendKey(c.APIKey)))
	}
	return options
}

// sendKey is an interceptor and not credentials.PerRPCCredentials, because these refuse a connection without TLS, even
// on loopback.
func sendKey(key string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		return invoke(metadata.AppendToOutgoingContext(ctx, "api-key", key), method, req, reply, cc, opts...)
	}
}
