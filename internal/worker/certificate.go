package worker

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"time"

	"github.com/leatworks/leat/internal/config"
)

// The certificates of stores are looked at this often, each within a deadline.
const (
	certificateInterval = time.Hour
	certificateDeadline = 5 * time.Second
)

// certificates knows when the certificates of the stores that speak https end.
type certificates struct {
	addresses map[string]string // by store
	looked    time.Time
	last      map[string]time.Time
}

func newCertificates(cfg config.Stores) *certificates {
	c := &certificates{addresses: make(map[string]string)}
	for store, address := range map[string]string{"s3": cfg.S3URL, "qdrant": cfg.QdrantURL} {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" {
			continue
		}
		port := u.Port()
		if port == "" {
			port = "443"
		}
		c.addresses[store] = net.JoinHostPort(u.Hostname(), port)
	}
	return c
}

// ends returns when each certificate ends. A store that does not answer has none.
func (c *certificates) ends(ctx context.Context) map[string]time.Time {
	if c.last != nil && time.Since(c.looked) < certificateInterval {
		return c.last
	}
	c.looked, c.last = time.Now(), make(map[string]time.Time)
	for store, address := range c.addresses {
		if end, err := certificateEnd(ctx, address); err == nil {
			c.last[store] = end
		}
	}
	return c.last
}

// certificateEnd asks a server for its certificate, and trusts nothing else that it says.
func certificateEnd(ctx context.Context, address string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, certificateDeadline)
	defer cancel()
	// A certificate that has ended already, or that another authority made, is to be shown too.
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}} //nolint:gosec // nothing is sent or read
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return time.Time{}, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].NotAfter, nil
}
