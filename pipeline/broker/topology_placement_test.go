package broker_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/internal/testenv"
	"github.com/leatworks/leat/pipeline/broker"
)

// Three servers have a tag each, and one that all of them have. The streams go to the servers
// that the tags name, and move with their messages when the tags change. An impossible change
// is refused with a sentence, and changes nothing.
func TestStreamsGoWhereTheTagsSay(t *testing.T) {
	t.Parallel()
	p := newPlaced(t)
	p.ensure("", 1, "node:b")
	p.leads("b")
	for range 3 {
		if err := p.broker.Publisher().Send(t.Context(), broker.Outgoing{Subject: "leat.repo.indexed.default." + nats.NewInbox()[7:], Data: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	p.ensure("", 1, "node:c")
	p.leads("c")
	if n := p.info(broker.StreamIndexed).State.Msgs; n != 3 {
		t.Errorf("%d messages came along, want 3", n)
	}

	p.ensure("all of the placement tags", 1, "node:c", "node:a")
	p.ensure("at once", 3, "leat")
	p.ensure("", 1) // which leaves the place as it is
	p.leads("c")

	// The intake gets its copies; streams that the catalog can fill again would have to be
	// made anew, and the error says how.
	p.ensure("", 1, "leat")
	p.ensure("nats stream rm LEAT_CHUNKED", 3, "leat")
	if got := p.info(broker.StreamIntake).Config; got.Replicas != 3 || got.Placement == nil || strings.Join(got.Placement.Tags, ",") != "leat" {
		t.Errorf("the intake has %d replicas, placed by %+v", got.Replicas, got.Placement)
	}
	sizes, err := p.broker.Sizes(t.Context())
	if err != nil || strings.Join(sizes[0].Tags, ",") != "leat" {
		t.Errorf("the sizes tell of the tags %v, %v", sizes, err)
	}
}

// A single server would take tags and never look at them.
func TestASingleServerHasNoOtherPlace(t *testing.T) {
	t.Parallel()
	b := startServer(t).connect()
	topology := broker.DefaultTopology()
	topology.Tags = []string{"region:eu"}
	if err := b.Ensure(t.Context(), topology); err == nil || !strings.Contains(err.Error(), "belongs to no cluster") {
		t.Errorf("ensure: %v", err)
	}
}

// placed is a broker over a cluster whose nodes have tags.
type placed struct {
	t      *testing.T
	broker *broker.Broker
	js     jetstream.JetStream
}

func newPlaced(t *testing.T) *placed {
	t.Helper()
	cluster := testenv.NATSCluster(t)
	b, err := broker.Connect(t.Context(), broker.Config{URL: cluster.URL}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	conn, err := nats.Connect(cluster.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return &placed{t, b, js}
}

// ensure makes the streams with these tags, and tries again as a worker does while the
// servers still carry out the change before. refused is a part of the error that is wanted.
func (p *placed) ensure(refused string, replicas int, tags ...string) {
	p.t.Helper()
	topology := broker.DefaultTopology()
	topology.Replicas, topology.Tags = replicas, tags
	var err error
	p.await(func() bool {
		err = p.broker.Ensure(p.t.Context(), topology)
		return err == nil || !errors.Is(err, context.DeadlineExceeded) && !strings.Contains(err.Error(), "still carry out")
	})
	if (err == nil) != (refused == "") || err != nil && !strings.Contains(err.Error(), refused) {
		p.t.Fatalf("ensure %d replicas at %v: %v, want %q", replicas, tags, err, refused)
	}
}

// leads waits until a node leads every stream, and is the only one that holds it.
func (p *placed) leads(node string) {
	p.t.Helper()
	for _, stream := range []string{broker.StreamIntake, broker.StreamChunked, broker.StreamEmbedded, broker.StreamIndexed} {
		p.await(func() bool {
			info := p.info(stream)
			return info != nil && info.Cluster != nil && info.Cluster.Leader == node && len(info.Cluster.Replicas) == 0
		})
	}
}

// info is nil while the stream has no leader.
func (p *placed) info(stream string) *jetstream.StreamInfo {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Second)
	defer cancel()
	found, err := p.js.Stream(ctx, stream)
	if err != nil {
		return nil
	}
	return found.CachedInfo()
}

func (p *placed) await(is func() bool) {
	p.t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(2 * patience); !is(); <-look.C {
		if time.Now().After(deadline) {
			p.t.Fatalf("it does not come about; the intake: %+v", p.info(broker.StreamIntake))
		}
	}
}
