package broker

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// DefaultTimeout bounds one request to the server.
const DefaultTimeout = 10 * time.Second

// The pace of reconnecting, and the number of publishes that may wait for their
// acknowledgement at once.
const (
	reconnectWait    = 500 * time.Millisecond
	reconnectJitter  = 500 * time.Millisecond
	pingInterval     = 20 * time.Second
	maxPendingPubAck = 4096
)

// Config says how to reach NATS.
type Config struct {
	// URL of the server, or several separated by commas. It may hold a user and a
	// password, which reach no error and no log. Required.
	URL string
	// CredentialsFile is the path of a user's .creds file (JWT and seed), or of the
	// seed of a user's nkey alone. Default: none.
	CredentialsFile string
	// Token is sent to a server that asks for one. Default: none.
	Token string
	// TLS says whom to trust and which certificate to show. If it is set, a server that
	// does not speak TLS is refused. Default: none; if the server wants TLS, the system's
	// authorities are trusted.
	TLS *tls.Config
	// Name is shown in the server's list of connections, and begins the subjects of
	// the answers to this connection (Inbox). Default: "leat".
	Name string
	// Timeout of one request, and of one attempt to connect. Default: DefaultTimeout.
	Timeout time.Duration
}

// Broker is a connection to NATS JetStream. It is safe for concurrent use.
type Broker struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	timeout time.Duration
	log     *slog.Logger

	mu       sync.Mutex
	troubles map[string]error // why a subscription receives nothing, by the subscription's name

	refused refusal
}

// Connect tries once to connect; a caller that wants to wait for the server calls
// it again. A connection that is lost later is restored without limit, until Close.
func Connect(ctx context.Context, cfg Config, log *slog.Logger) (*Broker, error) {
	if err := checkURL(cfg.URL); err != nil {
		return nil, err
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Name == "" {
		cfg.Name = "leat"
	}
	conn, err := dial(ctx, cfg, log)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	js, err := jetstream.New(conn,
		jetstream.WithDefaultTimeout(cfg.Timeout),
		jetstream.WithPublishAsyncTimeout(cfg.Timeout),
		jetstream.WithPublishAsyncMaxPending(maxPendingPubAck))
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("open JetStream: %w", err)
	}
	warn(conn, log)
	return &Broker{conn: conn, js: js, timeout: cfg.Timeout, log: log, troubles: map[string]error{}}, nil
}

func warn(conn *nats.Conn, log *slog.Logger) {
	if text := warning(conn); text != "" {
		log.Warn("the NATS server is too old", "reason", text)
	}
}

// checkURL refuses a URL that nats.go could not parse: the error of nats.go would
// quote the URL and any password in it.
func checkURL(urls string) error {
	for part := range strings.SplitSeq(urls, ",") {
		part = strings.TrimSpace(part)
		if !strings.Contains(part, "://") {
			part = "nats://" + part
		}
		if parsed, err := url.Parse(part); err != nil || parsed.Host == "" {
			return errors.New("the NATS URL is not of the form nats://HOST:PORT (several are separated by commas)")
		}
	}
	return nil
}

