package ingest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/leatworks/leat/events"
	"github.com/leatworks/leat/internal/testenv/testpipe"
	"github.com/leatworks/leat/pipeline"
	"github.com/leatworks/leat/pipeline/broker"
)

const token = "t0p-s3cret"

// TestATokenInAURLReachesNoStore publishes as an outsider who knows nothing of
// the rules, and then looks into everything that holds data.
func TestATokenInAURLReachesNoStore(t *testing.T) {
	p := testpipe.Open(t, testpipe.Config{})
	conn, err := nats.Connect(p.Addresses.NATS)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	messages := []*nats.Msg{
		bare("1", `{"url":"https://user:`+token+`@example.org/x.git"}`),
		bare("2", `{"url":"https://`+token+`@example.org/x.git"}`),
		bare("3", `{"url":"ssh://git:`+token+`@example.org/x.git"}`),
		bare("4", `{"url":"https:\/\/user:`+token+`@example.org\/x.git"}`),
		bare("5", `{"url":"http://user:`+token+`@example.org/%zz"}`),
		bare("6", `not JSON: https://user:`+token+`@example.org/x.git`),
		bare("7", `{"url":7,"x":"https://user:`+token+`@example.org/x.git"}`),
	}
	messages[0].Header.Set("ce-subject", "https://user:"+token+"@example.org/x.git")
	messages[1].Header.Set("ce-source", "https://user:"+token+"@example.org/ci")
	for _, m := range messages {
		if _, err := js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	runIngestor(t, p)

	if n := p.One(t, "select count(*) from dead_letters where worker = 'ingestor'"); n != "7" {
		t.Errorf("%s dead letters, want 7", n)
	}
	if n := p.One(t, "select count(*) from submissions where state = 'failed' and error is not null"); n != "6" {
		t.Errorf("%s refused submissions, want 6: all that are events", n)
	}
	for name, text := range map[string]string{
		"postgres": p.Dump(t), "S3": objects(t, p), "NATS": streams(t, js), "the log": p.Logs.String(),
	} {
		if at := strings.Index(text, token); at >= 0 {
			t.Errorf("%s holds the token: %.300q", name, text[max(at-200, 0):])
		}
	}
	if len(p.Dump(t)) < 1000 || len(p.Logs.String()) < 100 {
		t.Error("nothing was looked at")
	}
}

// bare is a message as `nats pub` sends it.
func bare(id, data string) *nats.Msg {
	m := nats.NewMsg(events.SubmittedSubject("acme"))
	m.Data = []byte(data)
	for key, value := range map[string]string{"specversion": "1.0", "id": id, "source": "/ci", "type": string(events.TypeRepoSubmitted)} {
		m.Header.Set("ce-"+key, value)
	}
	return m
}

// runIngestor runs an ingestor until it has settled what is in the intake.
func runIngestor(t *testing.T, p *testpipe.Pipe) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	source := p.Broker.Subscriber(broker.SubscriberConfig{Stream: broker.StreamIntake, Consumer: broker.ConsumerIngestor})
	ended := make(chan error, 1)
	go func() {
		ended <- pipeline.Run(ctx, pipeline.Config{Letters: p.Catalog.Letters, Log: p.Logs.Logger()}, pipeline.Step{
			Worker: "ingestor", Ledger: p.Ingest,
			Routes: []pipeline.Route{{Name: "ingestor", Source: source, Handle: p.Ingest.Handle}},
		})
	}()
	for deadline := time.Now().Add(testpipe.Patience); !p.Acknowledged(t, broker.StreamIntake, broker.ConsumerIngestor); {
		if time.Now().After(deadline) {
			t.Fatal("messages still wait for the ingestor")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// objects returns the keys and contents of everything in the bucket.
func objects(t *testing.T, p *testpipe.Pipe) string {
	t.Helper()
	var all strings.Builder
	for key, content := range p.Objects(t) {
		all.WriteString(key)
		all.Write(content)
	}
	return all.String()
}

// streams returns the headers and payloads of every message of every stream.
func streams(t *testing.T, js jetstream.JetStream) string {
	t.Helper()
	var all strings.Builder
	names := js.StreamNames(t.Context())
	for name := range names.Name() {
		stream, err := js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		state := stream.CachedInfo().State
		for seq := state.FirstSeq; state.Msgs > 0 && seq <= state.LastSeq; seq++ {
			m, err := stream.GetMsg(t.Context(), seq)
			if err != nil {
				continue // deleted
			}
			all.WriteString(m.Subject)
			for key, values := range m.Header {
				all.WriteString(key + strings.Join(values, " "))
			}
			all.Write(m.Data)
		}
	}
	if err := names.Err(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}
