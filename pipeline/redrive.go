package pipeline

import (
	"context"
	"maps"
	"strings"

	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Redriver retries dead letters.
type Redriver struct {
	Catalog *catalog.Catalog
	Broker  *broker.Broker
}

// Retry makes the work of a dead letter due again. See catalog.RetryLetter.
func (r Redriver) Retry(ctx context.Context, id int64) (became catalog.Retried, why string, err error) {
	return r.Catalog.RetryLetter(ctx, id, r.publish)
}

// publish sends a message as it was first published, but for the headers that
// JetStream acts on: by those it would be taken for a duplicate of itself, or
// refused for what had to hold at that time.
func (r Redriver) publish(ctx context.Context, l catalog.DeadLetter) error {
	header := maps.Clone(l.Headers)
	maps.DeleteFunc(header, func(name, _ string) bool {
		return strings.HasPrefix(strings.ToLower(name), "nats-")
	})
	return r.Broker.Publisher().Send(ctx, broker.Outgoing{Subject: l.Subject, Header: header, Data: l.Payload})
}
