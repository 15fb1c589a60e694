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

// certificates knows when the certificates of the stores that speak TLS end, and those that
// leat shows them.
type certificates struct {
	addresses map[string]string     // by store
	own       map[string]config.TLS // by name
	looked    time.Time
	last      map[string]time.Time
}

func newCertificates(cfg config.Stores) *certificates {
	return &certificates{
		addresses: map[string]string{"nats": cfg.NATSURL, "postgres": cfg.PostgresURL, "s3": cfg.S3URL, "qdrant": cfg.QdrantURL},
		own:       map[string]config.TLS{"nats-client": cfg.NATSTLS, "s3-client": cfg.S3TLS, "qdrant-client": cfg.QdrantTLS},
	}
}

// ends returns when each certificate ends. A store that does not answer has none.
func (c *certificates) ends(ctx context.Context) map[string]time.Time {
	if c.last != nil && time.Since(c.looked) < certificateInterval {
		return c.last
	}
	c.looked, c.last = time.Now(), make(map[string]time.Time)
	for store, address := range c.addresses {
		bounded, cancel := context.WithTimeout(ctx, certificateDeadline)
		if end, secure, err := host.CertificateEnd(bounded, address); secure && err == nil {
			c.last[store] = end
		}
		cancel()
	}
	for name, files := range c.own {
		if end, shown, err := files.End(); shown && err == nil {
			c.last[name] = end
		}
	}
	return c.last
}
