package backup

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"

	"github.com/leatworks/leat/pipeline/broker"
)

// maxMessage bounds a line of the intake: a message, its data in base64.
const maxMessage = 4 * broker.IntakeMessageBytes

// intake writes the submissions that wait in the intake. Some of them the catalog may already have
// accepted; after a restore it recognises these.
func (c *creation) intake(ctx context.Context) (err error) {
	if c.leat.Broker == nil {
		return nil
	}
	c.done.Intake, err = c.stream(ctx, "intake", func(w *writer) (n int64, err error) {
		lines := json.NewEncoder(w)
		for m, err := range c.leat.Broker.Kept(ctx, broker.StreamIntake) {
			if err != nil {
				return n, err
			}
			if err := lines.Encode(m); err != nil {
				return n, fmt.Errorf("write the intake: %w", err)
			}
			n++
		}
		return n, nil
	})
	return err
}

// submit publishes the submissions of a backup again.
func (v *Vault) submit(ctx context.Context, m Manifest, to *broker.Broker) error {
	list, err := v.reader(ctx, m, m.Intake.Parts)
	if err != nil {
		return err
	}
	defer list.Close()
	publisher := to.Publisher()
	lines := bufio.NewScanner(list)
	lines.Buffer(make([]byte, 64<<10), maxMessage)
	for lines.Scan() {
		var message broker.Outgoing
		if err := json.Unmarshal(lines.Bytes(), &message); err != nil {
			return fmt.Errorf("read the intake: %w", err)
		}
		if err := publisher.Send(ctx, message); err != nil {
			return fmt.Errorf("submit again the submissions that were not accepted: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the intake: %w", err)
	}
	return nil
}
