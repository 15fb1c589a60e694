package broker_test

import (
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/leatworks/leat/events"
)

func TestHear(t *testing.T) {
	t.Parallel()
	b := startServer(t).connect()
	ensure(t, b, topology())
	heard, stop, err := b.Hear(events.CompletedOf("acme"))
	if err != nil {
		t.Fatal(err)
	}
	publish := func() {
		t.Helper()
		if err := b.Publisher().Publish(events.CompletedSubject("acme", uuid.New()), message.NewMessage("", []byte("{}"))); err != nil {
			t.Fatal(err)
		}
	}
	publish()
	receive(t, "the first news", heard)
	publish()
	publish()
	receive(t, "the second news", heard)
	stop()
	for len(heard) > 0 {
		<-heard
	}
	publish()
	select {
	case <-heard:
		t.Error("heard after stop")
	default:
	}
}
