package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

// TLS says whom to trust of a server that speaks TLS, and who this client is. The zero
// value trusts the system's authorities and shows no certificate.
type TLS struct {
	CA          string `name:"ca" env:"CA" type:"path" placeholder:"FILE" help:"File of the authorities (PEM) that sign this server's certificate. Default: those of the system."`
	Certificate string `name:"certificate" env:"CERTIFICATE" type:"path" placeholder:"FILE" help:"File of the certificate (PEM) that this client shows. It is read at each connection, so that it can be renewed."`
	Key         string `name:"key" env:"KEY" type:"path" placeholder:"FILE" help:"File of that certificate's key (PEM)."`
}

// Config returns the settings of connections, nil for those of the system. The files of
// certificate and key are read again at each handshake; that of the authorities is not.
func (t TLS) Config() (*tls.Config, error) {
	if t == (TLS{}) {
		return nil, nil
	}
	if (t.Certificate == "") != (t.Key == "") {
		return nil, errors.New("a certificate and its key go together: give both or neither")
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		content, err := readKeyFile("authorities", t.CA)
		if err != nil {
			return nil, err
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM([]byte(content)) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", t.CA)
		}
	}
	if t.Certificate != "" {
		if _, err := t.pair(); err != nil {
			return nil, err
		}
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return t.pair() }
	}
	return cfg, nil
}

// of is Config for connections to a URL, which name describes. It refuses files beside one
// of a connection that is not encrypted, where they would be ignored.
func (t TLS) of(flags, name, url string) (*tls.Config, error) {
	cfg, err := t.Config()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flags, err)
	}
	if cfg != nil && strings.HasPrefix(url, "http:") {
		return nil, fmt.Errorf("%s: %s begins with http, so nothing is encrypted: use https", flags, name)
	}
	return cfg, nil
}

// Peer is a store, and what a connection to it shows.
type Peer struct {
	Name string
	URL  string // one address, or several; "": it is embedded, or there is none
	TLS  TLS    // leat's own certificate; that of Postgres is in its URL
}

// Peers are the four stores.
func (s Stores) Peers() []Peer {
	return []Peer{
		{"nats", s.NATSURL, s.NATSTLS}, {"postgres", s.PostgresURL, TLS{}},
		{"s3", s.S3URL, s.S3TLS}, {"qdrant", s.QdrantURL, s.QdrantTLS},
	}
}

func (t TLS) pair() (*tls.Certificate, error) {
	certificate, err := readKeyFile("certificate", t.Certificate)
	if err != nil {
		return nil, err
	}
	key, err := readKeyFile("key", t.Key)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		return nil, fmt.Errorf("read the certificate %s and its key: %w", t.Certificate, err)
	}
	return &pair, nil
}

// End returns when the certificate that this client shows ends. ok is false if it shows none.
func (t TLS) End() (end time.Time, ok bool, err error) {
	if t.Certificate == "" {
		return end, false, nil
	}
	pair, err := t.pair()
	if err != nil {
		return end, true, err
	}
	return pair.Leaf.NotAfter, true, nil
}

// settings are those of a configuration that Check has seen, which says its errors.
func (t TLS) settings() *tls.Config {
	cfg, err := t.Config()
	if err != nil {
		return nil
	}
	return cfg
}
