package broker_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/pipeline/broker"
)

// offer publishes a submission as a client that knows nothing of leat would, and
// returns the server's answer.
func offer(t *testing.T, conn *nats.Conn, tenant, id string, size int) (ack struct {
	Duplicate bool
	Error     *struct {
		Code int `json:"err_code"`
	}
}) {
	t.Helper()
	msg := &nats.Msg{Subject: events.SubmittedSubject(tenant), Data: make([]byte, size)}
	if id != "" {
		msg.Header = nats.Header{broker.MetaMsgID: {id}}
	}
	answer, err := conn.RequestMsg(msg, patience)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(answer.Data, &ack); err != nil {
		t.Fatal(err)
	}
	return ack
}

func perTenant(n int64) broker.Topology {
	top := topology()
	top.IntakePerTenant = n
	return top
}

// A tenant's flood is refused to that tenant, even if an older version without such a
// limit has let it in at first.
func TestAFloodIsRefusedToItsTenantAlone(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, perTenant(10))
	conn, _ := s.bare()
	for i := range 30 {
		if ack := offer(t, conn, "a", "", 100); (ack.Error != nil) != (i >= 10) {
			t.Fatalf("submission %d of the flood: %+v", i+1, ack.Error)
		}
	}
	if ack := offer(t, conn, "b", "", 100); ack.Error != nil {
		t.Errorf("the other tenant's submission: %+v", ack.Error)
	}
	err := b.Publisher().Send(t.Context(),
		broker.Outgoing{Subject: events.SubmittedSubject("a")}, broker.Outgoing{Subject: events.SubmittedSubject("b")})
	if !errors.Is(err, broker.ErrFull) {
		t.Errorf("our own publication is answered with %v", err)
	}
	waiting(t, b, broker.StreamIntake, broker.ConsumerIngestor, 12) // 10 and 2
	if ack := offer(t, conn, "c", "", broker.IntakeMessageBytes+1); ack.Error == nil || ack.Error.Code != int(jetstream.JSErrCodeStreamMessageExceedsMaximum) {
		t.Errorf("a submission of more than a message's bytes: %+v", ack.Error)
	}
}

// A server would delete messages above a new limit. Submissions from before the limit
// was lowered stay, and the limit follows as the backlog shrinks.
func TestALowerLimitATenantLosesNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	_, js := s.bare()
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: broker.StreamIntake, Subjects: []string{events.SubmittedSubjects}, Retention: jetstream.WorkQueuePolicy,
		Discard: jetstream.DiscardNew, DenyDelete: true, DenyPurge: true, Duplicates: 2 * broker.DefaultAckWait,
	}); err != nil {
		t.Fatal(err)
	}
	submit(t, b, 30)
	check := func(want int64, messages uint64) {
		t.Helper()
		ensure(t, b, perTenant(10))
		stream, err := js.Stream(t.Context(), broker.StreamIntake)
		if err != nil {
			t.Fatal(err)
		}
		info := stream.CachedInfo()
		if !info.Config.DiscardNewPerSubject || info.Config.MaxMsgsPerSubject != want || info.State.Msgs != messages {
			t.Errorf("%d messages, limit %d, want %d within %d", info.State.Msgs, info.Config.MaxMsgsPerSubject, messages, want)
		}
	}
	check(60, 30)
	submit(t, b, 10)
	check(60, 40)
	consumer, err := js.Consumer(t.Context(), broker.StreamIntake, broker.ConsumerIngestor)
	if err != nil {
		t.Fatal(err)
	}
	take := func(n int) {
		t.Helper()
		batch, err := consumer.Fetch(n)
		if err != nil {
			t.Fatal(err)
		}
		for msg := range batch.Messages() {
			if err := msg.DoubleAck(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	take(28)
	check(24, 12)
	take(8)
	check(10, 4)
}

// The server compares message ids over all tenants, for the shortest time to which it
// can be set. After that, an id that another tenant has used is as good as any other.
func TestAnotherTenantsMessageIDDropsNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	b := s.connect()
	ensure(t, b, topology())
	conn, _ := s.bare()
	if ack := offer(t, conn, "a", "build-1", 100); ack.Error != nil || ack.Duplicate {
		t.Fatalf("%+v", ack)
	}
	eventually(t, "the id to be forgotten", func() bool { return !offer(t, conn, "b", "build-1", 100).Duplicate })
	waiting(t, b, broker.StreamIntake, broker.ConsumerIngestor, 2) // one of each tenant
}
