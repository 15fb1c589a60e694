package broker

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Question is a message that waits for an answer.
type Question struct {
	Header map[string][]string
	Data   []byte
}

// Answer answers the questions on subject, up to most at once. Each question goes to one
// member of a group. It stays unanswered if fn returns nil. The context of fn ends after
// the connection's timeout, and when stop is called; stop waits for the answers under way.
func (b *Broker) Answer(subject, group string, most int, fn func(context.Context, Question) []byte) (stop func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	slots := make(chan struct{}, most)
	sub, err := b.conn.QueueSubscribe(subject, group, func(m *nats.Msg) {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		go func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithTimeout(ctx, b.timeout)
			defer cancel()
			answer := fn(ctx, Question{m.Header, m.Data})
			if answer == nil {
				return
			}
			if err := m.Respond(answer); err != nil {
				b.log.Warn("answering a question", "subject", subject, "error", err)
			}
		}()
	})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("answer on %s: %w", subject, err)
	}
	return func() {
		_ = sub.Unsubscribe()
		cancel()
		for range most { // each is free when its question is answered, and none begins after that
			slots <- struct{}{}
		}
	}, nil
}