// dial gives up when ctx ends. nats.Connect itself knows only a timeout.
func dial(ctx context.Context, cfg Config, log *slog.Logger) (*nats.Conn, error) {
	type result struct {
		conn *nats.Conn
		err  error
	}
	dialled := make(chan result, 1)
	go func() {
		opts, err := options(cfg, log)
		if err != nil {
			dialled <- result{err: err}
			return
		}
		conn, err := nats.Connect(cfg.URL, opts...)
		dialled <- result{conn, err}
	}()
	select {
	case r := <-dialled:
		return r.conn, r.err
	case <-ctx.Done():
		go func() {
			if r := <-dialled; r.conn != nil {
				r.conn.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

func options(cfg Config, log *slog.Logger) ([]nats.Option, error) {
	opts := []nats.Option{
		nats.Name(cfg.Name),
		nats.CustomInboxPrefix(Inbox(cfg.Name)),
		nats.Timeout(cfg.Timeout),
		nats.MaxReconnects(-1),
		nats.IgnoreAuthErrorAbort(), // a credential being rotated must not end a worker
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectJitter, reconnectJitter),
		nats.PingInterval(pingInterval),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("lost the connection to NATS", "error", err)
			}
		}),
		nats.ReconnectHandler(func(conn *nats.Conn) {
			log.Info("connected to NATS again", "url", conn.ConnectedUrlRedacted())
			warn(conn, log) // perhaps it is another server of the cluster
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("NATS reports", "error", err)
		}),
	}
	if cfg.CredentialsFile != "" {
		credentials, err := credentials(cfg.CredentialsFile)
		if err != nil {
			return nil, err
		}
		opts = append(opts, credentials)
	}
	if cfg.TLS != nil {
		opts = append(opts, nats.Secure(cfg.TLS))
	}
	if cfg.Token != "" {
		opts = append(opts, nats.Token(cfg.Token))
	}
	return opts, nil
}

// credentials reads which kind of credentials a file holds. nats.go reads the file
// again at each connection, so that they can be replaced.
func credentials(file string) (nats.Option, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the credentials: %w", err)
	}
	if bytes.Contains(content, []byte("BEGIN NATS USER JWT")) {
		return nats.UserCredentials(file), nil
	}
	seed, err := nats.NkeyOptionFromSeed(file)
	if err != nil {
		return nil, fmt.Errorf("%s holds neither a user's credentials nor the seed of a user's nkey", file)
	}
	return seed, nil
}

// Close sends what is buffered and closes the connection. Close subscribers first.
func (b *Broker) Close() {
	if b.conn.IsConnected() {
		if err := b.conn.FlushTimeout(b.timeout); err != nil {
			b.log.Warn("closing NATS with unsent messages; they will be delivered again", "error", err)
		}
	}
	b.conn.Close()
}

// Ready returns nil when the server answers, JetStream is on, its streams have
// room, and every subscription is bound to its consumer; else the reasons why not.
func (b *Broker) Ready(ctx context.Context) error {
	if !b.conn.IsConnected() {
		return errDisconnected
	}
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	if _, err := b.js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("ask JetStream for the account: %w", err)
	}
	errs := []error{b.roomless(ctx)}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(b.troubles)) {
		errs = append(errs, b.troubles[name])
	}
	return errors.Join(errs...)
}

// trouble records why the named subscription receives nothing; a nil error means that it
// receives again. It reports whether this changes anything.
func (b *Broker) trouble(name string, err error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.troubles[name]
	if err == nil {
		delete(b.troubles, name)
		return old != nil
	}
	b.troubles[name] = err
	return old == nil || old.Error() != err.Error()
}

// Lag is how far a consumer is behind its stream.
type Lag struct {
	Pending     uint64 // messages not yet delivered
	InFlight    uint64 // delivered, not yet acknowledged
	Redelivered uint64 // those in flight that were delivered more than once
	Done        uint64 // acknowledged since the consumer exists, without a gap
	Waiting     int    // requests of workers that wait for a message
}

// ErrNoConsumer says that a consumer has not been made, or is gone.
var ErrNoConsumer = errors.New("there is no such consumer")

// Lag asks the server for a consumer's backlog.
func (b *Broker) Lag(ctx context.Context, stream, consumer string) (Lag, error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	found, err := b.js.Consumer(ctx, stream, consumer)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		err = fmt.Errorf("%w (%w)", ErrNoConsumer, err)
	}
	if err != nil {
		return Lag{}, fmt.Errorf("load the lag of consumer %s of stream %s: %w", consumer, stream, err)
	}
	info := found.CachedInfo()
	return Lag{
		Pending:     info.NumPending,
		InFlight:    uint64(max(info.NumAckPending, 0)),
		Redelivered: uint64(max(info.NumRedelivered, 0)),
		Done:        info.AckFloor.Consumer,
		Waiting:     info.NumWaiting,
	}, nil
}
