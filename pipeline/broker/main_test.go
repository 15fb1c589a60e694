package broker_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/leak"
	"github.com/leatworks/leat/pipeline/broker"
)

// envServe makes the test binary a NATS server, which a test may kill.
const envServe = "LEAT_TEST_SERVE_NATS"

func TestMain(m *testing.M) {
	if args := os.Getenv(envServe); args != "" {
		serve(args)
	}
	leak.VerifyTestMain(m)
}

// serve runs a server until its parent is gone.
func serve(args string) {
	port, dir, _ := strings.Cut(args, " ")
	number, err := strconv.Atoi(port)
	if err == nil {
		var s *server.Server
		if s, err = server.NewServer(&server.Options{Host: "127.0.0.1", Port: number, NoLog: true, NoSigs: true, JetStream: true, StoreDir: dir}); err == nil {
			s.Start()
			if s.ReadyForConnections(patience) {
				fmt.Println("ready")
				_, _ = io.Copy(io.Discard, os.Stdin)
				os.Exit(0)
			}
		}
	}
	fmt.Fprintln(os.Stderr, "serve NATS:", err)
	os.Exit(1)
}

// patience is how long a test waits for an event that must come. It is generous: a test
// fails because something happens, not because it is slow.
const patience = 2 * time.Minute

// natsServer is a JetStream server in process that a test may stop and start.
type natsServer struct {
	t    testing.TB
	opts server.Options
	*server.Server
}

func startServer(t testing.TB) *natsServer {
	t.Helper()
	s := &natsServer{t: t, opts: server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: t.TempDir(), JetStreamMaxStore: 8 << 30, JetStreamMaxMemory: 64 << 20,
	}}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *natsServer) start() {
	s.t.Helper()
	opts := s.opts
	started, err := server.NewServer(&opts)
	if err != nil {
		s.t.Fatal(err)
	}
	started.Start()
	if !started.ReadyForConnections(patience) {
		s.t.Fatal("the NATS server does not start")
	}
	s.Server = started
}

func (s *natsServer) stop() {
	s.Shutdown()
	s.WaitForShutdown()
}

// restart starts the server again on the same port, with its data on disk.
func (s *natsServer) restart() {
	s.t.Helper()
	at, err := url.Parse(s.ClientURL())
	if err != nil {
		s.t.Fatal(err)
	}
	if s.opts.Port, err = strconv.Atoi(at.Port()); err != nil {
		s.t.Fatal(err)
	}
	s.stop()
	s.start()
}

// connect returns a broker that closes before the server stops.
func (s *natsServer) connect() *broker.Broker {
	s.t.Helper()
	b, err := broker.Connect(s.t.Context(), broker.Config{URL: s.ClientURL(), Timeout: patience}, slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(b.Close)
	return b
}

// bare returns a client that knows nothing of leat.
func (s *natsServer) bare() (*nats.Conn, jetstream.JetStream) {
	s.t.Helper()
	conn, err := nats.Connect(s.ClientURL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		s.t.Fatal(err)
	}
	return conn, js
}

// topology is small, with one generation.
func topology() broker.Topology {
	t := broker.DefaultTopology(broker.Generation{Number: 1, Embedder: "local-384"})
	t.IntakeBytes, t.ChunkedBytes, t.EmbeddedBytes, t.IndexedBytes = 64<<20, 64<<20, 64<<20, 64<<20
	t.IntakePerTenant = 100_000 // tests of delivery use one tenant
	return t
}

func ensure(t testing.TB, b *broker.Broker, topology broker.Topology) {
	t.Helper()
	if err := b.Ensure(t.Context(), topology); err != nil {
		t.Fatal(err)
	}
}

// ingestor consumes the intake.
func ingestor(inFlight int) broker.SubscriberConfig {
	return broker.SubscriberConfig{
		Stream: broker.StreamIntake, Consumer: broker.ConsumerIngestor,
		InFlight: inFlight, NakDelay: 50 * time.Millisecond, DrainTimeout: patience,
	}
}

// submit publishes n messages to the intake, their numbers as payload.
func submit(t testing.TB, b *broker.Broker, n int) {
	t.Helper()
	for first := 0; first < n; first += 1000 {
		var msgs []*message.Message
		for i := first; i < min(first+1000, n); i++ {
			msgs = append(msgs, message.NewMessage("", []byte(strconv.Itoa(i))))
		}
		if err := b.Publisher().Publish(events.SubmittedSubject("default"), msgs...); err != nil {
			t.Fatal(err)
		}
	}
}

// route runs handle for the messages that sub delivers through Watermill's Router. It ends
// when the returned function is called, which also waits for the end.
func route(t testing.TB, sub message.Subscriber, handle message.NoPublishHandlerFunc) (stop func()) {
	t.Helper()
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: 2 * patience}, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	router.AddConsumerHandler("test", "test", sub, handle)
	ended := make(chan error, 1)
	go func() { ended <- router.Run(context.WithoutCancel(t.Context())) }()
	await(t, "the router to run", router.Running())
	var stopped atomic.Bool
	stop = func() {
		t.Helper()
		if stopped.Swap(true) {
			return
		}
		if err := router.Close(); err != nil {
			t.Error(err)
		}
		if err := receive(t, "the router to end", ended); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

func await[T any](t testing.TB, what string, signal <-chan T) {
	t.Helper()
	receive(t, what, signal)
}

func receive[T any](t testing.TB, what string, signal <-chan T) T {
	t.Helper()
	select {
	case v := <-signal:
		return v
	case <-time.After(patience):
		t.Fatalf("waited %s for %s", patience, what)
	}
	panic("unreachable")
}

// eventually polls a condition that no signal announces.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

func lag(t testing.TB, b *broker.Broker, stream, consumer string) broker.Lag {
	t.Helper()
	lag, err := b.Lag(t.Context(), stream, consumer)
	if err != nil {
		t.Fatal(err)
	}
	return lag
}

// waiting waits until as many messages wait for a consumer. A server counts a message that
// it has acknowledged for its consumers a moment later.
func waiting(t testing.TB, b *broker.Broker, stream, consumer string, want uint64) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d messages to wait for %s", want, consumer), func() bool {
		return lag(t, b, stream, consumer).Pending == want
	})
}

// settled waits until the intake owes nothing.
func settled(t testing.TB, b *broker.Broker) {
	t.Helper()
	eventually(t, "the intake to be settled", func() bool {
		lag, err := b.Lag(t.Context(), broker.StreamIntake, broker.ConsumerIngestor)
		return err == nil && lag.Pending+lag.InFlight+lag.Redelivered == 0 // a server that restarts may leave a question unanswered
	})
}
