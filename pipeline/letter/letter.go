// Package letter publishes dead letters again.
//
// It owns the way back of a message whose work the catalog does not hold. The
// catalog decides which letters those are, and makes the other work due itself.
package letter

import (
	"context"
	"maps"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leatworks/leat/pipeline/broker"
	"github.com/leatworks/leat/pipeline/catalog"
)

// Redriver retries dead letters.
type Redriver struct {
	letters   *catalog.Letters
	publisher message.Publisher
}

// New returns a redriver.
func New(l *catalog.Letters, b *broker.Broker) Redriver { return Redriver{l, b.Publisher()} }

// Retry makes the work of a dead letter due again. See catalog.Letters.Retry.
func (r Redriver) Retry(ctx context.Context, id int64) (became catalog.Retried, why string, err error) {
	return r.letters.Retry(ctx, id, r.publish)
}

// publish sends a message as it was first published, without the headers that
// JetStream acts on. With those, the message would be dropped as a duplicate of
// itself, or refused for a condition that held at that time.
func (r Redriver) publish(ctx context.Context, l catalog.DeadLetter) error {
	header := make(message.Metadata, len(l.Headers))
	maps.Copy(header, l.Headers)
	maps.DeleteFunc(header, func(name, _ string) bool {
		return strings.HasPrefix(strings.ToLower(name), "nats-")
	})
	msg := message.NewMessage("", l.Payload) // an id would become a header that the message did not have
	msg.Metadata = header
	msg.SetContext(ctx)
	return r.publisher.Publish(l.Subject, msg)
}
