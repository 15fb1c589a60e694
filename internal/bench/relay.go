//go:build linux

package bench

import (
	"io"
	"sync/atomic"

	between "github.com/leatworks/leat/internal/relay"
)

// relay stands between the workers and one store, and counts the bytes.
type relay struct {
	*between.Relay
	sent, received counter // as the workers see it
}

// counter counts the bytes that are written to it.
type counter struct{ atomic.Int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.Add(int64(len(p)))
	return len(p), nil
}

// newRelay leads to a store. tap, unless it is nil, returns a writer that reads along the bytes
// that one client sends.
func newRelay(network, address string, tap func() io.Writer) (r *relay, err error) {
	r = &relay{}
	r.Relay, err = between.NewTapped(func() (sent, received io.Writer) {
		if tap == nil {
			return &r.sent, &r.received
		}
		return io.MultiWriter(&r.sent, tap()), &r.received
	})
	if err != nil {
		return nil, err
	}
	r.Lead(network, address)
	return r, nil
}
