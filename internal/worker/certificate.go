package worker

import (
	"context"
	"time"

	"github.com/leatworks/leat/internal/config"
	"github.com/leatworks/leat/internal/host"
)

// The certificates of stores are looked at this often, each within a deadline.
const (
	certificateInterval = time.Hour
	certificateDeadline = 5 * time.Second
)

// certificates knows when the certificates of stores end that speak TLS, and the certificates that
// leat shows to them.
type certificates struct {
	stores []config.Peer
	looked time.Time
	last   map[string]time.Time
}

func newCertificates(cfg config.Stores) *certificates {
	return &certificates{stores: cfg.Peers()}
}

// ends returns the end of each certificate. It leaves out a store that does not answer.
func (c *certificates) ends(ctx context.Context) map[string]time.Time {
	if c.last != nil && time.Since(c.looked) < certificateInterval {
		return c.last
	}
	c.looked, c.last = time.Now(), make(map[string]time.Time)
	for _, p := range c.stores {
		bounded, cancel := context.WithTimeout(ctx, certificateDeadline)
		if end, secure, err := host.CertificateEnd(bounded, p.URL); secure && err == nil {
			c.last[p.Name] = end
		}
		cancel()
		if end, shown, err := p.TLS.End(); shown && err == nil {
			c.last[p.Name+"-client"] = end
		}
	}
	return c.last
}
